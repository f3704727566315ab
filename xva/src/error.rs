//! Why an archive cannot be read, each with the place in the stream.

use std::fmt;
use std::io;

use crate::ova::OvaError;

/// A place in the (decompressed) archive.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The entry being read, when its header is known.
    pub entry: Option<String>,
    /// Bytes from the start of the tar stream.
    pub offset: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.entry {
            Some(entry) => write!(f, "at byte {} (entry `{entry}`)", self.offset),
            None => write!(f, "at byte {}", self.offset),
        }
    }
}

/// Why an archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The source failed, or its compression is damaged.
    #[error("cannot read the archive {place}")]
    Read {
        /// How far it was read.
        place: Place,
        /// What the source said.
        source: io::Error,
    },
    /// The stream ends too early.
    #[error("the archive is cut {place}: {expected} should follow")]
    Truncated {
        /// Where it ends.
        place: Place,
        /// What is missing.
        expected: String,
    },
    /// No tar that starts with `ova.xml`, plain or in gzip or zstd.
    #[error(
        "this is no XVA: it is no tar starting with ova.xml, plain or in gzip or zstd, but {found}"
    )]
    NotAnXva {
        /// What it starts with.
        found: String,
    },
    /// A header of the tar is damaged or uses what XAPI does not understand.
    #[error("bad tar header {place}: {reason}")]
    Header {
        /// Where.
        place: Place,
        /// What is wrong.
        reason: String,
    },
    /// Another entry stands where one was due.
    #[error("unexpected entry `{found}` {place}: expected {expected}")]
    UnexpectedEntry {
        /// Where.
        place: Place,
        /// What was due.
        expected: String,
        /// The name of the entry.
        found: String,
    },
    /// The archive ends before a disk is complete.
    #[error(
        "disk `{disk}` is incomplete {place}: {done} of {size} bytes, and its last chunk is missing"
    )]
    Incomplete {
        /// Where the archive ends.
        place: Place,
        /// The identifier of the disk.
        disk: String,
        /// Bytes of the disk that came.
        done: u64,
        /// Bytes of the disk that are due.
        size: u64,
    },
    /// A chunk has an impossible number or length.
    #[error("bad chunk {place}: {reason}")]
    Chunk {
        /// Where.
        place: Place,
        /// What is wrong.
        reason: String,
    },
    /// The data of a chunk does not match its checksum.
    #[error("checksum mismatch {place}: the archive says {stated}, the data gives {computed}")]
    ChecksumMismatch {
        /// Where.
        place: Place,
        /// The checksum in the archive.
        stated: String,
        /// The checksum of the data.
        computed: String,
    },
    /// Bytes that belong to nothing, where a whole file has zeros.
    #[error("{what} {place} is not zeros: the file was damaged, or something else was appended")]
    Stray {
        /// Where.
        place: Place,
        /// What it is.
        what: &'static str,
    },
    /// Something exceeds its [`crate::Limits`].
    #[error("{what} of {size} bytes {place} exceeds the limit of {limit}")]
    TooLarge {
        /// Where.
        place: Place,
        /// What it is.
        what: &'static str,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The description of the VM is wrong.
    #[error("bad ova.xml")]
    Ova(#[from] OvaError),
}

impl Error {
    /// Where in the archive; nowhere in particular when the whole is wrong.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Read { place, .. }
            | Self::Truncated { place, .. }
            | Self::Header { place, .. }
            | Self::UnexpectedEntry { place, .. }
            | Self::Incomplete { place, .. }
            | Self::Chunk { place, .. }
            | Self::ChecksumMismatch { place, .. }
            | Self::Stray { place, .. }
            | Self::TooLarge { place, .. } => Some(place),
            Self::NotAnXva { .. } | Self::Ova(_) => None,
        }
    }
}
