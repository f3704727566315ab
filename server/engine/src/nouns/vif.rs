//! Interfaces of VMs.

use std::time::Duration;

use serde_json::{Value, json};
use xapi_records::{Ref, record};
use xo_inventory::{Item, PoolHandle};
use xo_model::ObjectType::{Network, Vif};

use super::entry::MapField;
use super::made;
use crate::schema::{array, boolean, string, types};
use crate::{Call, Error, Method, Permission, Result};

const SEEN_WITHIN: Duration = Duration::from_secs(10);
pub(super) const LOCKING_MODES: [&str; 4] = ["network_default", "locked", "unlocked", "disabled"];
const DEFAULT_MTU: i64 = 1500;

pub(super) fn methods() -> Vec<Method> {
    let on_vif = |name, text, permission| {
        Method::new(name, text)
            .param("id", string())
            .on("id", &[Vif], permission)
    };
    vec![
        on_vif(
            "vif.connect",
            "Plugs an interface into its running VM.",
            Permission::Operate,
        )
        .run(connect),
        on_vif(
            "vif.disconnect",
            "Unplugs an interface from its running VM.",
            Permission::Operate,
        )
        .run(disconnect),
        on_vif(
            "vif.delete",
            "Removes an interface from its VM.",
            Permission::Administrate,
        )
        .run(delete),
        on_vif(
            "vif.set",
            "Changes the network or settings of an interface.",
            Permission::Operate,
        )
        .param("network", string().optional())
        .param("mac", string().optional())
        .param("allowedIpv4Addresses", array(string()).optional())
        .param("allowedIpv6Addresses", array(string()).optional())
        .param("attached", boolean().optional())
        .param("lockingMode", string().optional())
        .param("rateLimit", types(&["number", "null"]).optional())
        .param("resourceSet", string().optional())
        .param("txChecksumming", boolean().optional())
        .with("network", &[Network])
        .run(set),
        Method::new(
            "vif.getLockingModeValues",
            "Lists the locking modes of interfaces.",
        )
        .any_params()
        .untasked()
        .run(get_locking_mode_values),
    ]
}

async fn get_locking_mode_values(_: Call) -> Result<Value> {
    Ok(json!(LOCKING_MODES))
}

async fn connect(call: Call) -> Result<()> {
    plug(
        &call,
        &call.pool("id")?,
        &call.object("id")?.reference,
        true,
    )
    .await
}

async fn disconnect(call: Call) -> Result<()> {
    plug(
        &call,
        &call.pool("id")?,
        &call.object("id")?.reference,
        false,
    )
    .await
}

async fn plug(call: &Call, pool: &PoolHandle, vif: &Ref, wanted: bool) -> Result<()> {
    let method = if wanted { "VIF.plug" } else { "VIF.unplug" };
    pool.session.run(method, json!([vif])).await?;
    shows(call, pool, vif, |vif| vif.currently_attached == wanted).await;
    Ok(())
}

async fn delete(call: Call) -> Result<()> {
    let vif = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    remove(&pool, vif).await?;
    made::is_gone(&call, vif).await;
    Ok(())
}

/// Unplugs an interface if it is plugged, and takes it away.
pub(super) async fn remove(pool: &PoolHandle, vif: &Ref) -> Result<()> {
    let session = &pool.session;
    if session
        .call::<bool>("VIF.get_currently_attached", json!([vif]))
        .await?
    {
        session.run("VIF.unplug", json!([vif])).await?;
    }
    Ok(session.run("VIF.destroy", json!([vif])).await.map(drop)?)
}

/// An interface to be made.
#[derive(Debug, Default)]
pub(super) struct NewVif {
    pub(super) network: Ref,
    /// Its position: the first free one for `None`.
    pub(super) device: Option<String>,
    /// Made by the pool for `None`.
    pub(super) mac: Option<String>,
    /// The only addresses that it may use, if there are any.
    pub(super) ipv4: Vec<String>,
    pub(super) ipv6: Vec<String>,
    /// What another interface had; otherwise as the addresses ask for.
    pub(super) locking_mode: Option<String>,
    pub(super) mtu: Option<i64>,
    pub(super) other_config: serde_json::Map<String, Value>,
    pub(super) qos: Option<(String, serde_json::Map<String, Value>)>,
}

