//! Backups of the server itself: its database and keys, and what the appliance is set to, in one encrypted file that another machine can be
//! made of.
//!
//! - [`key`] is what opens them, and [`sealed`] the encryption; [`archive`] is what is inside;
//! - [`shelf`] is where they are kept; [`mod@make`], [`mod@take`] and [`restore`] do it, [`swap`] ends a restore at the next start;
//! - [`host`] serves them to `xo-api`, [`appliance`] asks the appliance's agent for its settings.
//!
//! Invariant: nothing of the running data is touched until the whole file has been opened and looked at, and then by renames at a start.

mod appliance;
mod archive;
mod error;
pub mod fuzzing;
mod host;
mod key;
mod make;
mod restore;
mod sealed;
mod shelf;
pub(crate) mod swap;
mod take;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use xo_store::DatabaseLocation;

use crate::Config;

pub use archive::About;
pub use error::BackupError;
pub(crate) use host::Host;
pub use key::RecoveryKey;
pub use make::make;
pub use restore::{PutBack, Source, When, put_back, restore_all};
pub use shelf::{Reason, Shelf};
pub use take::take;

/// The sealing key of pool passwords.
pub(crate) const SECRET: &str = "secret.key";

/// Where a server's own data is.
#[derive(Debug, Clone)]
pub struct Places {
    data_dir: PathBuf,
    database: PathBuf,
    agent: PathBuf,
}

impl Places {
    /// Of a configuration.
    ///
    /// # Errors
    /// When the database is no file in the data folder.
    pub fn of(config: &Config) -> Result<Self, BackupError> {
        let DatabaseLocation::Sqlite(database) = &config.database else {
            return Err(BackupError::NoFile(config.database.to_string()));
        };
        if database.parent() != Some(&config.data_dir) {
            return Err(BackupError::Elsewhere(database.clone()));
        }
        Ok(Self {
            data_dir: config.data_dir.clone(),
            database: database.clone(),
            agent: config.agent.clone(),
        })
    }
}
