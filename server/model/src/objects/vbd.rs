//! Links between disks and VMs.

use xapi_records::{
    Id,
    record::{Vbd, Vdi, Vm},
};

use crate::{json::Writer, live::View};

pub(super) fn write(vbd: &Vbd, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    let vdi = view.link::<Vdi>(&vbd.vdi);
    let device = (!vbd.device.is_empty()).then_some(&vbd.device);
    out.put("attached", vbd.currently_attached)
        .put("bootable", vbd.bootable)
        .put("device", device)
        .put("is_cd_drive", vbd.kind == "CD")
        .put("position", &vbd.userdevice)
        .put("read_only", vbd.mode == "RO")
        .maybe("VDI", vdi.as_ref())
        .maybe("VM", view.link::<Vm>(&vbd.vm));
    vdi.into_iter().collect()
}
