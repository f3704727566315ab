//! dm-verity: a partition of hashes as `veritysetup format` writes it (superblock, then the levels of hashes with the
//! topmost first), and the table that the kernel is given.
//!
//! Invariant: the root hash comes from the caller, never from the disk. What the superblock says wrongly only leads to
//! hashes that do not match.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::command_line::RootHash;

/// The length of a block of data or of hashes in bytes. The superblock has the first one for itself.
pub const BLOCK: usize = 4096;

/// What a superblock says of the hashes behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hashes {
    data_blocks: u64,
    salt: Vec<u8>,
}

impl Hashes {
    /// Reads a superblock; nothing when it is none, or of a kind that we do not make.
    pub fn read(superblock: &[u8]) -> Option<Self> {
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
        let (data_block, hash_block) = (half(64)? as usize, half(68)? as usize);
        let data_blocks = u64::from_le_bytes(superblock.get(72..80)?.try_into().ok()?);
        let salt_length = u16::from_le_bytes(superblock.get(80..82)?.try_into().ok()?);
        let salt = superblock.get(88..88 + usize::from(salt_length.min(256)))?;
        let known = version == 1 && kind == 1 && algorithm == b"sha256";
        let sized = data_block == BLOCK && hash_block == BLOCK && data_blocks > 0;
        (known && sized).then(|| Self {
            data_blocks,
            salt: salt.to_owned(),
        })
    }

    /// Whether the root hash is that of the topmost hashes, the block behind the superblock.
    pub fn lead_to(&self, root: &RootHash, topmost: &[u8]) -> bool {
        let digest = Sha256::new().chain_update(&self.salt).chain_update(topmost);
        digits(&digest.finalize()) == root.digits()
    }

    /// The table for `dmsetup create`.
    pub fn table(&self, data_device: &str, hash_device: &str, root: &RootHash) -> String {
        let Self { data_blocks, salt } = self;
        let sectors = data_blocks.saturating_mul(8);
        let salt = match salt.as_slice() {
            [] => "-".to_owned(),
            salt => digits(salt),
        };
        // The hashes begin in the second block. An error of the disk is not told from an attack.
        format!(
            "0 {sectors} verity 1 {data_device} {hash_device} 4096 4096 {data_blocks} 1 sha256 {} {salt} \
             1 panic_on_corruption",
            root.digits()
        )
    }
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
pub(crate) mod sample {
    //! Two blocks as `veritysetup` writes them, with the salt `ab01`.

    use super::BLOCK;
    use crate::command_line::RootHash;

    pub fn superblock() -> Vec<u8> {
        let mut block = vec![0; BLOCK];
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

    pub fn partition(which: u8) -> Vec<u8> {
        let mut blocks = superblock();
        blocks.resize(2 * BLOCK, which);
        blocks
    }

    /// By `sha256sum` of the salt and of 4096 bytes of the number.
    pub fn root(which: u8) -> RootHash {
        let digits = match which {
            1 => "4e981e217cfad6a55eee4ac1cd016412c4bec3145e907ce886132bfb9e086ed5",
            2 => "4cd6eb90fe53738d3f66d171f092b79ff49606cf6466c25ebe00b9750406443e",
            _ => "3333333333333333333333333333333333333333333333333333333333333333",
        };
        RootHash::find(&format!("roothash={digits}")).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_the_superblock_and_the_root_hash_say() {
        let root = sample::root(1);
        let table = |superblock: &[u8]| {
            let hashes = Hashes::read(superblock).unwrap();
            hashes.table("/dev/vda2", "/dev/vda3", &root)
        };
        let mut superblock = sample::superblock();
        let hash = root.digits();
        assert_eq!(
            table(&superblock),
            format!(
                "0 800 verity 1 /dev/vda2 /dev/vda3 4096 4096 100 1 sha256 {hash} ab01 \
                 1 panic_on_corruption"
            )
        );
        superblock[80] = 0;
        assert!(table(&superblock).ends_with(" - 1 panic_on_corruption"));
    }

    #[test]
    fn hashes_lead_to_the_sum_of_salt_and_topmost_block() {
        let partition = sample::partition(1);
        let (superblock, topmost) = partition.split_at(BLOCK);
        let hashes = Hashes::read(superblock).unwrap();
        assert!(hashes.lead_to(&sample::root(1), topmost));
        assert!(!hashes.lead_to(&sample::root(2), topmost));
        let mut salted = superblock.to_owned();
        salted[88] ^= 1;
        let hashes = Hashes::read(&salted).unwrap();
        assert!(!hashes.lead_to(&sample::root(1), topmost));
    }

    #[test]
    fn other_superblocks_are_refused() {
        for at in [0, 8, 12, 32, 65, 69] {
            let mut block = sample::superblock();
            block[at] ^= 1;
            assert_eq!(Hashes::read(&block), None, "byte {at}");
        }
        assert_eq!(Hashes::read(&sample::superblock()[..80]), None);
    }
}
