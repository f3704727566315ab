//! The XVA image format: what XAPI's `/export` sends and `/import` takes.
//!
//! Owns the archive (a tar of `ova.xml` and checksummed chunks of disks, plain, gzip or zstd) and the
//! XML-RPC value codec that `ova.xml` is written in.
//!
//! Invariant: pure. It works on [`std::io::Read`] and [`std::io::Write`] that the caller brings; it opens no
//! file, asks no clock, and bounds what it keeps in memory by [`Limits`].

mod checksum;
mod compression;
mod entry;
mod error;
pub mod ova;
mod reader;
mod writer;
pub mod xmlrpc;

pub use checksum::ChecksumKind;
pub use compression::Compression;
pub use error::{Error, Place};
pub use ova::{Disk, Object, Ova, OvaError, Version};
pub use reader::{Checksums, Chunk, Limits, Reader, Tally};
pub use writer::{WriteError, Writer, write_metadata};

/// The size in bytes of the chunks that [`Writer`] writes. XAPI takes others, but this is the one that works everywhere.
pub const CHUNK_SIZE: u64 = 1 << 20;
