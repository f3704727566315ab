//! Networks, VLANs, bonds and the interfaces that they stand on.

use std::sync::Arc;

use serde_json::{Value, json};
use xo_engine::Error;
use xo_inventory::Item;
use xo_lab::LabConfig;
use xo_model::ObjectType::{Bond, Network, Pif, Pool};

use crate::support::Rig;

fn pif(rig: &Rig, device: &str) -> Arc<Item> {
    rig.one(Pif, |pif| {
        pif.at("device") == Some(json!(device)) && pif.at("physical") == Some(json!(true))
    })
}

fn pool(rig: &Rig) -> Arc<Item> {
    rig.one(Pool, |_| true)
}

fn find(rig: &Rig, id: &Value) -> Arc<Item> {
    rig.inventory()
        .find(id.as_str().unwrap())
        .expect("found as soon as its id is told")
}

#[tokio::test]
async fn a_private_network_is_made_changed_and_deleted() {
    let rig = Rig::start().await;
    let params = json!({ "pool": pool(&rig).id, "name": "lan", "nbd": true, "mtu": 9000 });
    let network = find(&rig, &rig.call("network.create", params).await.unwrap());
    assert_eq!(network.at("name_label"), Some(json!("lan")));
    assert_eq!(network.at("MTU"), Some(json!(9000)));
    rig.until_is(&network, "nbd", json!(true)).await;
    let change = json!({
        "id": network.id, "name_description": "of the lab", "automatic": true, "defaultIsLocked": true,
        "mtu": 1500, "nbd": false,
    });
    rig.call("network.set", change).await.unwrap();
    for (property, value) in [
        ("name_description", json!("of the lab")),
        ("automatic", json!(true)),
        ("defaultIsLocked", json!(true)),
        ("MTU", json!(1500)),
        ("nbd", json!(false)),
    ] {
        rig.until_is(&network, property, value).await;
    }
    rig.call("network.delete", json!({ "id": network.id }))
        .await
        .unwrap();
    rig.until("it is gone", |inventory| {
        inventory.get(&network.id).is_none()
    })
    .await;
}

#[tokio::test]
async fn a_vlan_stands_on_every_host_is_retagged_and_goes_with_its_network() {
    let rig = Rig::start().await;
    let params =
        json!({ "pool": pool(&rig).id, "name": "dmz", "pif": pif(&rig, "eth1").id, "vlan": 42 });
    let network = find(&rig, &rig.call("network.create", params).await.unwrap());
    let tags = |rig: &Rig| {
        let pifs = rig.inventory().of_kind(Pif);
        let mine = pifs
            .iter()
            .filter(|pif| pif.at("$network") == Some(json!(network.id)));
        mine.map(|pif| pif.at("vlan").unwrap()).collect::<Vec<_>>()
    };
    rig.until("both hosts have it", |_| tags(&rig) == [42, 42])
        .await;
    let one = rig.one(Pif, |pif| pif.at("$network") == Some(json!(network.id)));
    rig.call("pif.editPif", json!({ "id": one.id, "vlan": "43" }))
        .await
        .unwrap();
    rig.until("both hosts have the new tag", |_| tags(&rig) == [43, 43])
        .await;
    let taken = rig.one(Pif, |pif| pif.at("vlan") == Some(json!(43)));
    let refused = rig
        .call("pif.editPif", json!({ "id": taken.id, "vlan": 20 }))
        .await;
    assert!(matches!(refused, Err(Error::Pool { .. })), "{refused:?}");
    rig.until("the old tag is back", |_| tags(&rig) == [43, 43])
        .await;
    rig.call("network.delete", json!({ "id": network.id }))
        .await
        .unwrap();
    rig.until("all is gone", |inventory| {
        inventory.get(&network.id).is_none() && tags(&rig).is_empty()
    })
    .await;
}

#[tokio::test]
async fn a_network_that_cannot_be_finished_is_not_left_behind() {
    let rig = Rig::start().await;
    let before = rig.inventory().of_kind(Network).len();
    let (pool, pif) = (pool(&rig), pif(&rig, "eth1"));
    let create =
        |vlan: i64| json!({ "pool": pool.id, "name": "half", "pif": pif.id, "vlan": vlan });
    let refused = rig.call("network.create", create(20)).await;
    assert!(
        matches!(refused, Err(Error::Pool { .. })),
        "tag 20 is taken: {refused:?}"
    );
    let refused = rig.call("network.create", create(4095)).await;
    assert!(
        matches!(refused, Err(Error::InvalidParameters(_))),
        "{refused:?}"
    );
    let refused = rig
        .call(
            "network.create",
            json!({ "pool": pool.id, "name": "half", "vlan": 7 }),
        )
        .await;
    assert!(
        matches!(refused, Err(Error::InvalidParameters(_))),
        "{refused:?}"
    );
    rig.until("nothing is left", |inventory| {
        inventory.of_kind(Network).len() == before
    })
    .await;
}

