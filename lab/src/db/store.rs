//! The shared database: many readers or one writer, and a signal for those who wait for a change.

use std::ops::{Deref, DerefMut};

use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::sync::watch;

use super::Db;

/// The database of a lab. Guards must not be held across an await.
#[derive(Debug)]
pub struct Store {
    db: RwLock<Db>,
    changed: watch::Sender<u64>,
}

impl Store {
    /// Shares this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        let (changed, _) = watch::channel(db.generation());
        Self {
            db: RwLock::new(db),
            changed,
        }
    }

    /// Looks at the database.
    pub fn read(&self) -> RwLockReadGuard<'_, Db> {
        self.db.read()
    }

    /// Changes the database; who waits for a change is woken when the guard is dropped.
    pub fn write(&self) -> WriteGuard<'_> {
        WriteGuard {
            db: Some(self.db.write()),
            changed: &self.changed,
        }
    }

    /// Tells the generation of each write.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Wakes those who wait, although nothing changed (a session ended).
    pub fn wake(&self) {
        self.changed.send_modify(|_| {});
    }
}

/// Exclusive access to the database.
#[derive(Debug)]
pub struct WriteGuard<'a> {
    /// Always there until the guard is dropped.
    db: Option<RwLockWriteGuard<'a, Db>>,
    changed: &'a watch::Sender<u64>,
}

impl Deref for WriteGuard<'_> {
    type Target = Db;

    #[allow(clippy::expect_used)]
    fn deref(&self) -> &Db {
        self.db
            .as_deref()
            .expect("a guard holds its lock until it is dropped")
    }
}

impl DerefMut for WriteGuard<'_> {
    #[allow(clippy::expect_used)]
    fn deref_mut(&mut self) -> &mut Db {
        self.db
            .as_deref_mut()
            .expect("a guard holds its lock until it is dropped")
    }
}

impl Drop for WriteGuard<'_> {
    fn drop(&mut self) {
        let generation = self.generation();
        self.db = None;
        self.changed.send_if_modified(|known| {
            let later = generation > *known;
            if later {
                *known = generation;
            }
            later
        });
    }
}
