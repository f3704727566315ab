//! PCI devices.

use xapi_records::{
    Id,
    record::{Host, Pci},
};

use crate::{json::Writer, live::View};

pub(super) fn write(pci: &Pci, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    let host = view.link::<Host>(&pci.host);
    out.put("class_name", &pci.class_name)
        .put("device_name", &pci.device_name)
        .put("pci_id", &pci.pci_id)
        .maybe("$host", host.as_ref());
    host.into_iter().collect()
}
