//! Changing the tag of a VLAN: XAPI cannot, so the VLANs of its network are made anew on every host.
//!
//! Invariant: when the new tag is refused, the old one is back, and what was unplugged is unplugged again.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xapi_records::{Ref, record};
use xo_inventory::PoolHandle;

use super::super::network::check_tag;
use crate::{Call, Error, Result};

struct Vlan {
    network: Ref,
    tag: i64,
    /// Of this and of the other hosts.
    all: BTreeSet<String>,
    /// Hosts whose interface was not plugged.
    unplugged: Vec<Ref>,
}

pub(super) async fn edit(call: Call) -> Result<()> {
    let pif = call.object("id")?;
    let pool = call.pool("id")?;
    let tag = call
        .int_opt("vlan")
        .or_else(|| call.str_opt("vlan")?.trim().parse().ok());
    let tag = tag.ok_or_else(|| Error::invalid("vlan", "must be a whole number"))?;
    check_tag(tag)?;
    let Some((vlan, own)) = read(&pool, &pif.reference) else {
        return Err(Error::Forbidden {
            operation: "pif.editPif".into(),
            reason: format!(
                "interface {} is no VLAN: make one with network.create",
                pif.id
            ),
        });
    };
    if vlan.tag == tag {
        return Ok(());
    }
    let session = &pool.session;
    let tagged: Ref = session.call("VLAN.get_tagged_PIF", json!([own])).await?;
    for one in &vlan.all {
        session.run("VLAN.destroy", json!([one])).await?;
    }
    let made = make(&pool, &tagged, &vlan, tag).await;
    if made.is_err()
        && let Err(error) = make(&pool, &tagged, &vlan, vlan.tag).await
    {
        tracing::error!(network = %vlan.network, tag = vlan.tag, %error, "a VLAN could not be put back");
    }
    made
}

async fn make(pool: &PoolHandle, tagged: &Ref, vlan: &Vlan, tag: i64) -> Result<()> {
    let session = &pool.session;
    let args = json!([tagged, vlan.network, tag]);
    let made = session.run("pool.create_VLAN_from_PIF", args).await?;
    let Value::Array(pifs) = made.0 else {
        return Ok(());
    };
    for pif in pifs {
        let host: Ref = session.call("PIF.get_host", json!([pif])).await?;
        if vlan.unplugged.contains(&host) {
            session.run("PIF.unplug", json!([pif])).await?;
        }
    }
    Ok(())
}

/// The VLAN of an interface with its siblings on the other hosts, and its own reference; `None` for any other interface.
fn read(pool: &PoolHandle, pif: &Ref) -> Option<(Vlan, Ref)> {
    pool.records(|records| {
        let pif = records.get::<record::Pif>(pif)?;
        let own = pif.vlan_master_of.non_null()?.clone();
        let network = records.get::<record::Network>(&pif.network)?;
        let siblings = network
            .pifs
            .iter()
            .filter_map(|r| records.get::<record::Pif>(r));
        let siblings: Vec<_> = siblings.filter(|p| !p.vlan_master_of.is_null()).collect();
        let unplugged = siblings.iter().filter(|p| !p.currently_attached);
        let vlan = Vlan {
            network: pif.network.clone(),
            tag: pif.vlan,
            all: siblings
                .iter()
                .map(|p| p.vlan_master_of.to_string())
                .collect(),
            unplugged: unplugged.map(|p| p.host.clone()).collect(),
        };
        Some((vlan, own))
    })
}