#[tokio::test]
async fn a_network_in_use_or_on_an_interface_is_not_deleted() {
    let rig = Rig::start().await;
    let management = pif(&rig, "eth0").at("$network").unwrap();
    let refused = rig
        .call("network.delete", json!({ "id": management }))
        .await;
    assert!(
        matches!(refused, Err(Error::Forbidden { .. })),
        "{refused:?}"
    );
    let vif = rig.one(xo_model::ObjectType::Vif, |vif| {
        let network = find(&rig, &vif.at("$network").unwrap());
        let pifs: Vec<_> = rig.inventory().of_kind(Pif);
        let physical = pifs.iter().any(|pif| {
            pif.at("$network") == Some(json!(network.id)) && pif.at("physical") == Some(json!(true))
        });
        vif.at("attached") == Some(json!(true)) && !physical
    });
    let network = find(&rig, &vif.at("$network").unwrap());
    let before = network.at("PIFs").unwrap();
    let refused = rig
        .call("network.delete", json!({ "id": network.id }))
        .await;
    assert!(
        matches!(&refused, Err(Error::Forbidden { reason, .. }) if reason.contains("in use")),
        "{refused:?}"
    );
    assert_eq!(
        rig.now(&network).at("PIFs"),
        Some(before),
        "nothing was taken away"
    );
}

#[tokio::test]
async fn a_bond_joins_the_interfaces_of_every_host_and_goes_with_its_network() {
    let rig = Rig::with(LabConfig {
        vms: 0,
        ..LabConfig::default()
    })
    .await;
    let params = |pifs: Value| json!({ "pool": pool(&rig).id, "name": "wide", "pifs": pifs, "bondMode": "lacp" });
    let modes = rig.call("network.getBondModes", json!({})).await.unwrap();
    assert_eq!(modes, json!(["balance-slb", "active-backup", "lacp"]));
    let lonely = rig
        .call(
            "network.createBonded",
            params(json!([pif(&rig, "eth0").id])),
        )
        .await;
    assert!(
        matches!(lonely, Err(Error::InvalidParameters(_))),
        "{lonely:?}"
    );
    let both = json!([pif(&rig, "eth0").id, pif(&rig, "eth1").id]);
    let made = rig
        .call("network.createBonded", params(both))
        .await
        .unwrap();
    let network = find(&rig, &made["uuid"]);
    assert_eq!(made["name_label"], "wide");
    rig.until("both hosts are bonded", |inventory| {
        inventory.of_kind(Bond).len() == 2
    })
    .await;
    rig.call("network.delete", json!({ "id": network.id }))
        .await
        .unwrap();
    rig.until("the bonds are gone", |inventory| {
        inventory.of_kind(Bond).is_empty() && inventory.get(&network.id).is_none()
    })
    .await;
}

#[tokio::test]
async fn a_bond_that_fails_on_the_second_host_leaves_nothing_behind() {
    let rig = Rig::with(LabConfig {
        vms: 0,
        hosts: 1,
        ..LabConfig::default()
    })
    .await;
    let before = rig.inventory().of_kind(Network).len();
    rig.fail_next("Async.Bond.create", "INTERNAL_ERROR");
    let pifs = [pif(&rig, "eth0").id.clone(), pif(&rig, "eth1").id.clone()];
    let params =
        json!({ "pool": pool(&rig).id, "name": "x", "pifs": pifs, "bondMode": "active-backup" });
    let failed = rig.call("network.createBonded", params).await;
    assert!(matches!(failed, Err(Error::Pool { .. })), "{failed:?}");
    rig.until("nothing is left", |inventory| {
        inventory.of_kind(Network).len() == before
    })
    .await;
}

#[tokio::test]
async fn an_interface_is_unplugged_plugged_and_gets_addresses() {
    let rig = Rig::start().await;
    let eth1 = pif(&rig, "eth1");
    for (method, attached) in [("pif.disconnect", false), ("pif.connect", true)] {
        rig.call(method, json!({ "id": eth1.id })).await.unwrap();
        rig.until_is(&eth1, "attached", json!(attached)).await;
    }
    let wrong = rig
        .call(
            "pif.reconfigureIp",
            json!({ "id": eth1.id, "mode": "Static" }),
        )
        .await;
    assert!(
        matches!(wrong, Err(Error::InvalidParameters(_))),
        "{wrong:?}"
    );
    let wrong = rig
        .call(
            "pif.reconfigureIp",
            json!({ "id": eth1.id, "mode": "static" }),
        )
        .await;
    assert!(
        matches!(wrong, Err(Error::InvalidParameters(_))),
        "{wrong:?}"
    );
    let params = json!({
        "id": eth1.id, "mode": "Static", "ip": "10.1.0.5", "netmask": "255.255.0.0", "gateway": "10.1.0.1",
        "ipv6": "fd00::5/64", "ipv6Mode": "Static",
    });
    rig.call("pif.reconfigureIp", params).await.unwrap();
    rig.until_is(&eth1, "ip", json!("10.1.0.5")).await;
    rig.until_is(&eth1, "ipv6Mode", json!("Static")).await;
    rig.until_is(&eth1, "ipv6", json!(["fd00::5/64"])).await;
    for (method, first) in [
        ("pif.getIpv4ConfigurationModes", "None"),
        ("pif.getIpv6ConfigurationModes", "None"),
    ] {
        assert_eq!(rig.call(method, json!({})).await.unwrap()[0], first);
    }
}

#[tokio::test]
async fn only_a_vlan_can_be_retagged_and_deleted_interfaces_go() {
    let rig = Rig::start().await;
    let refused = rig
        .call(
            "pif.editPif",
            json!({ "id": pif(&rig, "eth1").id, "vlan": 3 }),
        )
        .await;
    assert!(
        matches!(refused, Err(Error::Forbidden { .. })),
        "{refused:?}"
    );
    let vlan = rig.one(Pif, |pif| pif.at("vlan") == Some(json!(20)));
    rig.call("pif.delete", json!({ "id": vlan.id }))
        .await
        .unwrap();
    rig.until("the VLAN is gone", |inventory| {
        inventory.get(&vlan.id).is_none()
    })
    .await;
}
