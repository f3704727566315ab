//! What was trusted last: `root.json`, `timestamp.json`, `snapshot.json`, `targets.json`, and the latest `clock` that was seen.
//!
//! Invariant: a file is what it was or what it becomes, whenever the power is cut. The library writes into a copy; what
//! changed there is written beside its place, synced, and renamed.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::error::TrustError;
use super::transport::{self, Seen};

pub(super) const CLOCK: &str = "clock";
const ROOT: &str = "root.json";
/// In the order in which changes are kept.
const FILES: [&str; 5] = [
    ROOT,
    "timestamp.json",
    "snapshot.json",
    "targets.json",
    CLOCK,
];
const COPY: &str = "next";
/// What the library calls the clock.
const COPIED_CLOCK: &str = "latest_known_time.json";
/// A clock that is set right goes back a little; the latest time stays what it was.
const TOLERANCE: time::Duration = time::Duration::hours(1);

/// The folder.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
}

impl Store {
    /// Opens it and makes the copy.
    pub(super) fn open(path: &Path) -> Result<Self, TrustError> {
        let store = Self {
            path: path.to_owned(),
        };
        let copy = store.copy();
        match fs::remove_dir_all(&copy) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(TrustError::file("remove", copy)(error));
            }
            _ => {}
        }
        fs::create_dir_all(&copy).map_err(TrustError::file("make", &copy))?;
        for name in FILES {
            if let Some(content) = read(&path.join(name))? {
                let place = store.copied(name);
                fs::write(&place, content).map_err(TrustError::file("write", place))?;
            }
        }
        store.forgive_the_clock(OffsetDateTime::now_utc())?;
        Ok(store)
    }

    /// Where the library writes.
    pub(super) fn copy(&self) -> PathBuf {
        self.path.join(COPY)
    }

    fn copied(&self, name: &str) -> PathBuf {
        let name = if name == CLOCK { COPIED_CLOCK } else { name };
        self.copy().join(name)
    }

    /// The root to begin with: the newest that was trusted here, or that of the image if it is newer.
    pub(super) fn root(&self, image: Vec<u8>) -> Result<Vec<u8>, TrustError> {
        let known = read(&self.path.join(ROOT))?;
        Ok(match known {
            Some(known) if transport::version(&known) > transport::version(&image) => known,
            _ => image,
        })
    }

    /// Takes back what the library wrote into the copy.
    pub(super) fn undo(&self, name: &str) -> Result<(), TrustError> {
        match read(&self.path.join(name))? {
            Some(content) => {
                let place = self.copied(name);
                fs::write(&place, content).map_err(TrustError::file("restore", &place))
            }
            None => self.hide(name),
        }
    }

    /// As if it had never been there, until it is taken back.
    pub(super) fn hide(&self, name: &str) -> Result<(), TrustError> {
        let place = self.copied(name);
        match fs::remove_file(&place) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(TrustError::file("remove", place)(error))
            }
            _ => Ok(()),
        }
    }

    /// Keeps what the library made of the copy; documents as they came, where `seen` has them: their sums are signed.
    pub(super) fn keep(self, seen: &Seen) -> Result<(), TrustError> {
        let copy = self.copy();
        let mut changed = Vec::new();
        for name in FILES {
            let place = self.path.join(name);
            let (old, new) = (read(&place)?, read(&self.copied(name))?);
            let new = new.map(|new| seen.original(name, &new).unwrap_or(new));
            match new {
                // First, so that a root with other keys is never beside what the old keys signed.
                None if old.is_some() && name != CLOCK => {
                    fs::remove_file(&place).map_err(TrustError::file("remove", &place))?;
                }
                Some(new) if old.as_ref() != Some(&new) => changed.push((place, new, old)),
                _ => {}
            }
        }
        for (place, new, old) in changed {
            if place.ends_with(CLOCK) && old.is_some_and(|old| instant(&old) > instant(&new)) {
                continue;
            }
            replace(&place, &new).map_err(TrustError::file("write", &place))?;
        }
        fs::remove_dir_all(&copy).map_err(TrustError::file("remove", &copy))
    }

    fn forgive_the_clock(&self, now: OffsetDateTime) -> Result<(), TrustError> {
        let place = self.copied(CLOCK);
        let known = read(&place)?.and_then(|content| instant(&content));
        if known.is_some_and(|known| known > now && known - now < TOLERANCE) {
            self.hide(CLOCK)?;
        }
        Ok(())
    }
}

