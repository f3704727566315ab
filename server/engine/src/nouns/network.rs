//! Networks of a pool: private ones, VLANs on an interface of every host, and bonds (`network/bonded.rs`).

mod bonded;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xapi_records::{Ref, record};
use xo_inventory::PoolHandle;
use xo_model::ObjectType::{Network, Pif, Pool};

use super::entry::MapField;
use super::made;
use crate::schema::{array, boolean, integer, label, one_of, string, text};
use crate::{Call, Error, Method, Permission, Result};

const DEFAULT_MTU: i64 = 1500;
pub(super) const MOST_MTU: i64 = 65_535;
const MOST_VLAN: i64 = 4094;

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "network.create",
            "Makes a network; with an interface, a VLAN on every host of the pool.",
        )
        .param("pool", string())
        .param("name", label())
        .param("nbd", boolean().optional())
        .param("description", text().optional())
        .param("pif", string().optional())
        .param("mtu", integer().optional().min(68).max(MOST_MTU))
        .param("vlan", integer().optional().min(0).max(MOST_VLAN))
        .on("pool", &[Pool], Permission::Administrate)
        .run(create),
        Method::new(
            "network.createBonded",
            "Joins interfaces on every host of the pool and makes their network.",
        )
        .param("pool", string())
        .param("name", label())
        .param("description", text().optional())
        .param("pifs", array(string()))
        .param("mtu", integer().optional().min(68).max(MOST_MTU))
        .param("bondMode", one_of(&bonded::MODES))
        .param("nbd", boolean().optional())
        .on("pool", &[Pool], Permission::Administrate)
        .run(bonded::create),
        Method::new("network.set", "Changes names and settings of a network.")
            .param("automatic", boolean().optional())
            .param("defaultIsLocked", boolean().optional())
            .param("id", string())
            .param("mtu", integer().min(68).max(MOST_MTU).optional())
            .param("name_description", text().optional())
            .param("name_label", label().optional())
            .param("nbd", boolean().optional())
            .on("id", &[Network], Permission::Administrate)
            .run(set),
        Method::new(
            "network.delete",
            "Deletes a network with its VLANs, bonds and tunnels.",
        )
        .param("id", string())
        .on("id", &[Network], Permission::Administrate)
        .run(delete),
        Method::new(
            "network.getBondModes",
            "Lists how interfaces can be joined.",
        )
        .any_params()
        .untasked()
        .run(get_bond_modes),
    ]
}

async fn create(call: Call) -> Result<String> {
    let pool = call.pool("pool")?;
    let session = &pool.session;
    let tag = call.int_opt("vlan").unwrap_or(0);
    let pif = match call.str_opt("pif") {
        Some(id) => {
            check_tag(tag)?;
            let pif = call.find(id, &[Pif], Some(Permission::Administrate))?;
            if pif.pool != *pool.id() {
                return Err(Error::invalid("pif", "is in another pool"));
            }
            Some(pif)
        }
        None if tag != 0 => {
            return Err(Error::invalid(
                "vlan",
                "needs the interface that carries it: pass pif",
            ));
        }
        None => None,
    };
    let network = make(&call, &pool).await?;
    let done = async {
        if let Some(pif) = &pif {
            let args = json!([pif.reference, network, tag]);
            session.run("pool.create_VLAN_from_PIF", args).await?;
        }
        Ok(())
    }
    .await;
    if let Err(error) = done {
        undo(&pool, &network).await;
        return Err(error);
    }
    made::id_of(&call, &pool, "network", &network).await
}

/// Makes the plain network that `name`, `description`, `mtu` and `nbd` tell.
async fn make(call: &Call, pool: &PoolHandle) -> Result<Ref> {
    let record = json!({
        "name_label": call.str("name")?,
        "name_description": call.str_opt("description").unwrap_or_default(),
        "MTU": call.int_opt("mtu").unwrap_or(DEFAULT_MTU),
        "other_config": {},
        "tags": [],
    });
    let network: Ref = pool.session.call("network.create", json!([record])).await?;
    if call.flag("nbd")
        && let Err(error) = pool
            .session
            .perform("network.add_purpose", json!([network, "nbd"]))
            .await
    {
        undo(pool, &network).await;
        return Err(error.into());
    }
    Ok(network)
}

