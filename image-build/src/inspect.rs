//! Reads an XVA whole, whoever wrote it: what it describes, and whether all of it is sound.
//!
//! Invariant: an archive without [`Damage`] was read to its last byte, and every checksum in it was computed again.

mod contents;
mod damage;
mod text;

use std::fs::File;
use std::path::Path;

use serde::Serialize;
use xva::{Checksums, Limits, Reader};

use crate::error::Error;
use crate::progress::Progress;

pub use contents::Contents;
pub use damage::Damage;
pub(crate) use text::size;

/// What was found in a file.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The file.
    pub file: String,
    /// Its size in bytes.
    pub file_size: u64,
    /// Whether nothing is wrong with it.
    pub sound: bool,
    /// What it holds, as far as it could be read.
    #[serde(flatten)]
    pub contents: Option<Contents>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage: Option<Damage>,
}

/// Examines a file. Damage is an outcome, not an error.
///
/// # Errors
/// When the file cannot be opened.
pub fn inspect(path: &Path, progress: &Progress) -> Result<Report, Error> {
    let fault = |source| Error::OpenFile {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(fault)?;
    let metadata = file.metadata().map_err(fault)?;
    if metadata.is_dir() {
        return Err(fault(std::io::ErrorKind::IsADirectory.into()));
    }
    let mut contents = None;
    let damage = read(&file, &mut contents, progress)
        .err()
        .map(|error| Damage::of(path, &error));
    Ok(Report {
        file: path.display().to_string(),
        file_size: metadata.len(),
        sound: damage.is_none(),
        contents,
        damage,
    })
}

fn read(
    file: &File,
    contents: &mut Option<Contents>,
    progress: &Progress,
) -> Result<(), xva::Error> {
    let mut reader = Reader::open(file, Limits::default(), Checksums::Verify)?;
    let compression = reader.compression();
    let ova = reader.ova();
    let contents = contents.insert(Contents::describe(ova, reader.disks(), compression)?);
    let mut behind = 0;
    loop {
        let chunk = reader.next_chunk();
        let found = match chunk {
            Ok(Some(chunk)) => {
                let end = chunk.offset + chunk.data.len() as u64;
                if let Some(disk) = contents.disk(chunk.disk) {
                    disk.chunks += 1;
                    disk.data += chunk.data.len() as u64;
                    progress.reach(behind + end);
                    if end >= disk.size {
                        behind += disk.size;
                    }
                }
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(error) => Err(error),
        };
        contents.archive.count(&reader.tally());
        if !found? {
            return reader.finish_file();
        }
    }
}
