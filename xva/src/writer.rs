//! The streaming writer: `ova.xml`, the disks in the order that XAPI expects, the end of the archive.
//!
//! Invariant: what it writes, [`crate::Reader`] and XAPI accept: chunks of 1 MiB, the first and the last of each disk
//! present, zeros between them left out, a `.xxhash` after each.

use std::io::{self, Read, Write};

use crate::CHUNK_SIZE;
use crate::checksum::ChecksumKind;
use crate::compression::{Compression, Sink};
use crate::entry::write_entry;
use crate::ova::{Disk, Ova, OvaError};

/// Why an archive cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The destination failed.
    #[error("cannot write the archive")]
    Write(#[source] io::Error),
    /// The source of a disk failed.
    #[error("cannot read disk `{disk}` at byte {offset}")]
    ReadDisk {
        /// The disk.
        disk: String,
        /// Bytes from its start.
        offset: u64,
        /// What the source said.
        source: io::Error,
    },
    /// The description of the VM is wrong.
    #[error("bad ova.xml")]
    Ova(#[from] OvaError),
    /// A disk has a size or an identifier that cannot be written.
    #[error("disk `{disk}` cannot be exported: {reason}")]
    Disk {
        /// The disk.
        disk: String,
        /// What is wrong and what to do.
        reason: &'static str,
    },
    /// A chunk does not fit where the stream is.
    #[error("chunk of disk `{disk}` at byte {offset}: {reason}")]
    Chunk {
        /// The disk.
        disk: String,
        /// Bytes from its start.
        offset: u64,
        /// What is wrong.
        reason: &'static str,
    },
}

/// Numbers have 8 digits, and XAPI compares them as text.
const CHUNKS_MAX: u64 = 99_999_999;
/// Leaves room for `/`, 8 digits and `.xxhash` in the 100 bytes of a name.
const ID_MAX: usize = 84;

/// Writes an archive once, from front to back.
pub struct Writer<W: Write> {
    out: Sink<W>,
    disks: Vec<Disk>,
    /// Index in `disks` of the one that is being written.
    current: usize,
    /// The first of its chunks that is neither written nor left out.
    next: u64,
    /// The last of its chunks that is in the archive.
    last_written: Option<u64>,
    zeros: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Checks the description and writes it.
    ///
    /// # Errors
    /// When the description is one that XAPI would refuse, a disk's size is not a multiple of 1 MiB, or writing fails.
    pub fn new(inner: W, ova: &Ova, compression: Compression) -> Result<Self, WriteError> {
        ova.check()?;
        let disks = ova.disks()?;
        for disk in &disks {
            let reason = if !disk.virtual_size.is_multiple_of(CHUNK_SIZE) {
                "its virtual_size is not a multiple of 1 MiB; round it up in ova.xml"
            } else if disk.virtual_size / CHUNK_SIZE > CHUNKS_MAX {
                "it is larger than 95 TiB"
            } else if disk.id.len() > ID_MAX {
                "its identifier is longer than 84 bytes"
            } else {
                continue;
            };
            return Err(WriteError::Disk {
                disk: disk.id.clone(),
                reason,
            });
        }
        let mut out = Sink::new(inner, compression).map_err(WriteError::Write)?;
        write_entry(&mut out, "ova.xml", ova.to_xml().as_bytes()).map_err(WriteError::Write)?;
        let zeros = vec![0; CHUNK_SIZE as usize];
        Ok(Self {
            out,
            disks,
            current: 0,
            next: 0,
            last_written: None,
            zeros,
        })
    }

    /// The disks whose content is due, in the order in which it is due.
    #[must_use]
    pub fn disks(&self) -> &[Disk] {
        &self.disks
    }

    /// Writes one chunk of 1 MiB. Chunks of zeros are left out where that is allowed; what is never written is zeros.
    ///
    /// # Errors
    /// When the disk is unknown, the chunk is not the next in order (by disk, then by offset), or writing fails.
    pub fn write_chunk(&mut self, disk: &str, offset: u64, data: &[u8]) -> Result<(), WriteError> {
        let wrong = |reason| WriteError::Chunk {
            disk: disk.to_owned(),
            offset,
            reason,
        };
        let index = self.disks.iter().position(|d| d.id == disk);
        let Some(index) = index else {
            return Err(wrong("ova.xml has no such disk to be streamed"));
        };
        if index < self.current {
            return Err(wrong(
                "a later disk was begun; disks go in byte order of their identifiers",
            ));
        }
        while self.current < index {
            self.finish_disk()?;
        }
        if !offset.is_multiple_of(CHUNK_SIZE) || data.len() as u64 != CHUNK_SIZE {
            return Err(wrong("chunks are 1 MiB at multiples of 1 MiB"));
        }
        let number = offset / CHUNK_SIZE;
        let count = self.chunk_count();
        if number >= count {
            return Err(wrong("it lies beyond the end of the disk"));
        }
        if number < self.next {
            return Err(wrong("this or a later chunk was written before"));
        }
        if number > 0 && self.last_written.is_none() {
            self.emit(0, None)?;
        }
        self.next = number + 1;
        if number > 0 && number + 1 < count && data == self.zeros {
            return Ok(());
        }
        self.emit(number, Some(data))
    }

    /// Writes a whole disk from a source that yields at least `virtual_size` bytes.
    ///
    /// # Errors
    /// As [`Writer::write_chunk`], and when the source fails or is short.
    pub fn write_disk(&mut self, disk: &str, mut content: impl Read) -> Result<(), WriteError> {
        let size = self
            .disks
            .iter()
            .find(|d| d.id == disk)
            .map_or(CHUNK_SIZE, |d| d.virtual_size);
        let mut data = vec![0; CHUNK_SIZE as usize];
        for offset in (0..size).step_by(CHUNK_SIZE as usize) {
            content
                .read_exact(&mut data)
                .map_err(|source| WriteError::ReadDisk {
                    disk: disk.to_owned(),
                    offset,
                    source,
                })?;
            self.write_chunk(disk, offset, &data)?;
        }
        Ok(())
    }

    /// Completes the disks, ends the archive and gives the writer back.
    ///
    /// # Errors
    /// When writing fails.
    pub fn finish(mut self) -> Result<W, WriteError> {
        while self.current < self.disks.len() {
            self.finish_disk()?;
        }
        self.out.write_all(&[0; 1024]).map_err(WriteError::Write)?;
        self.out.finish().map_err(WriteError::Write)
    }

    /// Writes the first and the last chunk of the current disk if they are due, and goes to the next disk.
    fn finish_disk(&mut self) -> Result<(), WriteError> {
        if let Some(last) = self.chunk_count().checked_sub(1) {
            if self.last_written.is_none() {
                self.emit(0, None)?;
            }
            if self.last_written != Some(last) {
                self.emit(last, None)?;
            }
        }
        self.current += 1;
        self.next = 0;
        self.last_written = None;
        Ok(())
    }

    fn chunk_count(&self) -> u64 {
        self.disks
            .get(self.current)
            .map_or(0, |disk| disk.virtual_size / CHUNK_SIZE)
    }

    /// Writes a chunk, of zeros without `data`, and its checksum.
    fn emit(&mut self, number: u64, data: Option<&[u8]>) -> Result<(), WriteError> {
        let id = self
            .disks
            .get(self.current)
            .map_or("", |disk| disk.id.as_str());
        let name = format!("{id}/{number:08}");
        let data = data.unwrap_or(&self.zeros);
        let checksum = ChecksumKind::Xxhash.of(data);
        self.last_written = Some(number);
        write_entry(&mut self.out, &name, data)
            .and_then(|()| {
                write_entry(
                    &mut self.out,
                    &format!("{name}.xxhash"),
                    checksum.as_bytes(),
                )
            })
            .map_err(WriteError::Write)
    }
}

/// Writes an archive of the description alone, as `/export_metadata` does.
///
/// # Errors
/// When the description is one that XAPI would refuse, or writing fails.
pub fn write_metadata(mut out: impl Write, ova: &Ova) -> Result<(), WriteError> {
    ova.check()?;
    write_entry(&mut out, "ova.xml", ova.to_xml().as_bytes())
        .and_then(|()| out.write_all(&[0; 1024]))
        .map_err(WriteError::Write)
}
