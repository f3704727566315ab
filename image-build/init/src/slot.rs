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
/// The same, when there is a disk with slots of other systems, or with this one's damaged: it is the one that was waited for.
const PATIENCE_WITH_OTHERS: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(50);

/// Waits until the slot is there.
pub fn wait(root: &RootHash) -> Option<Slot> {
    let began = Instant::now();
    loop {
        let patience = match find(root) {
            Seen::Slot(slot) => return Some(slot),
            Seen::Others => PATIENCE_WITH_OTHERS,
            Seen::Nothing => PATIENCE,
        };
        if began.elapsed() > patience {
            return None;
        }
        std::thread::sleep(LOOK);
    }
}

/// What disks have.
enum Seen {
    /// The slot that is looked for.
    Slot(Slot),
    /// Slots, but not that one.
    Others,
    /// No slots.
    Nothing,
}

fn find(root: &RootHash) -> Seen {
    let mut seen = Seen::Nothing;
    for disk in read_dir("/sys/block").into_iter().flatten().flatten() {
        match partitions(&disk.path()).map(|found| among(&found, root)) {
            Some(Seen::Slot(slot)) => return Seen::Slot(slot),
            Some(Seen::Others) => seen = Seen::Others,
            Some(Seen::Nothing) | None => {}
        }
    }
    seen
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

fn among(partitions: &[(u32, String)], root: &RootHash) -> Seen {
    let mut seen = Seen::Nothing;
    for pair in partitions.windows(2) {
        let [(before, data), (number, hash)] = pair else {
            continue;
        };
        if before + 1 != *number {
            continue;
        }
        match hashes(hash, root) {
            Some((hashes, true)) => {
                return Seen::Slot(Slot {
                    data_device: data.clone(),
                    hash_device: hash.clone(),
                    hashes,
                });
            }
            Some((_, false)) => seen = Seen::Others,
            None => {}
        }
    }
    seen
}

/// What a partition says of itself, if it is one of hashes, and whether they lead to the root hash.
fn hashes(device: &str, root: &RootHash) -> Option<(Hashes, bool)> {
    let mut start = [0; 2 * BLOCK];
    let device = File::open(device).ok()?;
    device.read_exact_at(&mut start, 0).ok()?;
    let (superblock, topmost) = start.split_at(BLOCK);
    let hashes = Hashes::read(superblock)?;
    let lead = hashes.lead_to(root, topmost);
    Some((hashes, lead))
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
            let Seen::Slot(slot) = among(partitions, &sample::root(which)) else {
                return None;
            };
            let numbers = (slot.data_device, slot.hash_device);
            let digit = |device: &str| device.chars().last();
            Some((digit(&numbers.0)?, digit(&numbers.1)?))
        };
        assert_eq!(number(&partitions, 1), Some(('2', '3')));
        assert_eq!(number(&partitions, 2), Some(('4', '5')));
        assert_eq!(number(&partitions, 3), None, "nobody has it");
        let others = |partitions: &[_]| matches!(among(partitions, &sample::root(3)), Seen::Others);
        assert!(others(&partitions));
        assert!(!others(&partitions[..2]), "no slots at all");
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
