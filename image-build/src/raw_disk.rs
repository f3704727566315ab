//! A raw disk image as the file system keeps it: which parts hold data, and their content.
//!
//! Invariant: holes are found by asking the file system (`SEEK_DATA`, `SEEK_HOLE`), never by reading.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, FileTypeExt};
use std::path::{Path, PathBuf};

use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;
use xva::CHUNK_SIZE;

use crate::error::Error;

/// The smallest disk that storage drivers of hosts take.
const SMALLEST: u64 = 2 << 20;
/// The largest, 2040 GiB: VHD has no more.
const LARGEST: u64 = 2040 << 30;

/// A disk image that is open for reading.
pub struct RawDisk {
    path: PathBuf,
    file: File,
    size: u64,
}

impl RawDisk {
    /// Opens a file or a block device.
    ///
    /// # Errors
    /// When it cannot be read, is neither, or has a size that no host takes.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let bad = |reason| Error::BadDisk {
            path: path.to_owned(),
            reason,
        };
        let fault = |source| Error::OpenDisk {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(fault)?;
        let kind = file.metadata().map_err(fault)?.file_type();
        if !kind.is_file() && !kind.is_block_device() {
            return Err(bad(
                "it is neither a file nor a block device; name a raw disk image",
            ));
        }
        let size = seek(&file, SeekFrom::End(0)).map_err(|errno| fault(errno.into()))?;
        if size < SMALLEST {
            return Err(bad(
                "it is smaller than 2 MiB, which no host takes as a disk",
            ));
        }
        if size > LARGEST {
            return Err(bad("it is larger than 2040 GiB, which no host takes"));
        }
        let disk = Self {
            path: path.to_owned(),
            file,
            size,
        };
        if let Some(format) = disk.foreign_format()? {
            return Err(bad(format));
        }
        Ok(disk)
    }

    /// Its size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Seconds since 1970 of its last change.
    pub fn changed_at(&self) -> Result<i64, Error> {
        use std::os::unix::fs::MetadataExt;
        let metadata = self.file.metadata().map_err(|source| Error::OpenDisk {
            path: self.path.clone(),
            source,
        })?;
        Ok(metadata.mtime())
    }

    /// The range of data at or behind `from`, in bytes; `None` when only a hole is left.
    pub fn data_from(&self, from: u64) -> Result<Option<(u64, u64)>, Error> {
        if from >= self.size {
            return Ok(None);
        }
        let fault = |errno: Errno| self.fault(from, errno.into());
        let start = match seek(&self.file, SeekFrom::Data(from)) {
            Ok(start) => start,
            Err(Errno::NXIO) => return Ok(None),
            // A block device, or a file system without holes: all of it is data.
            Err(Errno::INVAL | Errno::OPNOTSUPP) => return Ok(Some((from, self.size))),
            Err(errno) => return Err(fault(errno)),
        };
        let end = seek(&self.file, SeekFrom::Hole(start)).map_err(fault)?;
        Ok((start < self.size).then_some((start, end.min(self.size))))
    }

    /// Reads one chunk; what lies behind the end of the disk is zeros.
    pub fn read_chunk(&self, offset: u64, chunk: &mut [u8]) -> Result<(), Error> {
        let present = self.size.saturating_sub(offset).min(chunk.len() as u64);
        let (present, behind) = chunk.split_at_mut(present as usize);
        behind.fill(0);
        self.file
            .read_exact_at(present, offset)
            .map_err(|source| self.fault(offset, source))
    }

    /// The chunks that hold data, as offsets in order.
    pub fn chunks(&self) -> Chunks<'_> {
        Chunks {
            disk: self,
            next: 0,
            data_end: 0,
        }
    }

    /// What a file is that was taken for a raw disk, with what to do.
    fn foreign_format(&self) -> Result<Option<&'static str>, Error> {
        let mut head = [0; 8];
        self.read_chunk(0, &mut head)?;
        Ok(match &head {
            b"conectix" => Some("it is a VHD; convert it: qemu-img convert -f vpc -O raw"),
            b"vhdxfile" => Some("it is a VHDX; convert it: qemu-img convert -f vhdx -O raw"),
            [b'Q', b'F', b'I', 0xfb, ..] => {
                Some("it is a QCOW2; convert it: qemu-img convert -f qcow2 -O raw")
            }
            [b'K', b'D', b'M', b'V', ..] => {
                Some("it is a VMDK; convert it: qemu-img convert -f vmdk -O raw")
            }
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("it is compressed; unpack it: zstd -d --sparse"),
            [0x1f, 0x8b, ..] => Some("it is compressed; unpack it with gunzip"),
            b"ova.xml\0" => Some("it is an XVA already"),
            _ => None,
        })
    }

    fn fault(&self, offset: u64, source: io::Error) -> Error {
        Error::ReadDisk {
            path: self.path.clone(),
            offset,
            source,
        }
    }
}

/// See [`RawDisk::chunks`].
pub struct Chunks<'a> {
    disk: &'a RawDisk,
    /// The next chunk that may hold data.
    next: u64,
    /// Data is known to go on up to here.
    data_end: u64,
}

impl Iterator for Chunks<'_> {
    type Item = Result<u64, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.data_end {
            match self.disk.data_from(self.next) {
                Ok(Some((start, end))) => {
                    self.next = start - start % CHUNK_SIZE;
                    self.data_end = end;
                }
                Ok(None) => return None,
                Err(error) => {
                    self.next = u64::MAX;
                    return Some(Err(error));
                }
            }
        }
        let chunk = self.next;
        self.next += CHUNK_SIZE;
        Some(Ok(chunk))
    }
}
