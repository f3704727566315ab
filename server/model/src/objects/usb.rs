//! USB devices: physical, grouped, given to VMs.

use xapi_records::{
    Id,
    record::{Host, Pusb, UsbGroup, Vm, Vusb},
};

use super::Number;
use crate::{json::Writer, live::View};

pub(super) fn write_physical(usb: &Pusb, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    let host = view.link::<Host>(&usb.host);
    let description = match usb.product_desc.trim() {
        "" => usb.vendor_desc.to_string(),
        product => format!("{} - {product}", usb.vendor_desc),
    };
    out.put("description", description)
        .maybe("host", host.as_ref())
        .put("passthroughEnabled", usb.passthrough_enabled)
        .put("speed", Number(usb.speed))
        .maybe("usbGroup", view.link::<UsbGroup>(&usb.usb_group))
        .put("vendorId", &usb.vendor_id)
        .put("version", &usb.version);
    host.into_iter().collect()
}

pub(super) fn write_virtual(usb: &Vusb, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    let vm = view.link::<Vm>(&usb.vm);
    out.maybe("vm", vm.as_ref())
        .put("currentlyAttached", usb.currently_attached)
        .maybe("usbGroup", view.link::<UsbGroup>(&usb.usb_group));
    vm.into_iter().collect()
}

pub(super) fn write_group(group: &UsbGroup, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    let pusbs = view.links::<Pusb>(&group.pusbs);
    out.put("PUSBs", &pusbs)
        .put("VUSBs", view.links::<Vusb>(&group.vusbs));
    pusbs
}
