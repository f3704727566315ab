//! A folder of files: the one of kernel images on the ESP, and the one that keeps what was downloaded. Tests put one in its place that
//! loses its power.
//!
//! Invariant: content is on the disk after [`Folder::sync_file`], names are after [`Folder::sync`], and nothing is before.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;

use super::hash::PIECE;

/// Files by their names, without folders below.
pub trait Folder: Send + Sync {
    /// Names and lengths.
    ///
    /// # Errors
    /// The system's.
    fn list(&self) -> io::Result<BTreeMap<String, u64>>;

    /// Reads as much as there is, up to the buffer's length.
    ///
    /// # Errors
    /// The system's.
    fn read_at(&self, name: &str, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes` into a file that is made when it is not there.
    ///
    /// # Errors
    /// The system's.
    fn write_at(&self, name: &str, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Waits until a file's content is on the disk, and forgets what is remembered of it.
    ///
    /// # Errors
    /// The system's.
    fn sync_file(&self, name: &str) -> io::Result<()>;

    /// Gives a file another name, in place of one that has it.
    ///
    /// # Errors
    /// The system's.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file; one that is not there is no error.
    ///
    /// # Errors
    /// The system's.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Waits until all names are on the disk.
    ///
    /// # Errors
    /// The system's.
    fn sync(&self) -> io::Result<()>;

    /// How many bytes can still be written.
    ///
    /// # Errors
    /// The system's.
    fn free(&self) -> io::Result<u64>;
}

/// Reads a whole file of at most `limit` bytes; `None` when it is not there.
///
/// # Errors
/// The system's; also for a longer one.
pub fn read(folder: &dyn Folder, name: &str, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut content = vec![0; limit + 1];
    let mut filled = 0;
    while let Some(rest) = content.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match folder.read_at(name, rest, filled as u64) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    if filled > limit {
        let what = format!("{name} has more than {limit} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    content.truncate(filled);
    Ok(Some(content))
}

/// Writes a file that is whole or as it was before, whatever moment the power goes.
///
/// # Errors
/// The system's.
pub fn replace(folder: &dyn Folder, name: &str, content: &[u8]) -> io::Result<()> {
    let fresh = format!("{name}.new");
    remove_for_good(folder, &fresh)?;
    folder.write_at(&fresh, content, 0)?;
    folder.sync_file(&fresh)?;
    folder.rename(&fresh, name)?;
    folder.sync()
}

/// Removes a file before another one gets its name: else, after a power cut, the old one might be renamed in place of the new one.
///
/// # Errors
/// The system's.
pub fn remove_for_good(folder: &dyn Folder, name: &str) -> io::Result<()> {
    if folder.list()?.contains_key(name) {
        folder.remove(name)?;
        folder.sync()?;
    }
    Ok(())
}

/// Whether a file has this text somewhere.
///
/// # Errors
/// The system's.
pub fn holds(folder: &dyn Folder, name: &str, text: &str) -> io::Result<bool> {
    let mut window: Vec<u8> = Vec::new();
    let mut piece = vec![0; PIECE];
    let mut offset = 0;
    loop {
        let count = folder.read_at(name, &mut piece, offset)?;
        if count == 0 {
            return Ok(false);
        }
        window.extend(piece.get(..count).unwrap_or_default());
        if window.windows(text.len()).any(|at| at == text.as_bytes()) {
            return Ok(true);
        }
        // It may stand across two pieces.
        window.drain(..window.len().saturating_sub(text.len()));
        offset += count as u64;
    }
}

/// A folder of this machine.
#[derive(Debug, Clone)]
pub struct OnDisk(PathBuf);

impl OnDisk {
    /// One that is there.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

impl Folder for OnDisk {
    fn list(&self) -> io::Result<BTreeMap<String, u64>> {
        let mut found = BTreeMap::new();
        for entry in std::fs::read_dir(&self.0)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if let (true, Ok(name)) = (kind.is_file(), entry.file_name().into_string()) {
                found.insert(name, entry.metadata()?.len());
            }
        }
        Ok(found)
    }

    fn read_at(&self, name: &str, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        File::open(self.0.join(name))?.read_at(buffer, offset)
    }

    fn write_at(&self, name: &str, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        options.open(self.0.join(name))?.write_all_at(bytes, offset)
    }

    fn sync_file(&self, name: &str) -> io::Result<()> {
        let file = File::open(self.0.join(name))?;
        file.sync_all()?;
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.0.join(from), self.0.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match std::fs::remove_file(self.0.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.0)?.sync_all()
    }

    fn free(&self) -> io::Result<u64> {
        let told = rustix::fs::statvfs(&self.0)?;
        Ok(told.f_bavail.saturating_mul(told.f_frsize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_in_pieces_renamed_and_listed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("below")).unwrap();
        let files = OnDisk::new(folder.path());
        files.write_at("a.part", b"abc", 0).unwrap();
        files.write_at("a.part", b"def", 3).unwrap();
        files.sync_file("a.part").unwrap();
        files.rename("a.part", "a").unwrap();
        files.sync().unwrap();
        assert_eq!(files.list().unwrap(), [("a".to_owned(), 6)].into());
        assert_eq!(read(&files, "a", 6).unwrap().unwrap(), b"abcdef");
        read(&files, "a", 5).unwrap_err();
        assert_eq!(read(&files, "b", 5).unwrap(), None);
        replace(&files, "a", b"x").unwrap();
        assert_eq!(read(&files, "a", 5).unwrap().unwrap(), b"x");
        files.remove("a").unwrap();
        files.remove("a").unwrap();
        assert!(files.list().unwrap().is_empty());
        assert!(files.free().unwrap() > 0);
    }
}
