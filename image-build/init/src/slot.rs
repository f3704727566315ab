//! The two partitions of the slot that a root hash names, on whichever disk they are.

use std::fs::{File, read_dir, read_to_string};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::command_line::RootHash;
use crate::gpt;

/// Devices of partitions.
pub struct Slot {
    /// The file system.
    pub data: String,
    /// The hashes of its blocks.
    pub hashes: String,
}

/// A disk that is not there by then will not come.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);

/// Waits until the slot's partitions are there.
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
    let (data, hashes) = root.partitions();
    for disk in read_dir("/sys/block").ok()?.flatten() {
        let Some(found) = on_disk(&disk.path()) else {
            continue;
        };
        let device = |wanted: &str| {
            let (_, device) = found.iter().find(|(id, _)| id == wanted)?;
            Some(device.clone())
        };
        if let (Some(data), Some(hashes)) = (device(data), device(hashes)) {
            return Some(Slot { data, hashes });
        }
    }
    None
}

/// The partitions that a disk's table names and the kernel has: identifier and device.
fn on_disk(disk: &Path) -> Option<Vec<(String, String)>> {
    let name = disk.file_name()?.to_str()?;
    let sector = read_to_string(disk.join("queue/logical_block_size")).ok()?;
    let file = File::open(Path::new("/dev").join(name)).ok()?;
    let table = gpt::partitions(&file, sector.trim().parse().ok()?).ok()?;
    let mut found = Vec::new();
    for entry in read_dir(disk).ok()?.flatten() {
        let Ok(number) = read_to_string(entry.path().join("partition")) else {
            continue;
        };
        let Ok(number) = number.trim().parse::<u32>() else {
            continue;
        };
        if let Some((_, id)) = table.iter().find(|(n, _)| *n == number) {
            found.push((id.clone(), format!("/dev/{}", entry.file_name().to_str()?)));
        }
    }
    Some(found)
}
