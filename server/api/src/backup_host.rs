//! Backups of the server itself, which the daemon makes and restores: this crate knows neither its files nor their encryption.

use serde::Serialize;
use xo_engine::{Incoming, Outgoing, Result};

use crate::setup_host::Later;

/// One that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Backup {
    /// Its name.
    pub id: String,
    /// Its length.
    pub bytes: u64,
    /// In milliseconds since 1970: when it was made, or uploaded.
    pub made_at: i64,
    /// Of the server that made it; not known of an uploaded one.
    pub version: Option<String>,
    /// Why it is there.
    pub reason: BackupReason,
    /// Before which version an update had it made.
    pub before: Option<String>,
}

/// Why a backup is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BackupReason {
    /// Somebody asked for it.
    Asked,
    /// An update was about to begin.
    Update,
    /// Somebody uploaded it.
    Upload,
}

/// What was restored; the server restarts with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Restored {
    /// When the backup was made, in milliseconds since 1970.
    pub made_at: i64,
    /// By which version.
    pub version: String,
    /// On which machine.
    pub hostname: String,
    /// What the appliance did not take over, each with its reason.
    pub problems: Vec<String>,
}

/// Implemented by the daemon.
pub trait BackupHost: Send + Sync {
    /// The newest first.
    fn list(&self) -> Result<Vec<Backup>>;

    /// Makes one. The oldest goes when there are more than are kept.
    fn make(&self) -> Later<'_, Result<Backup>>;

    /// Takes one that was made elsewhere, in place of the one that was uploaded before.
    fn take(&self, file: Incoming) -> Later<'_, Result<Backup>>;

    /// Downloads one.
    fn open(&self, id: String) -> Later<'_, Result<Outgoing>>;

    /// Removes one.
    fn remove(&self, id: &str) -> Result<()>;

    /// What opens the backups that are made here.
    fn recovery_key(&self) -> Result<String>;

    /// Looks at the whole of one that is kept, and restarts the server with it; with this server's own key when none is told.
    fn restore(&self, id: String, key: Option<String>) -> Later<'_, Result<Restored>>;

    /// The same, with one that is sent along.
    fn restore_file(&self, file: Incoming, key: String) -> Later<'_, Result<Restored>>;
}
