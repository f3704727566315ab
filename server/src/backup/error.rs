//! Why a backup was not made or not restored, and what to do.

use std::io;
use std::path::PathBuf;

use xo_engine::Error;
use xo_store::StoreError;

/// Of a backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database is PostgreSQL's.
    #[error(
        "the database {0} is not a file of this server: back it up with the tools of PostgreSQL, and secret.key beside it"
    )]
    NoFile(String),
    /// The database is somewhere else.
    #[error(
        "the database {} is not in the data folder: back both up by other means, or move it there",
        .0.display()
    )]
    Elsewhere(PathBuf),
    /// There is none of that name.
    #[error("there is no backup {0}")]
    Unknown(String),
    /// It does not begin as one.
    #[error("this file is no backup of XOA")]
    NotOurs,
    /// It was made later than this program.
    #[error("this backup has the format {0}, which a newer XOA makes: update this one first")]
    Newer(String),
    /// It opens with another key.
    #[error("this recovery key does not open this backup, or the beginning of the file is damaged")]
    WrongKey,
    /// What was typed is none.
    #[error("this is no recovery key: it has {0} characters, in groups of four")]
    NoKey(usize),
    /// Its end is missing.
    #[error("this backup ends early, so it was not copied whole: copy it again")]
    Truncated,
    /// Its bytes changed.
    #[error("this backup is damaged near byte {0}: copy it again, or take another one")]
    Damaged(u64),
    /// It is longer than any.
    #[error("this file has more than {0} bytes, which no backup has")]
    TooLong(u64),
    /// It opens, and has something in it that cannot be used.
    #[error("this backup cannot be restored: {0}")]
    Unfit(String),
    /// The machine's.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why not.
        source: io::Error,
    },
    /// The database's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Names what was tried; what a reader of ours says about the file goes before.
pub(super) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> BackupError {
    |source| match source.downcast::<BackupError>() {
        Ok(ours) => ours,
        Err(source) => BackupError::Io {
            what: what.into(),
            source,
        },
    }
}

impl From<BackupError> for Error {
    fn from(error: BackupError) -> Self {
        let text = error.to_string();
        match error {
            BackupError::Unknown(name) => Self::no_such(name, "backup"),
            BackupError::NoFile(_) | BackupError::Elsewhere(_) => Self::Conflict {
                operation: "backup".to_owned(),
                reason: text,
            },
            BackupError::WrongKey | BackupError::NoKey(_) => Self::invalid("key", text),
            BackupError::NotOurs
            | BackupError::Newer(_)
            | BackupError::Truncated
            | BackupError::Damaged(_)
            | BackupError::TooLong(_)
            | BackupError::Unfit(_) => Self::BadData(text),
            BackupError::Io { .. } | BackupError::Store(_) => Self::Unavailable(text),
        }
    }
}