/// Makes an interface; it is not plugged.
pub(super) async fn create(pool: &PoolHandle, vm: &Ref, new: &NewVif) -> Result<Ref> {
    let session = &pool.session;
    let device = match &new.device {
        Some(device) => device.clone(),
        None => {
            let free: Vec<String> = session
                .call("VM.get_allowed_VIF_devices", json!([vm]))
                .await?;
            free.into_iter().next().ok_or_else(|| Error::Forbidden {
                operation: "vm.createInterface".into(),
                reason: "the VM has no free position for another interface: delete one first"
                    .into(),
            })?
        }
    };
    let of_network = || {
        let mtu = |network: &record::Network| network.mtu;
        pool.records(|records| records.get::<record::Network>(&new.network).map(mtu))
    };
    let locked = if new.ipv4.is_empty() && new.ipv6.is_empty() {
        "network_default"
    } else {
        "locked"
    };
    let (algorithm, params) = new.qos.clone().unwrap_or_default();
    let record = json!({
        "VM": vm,
        "network": new.network,
        "device": device,
        "MAC": new.mac.as_deref().unwrap_or_default(),
        "MTU": new.mtu.or_else(of_network).filter(|mtu| *mtu > 0).unwrap_or(DEFAULT_MTU),
        "other_config": new.other_config,
        "qos_algorithm_type": algorithm,
        "qos_algorithm_params": params,
        "ipv4_allowed": new.ipv4,
        "ipv6_allowed": new.ipv6,
        "locking_mode": new.locking_mode.as_deref().unwrap_or(locked),
    });
    Ok(session.call("VIF.create", json!([record])).await?)
}

async fn set(call: Call) -> Result<()> {
    let vif = call.object("id")?;
    let pool = call.pool("id")?;
    if call.str_opt("resourceSet").is_some() {
        return Err(Error::NotImplemented {
            what: "resourceSet of an interface".into(),
        });
    }
    check(&call, vif)?;
    let mut at = vif.reference.clone();
    if let Some(mac) = call.str_opt("mac")
        && vif.at("MAC") != Some(json!(mac))
    {
        at = replace(&call, &pool, vif, mac).await?;
    } else if let Some(network) = call.object_opt("network")
        && vif.at("$network") != Some(json!(network.id))
    {
        pool.session
            .run("VIF.move", json!([at, network.reference]))
            .await?;
    }
    change(&call, &pool, &at).await?;
    if let Some(wanted) = call.bool_opt("attached") {
        let is_plugged: bool = pool
            .session
            .call("VIF.get_currently_attached", json!([at]))
            .await?;
        if is_plugged != wanted {
            plug(&call, &pool, &at, wanted).await?;
        }
    }
    let now: record::Vif = pool.session.call("VIF.get_record", json!([at])).await?;
    shows(&call, &pool, &at, |vif| *vif == now).await;
    Ok(())
}

/// The network decides who may come in and how it is guarded.
fn check(call: &Call, vif: &Item) -> Result<()> {
    if let Some(mode) = call.str_opt("lockingMode")
        && !LOCKING_MODES.contains(&mode)
    {
        let message = format!("must be one of {}", LOCKING_MODES.join(", "));
        return Err(Error::invalid("lockingMode", message));
    }
    if let Some(network) = call.object_opt("network") {
        if network.pool != vif.pool {
            return Err(Error::invalid("network", "is in another pool"));
        }
        call.require(network, Permission::Operate)?;
    } else if call.str_opt("lockingMode").is_some()
        && let Some(network) = vif.at("$network").as_ref().and_then(Value::as_str)
    {
        call.find(network, &[Network], Some(Permission::Operate))?;
    }
    Ok(())
}

