//! A copy of a SQLite database: consistent, whole, on the disk when it is told.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::{Backend, Database};
use crate::error::StoreError;

impl Database {
    /// Writes a copy, as it is at this moment, whoever writes meanwhile. A file that is there already is replaced.
    ///
    /// # Errors
    /// [`StoreError::NotAFile`] for PostgreSQL.
    pub(crate) async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        if self.backend == Backend::Postgres {
            return Err(StoreError::NotAFile {
                database: self.name.clone(),
            });
        }
        let at = |source| StoreError::File {
            path: path.to_owned(),
            source,
        };
        remove(path).map_err(at)?;
        // An empty file is taken, with its permissions.
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        options.open(path).map_err(at)?;
        let name = path.to_str().ok_or_else(|| StoreError::InvalidLocation {
            reason: format!("{} is not UTF-8", path.display()),
        })?;
        let copied = sqlx::query("VACUUM INTO $1")
            .bind(name)
            .execute(&self.reader)
            .await;
        if let Err(source) = copied {
            let _ = remove(path);
            return Err(self.failure("copy the database", source));
        }
        File::open(path)
            .and_then(|file| file.sync_all())
            .map_err(at)
    }
}

/// Removes a file; one that is not there is no error.
pub(super) fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
