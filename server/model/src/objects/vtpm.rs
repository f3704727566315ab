//! Trusted platform modules of VMs.

use xapi_records::{
    Id,
    record::{Vm, Vtpm},
};

use crate::{json::Writer, live::View};

pub(super) fn write(vtpm: &Vtpm, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    out.maybe("vm", view.link::<Vm>(&vtpm.vm));
    Vec::new()
}
