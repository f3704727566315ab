//! The streaming reader: `ova.xml` first, then the chunks of each disk, checked as they pass.
//!
//! Replays XAPI's own loop (xva.md section 3), so what this accepts, a host accepts. Keeps one chunk in memory.

use std::io::{self, Read};

use crate::checksum::ChecksumKind;
use crate::compression::{Compression, Source};
use crate::entry::{BLOCK, Entries};
use crate::error::{Error, Place};
use crate::ova::{Disk, Ova};

/// What the reader is ready to hold in memory.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The largest `ova.xml` in bytes.
    pub ova_xml: u64,
    /// The largest chunk in bytes.
    pub chunk: u64,
}

impl Default for Limits {
    /// 16 MiB each: real ones are some 100 kB, and 1 MiB.
    fn default() -> Self {
        Self {
            ova_xml: 16 << 20,
            chunk: 16 << 20,
        }
    }
}

/// What a wrong checksum does. A checksum entry must be there in both cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Checksums {
    /// It ends the reading with [`Error::ChecksumMismatch`].
    #[default]
    Verify,
    /// Nothing, as `force=true` of XAPI's import.
    Ignore,
}

/// A piece of a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// The identifier of the disk in `ova.xml`.
    pub disk: &'a str,
    /// Bytes from the start of the disk; what lies between two chunks is zeros.
    pub offset: u64,
    /// The content, never empty, a multiple of 512 bytes.
    pub data: &'a [u8],
}

/// What was met so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Chunks with content.
    pub chunks: u64,
    /// Bytes of content.
    pub bytes: u64,
    /// Empty chunks, which a slow sender puts in to keep the connection alive.
    pub keep_alives: u64,
    /// Chunks checked by `.xxhash`, empty ones among them.
    pub xxhash: u64,
    /// Chunks checked by `.checksum`, empty ones among them.
    pub sha1: u64,
}

/// Reads an archive once, from front to back.
pub struct Reader<R: Read> {
    entries: Entries<Source<R>>,
    limits: Limits,
    checksums: Checksums,
    ova: Ova,
    disks: Vec<Disk>,
    /// Index in `disks` of the one that is being read.
    current: usize,
    /// The number of its last chunk, as text too, since XAPI compares text.
    previous: Option<(u64, String)>,
    /// Bytes of it that are behind.
    offset: u64,
    /// The size of the first chunk of the archive, which is what each left-out number stands for.
    unit: Option<u64>,
    buffer: Vec<u8>,
    tally: Tally,
}

/// The empty chunks in a row after which the sender is taken for broken. XAPI sends one in 5 seconds.
const KEEP_ALIVE_LIMIT: u32 = 100_000;
/// Zeros that are read after the end of a compressed archive: the padding of tar's records.
const PADDING_LIMIT: u64 = 1 << 20;

impl<R: Read> Reader<R> {
    /// Reads and checks `ova.xml`.
    ///
    /// # Errors
    /// When this is no XVA, is cut, or describes its objects in a way that XAPI would refuse.
    pub fn open(inner: R, limits: Limits, checksums: Checksums) -> Result<Self, Error> {
        let source = Source::detect(inner)?;
        let compression = source.compression();
        let mut entries = Entries::new(source);
        let expected = "the header of ova.xml";
        let first = entries.next(expected).map_err(|error| match error {
            // A plain stream was looked at before: this is in gzip or zstd.
            Error::Header { place, .. } if place.offset <= BLOCK as u64 => Error::NotAnXva {
                found: "something else that is compressed".into(),
            },
            error => error,
        });
        let entry = match first? {
            Some(entry) if entry.name == "ova.xml" => entry,
            Some(entry) if compression == Compression::None => {
                let found = format!("a tar starting with `{}`", entry.name);
                return Err(Error::NotAnXva { found });
            }
            Some(entry) => {
                return Err(Error::UnexpectedEntry {
                    place: entries.place(),
                    expected: "ova.xml".into(),
                    found: entry.name,
                });
            }
            None => {
                let found = "zeros".into();
                return Err(Error::NotAnXva { found });
            }
        };
        let mut buffer = Vec::new();
        entries.content(entry.size, limits.ova_xml, "ova.xml", &mut buffer)?;
        let ova = Ova::parse(&buffer)?;
        ova.check()?;
        let disks = ova.disks()?;
        Ok(Self {
            entries,
            limits,
            checksums,
            ova,
            disks,
            current: 0,
            previous: None,
            offset: 0,
            unit: None,
            buffer,
            tally: Tally::default(),
        })
    }

