//! Why a command of the tool fails. `Display` says what and what to do, the source says why.

use std::io;
use std::path::PathBuf;

use crate::build::BuildError;
use crate::publish::PublishError;
use crate::sbom::SbomError;

/// Why a command fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The raw disk cannot be opened or measured.
    #[error("cannot open the disk {}", path.display())]
    OpenDisk {
        /// The disk.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The raw disk is not one.
    #[error("{} cannot be packed: {reason}", path.display())]
    BadDisk {
        /// The disk.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: &'static str,
    },
    /// The raw disk cannot be read.
    #[error("cannot read the disk {} at byte {offset}", path.display())]
    ReadDisk {
        /// The disk.
        path: PathBuf,
        /// Bytes from its start.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },
    /// The result cannot be written.
    #[error("cannot write {}; what was written is removed", path.display())]
    WriteFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The result cannot be written.
    #[error("cannot write {}; what was written is removed", path.display())]
    WriteArchive {
        /// The file.
        path: PathBuf,
        /// What the format's crate said.
        source: xva::WriteError,
    },
    /// A file to be examined cannot be opened.
    #[error("cannot open {}", path.display())]
    OpenFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The image cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// There is no bill of materials.
    #[error(transparent)]
    Sbom(#[from] SbomError),
    /// Nothing was signed or published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// A disk cannot be converted.
    #[error("cannot make {}: qemu-img: {reason}", path.display())]
    Convert {
        /// The file that was to be made.
        path: PathBuf,
        /// What it said, and what to do.
        reason: String,
    },
    /// A text cannot stand in a VM's description.
    #[error("{field} {value:?} {reason}")]
    BadField {
        /// The option.
        field: &'static str,
        /// What was given.
        value: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}
