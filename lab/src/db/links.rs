//! Links that a pool keeps on both ends: `VBD.VM` is one end, `VM.VBDs` the other. The pairs are data; the writes that
//! maintain the other end are here and nowhere else.

use std::sync::Arc;

use super::{Db, RowId};
use crate::schema::Schema;
use crate::value::{NULL_REF, Text, Value};

/// (class, reference field) and the (class, set field) that mirrors it.
const PAIRS: &[(&str, &str, &str, &str)] = &[
    ("VBD", "VM", "VM", "VBDs"),
    ("VBD", "VDI", "VDI", "VBDs"),
    ("VIF", "VM", "VM", "VIFs"),
    ("VIF", "network", "network", "VIFs"),
    ("VGPU", "VM", "VM", "VGPUs"),
    ("VTPM", "VM", "VM", "VTPMs"),
    ("VUSB", "VM", "VM", "VUSBs"),
    ("VUSB", "USB_group", "USB_group", "VUSBs"),
    ("PUSB", "USB_group", "USB_group", "PUSBs"),
    ("PUSB", "host", "host", "PUSBs"),
    ("console", "VM", "VM", "consoles"),
    ("crashdump", "VM", "VM", "crash_dumps"),
    ("crashdump", "VDI", "VDI", "crash_dumps"),
    ("VM", "resident_on", "host", "resident_VMs"),
    ("VM", "snapshot_of", "VM", "snapshots"),
    ("VM", "parent", "VM", "children"),
    ("VM", "appliance", "VM_appliance", "VMs"),
    ("VM", "snapshot_schedule", "VMSS", "VMs"),
    ("VDI", "SR", "SR", "VDIs"),
    ("VDI", "snapshot_of", "VDI", "snapshots"),
    ("PBD", "SR", "SR", "PBDs"),
    ("PBD", "host", "host", "PBDs"),
    ("PIF", "network", "network", "PIFs"),
    ("PIF", "host", "host", "PIFs"),
    ("PIF", "bond_slave_of", "Bond", "slaves"),
    ("Bond", "master", "PIF", "bond_master_of"),
    ("VLAN", "tagged_PIF", "PIF", "VLAN_slave_of"),
    ("tunnel", "access_PIF", "PIF", "tunnel_access_PIF_of"),
    ("tunnel", "transport_PIF", "PIF", "tunnel_transport_PIF_of"),
    ("PCI", "host", "host", "PCIs"),
    ("PGPU", "host", "host", "PGPUs"),
    ("PGPU", "GPU_group", "GPU_group", "PGPUs"),
    ("VGPU", "GPU_group", "GPU_group", "VGPUs"),
    ("host_cpu", "host", "host", "host_CPUs"),
    ("host_crashdump", "host", "host", "crashdumps"),
    ("host_patch", "host", "host", "patches"),
    ("host_patch", "pool_patch", "pool_patch", "host_patches"),
    ("Feature", "host", "host", "features"),
    ("Certificate", "host", "host", "certificates"),
    ("Cluster_host", "cluster", "Cluster", "cluster_hosts"),
    ("PVS_server", "site", "PVS_site", "servers"),
    ("PVS_proxy", "site", "PVS_site", "proxies"),
    ("PVS_cache_storage", "site", "PVS_site", "cache_storage"),
    ("Driver_variant", "driver", "Host_driver", "variants"),
    ("task", "subtask_of", "task", "subtasks"),
];

/// The pairs by the places of their fields.
#[derive(Debug)]
pub(super) struct Links {
    /// (class, field) of the reference, (class, field) of the set.
    pairs: Vec<((usize, usize), (usize, usize))>,
}

impl Links {
    pub(super) fn new(schema: &Schema) -> Self {
        let place = |class: &str, field: &str| {
            let index = schema.class(class)?;
            Some((index, schema.classes.get(index)?.field(field)?))
        };
        let pairs = PAIRS
            .iter()
            .filter_map(|(one, reference, many, set)| {
                Some((place(one, reference)?, place(many, set)?))
            })
            .collect();
        Self { pairs }
    }

    /// The reference fields of a class that are mirrored.
    pub(super) fn forward_fields(&self, class: usize) -> impl Iterator<Item = usize> {
        self.pairs
            .iter()
            .filter(move |(one, _)| one.0 == class)
            .map(|(one, _)| one.1)
    }

    fn mirror(&self, class: usize, field: usize) -> Option<(usize, usize)> {
        self.pairs
            .iter()
            .find(|(one, _)| *one == (class, field))
            .map(|(_, many)| *many)
    }

    /// The reference fields that this set mirrors.
    fn mirrored_by(&self, class: usize) -> Vec<(usize, (usize, usize))> {
        self.pairs
            .iter()
            .filter(|(_, many)| many.0 == class)
            .map(|(one, many)| (many.1, *one))
            .collect()
    }
}

impl Db {
    /// After field `at` of row `id` came to point at `target`: the other end learns of `reference`.
    pub(super) fn link(&mut self, id: RowId, at: usize, target: &str, reference: &Text) {
        self.edit_mirror(id, at, target, |values| values.push(Value::from(reference)));
    }

    /// After field `at` of row `id` ceased to point at `target`.
    pub(super) fn unlink(&mut self, id: RowId, at: usize, target: &str, reference: &str) {
        self.edit_mirror(id, at, target, |values| {
            values.retain(|value| value.as_str() != reference);
        });
    }

    fn edit_mirror(
        &mut self,
        id: RowId,
        at: usize,
        target: &str,
        edit: impl FnOnce(&mut Vec<Value>),
    ) {
        let Some((class, field)) = self.links.mirror(id.class(), at) else {
            return;
        };
        let Some(other) = self
            .lookup
            .get(target)
            .copied()
            .filter(|other| other.class() == class)
        else {
            return;
        };
        let row = self.row_mut(other);
        if let Some(Value::Set(values)) = row.and_then(|row| row.values.get_mut(field)) {
            edit(Arc::make_mut(values));
            self.touch_row(other);
        }
    }

    /// Before row `id` goes: takes it out of the sets that name it, and makes those point nowhere that point at it.
    pub(super) fn unlink_all(&mut self, id: RowId) {
        let Some(row) = self.row(id) else { return };
        let reference = Text::clone(&row.reference);
        let out: Vec<(usize, Text)> = self
            .links
            .forward_fields(id.class())
            .filter_map(|at| Some((at, row.values.get(at)?.as_text()?.clone())))
            .filter(|(_, target)| **target != *NULL_REF)
            .collect();
        let mut inward = Vec::new();
        for (set, (_, field)) in self.links.mirrored_by(id.class()) {
            let members = row.values.get(set).map(Value::elements).unwrap_or_default();
            inward.extend(
                members
                    .iter()
                    .filter_map(|v| Some((field, v.as_text()?.clone()))),
            );
        }
        for (at, target) in out {
            self.unlink(id, at, &target, &reference);
        }
        for (field, member) in inward {
            let Some(other) = self.lookup.get(&member).copied() else {
                continue;
            };
            let value = self
                .row_mut(other)
                .and_then(|row| row.values.get_mut(field));
            if let Some(value) = value.filter(|value| value.as_str() == &*reference) {
                *value = Value::null_ref();
                self.touch_row(other);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Links, PAIRS};
    use crate::schema::Schema;

    #[test]
    fn every_pair_names_fields_of_the_model() {
        assert_eq!(Links::new(Schema::get()).pairs.len(), PAIRS.len());
    }
}
