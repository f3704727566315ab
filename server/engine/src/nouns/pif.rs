//! Network interfaces of hosts: plugging, addresses, VLAN tags.

mod address;
mod vlan;

use serde_json::{Value, json};
use xapi_records::{Ref, record};
use xo_model::ObjectType::Pif;

use crate::schema::{one_of, string, text, types};
use crate::{Call, Error, Method, Permission, Result};

const IPV4_MODES: [&str; 3] = ["None", "DHCP", "Static"];
const IPV6_MODES: [&str; 4] = ["None", "DHCP", "Static", "Autoconf"];

pub(super) fn methods() -> Vec<Method> {
    let on_pif = |name, text| {
        Method::new(name, text)
            .param("id", string())
            .on("id", &[Pif], Permission::Administrate)
    };
    let modes = |name, text| Method::new(name, text).any_params().untasked();
    vec![
        on_pif("pif.connect", "Plugs an interface.").run(connect),
        on_pif("pif.disconnect", "Unplugs an interface.").run(disconnect),
        on_pif(
            "pif.delete",
            "Deletes a VLAN, bond or tunnel, or forgets a physical interface until the next scan.",
        )
        .run(delete),
        on_pif(
            "pif.editPif",
            "Changes the tag of a VLAN on every host of the pool.",
        )
        .param("vlan", types(&["integer", "string"]))
        .run(vlan::edit),
        Method::new(
            "pif.reconfigureIp",
            "Changes how an interface gets its addresses.",
        )
        .param("id", string())
        .param("mode", string().optional())
        .param("ip", text().optional())
        .param("netmask", text().optional())
        .param("gateway", text().optional())
        .param("dns", text().optional())
        .param("ipv6", text().default(""))
        .param("ipv6Mode", one_of(&IPV6_MODES).optional())
        .on("id", &[Pif], Permission::Administrate)
        .run(address::reconfigure),
        modes(
            "pif.getIpv4ConfigurationModes",
            "Lists how an interface can get IPv4 addresses.",
        )
        .run(async |_: Call| -> Result<Value> { Ok(json!(IPV4_MODES)) }),
        modes(
            "pif.getIpv6ConfigurationModes",
            "Lists how an interface can get IPv6 addresses.",
        )
        .run(async |_: Call| -> Result<Value> { Ok(json!(IPV6_MODES)) }),
    ]
}

async fn connect(call: Call) -> Result<()> {
    let pif = &call.object("id")?.reference;
    call.pool("id")?
        .session
        .run("PIF.plug", json!([pif]))
        .await?;
    Ok(())
}

async fn disconnect(call: Call) -> Result<()> {
    let pif = &call.object("id")?.reference;
    call.pool("id")?
        .session
        .run("PIF.unplug", json!([pif]))
        .await?;
    Ok(())
}

async fn delete(call: Call) -> Result<()> {
    let pif = call.object("id")?;
    let pool = call.pool("id")?;
    let kind = pool.records(|records| records.get::<record::Pif>(&pif.reference).map(kind_of));
    let (class, verb, reference) = kind
        .flatten()
        .ok_or_else(|| Error::no_such(pif.id.to_string(), "PIF"))?;
    let reference = reference.unwrap_or_else(|| pif.reference.clone());
    pool.session
        .run(&format!("{class}.{verb}"), json!([reference]))
        .await?;
    Ok(())
}

/// What is to be removed for the interface to go: the class, the verb, and what stands behind it.
fn kind_of(pif: &record::Pif) -> Option<(&'static str, &'static str, Option<Ref>)> {
    let first = |list: &[Ref]| list.first().cloned();
    if let Some(vlan) = pif.vlan_master_of.non_null() {
        Some(("VLAN", "destroy", Some(vlan.clone())))
    } else if let Some(bond) = first(&pif.bond_master_of) {
        Some(("Bond", "destroy", Some(bond)))
    } else if let Some(tunnel) = first(&pif.tunnel_access_pif_of) {
        Some(("tunnel", "destroy", Some(tunnel)))
    } else {
        Some(("PIF", "forget", None))
    }
}
