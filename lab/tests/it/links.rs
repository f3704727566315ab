//! Links hold in both directions: in the population, and after everything that a client can do.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use xo_lab::LabConfig;

use crate::support::{Client, small};

/// (class, reference) and the (class, set) on the other end.
const PAIRS: [(&str, &str, &str, &str); 14] = [
    ("VBD", "VM", "VM", "VBDs"),
    ("VBD", "VDI", "VDI", "VBDs"),
    ("VIF", "VM", "VM", "VIFs"),
    ("VIF", "network", "network", "VIFs"),
    ("console", "VM", "VM", "consoles"),
    ("VM", "resident_on", "host", "resident_VMs"),
    ("VM", "snapshot_of", "VM", "snapshots"),
    ("VM", "parent", "VM", "children"),
    ("VDI", "SR", "SR", "VDIs"),
    ("VDI", "snapshot_of", "VDI", "snapshots"),
    ("PBD", "SR", "SR", "PBDs"),
    ("PBD", "host", "host", "PBDs"),
    ("PIF", "network", "network", "PIFs"),
    ("PIF", "host", "host", "PIFs"),
];

/// Compares both ends of every link, and finds references that point nowhere.
fn assert_consistent(client: &Client) {
    let db = client.lab.db().read();
    for (one, field, many, set) in PAIRS {
        let forward: BTreeSet<(String, String)> = db
            .all(one)
            .iter()
            .filter_map(|row| Some((db.linked(row, field)?.to_string(), row.to_string())))
            .collect();
        let mut count = 0;
        let mut backward = BTreeSet::new();
        for row in db.all(many) {
            for member in db.refs(&row, set) {
                count += 1;
                backward.insert((row.to_string(), member.to_string()));
            }
        }
        assert_eq!(forward, backward, "{one}.{field} and {many}.{set}");
        assert_eq!(count, backward.len(), "{many}.{set} names nothing twice");
    }
    for class in &db.schema().classes {
        for row in db.rows(&class.name) {
            for (field, value) in class.fields.iter().zip(&row.values) {
                let text = value.as_str();
                let dangling = text.starts_with("OpaqueRef:")
                    && text != "OpaqueRef:NULL"
                    && db.class_of(text).is_none();
                assert!(
                    !dangling,
                    "{}.{} of {} points nowhere",
                    class.name, field.name, row.reference
                );
            }
        }
    }
}

fn text(value: &Json) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_population_is_consistent_whatever_its_size() {
    for (hosts, vms, srs) in [(1, 0, 0), (1, 5, 0), (3, 60, 2)] {
        let client = Client::with(LabConfig {
            hosts,
            vms,
            srs,
            ..small()
        })
        .await;
        assert_consistent(&client);
        assert_eq!(client.lab.db().read().count("host"), hosts);
    }
}

