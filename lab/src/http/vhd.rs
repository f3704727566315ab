//! Dynamic VHD files as hosts stream them: a copy of the footer, the header, the table, the blocks in order, the footer.
//!
//! Owns the format only; what a block holds comes from and goes to the callers. All numbers are big-endian.

use std::io::{self, Read};

/// Bytes of a block's data; the only size that hosts use.
pub(super) const BLOCK: u64 = 2 << 20;
/// Bytes of the bitmap before it, one bit for a sector.
const BITMAP: usize = 512;
/// Bytes of a sector.
const SECTOR: u64 = 512;
/// The largest disk in bytes.
pub(super) const MAX_SIZE: u64 = 2040 << 30;
const UNUSED: u32 = u32::MAX;
const DYNAMIC: u32 = 3;
const DIFFERENCING: u32 = 4;
const FOOTER_COOKIE: &[u8; 8] = b"conectix";
const HEADER_COOKIE: &[u8; 8] = b"cxsparse";
/// Where the table is in our files: behind the footer's copy and the header.
const TABLE: u64 = 1536;

/// What the start of a VHD tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Size of the disk in bytes.
    pub size: u64,
    /// Where each stored block is in the file and on the disk, in the order of the file.
    blocks: Vec<(u64, u64)>,
    /// Bytes of the file that are read.
    at: u64,
}

/// The footer of a disk.
pub(super) fn footer(size: u64, uuid: [u8; 16]) -> [u8; 512] {
    let mut out = [0; 512];
    put(&mut out, 0, FOOTER_COOKIE);
    put(&mut out, 8, &2_u32.to_be_bytes());
    put(&mut out, 12, &0x0001_0000_u32.to_be_bytes());
    put(&mut out, 16, &512_u64.to_be_bytes());
    put(&mut out, 28, b"lab ");
    put(&mut out, 32, &0x0001_0000_u32.to_be_bytes());
    put(&mut out, 40, &size.to_be_bytes());
    put(&mut out, 48, &size.to_be_bytes());
    put(&mut out, 56, &geometry(size));
    put(&mut out, 60, &DYNAMIC.to_be_bytes());
    put(&mut out, 68, &uuid);
    let sum = checksum(&out);
    put(&mut out, 64, &sum);
    out
}

/// Everything before the blocks; `stored` are the numbers of the blocks that will follow, ascending.
pub(super) fn head(size: u64, uuid: [u8; 16], stored: &[u64]) -> Vec<u8> {
    let count = size.div_ceil(BLOCK);
    let mut header = [0; 1024];
    put(&mut header, 0, HEADER_COOKIE);
    put(&mut header, 8, &u64::MAX.to_be_bytes());
    put(&mut header, 16, &TABLE.to_be_bytes());
    put(&mut header, 24, &0x0001_0000_u32.to_be_bytes());
    put(&mut header, 28, &(count as u32).to_be_bytes());
    put(&mut header, 32, &(BLOCK as u32).to_be_bytes());
    let sum = checksum(&header);
    put(&mut header, 36, &sum);

    let mut out = footer(size, uuid).to_vec();
    out.extend_from_slice(&header);
    let first = (TABLE + count * 4).div_ceil(SECTOR);
    let mut stored = stored
        .iter()
        .zip((first..).step_by((BLOCK / SECTOR) as usize + 1))
        .peekable();
    for number in 0..count {
        let sector = match stored.next_if(|(block, _)| **block == number) {
            Some((_, sector)) => sector as u32,
            None => UNUSED,
        };
        out.extend_from_slice(&sector.to_be_bytes());
    }
    out.resize(out.len().next_multiple_of(SECTOR as usize), 0xff);
    out
}

/// The bitmap of a block that is stored whole.
pub(super) const WHOLE: [u8; BITMAP] = [0xff; BITMAP];

