//! GUID partition tables, as far as finding a partition by its identifier needs (UEFI specification, section 5.3).
//!
//! The table is not trusted: its sums are not checked, since what it leads to is verified by the root hash.

use std::io;
use std::os::unix::fs::FileExt;

/// Tables have 128 entries; one that claims more is not read further.
const ENTRIES_MAX: u32 = 256;
const ENTRY_MIN: u32 = 128;
const ENTRY_MAX: u32 = 4096;

/// The identifiers of the partitions of a disk in hexadecimal digits, with their numbers; nothing when there is no table.
pub fn partitions(disk: &impl FileExt, sector: u64) -> io::Result<Vec<(u32, String)>> {
    let mut header = [0; 92];
    disk.read_exact_at(&mut header, sector)?;
    if !header.starts_with(b"EFI PART") {
        return Ok(Vec::new());
    }
    let start = word(&header, 72).unwrap_or_default();
    let count = half(&header, 80).unwrap_or_default().min(ENTRIES_MAX);
    let size = half(&header, 84).unwrap_or_default();
    if !(ENTRY_MIN..=ENTRY_MAX).contains(&size) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for index in 0..count {
        let mut entry = [0; 32];
        let offset = start
            .checked_mul(sector)
            .and_then(|at| at.checked_add(u64::from(index * size)));
        let Some(offset) = offset else { break };
        disk.read_exact_at(&mut entry, offset)?;
        let (kind, own) = entry.split_at(16);
        if kind.iter().any(|byte| *byte != 0) {
            found.push((index + 1, guid(own)));
        }
    }
    Ok(found)
}

/// The first three groups are stored with their bytes turned round.
fn guid(bytes: &[u8]) -> String {
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    ORDER
        .iter()
        .filter_map(|at| bytes.get(*at))
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn half(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + 8)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Disk(Vec<u8>);

    impl FileExt for Disk {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            let rest = self.0.get(offset as usize..).unwrap_or_default();
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            Ok(count)
        }

        fn write_at(&self, _: &[u8], _: u64) -> io::Result<usize> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    fn disk(count: u32, size: u32) -> Disk {
        let mut bytes = vec![0; 512 * 40];
        bytes[512..520].copy_from_slice(b"EFI PART");
        bytes[512 + 72] = 2;
        bytes[512 + 80..][..4].copy_from_slice(&count.to_le_bytes());
        bytes[512 + 84..][..4].copy_from_slice(&size.to_le_bytes());
        // The second entry.
        bytes[1024 + 128] = 1;
        for (index, byte) in bytes[1024 + 128 + 16..][..16].iter_mut().enumerate() {
            *byte = index as u8;
        }
        Disk(bytes)
    }

    #[test]
    fn used_entries_are_listed_with_their_numbers() {
        let found = partitions(&disk(128, 128), 512).unwrap();
        assert_eq!(
            found,
            [(2, "03020100050407060809 0a0b0c0d0e0f".replace(' ', ""))]
        );
    }

    #[test]
    fn nonsense_is_no_table() {
        assert!(partitions(&Disk(vec![0; 4096]), 512).unwrap().is_empty());
        assert!(partitions(&disk(128, 8), 512).unwrap().is_empty());
        assert!(partitions(&Disk(vec![]), 512).is_err());
        assert!(
            partitions(&disk(u32::MAX, 4096), 512).is_err(),
            "it ends before its entries"
        );
    }
}
