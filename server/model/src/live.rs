//! One pool as it changes: records come in, changed objects come out.
//!
//! Each derivation notes what it read of other records; when one of those changes in that respect, the object is stale and derived
//! again. Nothing else is. A link to a record that is not there yet is left out, noted, and mended when it arrives.
//!
//! Invariant: after `refresh`, what was told about objects is what deriving everything anew would tell. One exception: a link
//! to a record that was deleted stays until the linking record changes too, which XAPI tells in the same breath.

use std::collections::HashSet;

use xapi_records::{Class, Id, Record, Ref};

use crate::{Object, Records, objects};

mod reads;
mod view;

pub(crate) use reads::{Aspect, Target};
pub(crate) use view::View;

use reads::Reads;

/// What a change of records did to an XO object.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The object is new, or may have changed.
    Put(Object),
    /// There is no such object (any more). It may never have been told.
    Gone(Id),
}

/// The records of one pool and what derives from what.
#[derive(Debug, Default)]
pub struct LivePool {
    records: Records,
    reads: Reads,
    context: Context,
    stale: HashSet<(Class, Ref)>,
    /// The stale ones in the order in which they became so.
    queue: Vec<(Class, Ref)>,
    gone: Vec<Id>,
}

/// What every object of a pool depends on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Context {
    /// The uuid of the pool; while it is unknown nothing is derived.
    pub(crate) pool: Option<Id>,
    /// Whether nested virtualisation is the platform's `nested-virt` (since 3.4) or still `exp-nested-hvm`.
    pub(crate) has_nested_virt: bool,
}

impl LivePool {
    /// A pool of which nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The records as they are now.
    #[must_use]
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// The pool's uuid, once its record is known.
    #[must_use]
    pub fn pool_id(&self) -> Option<&Id> {
        self.context.pool.as_ref()
    }

    /// Takes a record that was added or modified. Whether that changed anything.
    pub fn put(&mut self, reference: &Ref, record: Record) -> bool {
        if reference.is_null() {
            return false;
        }
        let class = record.class();
        let (old, changed) = self.records.insert(reference, record);
        if changed {
            self.changed(class, reference, old.as_ref());
        }
        changed
    }

    /// Takes the deletion of a record. Whether it was there.
    pub fn remove(&mut self, class: Class, reference: &Ref) -> bool {
        let Some(old) = self.records.remove(class, reference) else {
            return false;
        };
        self.changed(class, reference, Some(&old));
        true
    }

    /// Takes the full list of a class's records: what is not in it was deleted, what is equal costs nothing.
    pub fn replace(&mut self, class: Class, records: Vec<(Ref, Record)>) {
        let listed: HashSet<&Ref> = records.iter().map(|(reference, _)| reference).collect();
        let absent = self
            .records
            .references(class)
            .filter(|known| !listed.contains(known));
        let absent: Vec<Ref> = absent.cloned().collect();
        for reference in &absent {
            self.remove(class, reference);
        }
        for (reference, record) in records {
            if record.class() == class {
                self.put(&reference, record);
            }
        }
    }

