//! A partition of a slot: bytes at offsets. Tests put one in its place that loses its power.
//!
//! Invariant: the slot that runs is only ever held as [`Readable`]. What was written is on the disk when [`Device::sync`] returns, and
//! what is read after it comes from the disk.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{Advice, fadvise};

/// What can be read.
pub trait Readable: Send + Sync {
    /// Fills all of `buffer`.
    ///
    /// # Errors
    /// The system's; also when it ends before.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Its length in bytes.
    fn len(&self) -> u64;

    /// It has no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What can be written too.
pub trait Device: Readable {
    /// Writes all of `bytes`; on the disk after the next [`Device::sync`].
    ///
    /// # Errors
    /// The system's.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Waits until all is on the disk, and forgets what is remembered of it.
    ///
    /// # Errors
    /// The system's.
    fn sync(&self) -> io::Result<()>;
}

/// A partition of this machine.
#[derive(Debug)]
pub struct Partition {
    file: File,
    len: u64,
}

impl Partition {
    /// One that is only read.
    ///
    /// # Errors
    /// The system's.
    pub fn read(path: &Path) -> io::Result<Self> {
        Self::of(File::open(path)?)
    }

    /// One that is written.
    ///
    /// # Errors
    /// The system's.
    pub fn write(path: &Path) -> io::Result<Self> {
        Self::of(OpenOptions::new().read(true).write(true).open(path)?)
    }

    fn of(mut file: File) -> io::Result<Self> {
        // A partition's metadata do not tell its length.
        let len = file.seek(SeekFrom::End(0))?;
        Ok(Self { file, len })
    }
}

impl Readable for Partition {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }

    fn len(&self) -> u64 {
        self.len
    }
}

impl Device for Partition {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let end = offset.checked_add(bytes.len() as u64);
        // A file in place of a partition would grow.
        if end.is_none_or(|end| end > self.len) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.file.write_all_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_all()?;
        fadvise(&self.file, 0, None, Advice::DontNeed)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_nothing_is_written_behind_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("partition");
        std::fs::write(&path, [0; 8192]).unwrap();
        let device = Partition::write(&path).unwrap();
        assert_eq!(device.len(), 8192);
        device.write_at(b"abc", 4095).unwrap();
        device.sync().unwrap();
        let mut read = [0; 5];
        Partition::read(&path)
            .unwrap()
            .read_at(&mut read, 4094)
            .unwrap();
        assert_eq!(&read, b"\0abc\0");
        device.write_at(b"abc", 8190).unwrap_err();
        device.write_at(b"abc", u64::MAX).unwrap_err();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 8192);
    }
}
