//! Hashes of dm-verity, made here and judged by the engine.

use std::io;

use aws_lc_rs::digest::{Context, SHA256};
use xo_appliance::update::device::Readable;
use xo_appliance::update::hash::hex;
use xo_appliance::update::verity::{is_whole, root_hash};

const BLOCK: usize = 4096;

/// The hashes of some data, superblock first, and their root hash (cryptsetup's on-disk format, version 1).
pub fn format(data: &[u8], salt: &[u8]) -> (Vec<u8>, String) {
    let mut superblock = vec![0; BLOCK];
    let blocks = data.len().div_ceil(BLOCK) as u64;
    for (at, bytes) in [
        (0, &b"verity\0\0"[..]),
        (8, &1_u32.to_le_bytes()),
        (12, &1_u32.to_le_bytes()),
        (32, b"sha256"),
        (64, &4096_u32.to_le_bytes()),
        (68, &4096_u32.to_le_bytes()),
        (72, &blocks.to_le_bytes()),
        (80, &(salt.len() as u16).to_le_bytes()),
        (88, salt),
    ] {
        superblock[at..at + bytes.len()].copy_from_slice(bytes);
    }
    let hash = |block: &[u8]| {
        let mut context = Context::new(&SHA256);
        context.update(salt);
        context.update(block);
        context.finish()
    };
    let mut levels: Vec<Vec<u8>> = Vec::new();
    let mut below = data.to_vec();
    while levels.is_empty() || below.len() > BLOCK {
        below.resize(below.len().next_multiple_of(BLOCK), 0);
        let hashed = below
            .chunks_exact(BLOCK)
            .flat_map(|block| hash(block).as_ref().to_vec());
        let mut level: Vec<u8> = hashed.collect();
        level.resize(level.len().next_multiple_of(BLOCK), 0);
        levels.insert(0, level.clone());
        below = level;
    }
    let root = hex(hash(&below).as_ref());
    (
        [superblock]
            .into_iter()
            .chain(levels)
            .collect::<Vec<_>>()
            .concat(),
        root,
    )
}

struct Bytes(Vec<u8>);

impl Readable for Bytes {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let from = offset as usize;
        let found = self.0.get(from..from + buffer.len());
        buffer.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn len(&self) -> u64 {
        self.0.len() as u64
    }
}

fn data(blocks: usize) -> Vec<u8> {
    (0..blocks * BLOCK).map(|at| (at / 7 % 251) as u8).collect()
}

fn whole(data: &[u8], hashes: &[u8], root: &str) -> bool {
    is_whole(&Bytes(data.to_vec()), &Bytes(hashes.to_vec()), root).unwrap()
}

#[test]
fn one_changed_byte_of_data_or_hashes_is_seen() {
    for blocks in [1, 128, 129, 300] {
        let data = data(blocks);
        let (hashes, root) = format(&data, &[1, 2]);
        let found = root_hash(&Bytes(hashes.clone())).unwrap();
        assert_eq!(found.as_deref(), Some(&*root));
        assert!(whole(&data, &hashes, &root), "{blocks}");
        let mut other = data.clone();
        other[(blocks - 1) * BLOCK + 9] ^= 1;
        assert!(!whole(&other, &hashes, &root), "{blocks}");
        for at in [72, 88, BLOCK, hashes.len() - BLOCK] {
            let mut other = hashes.clone();
            other[at] ^= 1;
            assert!(!whole(&data, &other, &root), "{blocks}: {at}");
        }
        let room_behind = [&data[..], &[9; BLOCK]].concat();
        assert!(whole(&room_behind, &hashes, &root), "{blocks}");
    }
}

#[test]
fn what_is_too_short_or_something_else_is_not_whole() {
    let data = data(200);
    let (hashes, root) = format(&data, &[7; 32]);
    assert!(!whole(&data[..BLOCK], &hashes, &root));
    assert!(!whole(&data, &hashes[..2 * BLOCK], &root));
    for other in [vec![0; 2 * BLOCK], Vec::new(), hashes[..BLOCK].to_vec()] {
        assert_eq!(root_hash(&Bytes(other)).unwrap(), None);
    }
}
