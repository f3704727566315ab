//! What a disk takes on its storage together with the disks that it is a difference to.

use std::collections::HashSet;

use xapi_records::{Id, record::Vdi};

use crate::live::View;

/// Bytes: its own, plus those of each ancestor by `vhd-parent`. A chain that loops is counted once.
pub(super) fn physical_usage(vdi: &Vdi, view: &View<'_>) -> i64 {
    let mut total = vdi.physical_utilisation;
    let mut seen = HashSet::from([vdi.uuid.clone()]);
    let mut parent = parent_of(vdi);
    while let Some(uuid) = parent.take().filter(|uuid| seen.insert(uuid.clone())) {
        if let Some(ancestor) = view.ancestor(&uuid) {
            total = total.saturating_add(ancestor.physical_utilisation);
            parent = parent_of(ancestor);
        }
    }
    total
}

fn parent_of(vdi: &Vdi) -> Option<Id> {
    vdi.sm_config
        .get("vhd-parent")
        .filter(|uuid| !uuid.is_empty())
        .map(Id::new)
}
