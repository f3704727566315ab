//! A new version's migrations of a SQLite file. They run on a copy; it takes the file's place when all succeeded, by one rename.
//!
//! Invariant: a migration that fails, or a power cut at any moment, leaves the file as it was. What is left of a copy is replaced by the next one.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Database;
use super::copy::remove;
use super::open::{connect_sqlite, look};
use crate::config::StoreConfig;
use crate::error::StoreError;
use crate::row;
use crate::schema;

/// Between two looks whether another process has migrated.
const LOOK: Duration = Duration::from_millis(20);

/// Migrates `path`. Two processes that start at once take turns; the second one finds nothing to do.
pub(super) async fn on_a_copy(
    path: &Path,
    name: &str,
    config: &StoreConfig,
) -> Result<(), StoreError> {
    let _turn = take_turn(path, name, config).await?;
    if !schema::is_older(look(path, name, config).await?) {
        return Ok(());
    }
    let copy = beside(path, ".migrating");
    let done = migrate(path, &copy, name, config).await;
    if done.is_err() {
        for leftover in [&copy, &beside(&copy, "-journal")] {
            let _ = remove(leftover);
        }
    }
    done
}

async fn migrate(
    path: &Path,
    copy: &Path,
    name: &str,
    config: &StoreConfig,
) -> Result<(), StoreError> {
    let at = |source| StoreError::File {
        path: copy.to_owned(),
        source,
    };
    let original = connect_sqlite(path, name, config).await?;
    let copied = copy_alone(&original, copy, config.wait).await;
    original.close().await;
    copied?;
    let fresh = connect_sqlite(copy, name, config).await?;
    let migrated = async {
        schema::migrate(&fresh).await?;
        fresh.check().await
    };
    let migrated = migrated.await;
    fresh.close().await;
    migrated?;
    let synced = File::open(copy).and_then(|file| file.sync_all());
    synced.map_err(at)?;
    std::fs::rename(copy, path).map_err(at)?;
    folder(path)
        .and_then(|folder| folder.sync_all())
        .map_err(at)
}

/// Copies a file that nobody else has open: only then its log can be taken away. What somebody else wrote later would be lost. Whoever only
/// looks at it is soon gone.
async fn copy_alone(original: &Database, copy: &Path, wait: Duration) -> Result<(), StoreError> {
    let began = Instant::now();
    loop {
        let mode = sqlx::query("PRAGMA journal_mode = DELETE")
            .fetch_one(&original.writer)
            .await;
        match mode.map(|row| row::text(&row, "journal_mode")) {
            Ok(Ok(mode)) if mode == "delete" => return original.copy_to(copy).await,
            _ if began.elapsed() < wait => tokio::time::sleep(LOOK).await,
            _ => {
                return Err(StoreError::OpenElsewhere {
                    database: original.name.clone(),
                });
            }
        }
    }
}

/// Holds the folder, as long as what is returned lives.
async fn take_turn(path: &Path, name: &str, config: &StoreConfig) -> Result<File, StoreError> {
    let at = |source| StoreError::File {
        path: path.to_owned(),
        source,
    };
    let folder = folder(path).map_err(at)?;
    let began = Instant::now();
    loop {
        match folder.try_lock() {
            Ok(()) => return Ok(folder),
            Err(TryLockError::Error(source)) => return Err(at(source)),
            Err(TryLockError::WouldBlock) if began.elapsed() >= config.wait => {
                return Err(StoreError::OpenElsewhere {
                    database: name.to_owned(),
                });
            }
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOOK).await,
        }
    }
}

fn folder(path: &Path) -> std::io::Result<File> {
    File::open(path.parent().unwrap_or(Path::new("/")))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(ending);
    name.into()
}
