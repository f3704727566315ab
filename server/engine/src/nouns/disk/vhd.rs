//! How large the disk in a VHD file is, read from the file's beginning without losing it.

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use crate::{ByteStream, Error, Result};

const HEAD: usize = 512;
const COOKIE: &[u8] = b"conectix";
/// Where the disk's size and the checksum stand in a footer (VHD specification, "Hard Disk Footer Format").
const SIZE_AT: usize = 48;
const CHECKSUM_AT: usize = 64;

/// The size of the disk in bytes, and the file from its beginning.
///
/// # Errors
/// [`Error::BadData`] for what is no dynamic VHD; fixed ones tell nothing at their beginning, and hosts do not take them.
pub(super) async fn disk_size(mut file: ByteStream) -> Result<(u64, ByteStream)> {
    let mut seen: Vec<Bytes> = Vec::new();
    let mut head = Vec::with_capacity(HEAD);
    while head.len() < HEAD {
        match file.next().await {
            Some(Ok(piece)) => {
                head.extend(piece.iter().take(HEAD - head.len()));
                seen.push(piece);
            }
            Some(Err(error)) => {
                return Err(Error::BadData(format!(
                    "the upload could not be read: {error}"
                )));
            }
            None => break,
        }
    }
    let size = size_in(&head).ok_or_else(|| {
        Error::BadData("the file is no dynamic VHD: send one, or tell that it is raw".into())
    })?;
    Ok((
        size,
        stream::iter(seen.into_iter().map(Ok)).chain(file).boxed(),
    ))
}

fn size_in(footer: &[u8]) -> Option<u64> {
    let told = footer.get(CHECKSUM_AT..CHECKSUM_AT + 4)?;
    let sum: u32 = footer.iter().map(|byte| u32::from(*byte)).sum();
    let sum = !(sum - told.iter().map(|byte| u32::from(*byte)).sum::<u32>());
    let size = footer.get(SIZE_AT..SIZE_AT + 8)?.try_into().ok()?;
    let is_sound = footer.len() == HEAD && footer.starts_with(COOKIE) && told == sum.to_be_bytes();
    is_sound.then(|| u64::from_be_bytes(size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn footer(size: u64) -> Vec<u8> {
        let mut footer = vec![0; HEAD];
        footer[..8].copy_from_slice(COOKIE);
        footer[SIZE_AT..SIZE_AT + 8].copy_from_slice(&size.to_be_bytes());
        let sum = !footer.iter().map(|byte| u32::from(*byte)).sum::<u32>();
        footer[CHECKSUM_AT..CHECKSUM_AT + 4].copy_from_slice(&sum.to_be_bytes());
        footer
    }

    #[tokio::test]
    async fn the_size_is_read_and_the_file_stays_whole() {
        let mut file = footer(7 << 30);
        file.extend_from_slice(b"and so on");
        let pieces: Vec<_> = file
            .chunks(100)
            .map(|piece| Ok(Bytes::copy_from_slice(piece)))
            .collect();
        let (size, rest) = disk_size(stream::iter(pieces).boxed()).await.unwrap();
        assert_eq!(size, 7 << 30);
        let rest: Vec<Bytes> = rest.map(|piece| piece.unwrap()).collect().await;
        assert_eq!(rest.concat(), file);
    }

    #[test]
    fn what_is_no_footer_has_no_size() {
        let mut damaged = footer(1 << 20);
        damaged[50] = 9;
        for head in [vec![], footer(1)[..511].to_vec(), vec![0; 512], damaged] {
            assert_eq!(size_in(&head), None);
        }
    }
}
