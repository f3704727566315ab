//! Interfaces of hosts.

use xapi_records::{
    Id,
    record::{Bond, Host, Network, Pif, PifMetrics},
};

use crate::{
    json::Writer,
    live::{Aspect, View},
};

pub(super) fn write(pif: &Pif, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    let metrics = view.read::<PifMetrics>(&pif.metrics, Aspect::Whole);
    let is_master = !pif.bond_master_of.is_empty();
    let host = view.link::<Host>(&pif.host);
    out.put("attached", pif.currently_attached)
        .put("isBondMaster", is_master)
        .put("isBondSlave", !pif.bond_slave_of.is_null())
        .maybe("bondMaster", bond_master(pif, view))
        .maybe("bondSlaves", is_master.then(|| bond_slaves(pif, view)))
        .put("device", &pif.device)
        .maybe("deviceName", metrics.map(|m| &m.device_name))
        .put("dns", &pif.dns)
        .put("disallowUnplug", pif.disallow_unplug)
        .put("gateway", &pif.gateway)
        .put("ip", &pif.ip)
        .put("ipv6", &pif.ipv6)
        .put("mac", &pif.mac)
        .put("management", pif.management)
        .put("carrier", metrics.is_some_and(|m| m.carrier))
        .put("mode", &pif.ip_configuration_mode)
        .put("ipv6Mode", &pif.ipv6_configuration_mode)
        .put("mtu", pif.mtu)
        .put("netmask", &pif.netmask)
        .put("physical", pif.physical)
        .put("primaryAddressType", &pif.primary_address_type)
        .put("vlan", pif.vlan)
        .maybe("speed", metrics.map(|m| m.speed))
        .maybe("$host", host.as_ref())
        .maybe("$network", view.link::<Network>(&pif.network));
    host.into_iter().collect()
}

fn bond_master(pif: &Pif, view: &View<'_>) -> Option<Id> {
    let bond = view.read::<Bond>(&pif.bond_slave_of, Aspect::Links)?;
    view.link::<Pif>(&bond.master)
}

fn bond_slaves(pif: &Pif, view: &View<'_>) -> Vec<Id> {
    let bonds = pif
        .bond_master_of
        .iter()
        .filter_map(|r| view.read::<Bond>(r, Aspect::Links));
    bonds
        .flat_map(|bond| view.links::<Pif>(&bond.slaves))
        .collect()
}
