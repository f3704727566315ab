//! What is kept of one pool: its records, its session while there is one, and since when it is lost.

use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::RwLock;
use xapi::Session;
use xapi_records::{Id, Ref};
use xo_model::{LivePool, Records};

/// One pool; shared between its watcher, which writes, and everybody else.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) id: Id,
    pub(crate) live: RwLock<LivePool>,
    pub(crate) link: RwLock<Link>,
}

#[derive(Debug, Clone)]
pub(crate) enum Link {
    Up(Session),
    Lost(SystemTime),
}

/// The watcher's own handle: who holds it may write.
#[derive(Debug)]
pub(crate) struct PoolCache {
    pub(crate) pool: Arc<Pool>,
}

impl PoolCache {
    pub(crate) fn pool_id(&self) -> &Id {
        &self.pool.id
    }

    /// For a piece of the watcher's work on another thread, which it waits for.
    pub(crate) fn alias(&self) -> Self {
        Self {
            pool: Arc::clone(&self.pool),
        }
    }
}

/// Why a pool cannot be taken in.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Another connection watches it already.
    Duplicate(Id),
    /// The host told no pool.
    NoPool,
}

/// A pool that answers now.
#[derive(Debug, Clone)]
pub struct PoolHandle {
    /// To call it.
    pub session: Session,
    pub(crate) pool: Arc<Pool>,
}

impl PoolHandle {
    /// The pool's id.
    pub fn id(&self) -> &Id {
        &self.pool.id
    }

    /// Looks into the pool's records. `look` must be short: the watcher waits for it.
    pub fn records<T>(&self, look: impl FnOnce(&Records) -> T) -> T {
        look(self.pool.live.read().records())
    }

    /// The uuid of a record of any class.
    pub fn uuid_of(&self, reference: &Ref) -> Option<Id> {
        self.records(|records| records.find(reference).map(|r| r.uuid().clone()))
    }
}
