//! Where backups are kept: `backups` in the data folder, each under a name that says when, by which version and why it was made.
//!
//! Invariant: a file that is there under such a name is whole. The newest [`MOST`] are kept, among them that of before the last update, and the
//! last one that was uploaded.

use std::fs::File;
use std::path::{Path, PathBuf};

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use xo_api::{Backup, BackupReason};

use super::BackupError;
use super::error::io;
use crate::process::make_private_folder;

/// How many are kept.
const MOST: usize = 5;
const ENDING: &str = ".xoabackup";
/// What is not whole yet begins so.
const PART: &str = ".part-";
const UPLOADED: &str = "uploaded";
const BEFORE: &str = "-before-";
const STAMP: &[BorrowedFormatItem<'_>] =
    format_description!("[year][month][day]T[hour][minute][second].[subsecond digits:3]Z");

/// Why one is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Somebody asked for it.
    Asked,
    /// An update to this version is about to begin.
    Before(String),
    /// It was uploaded.
    Uploaded,
}

/// The folder.
#[derive(Debug, Clone)]
pub struct Shelf(PathBuf);

impl Shelf {
    /// That of a data folder; it is made when it is not there.
    ///
    /// # Errors
    /// The system's.
    pub fn of(data_dir: &Path) -> Result<Self, BackupError> {
        let folder = data_dir.join("backups");
        let made = make_private_folder(&folder);
        made.map_err(io(format!("cannot make {}", folder.display())))?;
        Ok(Self(folder))
    }

    /// Where something is put until it is whole: a fresh name, whose file or folder goes when nobody holds it any more.
    pub(super) fn part(&self) -> Part {
        Part(self.0.join(format!("{PART}{}", uuid::Uuid::new_v4())))
    }

    /// What a power cut left half made.
    pub(crate) fn sweep(&self) {
        for name in self.names().unwrap_or_default() {
            if name.starts_with(PART) {
                drop(Part(self.0.join(name)));
            }
        }
    }

    fn names(&self) -> Result<Vec<String>, BackupError> {
        let what = || format!("cannot list {}", self.0.display());
        let entries = std::fs::read_dir(&self.0).map_err(io(what()))?;
        let names = entries.map(|entry| Ok(entry?.file_name().into_string().ok()));
        let names: std::io::Result<Vec<_>> = names.collect();
        Ok(names.map_err(io(what()))?.into_iter().flatten().collect())
    }

    /// All that are kept, the newest first.
    ///
    /// # Errors
    /// The system's.
    pub fn list(&self) -> Result<Vec<Backup>, BackupError> {
        let mut found = Vec::new();
        for name in self.names()? {
            // One that somebody removes meanwhile is not there.
            let length = self.0.join(&name).metadata().map(|file| file.len());
            if let (Ok(bytes), Some(id)) = (length, name.strip_suffix(ENDING)) {
                found.extend(described(id, bytes));
            }
        }
        found.sort_by(|a, b| b.id.cmp(&a.id));
        Ok(found)
    }

    /// One of them.
    ///
    /// # Errors
    /// [`BackupError::Unknown`]
    pub fn path(&self, id: &str) -> Result<PathBuf, BackupError> {
        let mut all = self.list()?.into_iter();
        let found = all.find(|backup| backup.id == id);
        let found = found.ok_or_else(|| BackupError::Unknown(id.to_owned()))?;
        Ok(self.file(&found.id))
    }

    /// One by its name, or the last one that was made before an update to a version.
    pub(crate) fn before(&self, which: &str) -> Result<Option<Backup>, BackupError> {
        let all = self.list()?;
        let named = all.iter().find(|backup| backup.id == which);
        let before = || all.iter().find(|b| b.before.as_deref() == Some(which));
        Ok(named.or_else(before).cloned())
    }

    /// Keeps what is whole now, and lets the oldest go.
    pub(super) fn keep(
        &self,
        part: &Part,
        at: OffsetDateTime,
        version: &str,
        reason: &Reason,
    ) -> Result<Backup, BackupError> {
        let stamp = at.format(STAMP).unwrap_or_default();
        let id = match reason {
            Reason::Asked => format!("{stamp}-{version}"),
            Reason::Before(next) => format!("{stamp}-{version}{BEFORE}{next}"),
            Reason::Uploaded => format!("{stamp}-{UPLOADED}"),
        };
        let what = || io(format!("cannot keep the backup {id}"));
        let file = File::open(part.path()).map_err(what())?;
        file.sync_all().map_err(what())?;
        let bytes = file.metadata().map_err(what())?.len();
        std::fs::rename(part.path(), self.file(&id)).map_err(what())?;
        sync(&self.0)?;
        self.thin(&id)?;
        described(&id, bytes).ok_or(BackupError::Unknown(id))
    }

    /// A clock that was wrong once may have given others later names than `fresh` has.
    fn thin(&self, fresh: &str) -> Result<(), BackupError> {
        let (uploaded, made): (Vec<_>, Vec<_>) = self
            .list()?
            .into_iter()
            .partition(|backup| backup.reason == BackupReason::Upload);
        // The way back from the last update may need its backup.
        let last = made.iter().find(|b| b.reason == BackupReason::Update);
        let old = made.iter().rev().filter(|backup| Some(*backup) != last);
        let old = old.filter(|backup| backup.id != fresh);
        let too_many = made.len().saturating_sub(MOST);
        let of_uploads = uploaded.iter().filter(|backup| backup.id != fresh);
        let kept_uploads = usize::from(uploaded.iter().all(|backup| backup.id != fresh));
        for old in old.take(too_many).chain(of_uploads.skip(kept_uploads)) {
            self.remove(&old.id)?;
        }
        Ok(())
    }

