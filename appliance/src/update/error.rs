//! Why a step of an update did not do what it should, and what to do.

use std::io;

use semver::Version;
use xo_release::{Part, Unfit};

use super::source::Failure;
use super::trust::TrustError;

/// An error with all that led to it.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Of a step.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// One step at a time.
    #[error("{doing} is under way: wait for its end, or cancel it")]
    Busy {
        /// What is.
        doing: &'static str,
    },
    /// A step comes after another one.
    #[error("cannot {wanted} now: {why}")]
    NotNow {
        /// The step.
        wanted: &'static str,
        /// What is missing, and what to do.
        why: String,
    },
    /// The release is for another system.
    #[error(transparent)]
    Unfit(Box<Unfit>),
    /// It is what runs, or older.
    #[error(
        "version {version} is not newer than {running}, which runs: to go back to the other system, roll back"
    )]
    NotNewer {
        /// What was asked for.
        version: Version,
        /// What runs.
        running: Version,
    },
    /// There is no such release.
    #[error("there is no release {0}: it was not published, or was withdrawn")]
    Unknown(Version),
    /// A release lacks a file.
    #[error("release {version} has no {part}: it was not published whole")]
    Lacks {
        /// The release.
        version: Version,
        /// The file.
        part: Part,
    },
    /// It is what runs, with another name.
    #[error(
        "release {version} is the system that runs as version {running}: it was not published rightly"
    )]
    Renamed {
        /// What it is called.
        version: Version,
        /// What runs.
        running: Version,
    },
    /// The kernel image starts something else.
    #[error(
        "the kernel image of release {version} lacks `{text}`: it is of another system, and was not published rightly"
    )]
    Mislabelled {
        /// The release.
        version: Version,
        /// What it should say.
        text: String,
    },
    /// A file is longer than where it goes.
    #[error("the {part} of release {version} has {length} bytes, its place {room}")]
    TooLarge {
        /// The release.
        version: Version,
        /// The file.
        part: Part,
        /// The file's length.
        length: u64,
        /// The place's length.
        room: u64,
    },
    /// A download ended early; what came is kept.
    #[error("the {part} ended after {came} of {length} bytes: fetch again, it goes on from there")]
    Truncated {
        /// The file.
        part: Part,
        /// What is there.
        came: u64,
        /// What was signed.
        length: u64,
    },
    /// The bytes are not those that were signed.
    #[error("the {part} {place} is not what was signed (SHA-256 {found} instead of {expected})")]
    WrongHash {
        /// The file.
        part: Part,
        /// Where: "as downloaded", "in the slot", "on the ESP".
        place: &'static str,
        /// As signed.
        expected: String,
        /// As found.
        found: String,
    },
    /// The parts of a release do not belong together.
    #[error(
        "the slot of release {version} does not have the root hash {root_hash}: it was not published rightly, or the disk is failing"
    )]
    NotWhole {
        /// The release.
        version: Version,
        /// As signed.
        root_hash: String,
    },
    /// A file system is full.
    #[error("{place} has {free} bytes free, and {needed} are needed: free some there")]
    NoSpace {
        /// Which.
        place: &'static str,
        /// For what is missing.
        needed: u64,
        /// What is free.
        free: u64,
    },
    /// What would be written is what runs.
    #[error(
        "the slot to be written is the one that runs: nothing is written; restart the appliance"
    )]
    RunningSlot,
    /// There is nothing to go back to.
    #[error("cannot roll back: {0}")]
    NoWayBack(String),
    /// What is there to go back to may not run any more.
    #[error(
        "cannot roll back to {version}: it is older than {floor}, the oldest that this system may run"
    )]
    BelowFloor {
        /// The other system.
        version: Version,
        /// The oldest one.
        floor: Version,
    },
    /// Somebody asked for it.
    #[error("cancelled")]
    Cancelled,
    /// The repository, or the file.
    #[error("releases cannot be listed")]
    Source(#[source] Failure),
    /// The disk or the network.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: String,
        /// Why not.
        source: io::Error,
    },
}

impl Error {
    /// Whether a repository, or a file in its place, is not believed: not this machine, or its clock.
    pub fn is_of_a_source(&self) -> bool {
        let Self::Source(source) = self else {
            return false;
        };
        let told = source.downcast_ref::<TrustError>();
        told.is_some_and(|error| !error.is_of_this_machine())
    }

    /// Whether what came is wrong, so that it can come a hundred times: not this machine, its clock or the way to it.
    pub fn is_of_what_came(&self) -> bool {
        match self {
            Self::Unfit(_)
            | Self::NotNewer { .. }
            | Self::Unknown(_)
            | Self::Lacks { .. }
            | Self::Renamed { .. }
            | Self::Mislabelled { .. }
            | Self::TooLarge { .. }
            | Self::Truncated { .. }
            | Self::WrongHash { .. }
            | Self::NotWhole { .. } => true,
            Self::Source(source) => {
                let told = source.downcast_ref::<TrustError>();
                told.is_some_and(TrustError::is_of_what_came)
            }
            Self::Busy { .. }
            | Self::NotNow { .. }
            | Self::NoSpace { .. }
            | Self::RunningSlot
            | Self::NoWayBack(_)
            | Self::BelowFloor { .. }
            | Self::Cancelled
            | Self::Io { .. } => false,
        }
    }
}

impl From<Unfit> for Error {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(Box::new(unfit))
    }
}

/// Names what was tried.
pub(super) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Error {
    |source| Error::Io {
        what: what.into(),
        source,
    }
}
