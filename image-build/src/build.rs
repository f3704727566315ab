//! From the sources to a disk that boots, and to the XVA of it.
//!
//! Owns the order of the steps. Each is skipped when its inputs are those of its last success; well-kept programs of Debian
//! do the work, inside a tree of one known release, so that the machine's own release does not matter.
//!
//! Invariant: no step needs a loop device, and no address of a package mirror is known here.

mod bios;
mod cpio;
mod disk;
mod error;
mod found;
mod host;
mod initrd;
mod programs;
mod step;
mod system;
mod tree;

use std::panic::resume_unwind;
use std::path::PathBuf;

use url::Url;

pub use error::BuildError;
pub(crate) use found::{built, checkout};

use step::Steps;

/// Debian's release, of the tools and of the appliance.
pub(crate) const SUITE: &str = "trixie";

/// What is to be built, and where.
#[derive(Debug, Clone)]
pub struct Build {
    /// The checkout.
    pub source: PathBuf,
    /// Where results, logs and what is kept between runs go.
    pub target: PathBuf,
    /// A folder with the built programs; without it they are built from the source.
    pub programs: Option<PathBuf>,
    /// A folder whose files are put over the system's.
    pub files: Option<PathBuf>,
    /// The root of keys that its updates are trusted by.
    pub root: PathBuf,
    /// Where it looks for updates, unless it is told another address.
    pub repository: Option<Url>,
    /// Version of the appliance.
    pub version: String,
    /// Size of the virtual disk in bytes.
    pub disk_size: u64,
    /// The time of everything in the image, in seconds since 1970.
    pub made_at: i64,
    /// An image for developers: a root shell on the serial console.
    pub kind: Kind,
    /// Whether packages that were fetched before are fetched again.
    pub packages: Packages,
}

/// For whom the image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No way in but the product's own.
    Release,
    /// A root shell on the serial console.
    Development,
}

/// Where packages come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packages {
    /// From the last run, when the lists of packages are the same.
    Kept,
    /// From the mirror.
    Fresh,
}

impl Build {
    /// Runs the steps; gives the raw disk.
    ///
    /// # Errors
    /// When something is missing on this machine, or a step fails.
    pub fn run(&self) -> Result<PathBuf, BuildError> {
        host::check(&self.target)?;
        let mut steps = Steps::new(self)?;
        let mut beside = steps.clone();
        // Cargo computes, packages come over the network.
        let (programs, trees) = std::thread::scope(|scope| {
            let trees = scope.spawn(|| tree::both(&mut beside, self));
            let programs = programs::build(&mut steps, self);
            (programs, trees.join())
        });
        let programs = programs?;
        let (tools, packages) = trees.unwrap_or_else(|panic| resume_unwind(panic))?;
        let system = system::compose(&mut steps, self, &packages, &tools, &programs.listed)?;
        let initrd = initrd::make(&mut steps, self, &packages, &tools, &programs.init)?;
        disk::make(&mut steps, self, &tools, &system, &initrd)
    }

    /// `xoa-<version>`, the stem of the results' names.
    #[must_use]
    pub fn name(&self) -> String {
        match self.kind {
            Kind::Release => format!("xoa-{}", self.version),
            Kind::Development => format!("xoa-{}-dev", self.version),
        }
    }
}
