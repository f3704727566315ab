//! Uploads as browsers send forms: the part named `file` is the file, what comes before it is skipped.
//!
//! Invariant: nothing is held but what may be the beginning of a boundary, and the head of a part.

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use memchr::memmem;

use super::{ByteStream, Incoming};
use crate::{Error, Result};

const FILE: &str = "file";
/// Bytes of a part's head.
const HEAD_LIMIT: usize = 16 * 1024;
/// Bytes of all parts that are skipped; tables of disk images come before the image.
const SKIP_LIMIT: u64 = 256 * 1024 * 1024;
/// RFC 2046.
const BOUNDARY_LIMIT: usize = 70;
/// Images are made of sectors.
const SECTOR: u64 = 512;

/// The file itself, taken out of a form if it came in one.
pub(super) async fn unwrapped(incoming: Incoming) -> Result<Incoming> {
    let Some(kind) = incoming
        .content_type
        .as_deref()
        .filter(|kind| starts_with(kind, "multipart/"))
    else {
        return Ok(incoming);
    };
    let boundary = boundary(kind).ok_or_else(|| {
        Error::BadData("the content type tells no boundary between the parts".into())
    })?;
    let mut form = Form::new(incoming.body, &boundary);
    form.skip_to_file().await?;
    let length = incoming
        .length
        .and_then(|all| file_length(all, form.taken, boundary.len() as u64));
    Ok(Incoming {
        content_type: None,
        length,
        body: form.rest_of_part(),
    })
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start))
}

fn boundary(kind: &str) -> Option<String> {
    let mut params = kind.split(';').skip(1).map(str::trim);
    let value = params.find_map(|p| starts_with(p, "boundary=").then(|| p.get(9..)).flatten())?;
    let value = value.trim_matches('"');
    (!value.is_empty() && value.len() <= BOUNDARY_LIMIT).then(|| value.to_owned())
}

/// What is left of the whole but the closing boundary. Whether a line break follows that is up to the client: it does with all that
/// are known, unless only without it the file is made of sectors.
fn file_length(all: u64, taken: u64, boundary: u64) -> Option<u64> {
    let without = all.checked_sub(taken)?.checked_sub(boundary + 6)?;
    match without.checked_sub(2) {
        Some(usual) if usual % SECTOR == 0 || without % SECTOR != 0 => Some(usual),
        _ => Some(without),
    }
}

struct Form {
    body: ByteStream,
    /// Came and was not taken.
    buffer: BytesMut,
    /// Bytes of the body that were taken.
    taken: u64,
    delimiter: Vec<u8>,
}

impl Form {
    fn new(body: ByteStream, boundary: &str) -> Self {
        Self {
            body,
            buffer: BytesMut::new(),
            taken: 0,
            delimiter: format!("\r\n--{boundary}").into_bytes(),
        }
    }

    /// False at the end.
    async fn fill(&mut self) -> Result<bool> {
        match self.body.next().await {
            Some(Ok(piece)) => {
                self.buffer.extend_from_slice(&piece);
                Ok(true)
            }
            Some(Err(error)) => Err(Error::BadData(format!(
                "the upload could not be read: {error}"
            ))),
            None => Ok(false),
        }
    }

    fn take(&mut self, count: usize) -> Bytes {
        let piece = self.buffer.split_to(count.min(self.buffer.len())).freeze();
        self.taken += piece.len() as u64;
        piece
    }

    async fn skip_to_file(&mut self) -> Result<()> {
        // The first boundary has no line before it.
        let opening = self.delimiter.split_off(2);
        self.skip_past(&opening).await?;
        self.delimiter = [b"\r\n", opening.as_slice()].concat();
        while !self.head().await? {
            let delimiter = self.delimiter.clone();
            self.skip_past(&delimiter).await?;
        }
        Ok(())
    }

    async fn skip_past(&mut self, mark: &[u8]) -> Result<()> {
        loop {
            if let Some(at) = memmem::find(&self.buffer, mark) {
                self.take(at + mark.len());
                return Ok(());
            }
            let certain = (self.buffer.len() + 1).saturating_sub(mark.len());
            self.take(certain);
            if self.taken > SKIP_LIMIT || !self.fill().await? {
                return Err(no_file());
            }
        }
    }

    /// Reads the head of a part; true for that of the file.
    async fn head(&mut self) -> Result<bool> {
        const END: &[u8] = b"\r\n\r\n";
        let end = loop {
            if self.buffer.starts_with(b"--") {
                return Err(no_file());
            }
            if let Some(at) = memmem::find(&self.buffer, END) {
                break at + END.len();
            }
            if self.buffer.len() > HEAD_LIMIT || !self.fill().await? {
                return Err(no_file());
            }
        };
        let head = self.take(end);
        Ok(String::from_utf8_lossy(&head).lines().any(names_the_file))
    }

