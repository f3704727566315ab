//! Who read what: from a record back to the objects that depend on it.

use std::collections::{HashMap, HashSet};

use xapi_records::{Class, Id, Record, Ref};

/// What a derivation looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Target {
    /// The record of this reference, present or not.
    Record(Ref),
    /// The disk of this uuid, present or not.
    Vdi(Id),
}

/// What of a record matters to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Aspect {
    /// All of it.
    Whole,
    /// Only that it is there: its id does not change.
    Presence,
    /// Where it leads to: VBD to VDI and VM, VDI to SR, SR to PBD, PBD to host, Bond to PIF, PIF to bonds.
    Links,
    /// How a host names itself and its version.
    Naming,
    /// What a disk adds to a chain.
    Chain,
}

impl Aspect {
    fn differs(self, old: &Record, new: &Record) -> bool {
        match (self, old, new) {
            (Self::Presence, _, _) => false,
            (Self::Links, Record::Vbd(a), Record::Vbd(b)) => {
                (&a.vdi, &a.vm, &a.kind) != (&b.vdi, &b.vm, &b.kind)
            }
            (Self::Links, Record::Vdi(a), Record::Vdi(b)) => a.sr != b.sr,
            (Self::Links, Record::Sr(a), Record::Sr(b)) => a.shared != b.shared || a.pbds != b.pbds,
            (Self::Links, Record::Pbd(a), Record::Pbd(b)) => a.host != b.host,
            (Self::Links, Record::Bond(a), Record::Bond(b)) => {
                a.master != b.master || a.slaves != b.slaves
            }
            (Self::Links, Record::Pif(a), Record::Pif(b)) => {
                a.bond_slave_of != b.bond_slave_of || a.bond_master_of != b.bond_master_of
            }
            (Self::Naming, Record::Host(a), Record::Host(b)) => {
                a.name_label != b.name_label || a.software_version != b.software_version
            }
            (Self::Chain, Record::Vdi(a), Record::Vdi(b)) => {
                a.physical_utilisation != b.physical_utilisation
                    || a.sm_config.get("vhd-parent") != b.sm_config.get("vhd-parent")
            }
            _ => true,
        }
    }
}

pub(crate) type Read = (Target, Aspect);
type Reader = (Class, Ref);

/// What each object read, both ways.
#[derive(Debug, Default)]
pub(super) struct Reads {
    by_object: HashMap<Reader, Box<[Read]>>,
    by_target: HashMap<Target, Readers>,
}

/// Most records have one reader; a repository can have thousands.
#[derive(Debug)]
enum Readers {
    One((Reader, Aspect)),
    Many(HashSet<(Reader, Aspect)>),
}

impl Reads {
    /// The objects to which the change of a target matters.
    pub(super) fn of(
        &self,
        target: &Target,
        old: Option<&Record>,
        new: Option<&Record>,
    ) -> Vec<Reader> {
        let matters = |aspect: Aspect| match (old, new) {
            (Some(old), Some(new)) => aspect.differs(old, new),
            _ => true,
        };
        match self.by_target.get(target) {
            None => Vec::new(),
            Some(Readers::One((reader, aspect))) => matters(*aspect)
                .then(|| reader.clone())
                .into_iter()
                .collect(),
            Some(Readers::Many(readers)) => {
                let readers = readers.iter().filter(|(_, aspect)| matters(*aspect));
                readers.map(|(reader, _)| reader.clone()).collect()
            }
        }
    }

    /// Replaces what is known of one object's reads.
    pub(super) fn note(&mut self, class: Class, reference: &Ref, mut reads: Vec<Read>) {
        reads.sort_unstable();
        reads.dedup();
        let reader = (class, reference.clone());
        let old = match self.by_object.get_mut(&reader) {
            Some(old) if **old == *reads => return,
            Some(old) => std::mem::take(old),
            None if reads.is_empty() => return,
            None => Box::default(),
        };
        for (target, aspect) in reads.iter().filter(|read| old.binary_search(read).is_err()) {
            self.add(target.clone(), (reader.clone(), *aspect));
        }
        for (target, aspect) in old.iter().filter(|read| reads.binary_search(read).is_err()) {
            self.drop(target, &(reader.clone(), *aspect));
        }
        if reads.is_empty() {
            self.by_object.remove(&reader);
        } else {
            self.by_object.insert(reader, reads.into());
        }
    }

    fn add(&mut self, target: Target, reader: (Reader, Aspect)) {
        use std::collections::hash_map::Entry;
        match self.by_target.entry(target) {
            Entry::Vacant(entry) => {
                entry.insert(Readers::One(reader));
            }
            Entry::Occupied(mut entry) => match entry.get_mut() {
                Readers::One(one) => {
                    let many = HashSet::from([one.clone(), reader]);
                    entry.insert(Readers::Many(many));
                }
                Readers::Many(many) => {
                    many.insert(reader);
                }
            },
        }
    }

    fn drop(&mut self, target: &Target, reader: &(Reader, Aspect)) {
        let is_empty = match self.by_target.get_mut(target) {
            Some(Readers::One(one)) => one == reader,
            Some(Readers::Many(many)) => {
                many.remove(reader);
                many.is_empty()
            }
            None => false,
        };
        if is_empty {
            self.by_target.remove(target);
        }
    }
}
