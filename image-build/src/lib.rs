//! The tool that makes the appliance's image and checks it.
//!
//! Owns the way from the sources to a disk that boots, the appliance as a virtual machine (what `ova.xml` says of it), the way
//! from a raw disk to an XVA, and the examination of XVAs, whoever wrote them. The format itself is the `xva` crate's.
//!
//! Invariant: memory does not grow with the disk; what a disk does not hold is neither read nor written.

mod appliance;
mod build;
mod cli;
mod error;
mod forms;
mod inspect;
mod output;
mod pack;
mod progress;
mod publish;
mod raw_disk;
mod sbom;

pub use appliance::Appliance;
pub use build::{Build, BuildError, Kind, Packages};
pub use cli::run;
pub use error::Error;
pub use inspect::{Damage, Report, inspect};
pub use pack::{Packed, pack};
pub use progress::Progress;
pub use publish::{
    Duty, Kept, Keys, Named, NewRelease, Parts, PublishError, Repository, Signatures, Signing,
    bundle,
};
pub use raw_disk::RawDisk;
pub use sbom::{SbomError, sbom};
