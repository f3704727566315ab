//! The records of one pool, by class and reference.

use std::collections::{HashMap, hash_map::Entry};

use xapi_records::{Class, Id, Record, Ref, Typed, record::Vdi};

/// A store of the records of one pool. Changed only through [`LivePool`](crate::LivePool).
#[derive(Debug, Default)]
pub struct Records {
    tables: [HashMap<Ref, Record>; Class::ALL.len()],
    /// Disks name their parent by uuid.
    vdis: HashMap<Id, Ref>,
}

impl Records {
    /// The record of this class that a reference leads to, if it is there.
    #[must_use]
    pub fn get<T: Typed>(&self, reference: &Ref) -> Option<&T> {
        T::from_record(self.record(T::CLASS, reference)?)
    }

    /// The record of a class chosen at run time.
    #[must_use]
    pub fn record(&self, class: Class, reference: &Ref) -> Option<&Record> {
        if reference.is_null() {
            return None;
        }
        self.table(class).get(reference)
    }

    /// The record of any class; a reference belongs to one record only.
    #[must_use]
    pub fn find(&self, reference: &Ref) -> Option<&Record> {
        Class::ALL
            .into_iter()
            .find_map(|class| self.record(class, reference))
    }

    /// Every record of a class, in no order.
    pub fn iter<T: Typed>(&self) -> impl Iterator<Item = (&Ref, &T)> {
        let table = self.table(T::CLASS).iter();
        table.filter_map(|(reference, record)| Some((reference, T::from_record(record)?)))
    }

    /// The references of every record of a class, in no order.
    pub fn references(&self, class: Class) -> impl Iterator<Item = &Ref> {
        self.table(class).keys()
    }

    /// How many records of a class there are.
    #[must_use]
    pub fn count(&self, class: Class) -> usize {
        self.table(class).len()
    }

    /// The disk with this uuid.
    #[must_use]
    pub fn vdi_by_uuid(&self, uuid: &Id) -> Option<(&Ref, &Vdi)> {
        let reference = self.vdis.get(uuid)?;
        Some((reference, self.get(reference)?))
    }

    /// Stores a record. The one that was there, or `None`; and whether anything changed.
    pub(crate) fn insert(&mut self, reference: &Ref, record: Record) -> (Option<Record>, bool) {
        let vdi = (record.class() == Class::Vdi).then(|| record.uuid().clone());
        let class = record.class() as usize;
        let Some(table) = self.tables.get_mut(class) else {
            return (None, false);
        };
        let old = match table.entry(reference.clone()) {
            Entry::Occupied(entry) if *entry.get() == record => return (None, false),
            Entry::Occupied(mut entry) => Some(entry.insert(record)),
            Entry::Vacant(entry) => {
                entry.insert(record);
                None
            }
        };
        if let Some(uuid) = vdi {
            if let Some(old) = old.as_ref().filter(|old| *old.uuid() != uuid) {
                self.vdis.remove(old.uuid());
            }
            self.vdis.insert(uuid, reference.clone());
        }
        (old, true)
    }

    pub(crate) fn remove(&mut self, class: Class, reference: &Ref) -> Option<Record> {
        let old = self.tables.get_mut(class as usize)?.remove(reference)?;
        if class == Class::Vdi && self.vdis.get(old.uuid()) == Some(reference) {
            self.vdis.remove(old.uuid());
        }
        Some(old)
    }

    fn table(&self, class: Class) -> &HashMap<Ref, Record> {
        &self.tables[class as usize]
    }
}
