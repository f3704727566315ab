//! Networks, VLANs and bonds.

use super::{Answer, Call, Env, call_of, generic};
use crate::failure::Failure;
use crate::interfaces;
use crate::value::{Text, Value};

pub(super) const CALLS: &[Call] = &[
    call_of("network.create", create),
    call_of("network.destroy", destroy),
    call_of("network.add_purpose", add_purpose),
    call_of("VLAN.create", |env| {
        let (pif, tag, network) = (env.args.text(0), env.args.int(1), env.args.text(2));
        let made = interfaces::add_vlan(env.db, &pif, &network, tag)?;
        Ok(Value::from(env.db.reference(&made, "VLAN_master_of")))
    }),
    call_of("VLAN.destroy", |env| {
        let pif = env.db.reference(&env.args.text(0), "untagged_PIF");
        interfaces::remove_vlan(env.db, &pif).map(|()| Value::Void)
    }),
    call_of("pool.create_VLAN_from_PIF", create_vlan_from_pif),
    call_of("pool.create_VLAN", create_vlan),
    call_of("Bond.create", bond),
    call_of("Bond.destroy", |env| {
        interfaces::unbond(env.db, &env.args.text(0));
        Ok(Value::Void)
    }),
    call_of("Bond.set_property", |env| {
        let (bond, key) = (env.args.text(0), env.args.text(1));
        env.db
            .put_entry(&bond, "properties", &key, env.args.get(2).clone());
        Ok(Value::Void)
    }),
];

/// `network.create(record)`; without a bridge the next free one is taken.
fn create(env: &mut Env<'_>) -> Answer {
    let mut fields = generic::given(env, "network");
    let given = env
        .args
        .get(0)
        .entry("bridge")
        .map_or("", Value::as_str)
        .to_owned();
    let taken: Vec<Text> = env
        .db
        .all("network")
        .iter()
        .map(|network| env.db.text(network, "bridge"))
        .collect();
    let is_free = |name: &String| !taken.iter().any(|taken| **taken == **name);
    let bridge = if given.is_empty() {
        (0..)
            .map(|number: u32| format!("xapi{number}"))
            .find(is_free)
            .unwrap_or_default()
    } else if is_free(&given) {
        given
    } else {
        return Err(Failure::new("BRIDGE_NAME_EXISTS", [given]));
    };
    fields.retain(|(name, _)| *name != "bridge");
    fields.push(("bridge", Value::from(bridge)));
    if env.args.get(0).entry("managed").is_none() {
        fields.push(("managed", Value::Bool(true)));
    }
    Ok(Value::from(env.db.create("network", fields)))
}

fn destroy(env: &mut Env<'_>) -> Answer {
    let network = env.args.text(0);
    for (field, code) in [
        ("VIFs", "NETWORK_CONTAINS_VIF"),
        ("PIFs", "NETWORK_CONTAINS_PIF"),
    ] {
        let inside = env.db.refs(&network, field);
        if !inside.is_empty() {
            return Err(Failure::new(
                code,
                inside.iter().map(std::string::ToString::to_string),
            ));
        }
    }
    env.db.destroy(&network);
    Ok(Value::Void)
}

/// A network serves disks either with or without encryption.
fn add_purpose(env: &mut Env<'_>) -> Answer {
    let (network, purpose) = (env.args.text(0), env.args.text(1));
    let other = env
        .db
        .refs(&network, "purpose")
        .into_iter()
        .find(|now| *now != purpose);
    if let Some(other) = other {
        return Err(Failure::new(
            "NETWORK_INCOMPATIBLE_PURPOSES",
            [&*purpose, &*other],
        ));
    }
    env.db.insert(&network, "purpose", purpose);
    Ok(Value::Void)
}

/// `pool.create_VLAN_from_PIF(pif, network, tag)`: on the same interface of every host.
fn create_vlan_from_pif(env: &mut Env<'_>) -> Answer {
    let (pif, network, tag) = (env.args.text(0), env.args.text(1), env.args.int(2));
    let device = env.db.text(&pif, "device");
    vlans(env, &device, &network, tag)
}

/// `pool.create_VLAN(device, network, tag)`.
fn create_vlan(env: &mut Env<'_>) -> Answer {
    let (device, network, tag) = (env.args.text(0), env.args.text(1), env.args.int(2));
    vlans(env, &device, &network, tag)
}

fn vlans(env: &mut Env<'_>, device: &str, network: &str, tag: i64) -> Answer {
    let tagged: Vec<Text> = env
        .db
        .all("PIF")
        .into_iter()
        .filter(|pif| *env.db.text(pif, "device") == *device && env.db.int(pif, "VLAN") == -1)
        .collect();
    for pif in &tagged {
        interfaces::assert_vlan(env.db, pif, tag)?;
    }
    let mut made = Vec::new();
    for pif in tagged {
        made.push(interfaces::add_vlan(env.db, &pif, network, tag)?);
    }
    Ok(Value::refs(made))
}

/// `Bond.create(network, members, mac, mode, properties)`: the members are interfaces of one host.
fn bond(env: &mut Env<'_>) -> Answer {
    let (network, members, mac) = (env.args.text(0), env.args.texts(1), env.args.text(2));
    let mode = if env.args.has(3) {
        env.args.text(3)
    } else {
        Text::from("balance-slb")
    };
    let bond = interfaces::bond(env.db, &network, &members, &mac, &mode)?;
    if env.args.has(4) {
        env.db.set(&bond, "properties", env.args.get(4).clone());
    }
    Ok(Value::from(bond))
}
