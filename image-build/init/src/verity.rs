//! dm-verity: from the superblock in front of the hashes to the table that the kernel is given.
//!
//! Invariant: the root hash comes from the caller, never from the disk. What the superblock says wrongly only leads to
//! hashes that do not match.

use std::fmt::Write;

use crate::command_line::RootHash;

/// The superblock's length in bytes.
pub const SUPERBLOCK: usize = 512;

/// The table for `dmsetup create`; nothing when this is no superblock of a kind that we make.
pub fn table(superblock: &[u8], data: &str, hashes: &str, root: &RootHash) -> Option<String> {
    if !superblock.starts_with(b"verity\0\0") {
        return None;
    }
    let half = |at: usize| {
        Some(u32::from_le_bytes(
            superblock.get(at..at + 4)?.try_into().ok()?,
        ))
    };
    let (version, kind) = (half(8)?, half(12)?);
    let algorithm = superblock.get(32..64)?.split(|byte| *byte == 0).next()?;
    let (data_block, hash_block) = (half(64)?, half(68)?);
    let blocks = u64::from_le_bytes(superblock.get(72..80)?.try_into().ok()?);
    let salt_length = u16::from_le_bytes(superblock.get(80..82)?.try_into().ok()?);
    let salt = superblock.get(88..88 + usize::from(salt_length.min(256)))?;
    let known = version == 1 && kind == 1 && algorithm == b"sha256";
    if !known || data_block != 4096 || hash_block != 4096 || blocks == 0 {
        return None;
    }
    let sectors = blocks.checked_mul(8)?;
    let mut salt_digits = String::new();
    for byte in salt {
        write!(salt_digits, "{byte:02x}").ok()?;
    }
    if salt_digits.is_empty() {
        salt_digits.push('-');
    }
    // The hashes begin in the block behind the superblock. An error of the disk is not told from an attack.
    Some(format!(
        "0 {sectors} verity 1 {data} {hashes} 4096 4096 {blocks} 1 sha256 {} {salt_digits} \
         1 panic_on_corruption",
        root.digits()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn superblock() -> Vec<u8> {
        let mut block = vec![0; SUPERBLOCK];
        block[..8].copy_from_slice(b"verity\0\0");
        block[8] = 1;
        block[12] = 1;
        block[32..38].copy_from_slice(b"sha256");
        block[65] = 16;
        block[69] = 16;
        block[72] = 100;
        block[80] = 2;
        block[88..90].copy_from_slice(&[0xab, 0x01]);
        block
    }

    fn root() -> RootHash {
        RootHash::find(&format!("roothash={}", "a".repeat(64))).unwrap()
    }

    #[test]
    fn the_table_says_what_the_superblock_and_the_root_hash_say() {
        let table = table(&superblock(), "/dev/vda2", "/dev/vda3", &root()).unwrap();
        let hash = "a".repeat(64);
        assert_eq!(
            table,
            format!(
                "0 800 verity 1 /dev/vda2 /dev/vda3 4096 4096 100 1 sha256 {hash} ab01 \
                 1 panic_on_corruption"
            )
        );
    }

    #[test]
    fn other_superblocks_are_refused() {
        for at in [0, 8, 12, 32, 65, 69] {
            let mut block = superblock();
            block[at] ^= 1;
            assert_eq!(table(&block, "a", "b", &root()), None, "byte {at}");
        }
        assert_eq!(table(&superblock()[..80], "a", "b", &root()), None);
    }
}
