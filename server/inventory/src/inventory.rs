//! All objects of all pools: by id, by reference and by type.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::{RwLock, RwLockWriteGuard};
use serde_json::Value;
use tokio::sync::watch;
use xapi::{Change, Load, Session};
use xapi_records::{Class, Id, Ref, record};
use xo_model::access;
use xo_model::{LivePool, Object, ObjectType};

use crate::feed::{Feed, Subscription, Told};
use crate::metrics::Latency;
use crate::pool::{Link, Pool, PoolCache, PoolHandle, Refused};
use crate::world::World;

/// An object and the pool that it belongs to.
#[derive(Debug)]
pub struct Item {
    /// The pool's id.
    pub pool: Id,
    pub(crate) object: Object,
}

impl Item {
    /// A property by its path: `name_label`, `memory.size`. Reads just that part of the JSON.
    pub fn at(&self, path: &str) -> Option<Value> {
        let (first, rest) = path
            .split_once('.')
            .map_or((path, None), |(a, b)| (a, Some(b)));
        let text = xo_model::project::property(&self.object.json, first)?;
        let mut value: Value = serde_json::from_str(text).ok()?;
        for key in rest.into_iter().flat_map(|rest| rest.split('.')) {
            value = match value {
                Value::Object(mut members) => members.remove(key)?,
                Value::Array(mut items) => items.drain(..).nth(key.parse().ok()?)?,
                _ => return None,
            };
        }
        Some(value)
    }
}

impl Deref for Item {
    type Target = Object;

    fn deref(&self) -> &Object {
        &self.object
    }
}

/// The live objects of every pool.
#[derive(Debug)]
pub struct Inventory {
    world: RwLock<World>,
    feed: Feed,
    version: watch::Sender<u64>,
    /// From the receipt of a batch to its hand-over to the feed.
    pub latency: Latency,
}

impl Default for Inventory {
    fn default() -> Self {
        Self::new()
    }
}

impl Inventory {
    /// Empty.
    pub fn new() -> Self {
        let (version, _) = watch::channel(0);
        Self {
            world: RwLock::default(),
            feed: Feed::default(),
            version,
            latency: Latency::default(),
        }
    }

    /// The object with this id.
    pub fn get(&self, id: &Id) -> Option<Arc<Item>> {
        self.world.read().items.get(id).cloned()
    }

    /// The object with this id or reference, as clients write them.
    pub fn find(&self, text: &str) -> Option<Arc<Item>> {
        let world = self.world.read();
        world
            .items
            .get(&Id::new(text))
            .or_else(|| world.at(&Ref::parse(text)))
            .cloned()
    }

    /// The object that derives from this record.
    pub fn at(&self, reference: &Ref) -> Option<Arc<Item>> {
        self.world.read().at(reference).cloned()
    }

    /// Every object of a type, ordered by id.
    pub fn of_kind(&self, kind: ObjectType) -> Vec<Arc<Item>> {
        let world = self.world.read();
        world
            .by_kind
            .get(&kind)
            .into_iter()
            .flat_map(|items| items.values().cloned())
            .collect()
    }

    /// Every object, in no order.
    pub fn all(&self) -> Vec<Arc<Item>> {
        self.world.read().items.values().cloned().collect()
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.world.read().items.len()
    }

    /// True while no pool was ever seen.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True when `grants` holds for the object or for what it inherits access from.
    pub fn is_granted(&self, object: &Object, grants: impl Fn(&Id) -> bool) -> bool {
        let world = self.world.read();
        access::may_object(&*world, object, &grants)
    }

    /// The pool, while it answers.
    pub fn pool(&self, id: &Id) -> Option<PoolHandle> {
        let pool = self.world.read().pools.get(id).cloned()?;
        let Link::Up(session) = pool.link.read().clone() else {
            return None;
        };
        Some(PoolHandle { session, pool })
    }

    /// Since when a pool is lost; `None` while it answers.
    pub fn lost_since(&self, id: &Id) -> Option<SystemTime> {
        let pool = self.world.read().pools.get(id).cloned()?;
        match *pool.link.read() {
            Link::Lost(since) => Some(since),
            Link::Up(_) => None,
        }
    }

    /// How many pools answer, and how many are lost.
    pub fn pool_counts(&self) -> (usize, usize) {
        let pools: Vec<Arc<Pool>> = self.world.read().pools.values().cloned().collect();
        let up = pools
            .iter()
            .filter(|p| matches!(*p.link.read(), Link::Up(_)))
            .count();
        (up, pools.len() - up)
    }

    /// Changes from now on.
    pub fn subscribe(&self) -> Subscription {
        self.feed.subscribe()
    }

    /// How many listen.
    pub fn subscribers(&self) -> usize {
        self.feed.subscribers()
    }

    /// Waits until the object of a record that was just made is there.
    pub async fn await_object(&self, reference: &Ref, limit: Duration) -> Option<Arc<Item>> {
        let mut version = self.version.subscribe();
        let appears = async {
            loop {
                if let Some(item) = self.at(reference) {
                    return Some(item);
                }
                version.changed().await.ok()?;
            }
        };
        tokio::time::timeout(limit, appears).await.ok().flatten()
    }