/// Takes a half-made network away again.
async fn undo(pool: &PoolHandle, network: &Ref) {
    if let Err(error) = pool
        .session
        .perform("network.destroy", json!([network]))
        .await
    {
        tracing::warn!(%network, %error, "a network that was made in vain stays behind");
    }
}

/// XAPI's own limits; 0 carries the priority alone.
pub(super) fn check_tag(tag: i64) -> Result<()> {
    if (0..=4094).contains(&tag) {
        return Ok(());
    }
    Err(Error::invalid(
        "vlan",
        format!("must be between 0 and 4094, got {tag}"),
    ))
}

async fn set(call: Call) -> Result<()> {
    let object = call.object("id")?;
    let pool = call.pool("id")?;
    let (network, session) = (&object.reference, &pool.session);
    for param in ["name_label", "name_description"] {
        if let Some(value) = call.str_opt(param) {
            session
                .perform(&format!("network.set_{param}"), json!([network, value]))
                .await?;
        }
    }
    if let Some(mtu) = call.int_opt("mtu") {
        session
            .perform("network.set_MTU", json!([network, mtu]))
            .await?;
    }
    if let Some(wanted) = call.bool_opt("automatic") {
        let value = if wanted { "true" } else { "false" };
        MapField::other_config("network", network)
            .put(session, "automatic", Some(value))
            .await?;
    }
    if let Some(wanted) = call.bool_opt("defaultIsLocked") {
        let mode = if wanted { "disabled" } else { "unlocked" };
        session
            .perform("network.set_default_locking_mode", json!([network, mode]))
            .await?;
    }
    match call.bool_opt("nbd") {
        Some(wanted) if object.at("nbd") != Some(json!(wanted)) => {
            let change = if wanted { "add" } else { "remove" };
            let method = format!("network.{change}_purpose");
            session.perform(&method, json!([network, "nbd"])).await?;
        }
        _ => {}
    }
    made::settles::<record::Network>(&call, &pool, network).await
}

/// What stands on a network and goes with it, and what must have left it before.
#[derive(Default)]
struct Carried {
    vlans: BTreeSet<String>,
    bonds: BTreeSet<String>,
    tunnels: BTreeSet<String>,
    physical: Option<String>,
    in_use: Option<String>,
}

async fn delete(call: Call) -> Result<()> {
    let object = call.object("id")?;
    let network = &object.reference;
    let pool = call.pool("id")?;
    let carried = carried(&pool, network);
    let refuse = |reason| {
        Err(Error::Forbidden {
            operation: "network.delete".into(),
            reason,
        })
    };
    // Told before anything is taken away.
    if let Some(pif) = carried.physical {
        return refuse(format!(
            "interface {pif} of a host is on network {}",
            object.id
        ));
    }
    if let Some(vif) = carried.in_use {
        return refuse(format!(
            "network {} is in use by interface {vif} of a running VM: disconnect it first",
            object.id
        ));
    }
    let sets = [
        ("VLAN", carried.vlans),
        ("Bond", carried.bonds),
        ("tunnel", carried.tunnels),
    ];
    for (class, references) in sets {
        for reference in references {
            pool.session
                .run(&format!("{class}.destroy"), json!([reference]))
                .await?;
        }
    }
    pool.session
        .perform("network.destroy", json!([network]))
        .await?;
    made::is_gone(&call, network).await;
    Ok(())
}

fn carried(pool: &PoolHandle, network: &Ref) -> Carried {
    pool.records(|records| {
        let mut found = Carried::default();
        let Some(network) = records.get::<record::Network>(network) else {
            return found;
        };
        for pif in network
            .pifs
            .iter()
            .filter_map(|r| records.get::<record::Pif>(r))
        {
            found
                .vlans
                .extend(pif.vlan_master_of.non_null().map(ToString::to_string));
            found
                .bonds
                .extend(pif.bond_master_of.iter().map(ToString::to_string));
            found
                .tunnels
                .extend(pif.tunnel_access_pif_of.iter().map(ToString::to_string));
            if pif.physical {
                found.physical = Some(format!("{} ({})", pif.uuid, pif.device));
            }
        }
        let mut vifs = network
            .vifs
            .iter()
            .filter_map(|r| records.get::<record::Vif>(r));
        found.in_use = vifs
            .find(|vif| vif.currently_attached)
            .map(|vif| vif.uuid.to_string());
        found
    })
}

async fn get_bond_modes(_call: Call) -> Result<Value> {
    Ok(json!(bonded::MODES))
}
