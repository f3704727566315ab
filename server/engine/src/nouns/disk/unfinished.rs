//! A disk that is being filled.
//!
//! Invariant: it goes unless it was finished, also when the client that filled it hangs up.

use std::sync::Arc;

use xapi_records::Ref;
use xo_inventory::PoolHandle;

use super::super::vdi::{self, NewVdi};
use crate::{Engine, Error, Result};

/// A disk that nobody may rely on yet.
pub(in super::super) struct Unfinished {
    engine: Arc<Engine>,
    pool: PoolHandle,
    disk: Option<Ref>,
}

impl Unfinished {
    /// Makes an empty disk. Whoever stops waiting does not leave one behind that nobody knows of.
    pub(in super::super) async fn create(
        engine: &Arc<Engine>,
        pool: &PoolHandle,
        new: NewVdi,
    ) -> Result<Self> {
        let (keeper, pool) = (Arc::clone(engine), pool.clone());
        let making = engine.tracker.spawn(async move {
            let disk = vdi::create(&pool, &new).await?;
            Ok(Self {
                engine: keeper,
                pool,
                disk: Some(disk),
            })
        });
        making.await.map_err(Error::internal)?
    }

    pub(in super::super) fn disk(&self) -> Ref {
        self.disk.clone().unwrap_or_default()
    }

    /// Keeps the disk when `outcome` is good; otherwise it is gone when this returns.
    pub(in super::super) async fn settle<T>(mut self, outcome: Result<T>) -> Result<(Ref, T)> {
        let disk = self.disk.take().unwrap_or_default();
        match outcome {
            Ok(done) => Ok((disk, done)),
            Err(error) => {
                remove(&self.pool, &disk).await;
                Err(error)
            }
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(disk) = self.disk.take() {
            let pool = self.pool.clone();
            self.engine
                .tracker
                .spawn(async move { remove(&pool, &disk).await });
        }
    }
}

async fn remove(pool: &PoolHandle, disk: &Ref) {
    if let Err(error) = vdi::destroy(&pool.session, disk).await {
        tracing::warn!(%disk, %error, "a disk that was not filled is left behind");
    }
}
