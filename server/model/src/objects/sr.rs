//! Storage repositories.

use xapi_records::{
    Id,
    record::{Host, Pbd, Sr, Vdi},
};

use crate::{
    json::Writer,
    live::{Aspect, View},
};

pub(super) fn write(sr: &Sr, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    let container = host_of(sr, view).or_else(|| view.pool().cloned());
    out.put("content_type", &sr.content_type)
        .put("physical_usage", sr.physical_utilisation)
        .maybe("allocationStrategy", allocation_strategy(sr, view))
        .put("current_operations", &sr.current_operations)
        .put(
            "inMaintenanceMode",
            sr.other_config.get("xo:maintenanceState").is_some(),
        )
        .put("name_description", &sr.name_description)
        .put("name_label", &sr.name_label)
        .put("size", sr.physical_size)
        .put("shared", sr.shared)
        .put("SR_type", &sr.kind)
        .put("tags", &sr.tags)
        .put("usage", sr.virtual_allocation)
        .put("VDIs", view.links::<Vdi>(&sr.vdis))
        .put("other_config", &sr.other_config)
        .put("sm_config", &sr.sm_config)
        .maybe("$container", container.as_ref())
        .put("$PBDs", view.links::<Pbd>(&sr.pbds));
    container.into_iter().collect()
}

/// The host that a repository belongs to: of its first PBD, unless it is shared or has none.
pub(super) fn host_of(sr: &Sr, view: &View<'_>) -> Option<Id> {
    if sr.shared {
        return None;
    }
    let pbd = view.read::<Pbd>(sr.pbds.first()?, Aspect::Links)?;
    view.link::<Host>(&pbd.host)
}

/// How a driver allocates: files and thin pools grow, volumes and raw devices are taken whole.
fn allocation_strategy<'a>(sr: &'a Sr, view: &View<'a>) -> Option<&'a str> {
    Some(match &*sr.kind {
        "cephfs" | "ext" | "file" | "glusterfs" | "gfs2" | "largeblock" | "moosefs" | "nfs"
        | "shm" | "smb" | "xfs" | "zfs" => "thin",
        "hba" | "iscsi" | "lvhd" | "lvhdofcoe" | "lvhdohba" | "lvhdoiscsi" | "lvm" | "lvmofcoe"
        | "lvmohba" | "lvmoiscsi" | "ocfs" | "ocfsohba" | "ocfsoiscsi" | "rawhba" | "udev" => {
            "thick"
        }
        "linstor" => {
            let pbds = sr
                .pbds
                .iter()
                .filter_map(|r| view.read::<Pbd>(r, Aspect::Whole));
            return pbds
                .into_iter()
                .find_map(|pbd| pbd.device_config.get("provisioning"));
        }
        _ => "unknown",
    })
}