/// The time that updates were looked for last, if it is later than now: until then, no network is believed.
pub fn clock_seen_ahead(store: &Path, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let known = instant(&read(&store.join(CLOCK)).ok()??)?;
    (known - now >= TOLERANCE).then_some(known)
}

/// Has the clock of this machine count, whatever it said before.
///
/// # Errors
/// The disk's.
pub fn forget_clock(store: &Path) -> Result<(), TrustError> {
    let place = store.join(CLOCK);
    match fs::remove_file(&place) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(TrustError::file("remove", place)(error))
        }
        _ => Ok(()),
    }
}

fn instant(content: &[u8]) -> Option<OffsetDateTime> {
    let text: String = serde_json::from_slice(content).ok()?;
    OffsetDateTime::parse(&text, &Rfc3339).ok()
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, TrustError> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TrustError::file("read", path)(error)),
    }
}

fn replace(place: &Path, content: &[u8]) -> io::Result<()> {
    let fresh = place.with_extension("new");
    let mut file = File::create(&fresh)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&fresh, place)?;
    let folder = place.parent().unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: time::Duration) -> String {
        let at = OffsetDateTime::now_utc() + offset;
        serde_json::to_string(&at.format(&Rfc3339).unwrap()).unwrap()
    }

    #[test]
    fn what_the_library_changes_and_removes_in_the_copy_is_kept_and_the_rest_stays() {
        let folder = tempfile::tempdir().unwrap();
        for name in [ROOT, "timestamp.json", "snapshot.json"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let store = Store::open(folder.path()).unwrap();
        fs::write(store.copy().join(ROOT), "newer").unwrap();
        fs::remove_file(store.copy().join("timestamp.json")).unwrap();
        fs::write(store.copy().join("targets.json"), "new").unwrap();
        store.keep(&Seen::default()).unwrap();
        let read = |name| fs::read_to_string(folder.path().join(name)).ok();
        assert_eq!(read(ROOT).as_deref(), Some("newer"));
        assert_eq!(read("timestamp.json"), None);
        assert_eq!(read("snapshot.json").as_deref(), Some("snapshot.json"));
        assert_eq!(read("targets.json").as_deref(), Some("new"));
        assert_eq!(read("root.new"), None);
        assert!(!folder.path().join(COPY).exists());
    }

    #[test]
    fn a_clock_may_go_back_a_little_but_the_latest_time_never_does() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join(CLOCK);
        let soon = at(time::Duration::minutes(30));
        fs::write(&place, &soon).unwrap();
        let store = Store::open(folder.path()).unwrap();
        assert!(!store.copied(CLOCK).exists());
        fs::write(store.copied(CLOCK), at(time::Duration::ZERO)).unwrap();
        store.keep(&Seen::default()).unwrap();
        assert_eq!(fs::read_to_string(&place).unwrap(), soon);
        fs::write(&place, at(time::Duration::hours(2))).unwrap();
        let store = Store::open(folder.path()).unwrap();
        assert!(store.copied(CLOCK).exists());
        let now = OffsetDateTime::now_utc();
        let ahead = |now| clock_seen_ahead(folder.path(), now).is_some();
        assert!(ahead(now));
        assert!(!ahead(now + time::Duration::minutes(90)));
        forget_clock(folder.path()).unwrap();
        forget_clock(folder.path()).unwrap();
        assert!(!ahead(now));
    }

    #[test]
    fn the_newer_root_is_the_one_to_begin_with() {
        let folder = tempfile::tempdir().unwrap();
        let root = |version: u64| {
            format!(
                r#"{{"signed":{{"_type":"root","spec_version":"1.0.31","version":{version},"expires":"2030-01-01T00:00:00Z"}}}}"#
            )
            .into_bytes()
        };
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(store.root(root(2)).unwrap(), root(2));
        fs::write(folder.path().join(ROOT), root(3)).unwrap();
        assert_eq!(store.root(root(2)).unwrap(), root(3));
        assert_eq!(store.root(root(4)).unwrap(), root(4));
        fs::write(folder.path().join(ROOT), "damaged").unwrap();
        assert_eq!(store.root(root(2)).unwrap(), root(2));
    }
}
