//! Where releases come from: a repository on the network, or one that was unpacked from a file.
//!
//! Invariant: whoever implements [`Source`] has verified the signatures of what [`Source::releases`] tells. What [`Source::read`]
//! brings is not trusted: it is compared with the lengths and hashes that were signed.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::Range;

use semver::Version;
use serde::{Deserialize, Serialize};
use xo_release::{Part, Release};

/// What is signed of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// In bytes.
    pub length: u64,
    /// 64 hexadecimal digits in lower case.
    pub sha256: String,
}

/// A release that can be had, as it was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// What it is.
    pub release: Release,
    /// Its files.
    pub files: BTreeMap<Part, File>,
}

/// Which source it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// The repository on the network.
    #[default]
    Repository,
    /// A file that was sent.
    Bundle,
    /// One that an administrator accepted although it may have expired.
    ExpiredBundle,
}

/// Why a source tells nothing.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Where releases come from.
pub trait Source {
    /// Which one it is.
    fn origin(&self) -> Origin {
        Origin::Repository
    }

    /// All that are there, with verified signatures, in any order.
    ///
    /// # Errors
    /// The source's.
    fn releases(&mut self) -> Result<Vec<Offer>, Failure>;

    /// Reads bytes of a file. What comes may be shorter, and is not trusted.
    ///
    /// # Errors
    /// The network's, or the file's: `NotFound` when it is not there, `Unsupported` when only whole files can be had.
    fn read<'a>(
        &'a mut self,
        version: &Version,
        part: Part,
        range: Range<u64>,
    ) -> io::Result<Box<dyn Read + 'a>>;
}
