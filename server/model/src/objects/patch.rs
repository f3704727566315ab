//! Patches as XenServer had them before 7.1: known to the pool, applied to hosts.

use xapi_records::{
    Id,
    record::{Host, HostPatch, PoolPatch},
};

use crate::{
    json::Writer,
    live::{Aspect, View},
};

pub(super) fn write_applied(patch: &HostPatch, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    let known = view.read::<PoolPatch>(&patch.pool_patch, Aspect::Whole);
    out.put("applied", patch.applied)
        .maybe("enforceHomogeneity", known.map(|p| p.pool_applied))
        .maybe("description", known.map(|p| &p.name_description))
        .maybe("name", known.map(|p| &p.name_label))
        .put("pool_patch", &patch.pool_patch)
        .maybe("size", known.map(|p| p.size))
        .maybe("guidance", known.map(|p| &p.after_apply_guidance))
        .put("time", patch.timestamp_applied)
        .maybe("$host", view.link::<Host>(&patch.host));
    Vec::new()
}

pub(super) fn write_known(patch: &PoolPatch, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    out.put("dataUuid", &patch.uuid)
        .put("description", &patch.name_description)
        .put("guidance", &patch.after_apply_guidance)
        .put("name", &patch.name_label)
        .put("size", patch.size)
        .put(
            "$host_patches",
            view.links::<HostPatch>(&patch.host_patches),
        );
    Vec::new()
}
