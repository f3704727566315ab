//! Making one, while the server runs or not: a copy of the database as it is at this moment, the keys, the appliance's settings.

use std::io::BufWriter;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use time::OffsetDateTime;
use xo_api::Backup;
use xo_store::Store;

use super::archive::{self, About, DATABASE};
use super::error::io;
use super::sealed::Sealer;
use super::shelf::{Reason, Shelf};
use super::{BackupError, Places, RecoveryKey, appliance};
use crate::process;

/// Makes one of an open store.
///
/// # Errors
/// When the disk is full, or the database cannot be copied.
pub async fn make(places: &Places, store: &Store, reason: Reason) -> Result<Backup, BackupError> {
    let shelf = Shelf::of(&places.data_dir)?;
    let key = RecoveryKey::of(&places.data_dir)?;
    let copy = shelf.part();
    store.copy_to(copy.path()).await?;
    let at = OffsetDateTime::now_utc();
    let settings = appliance::settings(&places.agent).await;
    // The server's unit hides the machine's name from it.
    let name = settings.as_ref().and_then(|s| s.get("hostname")?.as_str());
    let about = About {
        made_at: i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or_default(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        hostname: name.map_or_else(process::host_name, str::to_owned),
        appliance: settings,
    };
    let data_dir = places.data_dir.clone();
    let work = tokio::task::spawn_blocking(move || {
        let place = |name: &str| -> PathBuf {
            if name == DATABASE {
                copy.path().to_owned()
            } else {
                data_dir.join(name)
            }
        };
        let part = shelf.part();
        let what = || io(format!("cannot write {}", part.path().display()));
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let file = options.open(part.path()).map_err(what())?;
        let mut sealer = Sealer::new(BufWriter::new(file), &key).map_err(what())?;
        archive::write(&mut sealer, &about, place)?;
        let written = sealer.end().and_then(|output| Ok(output.into_inner()?));
        written.map_err(what())?;
        shelf.keep(&part, at, &about.version, &reason)
    });
    let backup = work
        .await
        .map_err(|error| io("the backup")(error.into()))??;
    tracing::info!(id = backup.id, bytes = backup.bytes, "backup made");
    Ok(backup)
}
