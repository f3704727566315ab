//! Objects and their indexes.
//!
//! Invariant: an id is held by one pool at a time. Another pool that has it too (an SR that two pools share) waits in `hidden` and
//! takes over when the first one lets go. `by_kind` and `by_reference` tell of `items`, nothing more and nothing less.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use xapi_records::{Id, Ref};
use xo_model::access::LinkView;
use xo_model::{Change, ObjectType};

use crate::Item;
use crate::feed::{Notice, Told};
use crate::pool::Pool;

#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) items: HashMap<Id, Arc<Item>>,
    pub(crate) by_kind: HashMap<ObjectType, BTreeMap<Id, Arc<Item>>>,
    pub(crate) by_reference: HashMap<Ref, Id>,
    pub(crate) pools: HashMap<Id, Arc<Pool>>,
    hidden: BTreeMap<(Id, Id), Arc<Item>>,
}

impl LinkView for World {
    fn links(&self, id: &Id) -> Option<(ObjectType, &[Id])> {
        self.items.get(id).map(|item| (item.kind, &*item.parents))
    }
}

impl World {
    pub(crate) fn at(&self, reference: &Ref) -> Option<&Arc<Item>> {
        self.items.get(self.by_reference.get(reference)?)
    }

    /// Takes one change; what it did goes to `told`.
    pub(crate) fn take(&mut self, pool: &Id, change: Change, told: &mut Vec<Told>) {
        match change {
            Change::Put(object) => {
                let known = self.items.get(&object.id);
                if known.is_some_and(|known| known.pool == *pool && known.object == object) {
                    return;
                }
                let hides = known.is_some_and(|known| known.pool != *pool);
                let item = Arc::new(Item {
                    pool: pool.clone(),
                    object,
                });
                if hides {
                    self.hidden
                        .insert((item.id.clone(), item.pool.clone()), item);
                } else {
                    told.push(self.put(item));
                }
            }
            Change::Gone(id) => self.gone(pool, &id, told),
        }
    }

    /// Forgets a pool and everything in it.
    pub(crate) fn withdraw(&mut self, pool: &Id) -> Vec<Told> {
        self.pools.remove(pool);
        self.hidden.retain(|(_, owner), _| owner != pool);
        let gone: Vec<Id> = self
            .items
            .values()
            .filter(|item| item.pool == *pool)
            .map(|item| item.id.clone())
            .collect();
        let mut told = Vec::with_capacity(gone.len());
        for id in gone {
            self.gone(pool, &id, &mut told);
        }
        told
    }

    fn gone(&mut self, pool: &Id, id: &Id, told: &mut Vec<Told>) {
        if self.items.get(id).is_none_or(|item| item.pool != *pool) {
            self.hidden.remove(&(id.clone(), pool.clone()));
            return;
        }
        if let Some(item) = self.remove(id) {
            told.push(Told::old(Notice::Exit(item)));
        }
        let next = self.hidden.range((id.clone(), Id::default())..).next();
        if let Some(key) = next.map(|(key, _)| key.clone()).filter(|key| key.0 == *id)
            && let Some(item) = self.hidden.remove(&key)
        {
            told.push(self.put(item));
        }
    }

    fn put(&mut self, item: Arc<Item>) -> Told {
        let before = self.remove(&item.id);
        self.by_reference
            .insert(item.reference.clone(), item.id.clone());
        self.by_kind
            .entry(item.kind)
            .or_default()
            .insert(item.id.clone(), Arc::clone(&item));
        self.items.insert(item.id.clone(), Arc::clone(&item));
        Told {
            is_new: before.is_none(),
            notice: Notice::Enter(item),
        }
    }

    fn remove(&mut self, id: &Id) -> Option<Arc<Item>> {
        let item = self.items.remove(id)?;
        if let Some(kind) = self.by_kind.get_mut(&item.kind) {
            kind.remove(id);
        }
        if self.by_reference.get(&item.reference) == Some(id) {
            self.by_reference.remove(&item.reference);
        }
        Some(item)
    }
}
