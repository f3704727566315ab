//! Bonded networks: the same interfaces joined on every host of the pool.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use xapi_records::{Ref, record};
use xo_inventory::PoolHandle;
use xo_model::ObjectType::Pif;

use super::{make, undo};
use crate::{Call, Error, Permission, Result};

const SEEN_WITHIN: Duration = Duration::from_secs(30);

/// What XAPI knows.
pub(super) const MODES: [&str; 3] = ["balance-slb", "active-backup", "lacp"];

/// The answer is the network as an object: clients read its `uuid` (`xo-protocol.md`, Terraform provider).
pub(super) async fn create(call: Call) -> Result<Value> {
    let pool = call.pool("pool")?;
    let mut devices = BTreeSet::new();
    for id in call.strings("pifs") {
        let pif = call.find(&id, &[Pif], Some(Permission::Administrate))?;
        if pif.pool != *pool.id() {
            return Err(Error::invalid(
                "pifs",
                format!("PIF {id} is in another pool"),
            ));
        }
        devices.insert(
            pif.at("device")
                .and_then(|d| d.as_str().map(str::to_owned))
                .unwrap_or_default(),
        );
    }
    if devices.len() < 2 {
        return Err(Error::invalid(
            "pifs",
            "must name at least two interfaces of one host",
        ));
    }
    let hosts = members(&pool, &devices)?;
    let count = hosts.len();
    let network = make(&call, &pool).await?;
    let mut bonds = Vec::new();
    let done = async {
        for members in hosts {
            let args = json!([network, members, "", call.str("bondMode")?, {}]);
            let bond = pool.session.run("Bond.create", args).await?;
            bonds.extend(bond.reference().map(str::to_owned));
        }
        Ok(())
    }
    .await;
    if let Err(error) = done {
        for bond in bonds {
            if let Err(error) = pool.session.run("Bond.destroy", json!([bond])).await {
                tracing::warn!(bond, %error, "a bond that was made in vain stays behind");
            }
        }
        undo(&pool, &network).await;
        return Err(error);
    }
    seen(&call, &network, count).await
}

/// The network once clients can see it with the interface of each host.
async fn seen(call: &Call, network: &Ref, count: usize) -> Result<Value> {
    let inventory = &call.engine.inventory;
    let is_whole = |pifs: Value| pifs.as_array().is_some_and(|pifs| pifs.len() >= count);
    inventory
        .await_state(SEEN_WITHIN, |inventory| {
            inventory
                .at(network)
                .and_then(|object| object.at("PIFs"))
                .is_some_and(is_whole)
        })
        .await;
    let object = inventory
        .at(network)
        .ok_or_else(|| Error::no_such(network.to_string(), "network"))?;
    serde_json::from_str(&object.json).map_err(Error::internal)
}

/// For each host its physical interfaces with these device names; nothing is changed yet, so all that is missing is told here.
fn members(pool: &PoolHandle, devices: &BTreeSet<String>) -> Result<Vec<Vec<Ref>>> {
    pool.records(|records| {
        let mut hosts = Vec::new();
        for (host, known) in records.iter::<record::Host>() {
            let mut members = Vec::new();
            for device in devices {
                let is_wanted = |pif: &record::Pif| {
                    pif.host == *host && pif.physical && *pif.device == **device
                };
                let found = records
                    .iter::<record::Pif>()
                    .find(|(_, pif)| is_wanted(pif));
                let Some((reference, pif)) = found else {
                    let text = format!(
                        "host {} has no physical interface {device}",
                        known.name_label
                    );
                    return Err(Error::invalid("pifs", text));
                };
                if !pif.bond_slave_of.is_null() {
                    return Err(Error::IncorrectState {
                        id: pif.uuid.to_string(),
                        kind: "PIF".into(),
                        property: "isBondSlave".into(),
                        actual: "true".into(),
                        expected: "false: delete the network of the other bond first".into(),
                    });
                }
                members.push(reference.clone());
            }
            hosts.push(members);
        }
        Ok(hosts)
    })
}
