//! Objects and their indexes.
//!
//! Invariant: an id is held by one pool at a time. Other pools that have it too (an SR that two pools share) wait in `hidden`, and the
//! one that waits longest takes over when the holder lets go: to who knew the object, it only changed. `by_kind` and `by_reference` tell of `items`, nothing more and nothing less.

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
    /// At most one of each pool, in the order of their coming; never an empty list.
    hidden: HashMap<Id, Vec<Arc<Item>>>,
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
                    self.hide(item);
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
        self.hidden.retain(|_, waiting| {
            waiting.retain(|item| item.pool != *pool);
            !waiting.is_empty()
        });
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
            self.unhide(id, |item| item.pool == *pool);
        } else if let Some(next) = self.unhide(id, |_| true) {
            told.push(self.put(next));
        } else if let Some(item) = self.remove(id) {
            told.push(Told::old(Notice::Exit(item)));
        }
    }

    fn hide(&mut self, item: Arc<Item>) {
        let waiting = self.hidden.entry(item.id.clone()).or_default();
        match waiting.iter_mut().find(|known| known.pool == item.pool) {
            Some(known) => *known = item,
            None => waiting.push(item),
        }
    }

    /// Takes the first one that fits.
    fn unhide(&mut self, id: &Id, fits: impl Fn(&Item) -> bool) -> Option<Arc<Item>> {
        let waiting = self.hidden.get_mut(id)?;
        let at = waiting.iter().position(|item| fits(item))?;
        let item = waiting.remove(at);
        if waiting.is_empty() {
            self.hidden.remove(id);
        }
        Some(item)
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

#[cfg(test)]
mod tests {
    use super::*;
    use xo_model::Object;

    /// The bug that these tests began with was one of the order of uuids.
    fn id(text: &str) -> Id {
        let byte = text.bytes().next().unwrap_or_default();
        Id::new(&format!("{byte:08x}-1111-4111-8111-111111111111"))
    }

    fn name(id: &Id) -> char {
        let text = id.to_string();
        char::from(u8::from_str_radix(&text[..8], 16).unwrap())
    }

    /// The SR `shared` as this pool knows it.
    fn sr(pool: &str, json: &str) -> Change {
        Change::Put(Object {
            id: id("shared"),
            kind: ObjectType::Sr,
            reference: Ref::parse(&format!("OpaqueRef:{pool}")),
            json: json.into(),
            parents: Box::default(),
        })
    }

    fn gone() -> Change {
        Change::Gone(id("shared"))
    }

    fn take(world: &mut World, pool: &str, change: Change) -> Vec<Told> {
        let mut told = Vec::new();
        world.take(&id(pool), change, &mut told);
        told
    }

    /// What was told, in words.
    fn words(told: &[Told]) -> Vec<String> {
        let told = told.iter().map(|told| {
            let verb = match (&told.notice, told.is_new) {
                (Notice::Enter(_), true) => "new",
                (Notice::Enter(_), false) => "changed",
                (Notice::Exit(_), _) => "gone",
            };
            let object = told.notice.object();
            format!("{verb} {} {}", name(&object.pool), object.json)
        });
        told.collect()
    }

    #[test]
    fn what_the_first_pool_lets_go_the_second_holds() {
        let mut world = World::default();
        assert_eq!(words(&take(&mut world, "a", sr("a", "1"))), ["new a 1"]);
        assert!(take(&mut world, "b", sr("b", "2")).is_empty());
        assert_eq!(
            words(&take(&mut world, "a", gone())),
            ["changed b 2"],
            "to who knew it, it only changed"
        );
        assert_eq!(world.items[&id("shared")].pool, id("b"));
        assert!(world.at(&Ref::parse("OpaqueRef:a")).is_none());
        assert!(world.at(&Ref::parse("OpaqueRef:b")).is_some());
        assert_eq!(world.by_kind[&ObjectType::Sr].len(), 1);
        assert_eq!(words(&take(&mut world, "b", gone())), ["gone b 2"]);
        assert!(world.items.is_empty() && world.hidden.is_empty());
    }

    #[test]
    fn a_hidden_object_comes_as_it_is_by_then() {
        let mut world = World::default();
        take(&mut world, "a", sr("a", "1"));
        for json in ["2", "3", "4"] {
            assert!(take(&mut world, "b", sr("b", json)).is_empty());
        }
        assert_eq!(words(&take(&mut world, "a", gone())), ["changed b 4"]);
        assert_eq!(
            words(&take(&mut world, "b", gone())),
            ["gone b 4"],
            "the older ones are not hidden behind it"
        );
    }

    #[test]
    fn a_hidden_object_that_goes_never_comes() {
        let mut world = World::default();
        take(&mut world, "a", sr("a", "1"));
        take(&mut world, "b", sr("b", "2"));
        take(&mut world, "c", sr("c", "3"));
        assert!(take(&mut world, "b", gone()).is_empty());
        assert_eq!(words(&take(&mut world, "a", gone())), ["changed c 3"]);
    }

    #[test]
    fn who_waits_longest_is_next() {
        let mut world = World::default();
        for pool in ["c", "b", "a"] {
            take(&mut world, pool, sr(pool, "1"));
        }
        assert_eq!(words(&take(&mut world, "c", gone())), ["changed b 1"]);
        assert!(take(&mut world, "c", sr("c", "1")).is_empty());
        assert_eq!(words(&take(&mut world, "b", gone())), ["changed a 1"]);
        assert_eq!(words(&take(&mut world, "a", gone())), ["changed c 1"]);
    }

    #[test]
    fn a_pool_that_is_withdrawn_takes_its_hidden_objects_along() {
        let mut world = World::default();
        for pool in ["a", "b", "c"] {
            take(&mut world, pool, sr(pool, "1"));
        }
        assert!(world.withdraw(&id("b")).is_empty());
        assert_eq!(words(&world.withdraw(&id("a"))), ["changed c 1"]);
        assert_eq!(words(&world.withdraw(&id("c"))), ["gone c 1"]);
        assert!(world.items.is_empty() && world.hidden.is_empty());
        assert!(world.by_reference.is_empty());
    }

    #[test]
    fn what_did_not_change_is_not_told() {
        let mut world = World::default();
        take(&mut world, "a", sr("a", "1"));
        assert!(take(&mut world, "a", sr("a", "1")).is_empty());
        assert_eq!(words(&take(&mut world, "a", sr("a", "2"))), ["changed a 2"]);
    }
}
