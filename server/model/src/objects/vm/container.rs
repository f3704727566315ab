//! Where a VM is: on a host, or in the pool.

use xapi_records::{
    Id,
    record::{Host, Sr, Vbd, Vdi},
};

use super::Measured;
use crate::{
    live::{Aspect, View},
    objects::sr,
};

/// The host where it runs; else the pool, unless a disk is on a repository that only one host reaches: then that host.
pub(super) fn of(measured: &Measured<'_>, view: &View<'_>) -> Option<Id> {
    if measured.is_running {
        let host = view.link::<Host>(&measured.vm.resident_on);
        if host.is_some() {
            return host;
        }
    }
    let disks = measured
        .vm
        .vbds
        .iter()
        .filter_map(|r| view.read::<Vbd>(r, Aspect::Links));
    let disks = disks.filter(|vbd| vbd.kind != "CD");
    let mut hosts = disks.filter_map(|vbd| {
        let vdi = view.read::<Vdi>(&vbd.vdi, Aspect::Links)?;
        sr::host_of(view.read::<Sr>(&vdi.sr, Aspect::Links)?, view)
    });
    hosts.next().or_else(|| view.pool().cloned())
}
