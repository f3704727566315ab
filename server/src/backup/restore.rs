//! Restoring, up to the restart: the whole file is opened, unpacked beside the data and looked at; then it waits for [`super::swap`].

use std::fs::File;
use std::path::{Path, PathBuf};

use xo_api::Restored;
use xo_store::{DatabaseLocation, Store, StoreConfig, StoreError};

use super::archive::{self, About, DATABASE};
use super::error::io;
use super::sealed::Opener;
use super::shelf::Shelf;
use super::{BackupError, Places, RecoveryKey, SECRET, appliance, swap};
use crate::{process, tls};

/// What is restored.
#[derive(Debug, Clone)]
pub enum Source {
    /// One that is kept.
    Kept(String),
    /// A file.
    File(PathBuf),
}

/// Has the next start of the server take a backup's data in place of its own. With the machine's own key when none is told.
///
/// # Errors
/// When it cannot be opened or used, in words; then the next start is as any other.
pub(super) async fn restore(
    places: &Places,
    source: Source,
    key: Option<&str>,
) -> Result<About, BackupError> {
    let key = match key {
        Some(text) => text.parse()?,
        None => RecoveryKey::of(&places.data_dir)?,
    };
    let shelf = Shelf::of(&places.data_dir)?;
    let (path, id) = match source {
        Source::Kept(id) => (shelf.path(&id)?, id),
        Source::File(path) => (path, String::new()),
    };
    let part = shelf.part();
    let folder = part.path().to_owned();
    let made = process::make_private_folder(&folder);
    made.map_err(io(format!("cannot make {}", folder.display())))?;
    let unpacking = {
        let folder = folder.clone();
        tokio::task::spawn_blocking(move || unpack(&path, &key, &folder))
    };
    let about = unpacking
        .await
        .map_err(|error| io("the backup")(error.into()))??;
    look(&folder).await?;
    swap::prepare(places, &folder, &id)?;
    tracing::info!(
        version = about.version,
        hostname = about.hostname,
        "the next start takes the data of a backup"
    );
    Ok(about)
}

/// The same, and sets the appliance as the machine of the backup was set.
///
/// # Errors
/// Those of [`restore`].
pub async fn restore_all(
    places: &Places,
    source: Source,
    key: Option<&str>,
) -> Result<Restored, BackupError> {
    let about = restore(places, source, key).await?;
    let problems = match &about.appliance {
        Some(settings) => appliance::set(&places.agent, settings).await,
        None => Vec::new(),
    };
    Ok(Restored {
        made_at: about.made_at,
        version: about.version,
        hostname: about.hostname,
        problems,
    })
}

/// What became of the data of before an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutBack {
    /// The next start takes this backup; what is there now is kept aside.
    Waits(String),
    /// It was put back already.
    Done(String),
    /// This version can use the database as it is.
    NotNeeded,
}

/// After an update that is gone back from: has the next start take the data of before it. `which` is the name of the backup, or the version
/// that the update installed: then the last one of before it is taken. Asking again changes nothing.
///
/// # Errors
/// When there is no backup of before it, or it cannot be restored.
pub async fn put_back(places: &Places, which: &str, when: When) -> Result<PutBack, BackupError> {
    let found = Shelf::of(&places.data_dir)?.before(which)?;
    if let Some(backup) = &found
        && swap::has_taken(places, &backup.id)
    {
        return Ok(PutBack::Done(backup.id.clone()));
    }
    if when == When::FromTheFuture && !is_from_the_future(places).await? {
        return Ok(PutBack::NotNeeded);
    }
    let backup = found.ok_or_else(|| BackupError::Unknown(format!("{which}, or of before it")))?;
    restore(places, Source::Kept(backup.id.clone()), None).await?;
    Ok(PutBack::Waits(backup.id))
}

/// When the data of before an update are put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Whatever is there now.
    Always,
    /// When this version cannot open what is there now.
    FromTheFuture,
}

async fn is_from_the_future(places: &Places) -> Result<bool, BackupError> {
    let database = DatabaseLocation::Sqlite(places.database.clone());
    let config = StoreConfig::new(database, places.data_dir.join(SECRET));
    match Store::open(&config).await {
        Ok(store) => {
            store.close().await;
            Ok(false)
        }
        Err(StoreError::FutureSchema { .. }) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

fn unpack(path: &Path, key: &RecoveryKey, folder: &Path) -> Result<About, BackupError> {
    let what = || io(format!("cannot read {}", path.display()));
    let file = File::open(path).map_err(what())?;
    archive::read(Opener::new(file, key).map_err(what())?, folder)
}

/// Whether a server could start with it: the database is whole and not from the future, the keys open what they should.
async fn look(folder: &Path) -> Result<(), BackupError> {
    let unfit = |error: &dyn std::error::Error| {
        let cause = error.source().map_or(String::new(), |e| format!(": {e}"));
        BackupError::Unfit(format!("{error}{cause}"))
    };
    let database = folder.join(DATABASE);
    let whole = folder.join("whole.db");
    let config = StoreConfig::new(
        DatabaseLocation::Sqlite(database.clone()),
        folder.join(SECRET),
    );
    let store = Store::open(&config).await.map_err(|error| unfit(&error))?;
    let looked = async {
        store.check().await?;
        for server in store.servers().list().await? {
            store.servers().password(&server.id).await?;
        }
        // One file, without a log beside it.
        store.copy_to(&whole).await
    };
    let looked = looked.await;
    store.close().await;
    looked.map_err(|error| unfit(&error))?;
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.join(format!("{DATABASE}{ending}")));
    }
    let renamed = std::fs::rename(&whole, &database);
    renamed.map_err(io(format!("cannot write {}", database.display())))?;
    RecoveryKey::of(folder)?;
    tls::look(folder)
        .await
        .map_err(|error| BackupError::Unfit(format!("{error:#}")))
}
