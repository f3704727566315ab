//! Bonds of interfaces.

use xapi_records::{
    Id,
    record::{Bond, Pif},
};

use crate::{json::Writer, live::View};

pub(super) fn write(bond: &Bond, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    out.maybe("master", view.link::<Pif>(&bond.master))
        .put("mode", &bond.mode);
    Vec::new()
}