    /// What the archive describes.
    #[must_use]
    pub fn ova(&self) -> &Ova {
        &self.ova
    }

    /// The disks whose content the archive carries, in the order in which it comes.
    #[must_use]
    pub fn disks(&self) -> &[Disk] {
        &self.disks
    }

    /// What was met so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// How the archive is wrapped.
    pub fn compression(&mut self) -> Compression {
        self.entries.inner_mut().compression()
    }

    /// The next chunk; `None` when all disks are complete. Nothing behind the last chunk is read, as XAPI does.
    ///
    /// # Errors
    /// When the archive is cut, damaged or out of order. Do not call again after an error.
    pub fn next_chunk(&mut self) -> Result<Option<Chunk<'_>>, Error> {
        let mut keep_alives = 0;
        loop {
            let Some(disk) = self.disks.get(self.current) else {
                return Ok(None);
            };
            if self.offset >= disk.virtual_size {
                self.current += 1;
                self.offset = 0;
                self.previous = None;
                continue;
            }
            let start = self.read_chunk(&disk.clone())?;
            if self.buffer.is_empty() {
                keep_alives += 1;
                if keep_alives > KEEP_ALIVE_LIMIT {
                    return Err(self.bad_chunk("too many empty chunks in a row"));
                }
                continue;
            }
            let disk = self
                .disks
                .get(self.current)
                .map_or("", |disk| disk.id.as_str());
            return Ok(Some(Chunk {
                disk,
                offset: start,
                data: &self.buffer,
            }));
        }
    }

    /// Reads the end of the archive: tells a whole one from one that was cut behind its last chunk.
    ///
    /// # Errors
    /// When chunks are left, the two zero blocks are missing, or the compressed stream is cut.
    pub fn finish(mut self) -> Result<(), Error> {
        self.read_end()?;
        if self.compression() == Compression::None {
            return Ok(());
        }
        let place = self.entries.place();
        let rest = self.entries.inner_mut().take(PADDING_LIMIT);
        only_zeros(rest, &place).map(|_| ())
    }

    /// As [`Reader::finish`], for a file that is there whole: reads up to its end, where nothing but zeros may follow,
    /// and refuses padding that is not zeros, which a host would take.
    ///
    /// # Errors
    /// As [`Reader::finish`], and when there is something else behind the end or in the padding.
    pub fn finish_file(mut self) -> Result<(), Error> {
        self.read_end()?;
        let place = self.entries.place();
        if let Some(place) = self.entries.stray_padding() {
            return Err(Error::Stray {
                place: place.clone(),
                what: "the padding of an entry",
            });
        }
        if only_zeros(self.entries.inner_mut(), &place)? {
            return Ok(());
        }
        Err(Error::Stray {
            place,
            what: "what follows the end of the archive",
        })
    }

    /// Reads what is left of the disks and the two zero blocks.
    fn read_end(&mut self) -> Result<(), Error> {
        while self.next_chunk()?.is_some() {}
        if let Some(entry) = self.entries.next("the end of the archive")? {
            return Err(Error::UnexpectedEntry {
                place: self.entries.place(),
                expected: "the end of the archive".into(),
                found: entry.name,
            });
        }
        Ok(())
    }

    /// Reads a chunk and its checksum into the buffer; gives its offset.
    fn read_chunk(&mut self, disk: &Disk) -> Result<u64, Error> {
        let expected = format!("a chunk of disk `{}`", disk.id);
        let Some(entry) = self.entries.next(&expected)? else {
            return Err(Error::Incomplete {
                place: self.entries.place(),
                disk: disk.id.clone(),
                done: self.offset,
                size: disk.virtual_size,
            });
        };
        let suffix = entry
            .name
            .strip_prefix(&disk.id)
            .and_then(|rest| rest.strip_prefix('/'));
        let Some(suffix) = suffix else {
            return Err(Error::UnexpectedEntry {
                place: self.entries.place(),
                expected: format!(
                    "{expected}, of which {} of {} bytes came",
                    self.offset, disk.virtual_size
                ),
                found: entry.name,
            });
        };
        let skipped = self.accept_number(suffix)?;
        let start = self.accept_range(skipped, entry.size, disk)?;
        self.entries
            .content(entry.size, self.limits.chunk, "a chunk", &mut self.buffer)?;
        self.verify(&entry.name)?;
        if entry.size > 0 {
            self.unit.get_or_insert(entry.size);
            self.tally.chunks += 1;
            self.tally.bytes += entry.size;
        } else {
            self.tally.keep_alives += 1;
        }
        self.offset = start + entry.size;
        Ok(start)
    }

    /// Checks the number of a chunk against the previous; gives how many were left out between them.
    fn accept_number(&mut self, suffix: &str) -> Result<u64, Error> {
        let digits = !suffix.is_empty() && suffix.bytes().all(|b| b.is_ascii_digit());
        let number: u64 = match suffix.parse() {
            Ok(number) if digits => number,
            _ => return Err(self.bad_chunk("its name does not end in a number")),
        };
        let first = match &self.previous {
            None => 0,
            Some((last, text)) if number > *last && suffix > text.as_str() => last + 1,
            Some((_, text)) => {
                let reason = format!("its number does not come after {text} (compared as text)");
                return Err(self.bad_chunk(&reason));
            }
        };
        self.previous = Some((number, suffix.to_owned()));
        Ok(number - first)
    }

    /// Checks that a chunk lies within the disk; gives its offset.
    fn accept_range(&self, skipped: u64, size: u64, disk: &Disk) -> Result<u64, Error> {
        if !size.is_multiple_of(BLOCK as u64) {
            return Err(self.bad_chunk("its length is not a multiple of 512"));
        }
        let gap = match self.unit {
            Some(unit) => skipped.checked_mul(unit),
            None if skipped == 0 => Some(0),
            None => return Err(self.bad_chunk("the first chunk of the archive is left out")),
        };
        let start = gap.and_then(|gap| self.offset.checked_add(gap));
        match start {
            Some(start)
                if start
                    .checked_add(size)
                    .is_some_and(|end| end <= disk.virtual_size) =>
            {
                Ok(start)
            }
            _ => {
                let reason = format!("it lies beyond the disk's {} bytes", disk.virtual_size);
                Err(self.bad_chunk(&reason))
            }
        }
    }

    /// Reads the checksum entry of the chunk in the buffer.
    fn verify(&mut self, chunk: &str) -> Result<(), Error> {
        let expected = format!("the checksum entry of `{chunk}` (.xxhash or .checksum)");
        let unexpected = |found: String, entries: &Entries<Source<R>>| Error::UnexpectedEntry {
            place: entries.place(),
            expected: expected.clone(),
            found,
        };
        let Some(entry) = self.entries.next(&expected)? else {
            return Err(unexpected("end of archive".into(), &self.entries));
        };
        let kind = entry
            .name
            .strip_prefix(chunk)
            .and_then(|rest| rest.strip_prefix('.'))
            .and_then(ChecksumKind::from_extension);
        let Some(kind) = kind else {
            return Err(unexpected(entry.name, &self.entries));
        };
        match kind {
            ChecksumKind::Xxhash => self.tally.xxhash += 1,
            ChecksumKind::Sha1 => self.tally.sha1 += 1,
        }
        let mut stated = Vec::new();
        self.entries
            .content(entry.size, BLOCK as u64, "a checksum", &mut stated)?;
        if self.checksums == Checksums::Ignore {
            return Ok(());
        }
        let computed = kind.of(&self.buffer);
        if entry.size == kind.text_len() && stated == computed.as_bytes() {
            return Ok(());
        }
        Err(Error::ChecksumMismatch {
            place: self.entries.place(),
            stated: String::from_utf8_lossy(&stated).into_owned(),
            computed,
        })
    }

    fn bad_chunk(&self, reason: &str) -> Error {
        Error::Chunk {
            place: self.entries.place(),
            reason: reason.to_owned(),
        }
    }
}

/// Reads to the end; tells whether there were only zeros.
fn only_zeros(mut rest: impl Read, place: &Place) -> Result<bool, Error> {
    let mut buffer = [0; 8 << 10];
    let mut zeros = true;
    loop {
        match rest.read(&mut buffer) {
            Ok(0) => return Ok(zeros),
            Ok(count) => zeros &= buffer.iter().take(count).all(|byte| *byte == 0),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(Error::Truncated {
                    place: place.clone(),
                    expected: "the end of the compressed stream".into(),
                });
            }
            Err(source) => {
                return Err(Error::Read {
                    place: place.clone(),
                    source,
                });
            }
        }
    }
}
