//! dm-verity's hashes of a slot: what root hash a slot has, and whether each of its blocks is what the root hash says
//! (cryptsetup's on-disk format, "dm-verity", version 1).
//!
//! A superblock stands in front of the hashes. The level of one block comes first, the one that hashes the data comes last; each hash is
//! SHA-256 of salt and block, and the root hash is the one of the first level's block.

use std::io;

use aws_lc_rs::digest::{Context, SHA256};

use super::device::Readable;
use super::hash::hex;

const BLOCK: u64 = 4096;
const BLOCK_LEN: usize = 4096;
const HASH_LEN: usize = 32;
const HASHES_PER_BLOCK: u64 = 128;

/// What the superblock tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    salt: Vec<u8>,
    /// How many blocks the data have.
    pub blocks: u64,
}

impl Tree {
    /// Reads the superblock; `None` for what is none of a kind that we make.
    ///
    /// # Errors
    /// The device's.
    pub fn read(hashes: &dyn Readable) -> io::Result<Option<Self>> {
        let mut block = [0; 512];
        if hashes.len() < BLOCK {
            return Ok(None);
        }
        hashes.read_at(&mut block, 0)?;
        Ok(Self::parse(&block))
    }

    fn parse(block: &[u8; 512]) -> Option<Self> {
        let half = |at: usize| {
            let bytes = block.get(at..at + 4)?;
            Some(u32::from_le_bytes(bytes.try_into().ok()?))
        };
        let algorithm = block.get(32..64)?.split(|byte| *byte == 0).next()?;
        let known = block.starts_with(b"verity\0\0")
            && (half(8)?, half(12)?) == (1, 1)
            && algorithm == b"sha256"
            && u64::from(half(64)?) == BLOCK
            && u64::from(half(68)?) == BLOCK;
        let blocks = u64::from_le_bytes(block.get(72..80)?.try_into().ok()?);
        let salt_len = u16::from_le_bytes(block.get(80..82)?.try_into().ok()?);
        if !known || blocks == 0 || salt_len > 256 {
            return None;
        }
        let salt = block.get(88..88 + usize::from(salt_len))?.to_vec();
        Some(Self { salt, blocks })
    }

    /// The length of the data in bytes.
    pub fn data_len(&self) -> Option<u64> {
        self.blocks.checked_mul(BLOCK)
    }

    /// How many blocks each level has, the one of one block first.
    fn levels(&self) -> Vec<u64> {
        let mut levels = vec![self.blocks.div_ceil(HASHES_PER_BLOCK)];
        while let Some(first) = levels.first().copied().filter(|count| *count > 1) {
            levels.insert(0, first.div_ceil(HASHES_PER_BLOCK));
        }
        levels
    }

    fn hash(&self, block: &[u8]) -> [u8; HASH_LEN] {
        let mut context = Context::new(&SHA256);
        context.update(&self.salt);
        context.update(block);
        let mut hash = [0; HASH_LEN];
        hash.copy_from_slice(context.finish().as_ref());
        hash
    }
}

/// The root hash that the hashes have, in hexadecimal digits; `None` when these are no hashes.
///
/// # Errors
/// The device's.
pub fn root_hash(hashes: &dyn Readable) -> io::Result<Option<String>> {
    let Some(tree) = Tree::read(hashes)? else {
        return Ok(None);
    };
    let mut top = [0; BLOCK_LEN];
    if hashes.len() < 2 * BLOCK {
        return Ok(None);
    }
    hashes.read_at(&mut top, BLOCK)?;
    Ok(Some(hex(&tree.hash(&top))))
}

/// Whether the hashes have this root hash, and each block of them and of the data is what they say.
///
/// # Errors
/// The device's.
pub fn is_whole(data: &dyn Readable, hashes: &dyn Readable, root: &str) -> io::Result<bool> {
    if root_hash(hashes)?.as_deref() != Some(root) {
        return Ok(false);
    }
    let Some(tree) = Tree::read(hashes)? else {
        return Ok(false);
    };
    let levels = tree.levels();
    let fits = |blocks: Option<u64>, device: &dyn Readable| {
        let bytes = blocks.and_then(|count| count.checked_mul(BLOCK));
        bytes.is_some_and(|bytes| bytes <= device.len())
    };
    let own = levels.iter().try_fold(1_u64, |sum, n| sum.checked_add(*n));
    if !fits(Some(tree.blocks), data) || !fits(own, hashes) {
        return Ok(false);
    }
    let mut start = 1;
    for (at, count) in levels.iter().enumerate() {
        let below = start + count;
        // What this level hashes: the next one, or the data.
        let (device, first, blocks) = match levels.get(at + 1) {
            Some(next) => (hashes, below, *next),
            None => (data, 0, tree.blocks),
        };
        if !level_is_whole(&tree, (hashes, start), (device, first, blocks))? {
            return Ok(false);
        }
        start = below;
    }
    Ok(true)
}

/// Whether `blocks` blocks of a device, from `first` on, have the hashes that stand from block `start` on.
fn level_is_whole(
    tree: &Tree,
    (hashes, start): (&dyn Readable, u64),
    (device, first, blocks): (&dyn Readable, u64, u64),
) -> io::Result<bool> {
    let mut expected = [0; BLOCK_LEN];
    let mut content = vec![0; BLOCK_LEN * 128];
    for group in 0..blocks.div_ceil(HASHES_PER_BLOCK) {
        hashes.read_at(&mut expected, (start + group) * BLOCK)?;
        let from = group * HASHES_PER_BLOCK;
        let count = HASHES_PER_BLOCK.min(blocks - from);
        let bytes = usize::try_from(count * BLOCK).unwrap_or(content.len());
        let Some(content) = content.get_mut(..bytes) else {
            return Ok(false);
        };
        device.read_at(content, (first + from) * BLOCK)?;
        let mut pairs = content
            .chunks_exact(BLOCK_LEN)
            .zip(expected.chunks_exact(HASH_LEN));
        if !pairs.all(|(block, hash)| tree.hash(block) == hash) {
            return Ok(false);
        }
    }
    Ok(true)
}
