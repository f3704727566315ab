//! Networks, physical interfaces and a VLAN.

use super::Site;
use crate::db::Db;
use crate::value::{Text, Value};

fn network(db: &mut Db, label: &str, description: &str, bridge: &str) -> Text {
    db.create(
        "network",
        [
            ("name_label", Value::text(label)),
            ("name_description", Value::text(description)),
            ("bridge", Value::text(bridge)),
            ("MTU", Value::Int(1500)),
            ("managed", Value::Bool(true)),
            ("default_locking_mode", Value::text("unlocked")),
        ],
    )
}

pub(super) fn populate(db: &mut Db, site: &mut Site) {
    let internal = network(
        db,
        "Host internal management network",
        "Network on which guests will be assigned a private link-local IP address which can be used to talk XenAPI",
        "xenapi",
    );
    let marks = [
        ("is_guest_installer_network", "true"),
        ("is_host_internal_management_network", "true"),
        ("ip_begin", "169.254.0.1"),
        ("ip_end", "169.254.255.254"),
        ("netmask", "255.255.0.0"),
    ];
    db.set(&internal, "other_config", Value::string_map(marks));
    let management = network(db, "Pool-wide network associated with eth0", "", "xenbr0");
    let guests = network(db, "Pool-wide network associated with eth1", "", "xenbr1");
    let production = network(db, "Production", "VLAN 20 on eth1", "xapi0");
    let private = network(
        db,
        "Private",
        "Without a connection to the outside",
        "xapi1",
    );
    for (number, host) in site.hosts.clone().iter().enumerate() {
        let address = format!("10.0.0.{}", number + 11);
        physical(db, host, &management, "eth0", Some(&address));
        let eth1 = physical(db, host, &guests, "eth1", None);
        vlan(db, host, &eth1, &production, 20);
    }
    site.networks = vec![management, production, guests, private];
}

fn metrics(db: &mut Db, device: &str, now: i64) -> Text {
    db.create(
        "PIF_metrics",
        [
            ("carrier", Value::Bool(true)),
            ("vendor_id", Value::text("8086")),
            ("vendor_name", Value::text("Intel Corporation")),
            ("device_id", Value::text("1572")),
            (
                "device_name",
                Value::text("Ethernet Controller X710 for 10GbE SFP+"),
            ),
            ("speed", Value::Int(10_000)),
            ("duplex", Value::Bool(true)),
            (
                "pci_bus_path",
                Value::text(if device == "eth0" {
                    "0000:3b:00.0"
                } else {
                    "0000:3b:00.1"
                }),
            ),
            ("last_updated", Value::Date(now)),
        ],
    )
}

fn physical(db: &mut Db, host: &str, network: &str, device: &str, address: Option<&str>) -> Text {
    let mac = db.ids().mac();
    let metrics = metrics(db, device, crate::date::now());
    let mode = if address.is_some() { "Static" } else { "None" };
    let pif = db.create(
        "PIF",
        [
            ("device", Value::text(device)),
            ("network", Value::text(network)),
            ("host", Value::text(host)),
            ("MAC", Value::from(mac)),
            ("MTU", Value::Int(1500)),
            ("VLAN", Value::Int(-1)),
            ("metrics", Value::from(metrics)),
            ("physical", Value::Bool(true)),
            ("currently_attached", Value::Bool(true)),
            ("managed", Value::Bool(true)),
            ("ip_configuration_mode", Value::text(mode)),
            ("ipv6_configuration_mode", Value::text("None")),
            ("primary_address_type", Value::text("IPv4")),
            ("capabilities", Value::strings([])),
        ],
    );
    if let Some(address) = address {
        db.set(&pif, "IP", address);
        db.set(&pif, "netmask", "255.255.255.0");
        db.set(&pif, "gateway", "10.0.0.1");
        db.set(&pif, "DNS", "10.0.0.1");
        db.set(&pif, "management", true);
    }
    pif
}

/// A VLAN on a physical interface: the interface on top, and the row that joins the two.
pub fn vlan(db: &mut Db, host: &str, tagged: &str, network: &str, tag: i64) -> Text {
    let fields = ["device", "MAC", "MTU", "metrics"];
    let [device, mac, mtu, metrics] = fields.map(|field| db.get(tagged, field).clone());
    let pif = db.create(
        "PIF",
        [
            ("device", device),
            ("network", Value::text(network)),
            ("host", Value::text(host)),
            ("MAC", mac),
            ("MTU", mtu),
            ("VLAN", Value::Int(tag)),
            ("metrics", metrics),
            ("currently_attached", Value::Bool(true)),
            ("managed", Value::Bool(true)),
            ("ip_configuration_mode", Value::text("None")),
            ("ipv6_configuration_mode", Value::text("None")),
            ("primary_address_type", Value::text("IPv4")),
        ],
    );
    let vlan = db.create(
        "VLAN",
        [
            ("tagged_PIF", Value::text(tagged)),
            ("untagged_PIF", Value::from(&pif)),
            ("tag", Value::Int(tag)),
        ],
    );
    db.set(&pif, "VLAN_master_of", vlan);
    pif
}
