//! Disks, their snapshots, and disks that the storage driver keeps for itself.

use xapi_records::{
    Id,
    record::{Sr, Vbd, Vdi, Vm},
};

use super::disk_chain;
use crate::{
    ObjectType,
    json::Writer,
    live::{Aspect, View},
};

pub(super) fn kind(vdi: &Vdi) -> ObjectType {
    if vdi.is_a_snapshot || !vdi.snapshot_of.is_null() {
        ObjectType::VdiSnapshot
    } else if vdi.managed {
        ObjectType::Vdi
    } else {
        ObjectType::VdiUnmanaged
    }
}

pub(super) fn write(kind: ObjectType, vdi: &Vdi, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    let sr = view.link::<Sr>(&vdi.sr);
    out.put("cbt_enabled", vdi.cbt_enabled)
        .put("missing", vdi.missing)
        .put("name_description", &vdi.name_description)
        .put("name_label", &vdi.name_label)
        .maybe("parent", vdi.sm_config.get("vhd-parent"))
        .maybe("image_format", vdi.sm_config.get("image-format"))
        .put("size", vdi.virtual_size)
        .put("snapshots", view.links::<Vdi>(&vdi.snapshots))
        .put("tags", &vdi.tags)
        .put("usage", vdi.physical_utilisation)
        .put("VDI_type", &vdi.kind)
        .put("current_operations", &vdi.current_operations)
        .put("other_config", &vdi.other_config)
        .maybe("$SR", sr.as_ref())
        .put("$VBDs", view.links::<Vbd>(&vdi.vbds));
    match kind {
        ObjectType::Vdi => {
            out.put("chainPhysicalUsage", disk_chain::physical_usage(vdi, view));
            let vbds = vdi
                .vbds
                .iter()
                .filter_map(|r| view.read::<Vbd>(r, Aspect::Links));
            sr.into_iter()
                .chain(vbds.filter_map(|vbd| view.link::<Vm>(&vbd.vm)))
                .collect()
        }
        ObjectType::VdiSnapshot => {
            let original = view.link::<Vdi>(&vdi.snapshot_of);
            out.put("snapshot_time", vdi.snapshot_time)
                .maybe("$snapshot_of", original.as_ref());
            original.into_iter().collect()
        }
        _ => Vec::new(),
    }
}
