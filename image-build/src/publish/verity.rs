//! dm-verity's superblock and tree, as far as lengths and the hash at the top go.

use sha2::{Digest, Sha256};

pub(super) const BLOCK: u64 = 4096;
/// Hashes of SHA-256 in a block.
const HASHES: u64 = BLOCK / 32;

/// What the superblock says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Superblock {
    /// Blocks of data; more than one, so that there are hashes.
    blocks: u64,
    salt: Vec<u8>,
}

impl Superblock {
    /// Nothing, when it is none of a kind that the appliance starts.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let half = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let is_known = bytes.starts_with(b"verity\0\0")
            && half(8)? == 1
            && half(12)? == 1
            && bytes.get(32..39)? == b"sha256\0"
            && u64::from(half(64)?) == BLOCK
            && u64::from(half(68)?) == BLOCK;
        let blocks = u64::from_le_bytes(bytes.get(72..80)?.try_into().ok()?);
        let salt = usize::from(u16::from_le_bytes(bytes.get(80..82)?.try_into().ok()?));
        let salt = bytes.get(88..88 + salt.min(256))?.to_vec();
        (is_known && blocks > 1 && blocks < 1 << 40).then_some(Self { blocks, salt })
    }

    /// Length of the data in bytes.
    pub(super) fn data(&self) -> u64 {
        self.blocks * BLOCK
    }

    /// Length of the hashes in bytes, superblock included.
    pub(super) fn hashes(&self) -> u64 {
        let (mut blocks, mut level) = (1, self.blocks);
        while level > 1 {
            level = level.div_ceil(HASHES);
            blocks += level;
        }
        blocks * BLOCK
    }

    /// The hash of the block at the top, which is the first behind the superblock.
    pub(super) fn root_hash(&self, top: &[u8]) -> String {
        let mut sum = Sha256::new();
        sum.update(&self.salt);
        sum.update(top);
        format!("{:x}", sum.finalize())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The hashes of some data, as `veritysetup format` lays them out.
    pub(in super::super) fn tree(data: &[u8], salt: &[u8]) -> (Vec<u8>, String) {
        let mut levels = Vec::new();
        let mut below = data.to_vec();
        loop {
            let mut level = Vec::new();
            for block in below.chunks(BLOCK as usize) {
                level.extend(Sha256::digest([salt, block].concat()));
            }
            level.resize(level.len().next_multiple_of(BLOCK as usize), 0);
            levels.push(level.clone());
            below = level;
            if below.len() as u64 == BLOCK {
                break;
            }
        }
        let mut bytes = vec![0; BLOCK as usize];
        bytes[..8].copy_from_slice(b"verity\0\0");
        bytes[8..12].copy_from_slice(&1u32.to_le_bytes());
        bytes[12..16].copy_from_slice(&1u32.to_le_bytes());
        bytes[32..38].copy_from_slice(b"sha256");
        bytes[64..68].copy_from_slice(&(BLOCK as u32).to_le_bytes());
        bytes[68..72].copy_from_slice(&(BLOCK as u32).to_le_bytes());
        bytes[72..80].copy_from_slice(&(data.len() as u64 / BLOCK).to_le_bytes());
        bytes[80..82].copy_from_slice(&(salt.len() as u16).to_le_bytes());
        bytes[88..88 + salt.len()].copy_from_slice(salt);
        let root = format!("{:x}", Sha256::digest([salt, &below].concat()));
        for level in levels.iter().rev() {
            bytes.extend(level);
        }
        (bytes, root)
    }

    #[test]
    fn lengths_and_the_root_hash_are_those_of_the_tree() {
        for blocks in [2, 128, 129, 300] {
            let data: Vec<u8> = (0..blocks * BLOCK).map(|at| (at / BLOCK) as u8).collect();
            let (hashes, root) = tree(&data, b"salt");
            let superblock = Superblock::read(&hashes).unwrap();
            assert_eq!(superblock.data(), data.len() as u64);
            assert_eq!(superblock.hashes(), hashes.len() as u64, "{blocks}");
            let top = &hashes[BLOCK as usize..2 * BLOCK as usize];
            assert_eq!(superblock.root_hash(top), root);
        }
        assert_eq!(Superblock::read(&[0; 512]), None);
        assert_eq!(Superblock::read(b"verity\0\0"), None);
    }
}
