//! Backups for `xo-api`, of a server that runs.

use tokio::sync::Mutex;
use tokio_util::io::{ReaderStream, StreamReader};
use tokio_util::sync::CancellationToken;
use xo_api::{Backup, BackupHost, Later, Restored};
use xo_engine::{ByteStream, Incoming, Outgoing, Result};
use xo_store::Store;

use super::error::io;
use super::take::receive;
use super::{Places, Reason, RecoveryKey, Shelf, Source};
use crate::Config;

/// What it takes.
pub(crate) struct Host {
    config: Config,
    store: Store,
    /// One at a time is made or restored. What comes from a client is waited for without it: a slow one keeps nobody else waiting.
    busy: Mutex<()>,
    /// Told when the server is to start anew.
    restart: CancellationToken,
}

impl Host {
    pub(crate) fn new(config: &Config, store: Store, restart: CancellationToken) -> Self {
        Self {
            config: config.clone(),
            store,
            busy: Mutex::default(),
            restart,
        }
    }

    fn shelf(&self) -> Result<Shelf> {
        Ok(Shelf::of(&self.config.data_dir)?)
    }

    async fn restore_from(&self, source: Source, key: Option<&str>) -> Result<Restored> {
        let places = Places::of(&self.config)?;
        let restored = super::restore_all(&places, source, key).await?;
        self.restart.cancel();
        Ok(restored)
    }
}

/// The file itself, also out of a form.
async fn content(file: Incoming) -> Result<StreamReader<ByteStream, bytes::Bytes>> {
    Ok(StreamReader::new(file.file().await?.body))
}

impl BackupHost for Host {
    fn list(&self) -> Result<Vec<Backup>> {
        Ok(self.shelf()?.list()?)
    }

    fn make(&self) -> Later<'_, Result<Backup>> {
        Box::pin(async {
            let _alone = self.busy.lock().await;
            let places = Places::of(&self.config)?;
            Ok(super::make(&places, &self.store, Reason::Asked).await?)
        })
    }

    fn take(&self, file: Incoming) -> Later<'_, Result<Backup>> {
        Box::pin(async {
            let content = content(file).await?;
            Ok(super::take(&self.config.data_dir, content).await?)
        })
    }

    fn open(&self, id: String) -> Later<'_, Result<Outgoing>> {
        Box::pin(async move {
            let path = self.shelf()?.path(&id)?;
            let what = || io(format!("the backup {id} cannot be read"));
            let file = tokio::fs::File::open(&path).await.map_err(what())?;
            let length = file.metadata().await.map_err(what())?.len();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            Ok(Outgoing {
                content_type: "application/octet-stream".to_owned(),
                file_name: Some(format!("xoa-{name}")),
                length: Some(length),
                body: Box::pin(ReaderStream::new(file)),
            })
        })
    }

    fn remove(&self, id: &str) -> Result<()> {
        Ok(self.shelf()?.remove(id)?)
    }

    fn recovery_key(&self) -> Result<String> {
        Ok(RecoveryKey::of(&self.config.data_dir)?.to_string())
    }

    fn restore(&self, id: String, key: Option<String>) -> Later<'_, Result<Restored>> {
        Box::pin(async move {
            let _alone = self.busy.lock().await;
            self.restore_from(Source::Kept(id), key.as_deref()).await
        })
    }

    fn restore_file(&self, file: Incoming, key: String) -> Later<'_, Result<Restored>> {
        Box::pin(async move {
            let part = receive(&self.shelf()?, content(file).await?).await?;
            let _alone = self.busy.lock().await;
            let source = Source::File(part.path().to_owned());
            self.restore_from(source, Some(&key)).await
        })
    }
}
