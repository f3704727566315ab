//! One at a time: whoever changes a folder of keys or a repository waits for another who does.

use std::fs::File;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use super::error::PublishError;

/// The right to change a folder, until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _folder: File,
}

impl Lock {
    /// Waits for it; nothing where there is no folder.
    ///
    /// # Errors
    /// When the folder cannot be locked.
    pub fn of(folder: &Path) -> Result<Option<Self>, PublishError> {
        if !folder.is_dir() {
            return Ok(None);
        }
        let fault = PublishError::file("lock", folder);
        let locked = File::open(folder).and_then(|opened| {
            flock(&opened, FlockOperation::LockExclusive)?;
            Ok(Self { _folder: opened })
        });
        locked.map(Some).map_err(fault)
    }
}
