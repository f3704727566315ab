//! Taking one that comes from elsewhere: it is kept beside the others, and opened when it is restored.

use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncReadExt};
use xo_api::Backup;

use super::error::io;
use super::sealed::Opener;
use super::shelf::{Part, Reason, Shelf};
use super::{BackupError, RecoveryKey};

/// No backup is longer, in bytes.
const LIMIT: u64 = 16 * 1024 * 1024 * 1024;

/// Keeps what comes, in place of the one that was taken before.
///
/// # Errors
/// When it does not begin as a backup, is longer than any, or breaks off.
pub async fn take(
    data_dir: &Path,
    input: impl AsyncRead + Send + Unpin,
) -> Result<Backup, BackupError> {
    let shelf = Shelf::of(data_dir)?;
    let part = receive(&shelf, input).await?;
    let key = RecoveryKey::of(data_dir)?;
    let (looked, part) = tokio::task::spawn_blocking(move || (look(part.path(), &key), part))
        .await
        .map_err(|error| BackupError::Unfit(error.to_string()))?;
    looked?;
    shelf.keep(&part, OffsetDateTime::now_utc(), "", &Reason::Uploaded)
}

/// What is no backup, or one of ours that is not whole, is told at once; one of another key, when it is restored.
fn look(path: &Path, key: &RecoveryKey) -> Result<(), BackupError> {
    let what = || io("the file that was sent cannot be read");
    let file = std::fs::File::open(path).map_err(what())?;
    let opened = Opener::new(file, key)
        .and_then(|mut opener| std::io::copy(&mut opener, &mut std::io::sink()));
    match opened.map_err(what()) {
        Ok(_) | Err(BackupError::WrongKey) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Writes what comes into a file that goes with what is returned.
pub(super) async fn receive(
    shelf: &Shelf,
    input: impl AsyncRead + Send + Unpin,
) -> Result<Part, BackupError> {
    let part = shelf.part();
    let what = || io("the file that is sent cannot be kept");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let target = options.open(part.path()).map_err(what())?;
    let mut target = tokio::fs::File::from_std(target);
    let mut input = input.take(LIMIT + 1);
    let length = tokio::io::copy(&mut input, &mut target).await;
    if length.map_err(what())? > LIMIT {
        return Err(BackupError::TooLong(LIMIT));
    }
    target.sync_all().await.map_err(what())?;
    Ok(part)
}