/// A MAC address is for the life of an interface: another one takes its place, with everything else as it was.
async fn replace(call: &Call, pool: &PoolHandle, vif: &Item, mac: &str) -> Result<Ref> {
    let old = pool
        .records(|records| records.get::<record::Vif>(&vif.reference).cloned())
        .ok_or_else(|| Error::no_such(vif.id.to_string(), "VIF"))?;
    let network = call
        .object_opt("network")
        .map(|network| network.reference.clone());
    let texts = |words: &[xapi_records::Word]| words.iter().map(ToString::to_string).collect();
    let map = |map: &xapi_records::StrMap| {
        map.iter()
            .map(|(key, value)| (key.to_owned(), json!(value)))
            .collect()
    };
    let mut new = NewVif {
        network: network.unwrap_or_else(|| old.network.clone()),
        device: Some(old.device.to_string()),
        mac: Some(mac.to_owned()),
        ipv4: texts(&old.ipv4_allowed),
        ipv6: texts(&old.ipv6_allowed),
        locking_mode: Some(old.locking_mode.to_string()),
        mtu: Some(old.mtu),
        other_config: map(&old.other_config),
        qos: Some((
            old.qos_algorithm_type.to_string(),
            map(&old.qos_algorithm_params),
        )),
    };
    remove(pool, &vif.reference).await?;
    let made = match create(pool, &old.vm, &new).await {
        Ok(made) => made,
        Err(error) => {
            (new.mac, new.network) = (Some(old.mac.to_string()), old.network.clone());
            if let Err(lost) = create(pool, &old.vm, &new).await {
                tracing::error!(vif = %vif.id, error = %lost, "an interface was lost when its MAC address was changed");
            }
            return Err(error);
        }
    };
    if old.currently_attached {
        pool.session.run("VIF.plug", json!([made])).await?;
    }
    made::id_of(call, pool, "VIF", &made).await?;
    Ok(made)
}

async fn change(call: &Call, pool: &PoolHandle, vif: &Ref) -> Result<()> {
    let session = &pool.session;
    for (param, field) in [
        ("allowedIpv4Addresses", "ipv4_allowed"),
        ("allowedIpv6Addresses", "ipv6_allowed"),
    ] {
        if call.has(param) {
            let args = json!([vif, call.strings(param)]);
            session.perform(&format!("VIF.set_{field}"), args).await?;
        }
    }
    if let Some(mode) = locking_mode(call, pool, vif) {
        session
            .perform("VIF.set_locking_mode", json!([vif, mode]))
            .await?;
    }
    if call.has("rateLimit") {
        let (algorithm, params) = match call.get("rateLimit") {
            Some(limit) => ("ratelimit", json!({ "kbps": limit.to_string() })),
            None => ("", json!({})),
        };
        session
            .perform("VIF.set_qos_algorithm_type", json!([vif, algorithm]))
            .await?;
        session
            .perform("VIF.set_qos_algorithm_params", json!([vif, params]))
            .await?;
    }
    if let Some(wanted) = call.bool_opt("txChecksumming") {
        let value = if wanted { "true" } else { "false" };
        MapField::other_config("VIF", vif)
            .put(session, "ethtool-tx", Some(value))
            .await?;
    }
    Ok(())
}

/// What was asked for; else addresses that are allowed lock an interface, and without any it is as its network.
fn locking_mode(call: &Call, pool: &PoolHandle, vif: &Ref) -> Option<String> {
    if let Some(mode) = call.str_opt("lockingMode") {
        return Some(mode.to_owned());
    }
    let params = ["allowedIpv4Addresses", "allowedIpv6Addresses"];
    if !params.iter().any(|param| call.has(param)) {
        return None;
    }
    let (mode, ipv4, ipv6) = pool.records(|records| {
        let vif = records.get::<record::Vif>(vif)?;
        Some((
            vif.locking_mode.to_string(),
            vif.ipv4_allowed.len(),
            vif.ipv6_allowed.len(),
        ))
    })?;
    let count = |param, now| {
        if call.has(param) {
            call.strings(param).len()
        } else {
            now
        }
    };
    let any = count(params[0], ipv4) + count(params[1], ipv6) > 0;
    match (mode.as_str(), any) {
        ("network_default", true) => Some("locked".into()),
        ("locked", false) => Some("network_default".into()),
        _ => None,
    }
}

async fn shows(call: &Call, pool: &PoolHandle, vif: &Ref, seen: impl Fn(&record::Vif) -> bool) {
    let shows = |records: &xo_model::Records| records.get::<record::Vif>(vif).is_none_or(&seen);
    call.engine
        .inventory
        .await_state(SEEN_WITHIN, |_| pool.records(shows))
        .await;
}
