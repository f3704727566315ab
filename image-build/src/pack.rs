//! From a raw disk to an XVA, in one pass, chunk by chunk.

use std::path::Path;

use xva::{CHUNK_SIZE, Compression, WriteError, Writer};

use crate::appliance::{Appliance, DISK};
use crate::error::Error;
use crate::output::Output;
use crate::progress::Progress;
use crate::raw_disk::RawDisk;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed {
    /// Bytes of the XVA.
    pub file_size: u64,
    /// Bytes of the VM's disk.
    pub disk_size: u64,
    /// Bytes of it that were read.
    pub read: u64,
}

/// Writes `target`, which appears when it is whole.
///
/// # Errors
/// When the disk cannot be read or the file cannot be written.
pub fn pack(
    appliance: &Appliance,
    disk: &RawDisk,
    target: &Path,
    compression: Compression,
    progress: &Progress,
) -> Result<Packed, Error> {
    let disk_size = disk.size().next_multiple_of(CHUNK_SIZE);
    let output = Output::create(target)?;
    let fault = |source: WriteError| Error::WriteArchive {
        path: target.to_owned(),
        source,
    };
    let ova = appliance.ova(disk_size)?;
    let mut writer = Writer::new(output.file(), &ova, compression).map_err(fault)?;
    let mut chunk = vec![0; CHUNK_SIZE as usize];
    let mut read = 0;
    for offset in disk.chunks() {
        let offset = offset?;
        disk.read_chunk(offset, &mut chunk)?;
        writer.write_chunk(DISK, offset, &chunk).map_err(fault)?;
        read += CHUNK_SIZE;
        progress.reach(offset);
    }
    writer.finish().map_err(fault)?;
    Ok(Packed {
        file_size: output.finish()?,
        disk_size,
        read,
    })
}