    /// Whether [`refresh`](Self::refresh) has anything to tell.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        !self.queue.is_empty() || !self.gone.is_empty()
    }

    /// Derives what is stale and tells each change, deletions first. Returns how many objects were derived.
    pub fn refresh(&mut self, mut tell: impl FnMut(Change)) -> usize {
        self.renew_context();
        for id in self.gone.drain(..) {
            tell(Change::Gone(id));
        }
        let mut buffer = Vec::with_capacity(4096);
        let mut derived = 0;
        for (class, reference) in std::mem::take(&mut self.queue) {
            let view = View::new(&self.records, &self.context);
            let object = objects::derive(&view, class, &reference, &mut buffer);
            self.reads.note(class, &reference, view.into_reads());
            if let Some(object) = object {
                derived += 1;
                tell(Change::Put(object));
            }
        }
        self.stale = HashSet::new();
        derived
    }

    /// Derives every object as it is now, for who starts to listen late.
    pub fn objects(&self) -> impl Iterator<Item = Object> {
        let mut buffer = Vec::new();
        let every = Class::ALL.into_iter();
        let every = every.flat_map(|class| self.records.references(class).map(move |r| (class, r)));
        every.filter_map(move |(class, reference)| {
            let view = View::new(&self.records, &self.context);
            objects::derive(&view, class, reference, &mut buffer)
        })
    }

    fn changed(&mut self, class: Class, reference: &Ref, old: Option<&Record>) {
        let new = self.records.record(class, reference);
        let id_of = |record| {
            let pool = self.context.pool.as_ref()?;
            objects::has_object(class).then(|| objects::object_id(record, reference, pool))
        };
        let (old_id, new_id) = (old.and_then(id_of), new.and_then(id_of));
        if let Some(id) = old_id.as_ref().filter(|id| Some(*id) != new_id.as_ref()) {
            self.gone.push(id.clone());
        }
        let mut readers = self.reads.of(&Target::Record(reference.clone()), old, new);
        if class == Class::Vdi {
            for uuid in [old, new].into_iter().flatten().map(Record::uuid) {
                readers.extend(self.reads.of(&Target::Vdi(uuid.clone()), old, new));
            }
        }
        if let (Some(old), Some(new)) = (old, new)
            && old_id != new_id
        {
            // Whoever links to it holds its old id.
            let linking = objects::linking_to(old, &self.records);
            readers.extend(
                linking
                    .into_iter()
                    .chain(objects::linking_to(new, &self.records)),
            );
        }
        let is_there = new.is_some();
        for (class, reference) in readers {
            self.mark(class, reference);
        }
        if is_there {
            self.mark(class, reference.clone());
        } else {
            self.reads.note(class, reference, Vec::new());
        }
    }

    fn mark(&mut self, class: Class, reference: Ref) {
        if objects::has_object(class) && self.records.record(class, &reference).is_some() {
            let key = (class, reference);
            if self.stale.insert(key.clone()) {
                self.queue.push(key);
            }
        }
    }

    fn mark_all(&mut self) {
        for class in Class::ALL {
            self.mark_class(class);
        }
    }

    fn mark_class(&mut self, class: Class) {
        let references: Vec<Ref> = self.records.references(class).cloned().collect();
        for reference in references {
            self.mark(class, reference);
        }
    }

    fn renew_context(&mut self) {
        let context = Context::of(&self.records);
        if context.pool != self.context.pool {
            if let Some(old) = self.context.pool.take() {
                self.retract(&old, context.pool.is_none());
            }
            self.mark_all();
        } else if context != self.context {
            self.mark_class(Class::Vm);
        }
        self.context = context;
    }

    /// Without a pool there are no objects; when its id changes, so do those of the built-in templates.
    fn retract(&mut self, pool: &Id, all: bool) {
        for class in Class::ALL
            .into_iter()
            .filter(|class| objects::has_object(*class))
        {
            for reference in self.records.references(class) {
                let Some(record) = self.records.record(class, reference) else {
                    continue;
                };
                if all || matches!(record, Record::Vm(vm) if objects::is_default(vm)) {
                    self.gone.push(objects::object_id(record, reference, pool));
                }
            }
        }
    }
}

impl Context {
    fn of(records: &Records) -> Self {
        use xapi_records::record::{Host, Pool};
        // A pool that is read while it is replaced may show two for a moment; the order must not decide.
        let pool = records
            .iter::<Pool>()
            .min_by_key(|(reference, _)| *reference);
        let Some((_, pool)) = pool else {
            return Self::default();
        };
        let master = records.get::<Host>(&pool.master);
        let platform = master.and_then(|host| host.software_version.get("platform_version"));
        Self {
            pool: Some(pool.uuid.clone()),
            has_nested_virt: platform.is_some_and(|v| objects::is_at_least(v, [3, 4])),
        }
    }
}