/// Reads everything before the blocks.
///
/// # Errors
/// `InvalidData` for what is no dynamic VHD, and what the source says.
pub(super) fn read_head(source: &mut impl Read) -> io::Result<Layout> {
    let mut footer = [0; 512];
    source.read_exact(&mut footer)?;
    if !footer.starts_with(FOOTER_COOKIE) {
        return Err(invalid(
            "no VHD footer at the start; a fixed VHD is not accepted",
        ));
    }
    let kind = u32_at(&footer, 60);
    if kind != DYNAMIC && kind != DIFFERENCING {
        return Err(invalid("not a dynamic or differencing VHD"));
    }
    let (size, header_at) = (u64_at(&footer, 48), u64_at(&footer, 16));
    if size > MAX_SIZE {
        return Err(invalid("the disk is larger than 2040 GiB"));
    }
    let mut at = 512;
    skip_to(source, &mut at, header_at)?;
    let mut header = [0; 1024];
    source.read_exact(&mut header)?;
    at += 1024;
    if !header.starts_with(HEADER_COOKIE) || u64::from(u32_at(&header, 32)) != BLOCK {
        return Err(invalid("no VHD header, or blocks that are not 2 MiB"));
    }
    let count = u64::from(u32_at(&header, 28));
    if count > MAX_SIZE / BLOCK {
        return Err(invalid("the table is larger than any disk needs"));
    }
    skip_to(source, &mut at, u64_at(&header, 16))?;
    let mut table = vec![0; count as usize * 4];
    source.read_exact(&mut table)?;
    at += table.len() as u64;
    let mut blocks: Vec<(u64, u64)> = (0_u64..)
        .zip(table.chunks_exact(4))
        .map(|(number, entry)| (u32_at(entry, 0), number))
        .filter(|(sector, _)| *sector != UNUSED)
        .map(|(sector, number)| (u64::from(sector) * SECTOR, number * BLOCK))
        .collect();
    blocks.sort_unstable();
    Ok(Layout { size, blocks, at })
}

