//! What a derivation may look at: the records, through accessors that note what was read.

use std::cell::RefCell;

use xapi_records::{Id, Record, Ref, Typed, record::Vdi};

use super::{Aspect, Context, Target, reads::Read};
use crate::{Records, objects};

/// The records as one derivation sees them.
pub(crate) struct View<'a> {
    records: &'a Records,
    context: &'a Context,
    reads: RefCell<Vec<Read>>,
}

impl<'a> View<'a> {
    pub(super) fn new(records: &'a Records, context: &'a Context) -> Self {
        Self {
            records,
            context,
            reads: RefCell::default(),
        }
    }

    pub(super) fn into_reads(self) -> Vec<Read> {
        self.reads.into_inner()
    }

    /// The record that the object derives from; its changes need no note.
    pub(crate) fn own(&self, class: xapi_records::Class, reference: &Ref) -> Option<&'a Record> {
        self.records.record(class, reference)
    }

    /// The uuid of the pool.
    pub(crate) fn pool(&self) -> Option<&'a Id> {
        self.context.pool.as_ref()
    }

    /// Whether nested virtualisation is asked for by `nested-virt`.
    pub(crate) fn has_nested_virt(&self) -> bool {
        self.context.has_nested_virt
    }

    /// Another record of which `aspect` matters. A reader that looks at more than it says would miss changes.
    pub(crate) fn read<T: Typed>(&self, reference: &Ref, aspect: Aspect) -> Option<&'a T> {
        let reference = reference.non_null()?;
        self.note(Target::Record(reference.clone()), aspect);
        self.records.get(reference)
    }

    /// The disk with this uuid, as part of a chain.
    pub(crate) fn ancestor(&self, uuid: &Id) -> Option<&'a Vdi> {
        self.note(Target::Vdi(uuid.clone()), Aspect::Chain);
        self.records.vdi_by_uuid(uuid).map(|(_, vdi)| vdi)
    }

    /// The XO id of a linked record; `None` when there is no link, or nothing (yet) where it leads.
    pub(crate) fn link<T: Typed>(&self, reference: &Ref) -> Option<Id> {
        let reference = reference.non_null()?;
        self.id_of(reference, self.records.record(T::CLASS, reference))
    }

    /// The XO id of a linked record of any class.
    pub(crate) fn link_any(&self, reference: &Ref) -> Option<Id> {
        let reference = reference.non_null()?;
        self.id_of(reference, self.records.find(reference))
    }

    /// The XO ids of linked records, without those that are not there.
    pub(crate) fn links<T: Typed>(&self, references: &[Ref]) -> Vec<Id> {
        references
            .iter()
            .filter_map(|reference| self.link::<T>(reference))
            .collect()
    }

    fn id_of(&self, reference: &Ref, record: Option<&Record>) -> Option<Id> {
        let Some(record) = record else {
            self.note(Target::Record(reference.clone()), Aspect::Presence);
            return None;
        };
        Some(objects::object_id(record, reference, self.pool()?))
    }

    fn note(&self, target: Target, aspect: Aspect) {
        self.reads.borrow_mut().push((target, aspect));
    }
}
