//! Why a repository or one of its files is not believed. Each says which file or role, and what to do.

use std::io;
use std::path::PathBuf;

use time::OffsetDateTime;
use tough::error::Error as Tough;
use tough::schema::Error as Schema;
use tough::{TransportError, TransportErrorKind};

use super::transport::Seen;

/// Why a repository or one of its files is not believed.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Too old to be sure that there is nothing newer: a freeze, a forgotten repository, or a wrong clock.
    #[error(
        "the {role} metadata of the update repository expired{}: check this machine's clock; if it is right, the repository \
         was not kept up or somebody holds newer releases back", on(*since)
    )]
    Expired {
        /// Root, targets, snapshot or timestamp.
        role: String,
        /// When, where it can be told.
        since: Option<OffsetDateTime>,
    },
    /// The same of a file that somebody sent: it lay around.
    #[error(
        "the {role} metadata in the file expired{}: check this machine's clock; if it is right, make the file anew from \
         the repository, or accept knowingly that it is old", on(*since)
    )]
    OldFile {
        /// Root, targets, snapshot or timestamp.
        role: String,
        /// When, where it can be told.
        since: Option<OffsetDateTime>,
    },
    /// A file that somebody sent is older than what was seen here before.
    #[error(
        "the file is older than what this appliance has seen: its {role} metadata has version {found}, and version {known} was \
         seen before; make the file anew from the repository"
    )]
    OlderFile {
        /// Root, targets, snapshot or timestamp.
        role: String,
        /// What it says.
        found: u64,
        /// What was seen.
        known: u64,
    },
    /// A file that somebody sent lacks something.
    #[error("the file has no {file} in it: make it anew from the repository")]
    Incomplete {
        /// Its name.
        file: String,
    },
    /// Older than what was seen here before.
    #[error(
        "the update repository went back in time: {role} has version {found}, and version {known} was seen before; it was \
         restored from a backup, or somebody replays old metadata"
    )]
    Rollback {
        /// Root, targets, snapshot or timestamp.
        role: String,
        /// What it says now.
        found: u64,
        /// What it said before.
        known: u64,
    },
    /// Not by enough of those whom the root names.
    #[error("the {role} metadata of the update repository is not signed as it must be ({reason})")]
    Signature {
        /// Root, targets, snapshot or timestamp.
        role: String,
        /// How many signatures are good, or what is wrong with them.
        reason: String,
    },
    /// Two files of the repository do not belong together.
    #[error(
        "files of the update repository do not belong together: {reason}; if it was just being published, try again later"
    )]
    Mixed {
        /// Which ones.
        reason: String,
    },
    /// Not the file that was signed.
    #[error("{file} of the update repository is not the file that was signed: its SHA-256 differs")]
    WrongHash {
        /// Its name.
        file: String,
    },
    /// More comes than may.
    #[error(
        "{file} of the update repository is longer than {limit} bytes, which is all that it may have"
    )]
    TooLong {
        /// Its name.
        file: String,
        /// In bytes.
        limit: u64,
    },
    /// Less comes than was signed.
    #[error("{file} of the update repository ends after {length} bytes of {wanted}: try again")]
    Truncated {
        /// Its name.
        file: String,
        /// What came, in bytes.
        length: u64,
        /// What should have come.
        wanted: u64,
    },
    /// Not what the specification describes.
    #[error("{file} of the update repository cannot be read: {reason}")]
    Malformed {
        /// Its name.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// The repository has no such file.
    #[error("the update repository has no {file}: check its address")]
    Missing {
        /// Its name.
        file: String,
    },
    /// Nothing answers, or not as it should.
    #[error("cannot get {file} from the update repository: {reason}")]
    Unreachable {
        /// Its name or address.
        file: String,
        /// What happened.
        reason: String,
    },
    /// Part of a file was asked for, and the server gives whole files only.
    #[error(
        "the server of the update repository gives no parts of files ({file}): it must honour the header Range"
    )]
    NoRanges {
        /// Its name.
        file: String,
    },
    /// It was later before.
    #[error(
        "this machine's clock says {now}, and it said {known} when updates were looked for last: set the clock if it is wrong; if it was \
         wrong then, have that time forgotten: `xoa update trust-clock`, or in the web client under Updates"
    )]
    Clock {
        /// As `2026-11-27 04:22 UTC`.
        now: String,
        /// The same.
        known: String,
    },
    /// An address or a proxy makes no sense.
    #[error("{what} {value:?} is not usable: {reason}")]
    Setting {
        /// Which one.
        what: &'static str,
        /// What it is.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of this machine cannot be read or written.
    #[error("cannot {what} {}", path.display())]
    File {
        /// Read, write, make.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl TrustError {
    pub(super) fn file(
        what: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { what, path, source }
    }

    /// Whether what came is wrong; what expired may be taken knowingly.
    pub(crate) fn is_of_what_came(&self) -> bool {
        let is_of_the_way = matches!(self, Self::Unreachable { .. } | Self::NoRanges { .. });
        let is_old = matches!(self, Self::Expired { .. } | Self::OldFile { .. });
        !is_of_the_way && !is_old && !self.is_of_this_machine()
    }

    /// Whether it is something of this machine.
    pub(crate) fn is_of_this_machine(&self) -> bool {
        matches!(
            self,
            Self::Clock { .. } | Self::Setting { .. } | Self::File { .. }
        )
    }

    /// The same of a file that somebody sent.
    pub(crate) fn of_file(self) -> Self {
        match self {
            Self::Expired { role, since } => Self::OldFile { role, since },
            Self::Rollback { role, found, known } => Self::OlderFile { role, found, known },
            Self::Missing { file } => Self::Incomplete { file },
            other => other,
        }
    }

    /// Whether a damaged file can be the reason.
    pub(super) fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::WrongHash { .. } | Self::Signature { .. } | Self::Malformed { .. }
        )
    }

    /// What the library said, in our words. `seen` knows what it was given.
    pub(super) fn told(error: Tough, seen: &Seen) -> Self {
        if let Some(fault) = seen.take_fault() {
            return fault;
        }
        match error {
            Tough::ExpiredMetadata { role, .. } => Self::Expired {
                since: seen.expiry_of(&role.to_string()),
                role: role.to_string(),
            },
            Tough::OlderMetadata {
                role,
                current_version,
                new_version,
                ..
            } => Self::Rollback {
                role: role.to_string(),
                found: new_version,
                known: current_version,
            },
            Tough::OlderSnapshotInTimestamp {
                snapshot_new,
                snapshot_old,
                ..
            } => Self::Rollback {
                role: "snapshot".into(),
                found: snapshot_new,
                known: snapshot_old,
            },
            Tough::SnapshotRoleRollback {
                role,
                old_role_version,
                new_role_version,
                ..
            } => Self::Rollback {
                role: role.trim_end_matches(".json").to_owned(),
                found: new_role_version,
                known: old_role_version,
            },
            Tough::VerifyMetadata { role, source, .. } => Self::Signature {
                role: role.to_string(),
                reason: reason(&source),
            },
            Tough::VerifyTrustedMetadata { source, .. } => Self::Signature {
                role: "trusted root".into(),
                reason: reason(&source),
            },
            Tough::ParseMetadata { role, source, .. } => Self::Malformed {
                file: format!("the {role} metadata"),
                reason: source.to_string(),
            },
            Tough::ParseTrustedMetadata { source, .. } => Self::Malformed {
                file: "the trusted root".into(),
                reason: source.to_string(),
            },
            Tough::Transport { url, source, .. } => {
                let file = url.path_segments().and_then(Iterator::last);
                Self::transport(file.unwrap_or_default(), &source)
            }
            Tough::SystemTimeSteppedBackward {
                sys_time,
                latest_known_time,
            } => Self::Clock {
                now: minute(sys_time),
                known: minute(latest_known_time),
            },
            other => Self::Mixed {
                reason: other.to_string(),
            },
        }
    }

    fn transport(file: &str, error: &TransportError) -> Self {
        let file = file.to_owned();
        let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref());
        match cause {
            Some(Tough::MaxSizeExceeded { max_size, .. }) => Self::TooLong {
                file,
                limit: *max_size,
            },
            Some(Tough::HashMismatch { .. }) => Self::WrongHash { file },
            _ if error.kind() == TransportErrorKind::FileNotFound => Self::Missing { file },
            _ => Self::Unreachable {
                file,
                reason: error.to_string(),
            },
        }
    }
}

/// For people.
fn minute(at: jiff::Timestamp) -> String {
    at.strftime("%F %H:%M UTC").to_string()
}

fn on(since: Option<OffsetDateTime>) -> String {
    since.map_or(String::new(), |at| {
        let (hour, minute) = (at.hour(), at.minute());
        format!(" on {} at {hour:02}:{minute:02} UTC", at.date())
    })
}

fn reason(error: &Schema) -> String {
    match error {
        Schema::SignatureThreshold {
            threshold, valid, ..
        } => format!("{valid} good signatures of the {threshold} that are needed"),
        other => other.to_string(),
    }
}