    /// Removes one.
    ///
    /// # Errors
    /// [`BackupError::Unknown`]; the system's.
    pub fn remove(&self, id: &str) -> Result<(), BackupError> {
        let path = self.path(id)?;
        std::fs::remove_file(path).map_err(io(format!("cannot remove the backup {id}")))?;
        sync(&self.0)
    }

    fn file(&self, id: &str) -> PathBuf {
        self.0.join(format!("{id}{ENDING}"))
    }
}

/// Reads what a name says.
fn described(id: &str, bytes: u64) -> Option<Backup> {
    let (stamp, rest) = id.split_once('-')?;
    let at = time::PrimitiveDateTime::parse(stamp, STAMP).ok()?;
    let ms = at.assume_utc().unix_timestamp_nanos() / 1_000_000;
    let (version, reason, before) = match rest.split_once(BEFORE) {
        _ if rest == UPLOADED => (None, BackupReason::Upload, None),
        Some((version, before)) => (Some(version), BackupReason::Update, Some(before)),
        None => (Some(rest), BackupReason::Asked, None),
    };
    Some(Backup {
        id: id.to_owned(),
        bytes,
        made_at: i64::try_from(ms).ok()?,
        version: version.map(str::to_owned),
        reason,
        before: before.map(str::to_owned),
    })
}

pub(super) fn sync(folder: &Path) -> Result<(), BackupError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(io(format!("cannot write {}", folder.display())))
}

/// Something that is not whole; it is removed when this goes.
pub(super) struct Part(PathBuf);

impl Part {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0).or_else(|_| std::fs::remove_dir_all(&self.0));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn put(shelf: &Shelf, second: u64, reason: &Reason) -> Backup {
        let part = shelf.part();
        std::fs::write(part.path(), "backup").unwrap();
        let at = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(second);
        shelf.keep(&part, at, "1.2.0-rc.1", reason).unwrap()
    }

    #[test]
    fn the_newest_five_are_kept_with_that_of_before_the_last_update_and_the_last_upload() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::of(folder.path()).unwrap();
        for second in 0..10 {
            let reason = match second {
                1 => Reason::Before("1.2.0-alpha".to_owned()),
                2 => Reason::Before("1.2.0-beta-1".to_owned()),
                0 | 4 => Reason::Uploaded,
                _ => Reason::Asked,
            };
            put(&shelf, second, &reason);
        }
        let kept = shelf.list().unwrap();
        let seconds: Vec<i64> = kept.iter().map(|backup| backup.made_at / 1000).collect();
        assert_eq!(seconds, [9, 8, 7, 6, 4, 2]);
        assert_eq!(kept[4].reason, BackupReason::Upload);
        assert_eq!(kept[4].version, None);
        assert_eq!(kept[5].version.as_deref(), Some("1.2.0-rc.1"));
        assert_eq!(kept[5].bytes, 6);
        assert_eq!(shelf.before("1.2.0-beta-1").unwrap().unwrap(), kept[5]);
        assert_eq!(shelf.before(&kept[5].id).unwrap().unwrap(), kept[5]);
        assert_eq!(shelf.before("9.9.9").unwrap(), None);
        assert!(shelf.path(&kept[0].id).unwrap().is_file());
        shelf.remove(&kept[0].id).unwrap();
        assert_eq!(shelf.list().unwrap()[..], kept[1..]);
    }

    #[test]
    fn what_was_just_kept_stays_although_others_have_names_of_the_future() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::of(folder.path()).unwrap();
        for second in 100..106 {
            put(&shelf, second, &Reason::Before("9.9.9".to_owned()));
        }
        put(&shelf, 107, &Reason::Uploaded);
        for reason in [Reason::Before("2.0.0".to_owned()), Reason::Uploaded] {
            let fresh = put(&shelf, 1, &reason);
            assert!(shelf.list().unwrap().contains(&fresh), "{fresh:?}");
        }
        assert_eq!(shelf.list().unwrap().len(), MOST + 1);
    }

    #[test]
    fn names_that_lead_elsewhere_are_no_backups() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret.key"), "secret").unwrap();
        let shelf = Shelf::of(folder.path()).unwrap();
        for id in [
            "../secret.key",
            "",
            ".",
            "19700101T000000.000Z-1/../../secret.key",
        ] {
            assert!(
                matches!(shelf.path(id), Err(BackupError::Unknown(_))),
                "{id}"
            );
            assert!(shelf.remove(id).is_err(), "{id}");
        }
        assert!(folder.path().join("secret.key").exists());
    }

    #[test]
    fn what_is_not_whole_goes() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::of(folder.path()).unwrap();
        let part = shelf.part();
        std::fs::write(part.path(), "half").unwrap();
        drop(part);
        let lost = folder.path().join("backups/.part-of-a-power-cut");
        std::fs::create_dir(&lost).unwrap();
        std::fs::write(lost.join("xo.db"), "half").unwrap();
        put(&shelf, 0, &Reason::Asked);
        shelf.sweep();
        assert_eq!(
            std::fs::read_dir(folder.path().join("backups"))
                .unwrap()
                .count(),
            1
        );
    }
}