    /// What comes until the next boundary; an error when none comes.
    fn rest_of_part(self) -> ByteStream {
        stream::unfold(Some(self), |form| async move {
            let mut form = form?;
            loop {
                if let Some(at) = memmem::find(&form.buffer, &form.delimiter) {
                    let last = form.take(at);
                    return (!last.is_empty()).then_some((Ok(last), None));
                }
                let certain = (form.buffer.len() + 1).saturating_sub(form.delimiter.len());
                if certain > 0 {
                    return Some((Ok(form.take(certain)), Some(form)));
                }
                match form.fill().await {
                    Ok(true) => {}
                    Ok(false) => return Some((Err(cut()), None)),
                    Err(error) => return Some((Err(std::io::Error::other(error)), None)),
                }
            }
        })
        .boxed()
    }
}

fn names_the_file(line: &str) -> bool {
    let Some((name, value)) = line.split_once(':') else {
        return false;
    };
    name.trim().eq_ignore_ascii_case("content-disposition")
        && value.split(';').skip(1).any(|param| {
            param
                .trim()
                .strip_prefix("name=")
                .is_some_and(|name| name.trim_matches('"') == FILE)
        })
}

fn no_file() -> Error {
    Error::BadData(format!(
        "the upload has no part named `{FILE}`: send the image as that part, the last one, or as the body itself"
    ))
}

fn cut() -> std::io::Error {
    std::io::Error::new(
        std::io::ErrorKind::UnexpectedEof,
        "the upload ended before its closing boundary",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(body: &[u8], step: usize) -> Incoming {
        let pieces: Vec<_> = body
            .chunks(step)
            .map(|piece| Ok(Bytes::copy_from_slice(piece)))
            .collect();
        Incoming {
            content_type: Some("multipart/form-data; boundary=\"XX\"".into()),
            length: Some(body.len() as u64),
            body: stream::iter(pieces).boxed(),
        }
    }

    async fn read(incoming: Incoming) -> std::io::Result<Vec<u8>> {
        let pieces: Vec<_> = incoming.body.collect().await;
        let pieces = pieces
            .into_iter()
            .collect::<std::io::Result<Vec<Bytes>>>()?;
        Ok(pieces.concat())
    }

    fn sent(file: &[u8], end: &str) -> Vec<u8> {
        let head = "--XX\r\nContent-Disposition: form-data; name=\"table\"; filename=\"t\"\r\n\r\n\x01\x02\r\n-\
                    \r\n--XX\r\ncontent-disposition: form-data; name=\"file\"; filename=\"disk.raw\"\r\nContent-Type: a/b\r\n\r\n";
        [head.as_bytes(), file, b"\r\n--XX--", end.as_bytes()].concat()
    }

    #[tokio::test]
    async fn the_file_comes_out_whole_however_it_is_cut_into_pieces() {
        let mut file = b"\r\n--X\r\n--".repeat(40);
        file.resize(512, b'\r');
        for step in [1, 2, 3, 7, 100, 4096] {
            for end in ["\r\n", ""] {
                let taken = unwrapped(form(&sent(&file, end), step)).await.unwrap();
                assert_eq!(taken.length, Some(512), "step {step}, end {end:?}");
                assert_eq!(read(taken).await.unwrap(), file, "step {step}");
            }
        }
    }

    #[tokio::test]
    async fn a_form_without_the_file_or_its_end_is_refused() {
        let whole = sent(&[7; 512], "\r\n");
        let cut = unwrapped(form(&whole[..whole.len() - 9], 100))
            .await
            .unwrap();
        let error = read(cut).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
        for bad in [
            &b""[..],
            b"--XX--\r\n",
            b"--XX\r\n\r\nx\r\n--XX--",
            b"nothing",
        ] {
            assert!(matches!(
                unwrapped(form(bad, 3)).await,
                Err(Error::BadData(_))
            ));
        }
    }

    #[tokio::test]
    async fn what_is_no_form_passes_unchanged() {
        let mut plain = form(b"--XX\r\n", 2);
        plain.content_type = Some("application/octet-stream".into());
        let taken = unwrapped(plain).await.unwrap();
        assert_eq!(taken.length, Some(6));
        assert_eq!(read(taken).await.unwrap(), b"--XX\r\n");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_taken_or_refused(body: Vec<u8>, step in 1..50_usize) {
            let mut whole = b"--XX\r\n".to_vec();
            whole.extend_from_slice(&body);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                if let Ok(file) = unwrapped(form(&whole, step)).await {
                    let _ = read(file).await;
                }
            });
        }
    }
}
