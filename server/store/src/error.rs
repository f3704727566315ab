//! What can go wrong, by object and by kind.
//!
//! A variant names the object that it is about; `Display` does not repeat the source.
//! [`StoreError::kind`] is what the engine maps to its own errors.

use std::fmt;
use std::path::PathBuf;

use crate::entropy::EntropyError;

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noun {
    /// A person or program that signs in.
    User,
    /// A group of users.
    Group,
    /// An authentication token.
    Token,
    /// A pool connection.
    Server,
    /// A permission entry.
    Acl,
    /// An XO task.
    Task,
    /// A setting.
    Setting,
    /// A template of what new VMs read at their first boot.
    CloudConfig,
}

impl Noun {
    /// XO's word for it, as in `data.type` of a noSuchObject error (xo-protocol section 2).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Token => "token",
            Self::Server => "server",
            Self::Acl => "acl",
            Self::Task => "task",
            Self::Setting => "setting",
            Self::CloudConfig => "cloud config",
        }
    }
}

impl fmt::Display for Noun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An operation on the store that did not happen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such row.
    #[error("no such {noun}: {id}")]
    NotFound {
        /// What was looked for.
        noun: Noun,
        /// Its id, or the name that it was asked for by. Never a secret.
        id: String,
    },
    /// Another row has this value already.
    #[error("a {noun} with this {field} exists already: {id}")]
    AlreadyExists {
        /// What exists.
        noun: Noun,
        /// Id of the one that exists.
        id: String,
        /// The field that is taken.
        field: &'static str,
    },
    /// A value that cannot be stored.
    #[error("invalid {field} of {noun}: {reason}")]
    Invalid {
        /// What the value is for.
        noun: Noun,
        /// The field.
        field: &'static str,
        /// What is expected.
        reason: String,
    },
    /// The first administrator is asked for, and users exist.
    #[error("setup is done: users exist already")]
    SetupDone,
    /// The configured location is none.
    #[error("invalid database location: {reason}")]
    InvalidLocation {
        /// What is expected.
        reason: String,
    },
    /// A newer version wrote this database. It was not touched.
    #[error(
        "the database {database} has schema version {found}, this version of xo-server supports \
         up to {supported}: start the newer xo-server, or restore a backup made by this one"
    )]
    FutureSchema {
        /// The database.
        database: String,
        /// Its version.
        found: i64,
        /// The newest version that is supported here.
        supported: i64,
    },
    /// The database holds tables that are not ours. It was not touched.
    #[error(
        "the database {database} belongs to something else ({found}): give xo-server an empty one"
    )]
    ForeignDatabase {
        /// The database.
        database: String,
        /// What was found in it.
        found: String,
    },
    /// The file is damaged, or no database.
    #[error(
        "the database {database} is damaged or is no database ({what}): restore it from a backup"
    )]
    Damaged {
        /// The database.
        database: String,
        /// What the database said.
        what: String,
    },
    /// A PostgreSQL database is asked for as a file.
    #[error(
        "the database {database} is not a file: copy it with the tools of its server, such as pg_dump"
    )]
    NotAFile {
        /// The database.
        database: String,
    },
    /// A migration would leave another process with a file that nobody reads.
    #[error("the database {database} is open in another process: stop that one first")]
    OpenElsewhere {
        /// The database.
        database: String,
    },
    /// A folder or file of the store cannot be made or read.
    #[error("cannot use {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The key file is unfit.
    #[error("key file {}: {reason}", path.display())]
    KeyFile {
        /// Which.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The stored password was sealed with another key, or altered.
    #[error(
        "the stored password of {noun} {id} cannot be read with the key file: restore the key file \
         or set the password again"
    )]
    Unsealable {
        /// Whose.
        noun: Noun,
        /// Its id.
        id: String,
    },
    /// The database did not answer.
    #[error("{operation}: the database {database} is not available")]
    Unavailable {
        /// What was tried.
        operation: &'static str,
        /// The database.
        database: String,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// Another writer held the database for too long.
    #[error("{operation}: the database {database} is busy, try again")]
    Busy {
        /// What was tried.
        operation: &'static str,
        /// The database.
        database: String,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// Too many passwords are being checked or hashed.
    #[error("too many sign-ins at once, try again")]
    Overloaded,
    /// No room to write. Nothing was changed.
    #[error(
        "{operation}: the disk of the database {database} is full: free some space and try again"
    )]
    DiskFull {
        /// What was tried.
        operation: &'static str,
        /// The database.
        database: String,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The database refused a statement.
    #[error("{operation}: the database {database} refused")]
    Refused {
        /// What was tried.
        operation: &'static str,
        /// The database.
        database: String,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// A stored value does not have the shape that this version writes.
    #[error("unreadable {column} in the database")]
    Unreadable {
        /// Which column.
        column: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The random source failed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// Hashing or sealing failed: unfit parameters or no memory.
    #[error("hashing or sealing failed: {reason}")]
    Crypto {
        /// Why.
        reason: String,
    },
}

/// The few kinds that a caller tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// No such object.
    NotFound,
    /// A unique value is taken.
    AlreadyExists,
    /// The caller's value is unfit.
    Invalid,
    /// The store is not in the state that the operation needs.
    Conflict,
    /// The database, its file or its key file cannot be used as they are: an administrator must
    /// act.
    Unusable,
    /// The database is away; try later.
    Unavailable,
    /// Another writer was in the way; try again.
    Busy,
    /// No room left.
    DiskFull,
    /// A defect or damage.
    Internal,
}

impl StoreError {
    /// The kind, for mapping to the engine's errors.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::AlreadyExists { .. } => ErrorKind::AlreadyExists,
            Self::Invalid { .. } => ErrorKind::Invalid,
            Self::SetupDone | Self::Unsealable { .. } | Self::NotAFile { .. } => {
                ErrorKind::Conflict
            }
            Self::InvalidLocation { .. }
            | Self::FutureSchema { .. }
            | Self::ForeignDatabase { .. }
            | Self::Damaged { .. }
            | Self::OpenElsewhere { .. }
            | Self::File { .. }
            | Self::KeyFile { .. } => ErrorKind::Unusable,
            Self::Unavailable { .. } => ErrorKind::Unavailable,
            Self::Busy { .. } | Self::Overloaded => ErrorKind::Busy,
            Self::DiskFull { .. } => ErrorKind::DiskFull,
            Self::Refused { .. }
            | Self::Unreadable { .. }
            | Self::Entropy(_)
            | Self::Crypto { .. } => ErrorKind::Internal,
        }
    }

    pub(crate) fn not_found(noun: Noun, id: &str) -> Self {
        Self::NotFound {
            noun,
            id: id.to_owned(),
        }
    }

    pub(crate) fn invalid(noun: Noun, field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid {
            noun,
            field,
            reason: reason.into(),
        }
    }
}
