//! The slot that a root hash means: a partition of hashes that lead to it, and the partition before it. Which disk, which
//! number and which identifiers they have does not matter, so an update writes no partition table.
//!
//! The disk is not trusted: what is found here is verified when it is read.

use std::fs::{File, read_dir, read_to_string};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::command_line::RootHash;
use crate::verity::{BLOCK, Hashes};

/// What is started.
pub struct Slot {
    /// The partition of the file system.
    pub data_device: String,
    /// The partition of hashes.
    pub hash_device: String,
    /// What it says of itself.
    pub hashes: Hashes,
}

/// A disk that is not there by then will not come.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);

/// Waits until the slot is there.
pub fn wait(root: &RootHash) -> Option<Slot> {
    let began = Instant::now();
    loop {
        let slot = find(root);
        if slot.is_some() || began.elapsed() > PATIENCE {
            return slot;
        }
        std::thread::sleep(LOOK);
    }
}

fn find(root: &RootHash) -> Option<Slot> {
    let disks = read_dir("/sys/block").ok()?.flatten();
    disks
        .filter_map(|disk| partitions(&disk.path()))
        .find_map(|partitions| among(&partitions, root))
}

/// The devices of a disk's partitions in the order of their numbers.
fn partitions(disk: &Path) -> Option<Vec<(u32, String)>> {
    let mut found = Vec::new();
    for entry in read_dir(disk).ok()?.flatten() {
        let Ok(number) = read_to_string(entry.path().join("partition")) else {
            continue;
        };
        let device = format!("/dev/{}", entry.file_name().to_str()?);
        found.push((number.trim().parse().ok()?, device));
    }
    found.sort_unstable();
    Some(found)
}

fn among(partitions: &[(u32, String)], root: &RootHash) -> Option<Slot> {
    partitions.windows(2).find_map(|pair| {
        let [(before, data), (number, hash)] = pair else {
            return None;
        };
        let hashes = (before + 1 == *number).then(|| hashes(hash, root))??;
        Some(Slot {
            data_device: data.clone(),
            hash_device: hash.clone(),
            hashes,
        })
    })
}

fn hashes(device: &str, root: &RootHash) -> Option<Hashes> {
    let mut start = [0; 2 * BLOCK];
    let device = File::open(device).ok()?;
    device.read_exact_at(&mut start, 0).ok()?;
    let (superblock, topmost) = start.split_at(BLOCK);
    Hashes::read(superblock).filter(|hashes| hashes.lead_to(root, topmost))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verity::sample;

    #[test]
    fn a_slot_is_the_pair_whose_hashes_lead_to_the_root_hash() {
        let folder = tempfile::tempdir().unwrap();
        let disk = |contents: &[(u32, &[u8])]| -> Vec<(u32, String)> {
            let write = |(number, content): &(u32, &[u8])| {
                let path = folder.path().join(format!("disk{number}"));
                std::fs::write(&path, content).unwrap();
                (*number, path.to_str().unwrap().to_owned())
            };
            contents.iter().map(write).collect()
        };
        let (first, second) = (sample::partition(1), sample::partition(2));
        let partitions = disk(&[(1, b""), (2, b""), (3, &first), (4, b""), (5, &second)]);
        let number = |partitions: &[_], which| {
            let slot = among(partitions, &sample::root(which))?;
            let numbers = (slot.data_device, slot.hash_device);
            let digit = |device: &str| device.chars().last();
            Some((digit(&numbers.0)?, digit(&numbers.1)?))
        };
        assert_eq!(number(&partitions, 1), Some(('2', '3')));
        assert_eq!(number(&partitions, 2), Some(('4', '5')));
        assert_eq!(number(&partitions, 3), None, "nobody has it");
        assert_eq!(
            number(&disk(&[(3, b""), (5, &second)]), 2),
            None,
            "its data are missing"
        );
        assert_eq!(
            number(&disk(&[(4, b""), (5, &second[..BLOCK])]), 2),
            None,
            "it is cut off"
        );
    }
}
