//! Networks.

use xapi_records::{
    Id,
    record::{Network, Pif, Vif},
};

use crate::{
    json::Writer,
    live::{Aspect, View},
};

pub(super) fn write(network: &Network, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    let has_purpose = |purpose: &str| {
        let purposes = network.purpose.as_ref()?;
        Some(purposes.iter().any(|p| *p == purpose))
    };
    let mut pifs = network
        .pifs
        .iter()
        .filter_map(|r| view.read::<Pif>(r, Aspect::Links));
    let is_bonded = pifs.any(|p| !p.bond_slave_of.is_null() || !p.bond_master_of.is_empty());
    out.put("automatic", network.other_config.is("automatic", "true"))
        .put("bridge", &network.bridge)
        .put("current_operations", &network.current_operations)
        .put(
            "defaultIsLocked",
            network.default_locking_mode == "disabled",
        )
        .put("MTU", network.mtu)
        .put("name_description", &network.name_description)
        .put("name_label", &network.name_label)
        .put("other_config", &network.other_config)
        .put("tags", &network.tags)
        .put("PIFs", view.links::<Pif>(&network.pifs))
        .put("VIFs", view.links::<Vif>(&network.vifs))
        .maybe("nbd", has_purpose("nbd"))
        .maybe("insecureNbd", has_purpose("insecure_nbd"))
        .put("isBonded", is_bonded);
    view.pool().cloned().into_iter().collect()
}