/// Reads the blocks and hands out what they store, as (byte offset on the disk, data).
///
/// # Errors
/// `InvalidData` for blocks that overlap, and what the source and `write` say.
pub(super) fn read_blocks<E: From<io::Error>>(
    source: &mut impl Read,
    layout: &Layout,
    mut write: impl FnMut(u64, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut at = layout.at;
    let mut block = vec![0; BITMAP + BLOCK as usize];
    for (place, offset) in &layout.blocks {
        skip_to(source, &mut at, *place)?;
        source.read_exact(&mut block)?;
        at += block.len() as u64;
        let (bitmap, data) = block.split_at(BITMAP);
        let stored = |sector: usize| {
            bitmap
                .get(sector / 8)
                .is_some_and(|bits| bits & (0x80 >> (sector % 8)) != 0)
        };
        let mut sector = 0;
        let sectors = (BLOCK / SECTOR) as usize;
        while sector < sectors {
            let start = sector;
            while sector < sectors && stored(sector) == stored(start) {
                sector += 1;
            }
            let bytes = start * SECTOR as usize..sector * SECTOR as usize;
            let offset = offset + bytes.start as u64;
            let room = layout.size.saturating_sub(offset).min(bytes.len() as u64) as usize;
            let run = data
                .get(bytes)
                .and_then(|run| run.get(..room))
                .unwrap_or_default();
            if stored(start) && !run.is_empty() {
                write(offset, run)?;
            }
        }
    }
    Ok(())
}

fn skip_to(source: &mut impl Read, at: &mut u64, place: u64) -> io::Result<()> {
    let gap = place
        .checked_sub(*at)
        .ok_or_else(|| invalid("parts of the VHD overlap"))?;
    if io::copy(&mut source.by_ref().take(gap), &mut io::sink())? < gap {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    *at = place;
    Ok(())
}

fn invalid(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

fn put(out: &mut [u8], at: usize, bytes: &[u8]) {
    out.iter_mut()
        .skip(at)
        .zip(bytes)
        .for_each(|(to, from)| *to = *from);
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes
        .iter()
        .skip(at)
        .take(4)
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes
        .iter()
        .skip(at)
        .take(8)
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn checksum(bytes: &[u8]) -> [u8; 4] {
    (!bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>()).to_be_bytes()
}

/// Cylinders, heads and sectors as the VHD specification computes them.
fn geometry(size: u64) -> [u8; 4] {
    let sectors = (size / SECTOR).min(65_535 * 16 * 255);
    let (mut per_track, mut heads, mut tracks) = (17, 4, sectors / 17);
    if sectors >= 65_535 * 16 * 63 {
        (per_track, heads, tracks) = (255, 16, sectors / 255);
    } else {
        heads = tracks.div_ceil(1024).max(heads);
        if tracks >= heads * 1024 || heads > 16 {
            (per_track, heads, tracks) = (31, 16, sectors / 31);
        }
        if tracks >= heads * 1024 {
            (per_track, heads, tracks) = (63, 16, sectors / 63);
        }
    }
    let [high, low] = ((tracks / heads) as u16).to_be_bytes();
    [high, low, heads as u8, per_track as u8]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(size: u64, stored: &[u64]) -> Vec<u8> {
        let mut out = head(size, [7; 16], stored);
        for number in stored {
            out.extend_from_slice(&WHOLE);
            out.extend(std::iter::repeat_n(*number as u8 + 1, BLOCK as usize));
        }
        out.extend_from_slice(&footer(size, [7; 16]));
        out
    }

    #[test]
    fn blocks_come_back_where_they_were() {
        let size = 5 * BLOCK + 4096;
        let file = file(size, &[0, 3, 5]);
        let mut source = file.as_slice();
        let layout = read_head(&mut source).unwrap();
        assert_eq!(layout.size, size);
        let mut seen = Vec::new();
        read_blocks(&mut source, &layout, |offset, data| {
            seen.push((offset, data.len() as u64, data[0]));
            io::Result::Ok(())
        })
        .unwrap();
        assert_eq!(
            seen,
            [(0, BLOCK, 1), (3 * BLOCK, BLOCK, 4), (5 * BLOCK, 4096, 6)]
        );
        assert_eq!(source.len(), 512, "the footer is left");
    }

    #[test]
    fn the_bitmap_decides_which_sectors_are_written() {
        let mut file = file(BLOCK, &[0]);
        let bitmap = file.len() - 512 - BLOCK as usize - BITMAP;
        file[bitmap] = 0b0110_0000;
        file[bitmap + 1..bitmap + BITMAP].fill(0);
        let mut source = file.as_slice();
        let layout = read_head(&mut source).unwrap();
        let mut seen = Vec::new();
        read_blocks(&mut source, &layout, |offset, data| {
            seen.push((offset, data.len()));
            io::Result::Ok(())
        })
        .unwrap();
        assert_eq!(seen, [(512, 1024)]);
    }

    #[test]
    fn checksums_and_geometry_are_those_of_the_specification() {
        let footer = footer(1 << 30, [0; 16]);
        let mut bare = footer;
        put(&mut bare, 64, &[0; 4]);
        assert_eq!(checksum(&bare), footer[64..68]);
        // 1 GiB: 2080 cylinders, 16 heads, 63 sectors.
        assert_eq!(geometry(1 << 30), [8, 32, 16, 63]);
    }

    #[test]
    fn a_cut_or_foreign_file_is_an_error() {
        let file = file(2 * BLOCK, &[1]);
        for cut in [0, 100, 600, 1600, 3000, file.len() - 513] {
            let mut source = &file[..cut];
            let outcome = read_head(&mut source)
                .and_then(|layout| read_blocks(&mut source, &layout, |_, _| io::Result::Ok(())));
            assert!(outcome.is_err(), "cut at {cut}");
        }
        assert!(read_head(&mut [0; 4096].as_slice()).is_err());
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(32))]
        #[test]
        fn a_damaged_file_never_panics(at in 0..3000_usize, byte: u8) {
            let mut file = file(2 * BLOCK, &[1]);
            file[at] = byte;
            let mut source = file.as_slice();
            let _ = read_head(&mut source)
                .and_then(|layout| read_blocks(&mut source, &layout, |offset, data| {
                    assert!(offset + data.len() as u64 <= layout.size);
                    io::Result::Ok(())
                }));
        }
    }
}
