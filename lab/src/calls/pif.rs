//! Physical interfaces of hosts.

use super::{Answer, Call, Env, call_of};
use crate::failure::Failure;
use crate::interfaces;
use crate::value::Value;

pub(super) const CALLS: &[Call] = &[
    call_of("PIF.plug", |env| {
        env.db.set(&env.args.text(0), "currently_attached", true);
        Ok(Value::Void)
    }),
    call_of("PIF.unplug", unplug),
    call_of("PIF.scan", |_| Ok(Value::Void)),
    call_of("PIF.introduce", introduce),
    call_of("PIF.forget", forget),
    call_of("PIF.db_forget", |env| {
        env.db.destroy(&env.args.text(0));
        Ok(Value::Void)
    }),
    call_of("PIF.destroy", |env| {
        interfaces::remove_vlan(env.db, &env.args.text(0)).map(|()| Value::Void)
    }),
    call_of("PIF.create_VLAN", |env| {
        let (device, network, host) = (env.args.text(0), env.args.text(1), env.args.text(2));
        let tag = env.args.int(3);
        let pifs = env.db.refs(&host, "PIFs");
        let found = pifs
            .into_iter()
            .find(|pif| env.db.text(pif, "device") == device && env.db.int(pif, "VLAN") == -1);
        let pif = found.ok_or_else(|| Failure::new("INVALID_DEVICE", [&*device]))?;
        interfaces::add_vlan(env.db, &pif, &network, tag).map(Value::from)
    }),
    call_of("PIF.reconfigure_ip", reconfigure_ip),
    call_of("PIF.reconfigure_ipv6", reconfigure_ipv6),
    call_of("PIF.set_property", |env| {
        let (pif, key) = (env.args.text(0), env.args.text(1));
        env.db
            .put_entry(&pif, "properties", &key, env.args.get(2).clone());
        Ok(Value::Void)
    }),
];

fn unplug(env: &mut Env<'_>) -> Answer {
    let pif = env.args.text(0);
    if env.db.flag(&pif, "management") {
        return Err(Failure::new("PIF_IS_MANAGEMENT_INTERFACE", [&*pif]));
    }
    if env.db.flag(&pif, "disallow_unplug") {
        return Err(Failure::new("PIF_DOES_NOT_ALLOW_UNPLUG", [&*pif]));
    }
    env.db.set(&pif, "currently_attached", false);
    Ok(Value::Void)
}

/// `PIF.introduce(host, mac, device, managed)`: on a network of its own.
fn introduce(env: &mut Env<'_>) -> Answer {
    let (host, mac, device) = (env.args.text(0), env.args.text(1), env.args.text(2));
    let pifs = env.db.refs(&host, "PIFs");
    let known = |pif: &_| env.db.text(pif, "device") == device && env.db.flag(pif, "physical");
    if pifs.iter().any(|pif| known(pif)) {
        return Err(Failure::new("DUPLICATE_PIF_DEVICE_NAME", [&*device]));
    }
    let network = env.db.create(
        "network",
        [
            (
                "name_label",
                Value::from(format!("Pool-wide network associated with {device}")),
            ),
            ("bridge", Value::from(format!("br-{device}"))),
            ("MTU", Value::Int(1500)),
            ("managed", Value::Bool(true)),
        ],
    );
    let metrics = env
        .db
        .create("PIF_metrics", [("carrier", Value::Bool(true))]);
    let pif = env.db.create(
        "PIF",
        [
            ("device", Value::from(device)),
            ("network", Value::from(network)),
            ("host", Value::from(host)),
            ("MAC", Value::from(mac)),
            ("MTU", Value::Int(1500)),
            ("VLAN", Value::Int(-1)),
            ("metrics", Value::from(metrics)),
            ("physical", Value::Bool(true)),
            ("managed", Value::Bool(!env.args.has(3) || env.args.flag(3))),
        ],
    );
    Ok(Value::from(pif))
}

fn forget(env: &mut Env<'_>) -> Answer {
    let pif = env.args.text(0);
    if !env.db.flag(&pif, "physical") {
        return Err(Failure::new("PIF_IS_NOT_PHYSICAL", [&*pif]));
    }
    if env.db.flag(&pif, "management") {
        return Err(Failure::new("PIF_IS_MANAGEMENT_INTERFACE", [&*pif]));
    }
    env.db.destroy(&pif);
    Ok(Value::Void)
}

/// `PIF.reconfigure_ip(pif, mode, address, netmask, gateway, dns)`.
fn reconfigure_ip(env: &mut Env<'_>) -> Answer {
    let (pif, mode, address) = (env.args.text(0), env.args.text(1), env.args.text(2));
    if &*mode == "Static" && address.parse::<std::net::Ipv4Addr>().is_err() {
        return Err(Failure::new("INVALID_IP_ADDRESS_SPECIFIED", ["IP"]));
    }
    let values = match &*mode {
        "Static" => [2, 3, 4, 5].map(|at| env.args.text(at).to_string()),
        "DHCP" => ["10.0.9.9", "255.255.0.0", "10.0.0.1", "10.0.0.1"].map(str::to_owned),
        _ => [const { String::new() }; 4],
    };
    env.db.set(&pif, "ip_configuration_mode", mode);
    for (field, value) in ["IP", "netmask", "gateway", "DNS"].into_iter().zip(values) {
        env.db.set(&pif, field, value);
    }
    Ok(Value::Void)
}

/// `PIF.reconfigure_ipv6(pif, mode, address, gateway, dns)`.
fn reconfigure_ipv6(env: &mut Env<'_>) -> Answer {
    let (pif, address) = (env.args.text(0), env.args.text(2));
    let addresses = if address.is_empty() {
        Vec::new()
    } else {
        vec![Value::from(address)]
    };
    env.db
        .set(&pif, "ipv6_configuration_mode", env.args.get(1).clone());
    env.db.set(&pif, "IPv6", Value::set(addresses));
    env.db.set(&pif, "ipv6_gateway", env.args.text(3));
    Ok(Value::Void)
}
