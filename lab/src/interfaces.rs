//! Physical interfaces of hosts, and what is built on them: VLANs and bonds.

use crate::db::Db;
use crate::failure::Failure;
use crate::population::vlan;
use crate::value::{Text, Value};

/// A VLAN with this tag can be put on this interface.
///
/// # Errors
/// `VLAN_TAG_INVALID [tag]`, `PIF_IS_VLAN [pif]`, `PIF_VLAN_EXISTS [pif]`.
pub fn assert_vlan(db: &Db, pif: &str, tag: i64) -> Result<(), Failure> {
    if !(0..=4094).contains(&tag) {
        return Err(Failure::new("VLAN_TAG_INVALID", [tag.to_string()]));
    }
    if db.int(pif, "VLAN") >= 0 {
        return Err(Failure::new("PIF_IS_VLAN", [pif]));
    }
    let (host, device) = (db.reference(pif, "host"), db.text(pif, "device"));
    let same = db
        .refs(&host, "PIFs")
        .into_iter()
        .find(|other| db.int(other, "VLAN") == tag && db.text(other, "device") == device);
    match same {
        Some(other) => Err(Failure::new("PIF_VLAN_EXISTS", [&*other])),
        None => Ok(()),
    }
}

/// Puts a VLAN on an interface; returns the interface on top.
///
/// # Errors
/// Those of [`assert_vlan`], and `NETWORK_ALREADY_CONNECTED [host, pif]`.
pub fn add_vlan(db: &mut Db, pif: &str, network: &str, tag: i64) -> Result<Text, Failure> {
    assert_vlan(db, pif, tag)?;
    let host = db.reference(pif, "host");
    assert_free(db, &host, network)?;
    Ok(vlan(db, &host, pif, network, tag))
}

fn assert_free(db: &Db, host: &str, network: &str) -> Result<(), Failure> {
    let connected = db
        .refs(network, "PIFs")
        .into_iter()
        .find(|pif| *db.reference(pif, "host") == *host);
    match connected {
        Some(pif) => Err(Failure::new("NETWORK_ALREADY_CONNECTED", [host, &pif])),
        None => Ok(()),
    }
}

/// Removes the interface on top of a VLAN, and the VLAN.
///
/// # Errors
/// `PIF_IS_PHYSICAL [pif]` when it is no such interface.
pub fn remove_vlan(db: &mut Db, pif: &str) -> Result<(), Failure> {
    let Some(vlan) = db.linked(pif, "VLAN_master_of") else {
        return Err(Failure::new("PIF_IS_PHYSICAL", [pif]));
    };
    db.destroy(&vlan);
    db.destroy(pif);
    Ok(())
}

/// Bonds interfaces of one host; returns the bond.
///
/// # Errors
/// `PIF_BOND_NEEDS_MORE_MEMBERS`, `PIF_CANNOT_BOND_CROSS_HOST`, `PIF_ALREADY_BONDED [pif]`, `PIF_VLAN_EXISTS [pif]`.
pub fn bond(
    db: &mut Db,
    network: &str,
    members: &[Text],
    mac: &str,
    mode: &str,
) -> Result<Text, Failure> {
    let [first, _, ..] = members else {
        return Err(Failure::bare("PIF_BOND_NEEDS_MORE_MEMBERS"));
    };
    let host = db.reference(first, "host");
    for pif in members {
        if db.reference(pif, "host") != host {
            return Err(Failure::bare("PIF_CANNOT_BOND_CROSS_HOST"));
        }
        if db.linked(pif, "bond_slave_of").is_some() {
            return Err(Failure::new("PIF_ALREADY_BONDED", [&**pif]));
        }
        if db.int(pif, "VLAN") >= 0 {
            return Err(Failure::new("PIF_VLAN_EXISTS", [&**pif]));
        }
    }
    assert_free(db, &host, network)?;
    let taken: Vec<Text> = db
        .refs(&host, "PIFs")
        .iter()
        .map(|pif| db.text(pif, "device"))
        .collect();
    let is_free = |name: &String| !taken.iter().any(|taken| **taken == **name);
    let device = (0..)
        .map(|at: u32| format!("bond{at}"))
        .find(is_free)
        .unwrap_or_default();
    let mac = if mac.is_empty() {
        db.text(first, "MAC")
    } else {
        Text::from(mac)
    };
    let metrics = db.get(first, "metrics").clone();
    let master = db.create(
        "PIF",
        [
            ("device", Value::from(device)),
            ("network", Value::text(network)),
            ("host", Value::from(&host)),
            ("MAC", Value::from(mac)),
            ("MTU", Value::Int(1500)),
            ("VLAN", Value::Int(-1)),
            ("metrics", metrics),
            ("currently_attached", Value::Bool(true)),
            ("managed", Value::Bool(true)),
        ],
    );
    let bond = db.create(
        "Bond",
        [
            ("master", Value::from(&master)),
            ("primary_slave", Value::from(first)),
            ("mode", Value::text(mode)),
            (
                "links_up",
                Value::Int(i64::try_from(members.len()).unwrap_or_default()),
            ),
            ("auto_update_mac", Value::Bool(true)),
        ],
    );
    for pif in members {
        db.set(pif, "bond_slave_of", &bond);
        if db.flag(pif, "management") {
            hand_over(db, pif, &master);
        }
    }
    Ok(bond)
}

const ADDRESS: [&str; 6] = [
    "management",
    "IP",
    "netmask",
    "gateway",
    "DNS",
    "ip_configuration_mode",
];

/// The address of an interface goes to another one.
fn hand_over(db: &mut Db, from: &str, to: &str) {
    for field in ADDRESS {
        let value = db.get(from, field).clone();
        let empty = match field {
            "management" => Value::Bool(false),
            "ip_configuration_mode" => Value::text("None"),
            _ => Value::text(""),
        };
        db.set(to, field, value);
        db.set(from, field, empty);
    }
}

/// Takes a bond apart.
pub fn unbond(db: &mut Db, bond: &str) {
    let (master, primary) = (
        db.reference(bond, "master"),
        db.reference(bond, "primary_slave"),
    );
    if db.flag(&master, "management") {
        hand_over(db, &master, &primary);
    }
    for pif in db.refs(&master, "VLAN_slave_of") {
        let top = db.reference(&pif, "untagged_PIF");
        db.destroy(&pif);
        db.destroy(&top);
    }
    db.destroy(bond);
    db.destroy(&master);
}