    /// Waits until `seen` tells that what was done can be read.
    pub async fn await_state(&self, limit: Duration, seen: impl Fn(&Self) -> bool) -> bool {
        let mut version = self.version.subscribe();
        let appears = async {
            while !seen(self) {
                if version.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout(limit, appears).await.is_ok()
    }

    /// Ends all subscriptions.
    pub fn close(&self) {
        self.feed.close();
    }

    /// Makes room for the pool that `loads` tell of, or finds it in `known`. Another pool that was known goes.
    pub(crate) fn admit(
        &self,
        known: &mut Option<PoolCache>,
        loads: &[Load],
    ) -> Result<PoolCache, Refused> {
        let id = loads
            .iter()
            .filter(|load| load.class == Class::Pool)
            .flat_map(|load| &load.records)
            .map(|(_, record)| record.uuid().clone())
            .next()
            .ok_or(Refused::NoPool)?;
        match known.take() {
            Some(cache) if *cache.pool_id() == id => return Ok(known.insert(cache).alias()),
            Some(cache) => self.withdraw(cache),
            None => {}
        }
        let mut world = self.world.write();
        if world.pools.contains_key(&id) {
            return Err(Refused::Duplicate(id));
        }
        let pool = Arc::new(Pool {
            id: id.clone(),
            live: RwLock::new(LivePool::new()),
            link: RwLock::new(Link::Lost(SystemTime::now())),
        });
        world.pools.insert(id, Arc::clone(&pool));
        Ok(known.insert(PoolCache { pool }).alias())
    }

    /// Takes in a whole pool, anew or again: only what differs from what is known is told.
    pub(crate) fn reconcile(&self, cache: &PoolCache, loads: Vec<Load>) {
        let mut loads: HashMap<Class, Vec<_>> = loads
            .into_iter()
            .map(|load| (load.class, load.records))
            .collect();
        {
            let mut live = cache.pool.live.write();
            for class in Class::ALL {
                live.replace(class, loads.remove(&class).unwrap_or_default());
            }
        }
        self.refresh(&cache.pool);
    }

    /// Takes in all records of one class.
    pub(crate) fn replace(&self, cache: &PoolCache, load: Load) {
        cache.pool.live.write().replace(load.class, load.records);
        self.refresh(&cache.pool);
    }

    /// The pool answers, and all that it told is here.
    pub(crate) fn mark_up(&self, cache: &PoolCache, session: &Session) {
        *cache.pool.link.write() = Link::Up(session.clone());
        self.version.send_modify(|version| *version += 1);
    }

    /// Takes in changes and tells what they did to objects.
    pub(crate) fn apply(&self, cache: &PoolCache, changes: Vec<Change>) {
        if changes.is_empty() {
            return;
        }
        {
            let mut live = cache.pool.live.write();
            for change in changes {
                match change {
                    Change::Set(_, reference, record) => drop(live.put(&reference, *record)),
                    Change::Gone(class, reference) => drop(live.remove(class, &reference)),
                }
            }
        }
        self.refresh(&cache.pool);
    }

    /// The pool does not answer: its objects stay, marked with the age of their data.
    pub(crate) fn mark_lost(&self, cache: &PoolCache) {
        {
            let mut link = cache.pool.link.write();
            if matches!(*link, Link::Up(_)) {
                *link = Link::Lost(SystemTime::now());
            }
        }
        self.version.send_modify(|version| *version += 1);
    }

    /// Forgets a pool and everything in it.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the watcher gives up its right to write"
    )]
    pub(crate) fn withdraw(&self, cache: PoolCache) {
        let mut world = self.world.write();
        let told = world.withdraw(cache.pool_id());
        // Whoever still holds the pool must not take it for one that answers.
        self.mark_lost(&cache);
        self.publish(world, &told);
    }

    /// Believes the certificates that the pool tells of its members.
    pub(crate) fn trust_members(&self, cache: &PoolCache, session: &Session) {
        let live = cache.pool.live.read();
        let certificates = live.records().iter::<record::Certificate>();
        // Others in the list are authorities and certificates of strangers.
        let of_members = certificates.filter(|(_, c)| c.kind.as_str() == "host");
        session
            .trust()
            .add_members(of_members.filter_map(|(_, c)| c.fingerprint.parse().ok()));
    }

    /// The addresses of a pool's hosts.
    pub(crate) fn member_addresses(&self, cache: &PoolCache) -> Vec<String> {
        let live = cache.pool.live.read();
        live.records()
            .iter::<record::Host>()
            .map(|(_, host)| host.address.to_string())
            .collect()
    }

    /// Known records of a class.
    pub(crate) fn count(&self, cache: &PoolCache, class: Class) -> usize {
        cache.pool.live.read().records().count(class)
    }

    fn refresh(&self, pool: &Pool) {
        let mut changes = Vec::new();
        pool.live.write().refresh(|change| changes.push(change));
        let mut told = Vec::with_capacity(changes.len());
        let mut world = self.world.write();
        for change in changes {
            world.take(&pool.id, change, &mut told);
        }
        self.publish(world, &told);
    }

    /// Before another pool may change the world: of an object that two pools have, the newest state must be told last.
    fn publish(&self, world: RwLockWriteGuard<'_, World>, told: &[Told]) {
        let _world = RwLockWriteGuard::downgrade(world);
        if !told.is_empty() {
            self.feed.publish(told);
            self.version.send_modify(|version| *version += 1);
        }
    }
}
