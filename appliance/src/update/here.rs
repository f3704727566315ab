//! This machine, as the engine sees it: which slot runs, which one does not, the ESP, the folder on the data partition.
//!
//! Invariant: the other slot is told by what dm-verity is made of, so it is never the one that runs; a disk of another shape has none.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use semver::Version;

use super::device::Partition;
use super::engine::{Parts, Slot, System};
use super::folder::OnDisk;
use super::pace::Clock;
use crate::entries::image_version;

/// Where downloads and the journal are.
pub const STORE: &str = "var/lib/xoa/update";
const ESP: &str = "boot/EFI/Linux";
/// The root file system, verified: the RAM disk makes it, the first of its kind.
const OWN: &str = "dev/dm-0";

/// Why this machine cannot update itself.
#[derive(Debug, thiserror::Error)]
pub enum NoUpdates {
    /// It was not started from a slot.
    #[error("this system was not started from a verified slot: {0}")]
    NoSlot(&'static str),
    /// A file or a device is not there, or not as it should be.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody else updates it.
    #[error("another process updates this system")]
    Taken,
}

/// The machine below `root`, and the lock that keeps others away as long as it is held.
///
/// # Errors
/// When it is no appliance with two slots.
pub fn open(root: &Path) -> Result<(Parts, File), NoUpdates> {
    let store = root.join(STORE);
    let fault = |path: &Path| {
        let path = path.to_owned();
        |source| NoUpdates::File { path, source }
    };
    let (data, hashes) = other_slot(root)?;
    let write = |path: PathBuf| Partition::write(&path).map(Box::new).map_err(fault(&path));
    let own = root.join(OWN);
    fs::create_dir_all(&store).map_err(fault(&store))?;
    let lock = store.join("lock");
    let file = File::create(&lock).map_err(fault(&lock))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(NoUpdates::Taken),
        Err(TryLockError::Error(source)) => return Err(fault(&lock)(source)),
    }
    let parts = Parts {
        system: system(root)?,
        own: Box::new(Partition::read(&own).map_err(fault(&own))?),
        other: Slot {
            data: write(data)?,
            hashes: write(hashes)?,
        },
        esp: Box::new(OnDisk::new(root.join(ESP))),
        store: Box::new(OnDisk::new(store)),
        clock: Box::new(Real(Instant::now())),
    };
    Ok((parts, file))
}

fn text(path: &Path) -> Result<String, NoUpdates> {
    fs::read_to_string(path).map_err(|source| NoUpdates::File {
        path: path.to_owned(),
        source,
    })
}

fn system(root: &Path) -> Result<System, NoUpdates> {
    let words = text(&root.join("proc/cmdline"))?;
    let root_hash = words
        .split_ascii_whitespace()
        .find_map(|word| word.strip_prefix("roothash="))
        .ok_or(NoUpdates::NoSlot("no roothash= on its command line"))?
        .to_ascii_lowercase();
    let release = text(&root.join("usr/lib/os-release"))?;
    let version = image_version(&release)
        .and_then(|version| version.parse().ok())
        .ok_or(NoUpdates::NoSlot("no IMAGE_VERSION of the form 1.2.3"))?;
    let boot = text(&root.join("proc/sys/kernel/random/boot_id"))?;
    // An image without one has none.
    let floor = fs::read_to_string(root.join("usr/share/xoa/floor")).unwrap_or_default();
    Ok(System {
        version,
        architecture: std::env::consts::ARCH.to_owned(),
        root_hash,
        boot: boot.trim().to_owned(),
        floor: floor.trim().parse().unwrap_or(Version::new(0, 0, 0)),
    })
}

/// The partitions of the slot that does not run: 2 and 3 of the disk are the first one's, 4 and 5 the second one's.
fn other_slot(root: &Path) -> Result<(PathBuf, PathBuf), NoUpdates> {
    let slaves = root.join("sys/block/dm-0/slaves");
    let fault = |source| NoUpdates::File {
        path: slaves.clone(),
        source,
    };
    let mut own = Vec::new();
    let mut disk = None;
    for slave in fs::read_dir(&slaves).map_err(fault)? {
        let path = slave.and_then(|slave| slave.path().canonicalize());
        let path = path.map_err(fault)?;
        own.extend(number(&path));
        disk = path.parent().map(Path::to_owned);
    }
    own.sort_unstable();
    let others = match own[..] {
        [2, 3] => [4, 5],
        [4, 5] => [2, 3],
        _ => return Err(NoUpdates::NoSlot("its disk has no two slots")),
    };
    let device = |wanted: u32| {
        let entries = fs::read_dir(disk.as_ref()?).ok()?.flatten();
        let mut paths = entries.map(|entry| entry.path());
        let found = paths.find(|path| number(path) == Some(wanted))?;
        Some(root.join("dev").join(found.file_name()?))
    };
    let [data, hashes] = others.map(device);
    data.zip(hashes)
        .ok_or(NoUpdates::NoSlot("its disk has no other slot"))
}

fn number(partition: &Path) -> Option<u32> {
    let text = fs::read_to_string(partition.join("partition")).ok()?;
    text.trim().parse().ok()
}

struct Real(Instant);

impl Clock for Real {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }

    fn date_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(0))
    }
}
