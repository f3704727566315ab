//! Interfaces of VMs.

use xapi_records::{
    Id,
    record::{Network, Vif, Vm},
};

use super::int_of;
use crate::{json::Writer, live::View};

pub(super) fn write(vif: &Vif, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    let (network, vm) = (view.link::<Network>(&vif.network), view.link::<Vm>(&vif.vm));
    let is_limited = vif.qos_algorithm_type == "ratelimit";
    let limit = is_limited
        .then(|| int_of(&vif.qos_algorithm_params, "kbps"))
        .flatten();
    let offload = vif.other_config.get("ethtool-tx");
    out.put("allowedIpv4Addresses", &vif.ipv4_allowed)
        .put("allowedIpv6Addresses", &vif.ipv6_allowed)
        .put("attached", vif.currently_attached)
        .put("device", &vif.device)
        .put("lockingMode", &vif.locking_mode)
        .put("MAC", &vif.mac)
        .put("MTU", vif.mtu)
        .put("other_config", &vif.other_config)
        .put("txChecksumming", !matches!(offload, Some("false" | "off")))
        .maybe("rateLimit", limit)
        .maybe("$network", network.as_ref())
        .maybe("$VM", vm.as_ref());
    network.into_iter().chain(vm).collect()
}