#[tokio::test]
async fn links_survive_what_clients_do() {
    let client = Client::start().await;
    let vm = client.vm("Halted");
    let db = || client.lab.db().read();
    let host = db().all("host")[0].to_string();
    let sr = text(&client.call("SR.get_by_name_label", json!(["NFS 2"])).await[0]);

    let snapshot = text(&client.call("VM.snapshot", json!([vm, "s1"])).await);
    let second = text(&client.call("VM.snapshot", json!([vm, "s2"])).await);
    assert_eq!(client.text(&vm, "parent"), second);
    assert_eq!(client.text(&second, "parent"), snapshot);
    assert_consistent(&client);
    client.call("VM.revert", json!([snapshot])).await;
    assert_consistent(&client);
    let clone = text(&client.call("VM.clone", json!([vm, "clone"])).await);
    let copy = text(&client.call("VM.copy", json!([vm, "copy", sr])).await);
    client.call("VM.start", json!([clone, false, false])).await;
    client.call("VM.start", json!([copy, false, false])).await;
    client.call("VM.suspend", json!([copy])).await;
    client.call("VM.resume", json!([copy, false, false])).await;
    assert_consistent(&client);

    let network = text(
        &client
            .call("network.create", json!([{"name_label": "n"}]))
            .await,
    );
    let vif = json!([{"VM": clone, "network": network, "device": "3", "MAC": "", "MTU": 1500}]);
    let vif = text(&client.call("VIF.create", vif).await);
    client.call("VIF.plug", json!([vif])).await;
    assert_eq!(
        client.refused("network.destroy", json!([network])).await,
        ["NETWORK_CONTAINS_VIF", &vif]
    );
    let other = db().all("network")[1].to_string();
    client.call("VIF.move", json!([vif, other])).await;
    client.call("network.destroy", json!([network])).await;
    assert_consistent(&client);

    let vdi = json!([{"SR": sr, "virtual_size": 1 << 30, "type": "user", "name_label": "d"}]);
    let vdi = text(&client.call("VDI.create", vdi).await);
    let vbd = json!([{"VM": clone, "VDI": vdi, "userdevice": "autodetect", "type": "Disk", "mode": "RW"}]);
    let vbd = text(&client.call("VBD.create", vbd).await);
    client.call("VBD.plug", json!([vbd])).await;
    assert_eq!(
        client.refused("VDI.destroy", json!([vdi])).await,
        ["VDI_IN_USE", &vdi, "destroy"]
    );
    client.call("VBD.unplug", json!([vbd])).await;
    client.call("VDI.destroy", json!([vdi])).await;
    assert_consistent(&client);

    let evacuated = client.refused("host.evacuate", json!([host])).await;
    assert_eq!(
        evacuated[0], "VM_REQUIRES_SR",
        "a VM with a local disk cannot leave"
    );
    client.call("VM.hard_shutdown", json!([clone])).await;
    for gone in [&clone, &snapshot, &second, &vm] {
        client.call("VM.destroy", json!([gone])).await;
        assert_consistent(&client);
    }
}

#[tokio::test]
async fn vlans_and_bonds_come_and_go_with_their_interfaces() {
    let client = Client::start().await;
    let before = client.lab.db().read().count("PIF");
    let eth1 = client
        .call(
            "PIF.get_all_records_where",
            json!(["field \"device\"=\"eth1\" and field \"VLAN\"=\"-1\""]),
        )
        .await;
    let eth1 = eth1.as_object().unwrap().keys().next().unwrap().clone();
    let network = text(
        &client
            .call("network.create", json!([{"name_label": "v"}]))
            .await,
    );
    let made = client
        .call("pool.create_VLAN_from_PIF", json!([eth1, network, 99]))
        .await;
    assert_eq!(made.as_array().unwrap().len(), 2, "one for each host");
    let again = client
        .refused("pool.create_VLAN_from_PIF", json!([eth1, network, 99]))
        .await;
    assert_eq!(again[0], "PIF_VLAN_EXISTS");
    let wrong = client
        .refused("pool.create_VLAN_from_PIF", json!([eth1, network, 5000]))
        .await;
    assert_eq!(wrong, ["VLAN_TAG_INVALID", "5000"]);
    for pif in made.as_array().unwrap() {
        let vlan = client.text(pif.as_str().unwrap(), "VLAN_master_of");
        assert!(
            client
                .refs(&client.text(&vlan, "tagged_PIF"), "VLAN_slave_of")
                .contains(&vlan)
        );
        client.call("VLAN.destroy", json!([vlan])).await;
    }
    let host = client.text(&eth1, "host");
    let eth0 = client
        .call("host.get_management_interface", json!([host]))
        .await;
    let address = client.text(eth0.as_str().unwrap(), "IP");
    let bond = client
        .call(
            "Bond.create",
            json!([network, [eth0, eth1], "", "active-backup"]),
        )
        .await;
    let master = client.text(bond.as_str().unwrap(), "master");
    assert_eq!(
        client.text(&master, "IP"),
        address,
        "the bond takes the address over"
    );
    assert_eq!(client.refs(bond.as_str().unwrap(), "slaves").len(), 2);
    assert_consistent(&client);
    client.call("Bond.destroy", json!([bond])).await;
    assert_eq!(client.text(eth0.as_str().unwrap(), "IP"), address);
    client.call("network.destroy", json!([network])).await;
    assert_eq!(client.lab.db().read().count("PIF"), before);
    assert_consistent(&client);
}
