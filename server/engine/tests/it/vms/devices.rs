//! CD drives, disks and interfaces of VMs.

use serde_json::json;
use xo_engine::Error;
use xo_model::ObjectType::{Network, Vdi, Vif};

use super::{disks, find, ids, shared_sr, text, vm};
use crate::support::Rig;

#[tokio::test]
async fn a_cd_is_inserted_replaced_by_force_and_ejected() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Running");
    let isos: Vec<_> = rig
        .inventory()
        .of_kind(Vdi)
        .into_iter()
        .filter(|vdi| text(vdi, "name_label").ends_with(".iso"))
        .collect();
    let inserted = |rig: &crate::support::Rig| {
        let drives = ids(&rig.now(&vm), "$VBDs")
            .into_iter()
            .filter_map(|id| rig.inventory().find(&id));
        let mut drives = drives.filter(|vbd| vbd.at("is_cd_drive") == Some(json!(true)));
        drives.find_map(|vbd| vbd.at("VDI"))
    };
    rig.call("vm.ejectCd", json!({ "id": vm.id }))
        .await
        .unwrap();
    rig.call("vm.insertCd", json!({ "id": vm.id, "cd_id": isos[0].id }))
        .await
        .unwrap();
    assert_eq!(inserted(&rig), Some(json!(isos[0].id)));
    let second = json!({ "id": vm.id, "cd_id": isos[1].id });
    let error = rig.call("vm.insertCd", second).await.unwrap_err();
    assert!(
        matches!(&error, Error::Pool { code, .. } if code == "VBD_NOT_EMPTY"),
        "{error}"
    );
    let forced = json!({ "id": vm.id, "cd_id": isos[1].id, "force": true });
    rig.call("vm.insertCd", forced).await.unwrap();
    assert_eq!(inserted(&rig), Some(json!(isos[1].id)));
    rig.call("vm.ejectCd", json!({ "id": vm.id }))
        .await
        .unwrap();
    assert_eq!(inserted(&rig), None);
}

#[tokio::test]
async fn a_disk_is_made_plugged_unplugged_moved_and_deleted() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Running");
    let sr = shared_sr(&rig);
    let new = json!({ "name": "data", "size": "2 GiB", "sr": sr.id, "vm": vm.id, "mode": "RW" });
    let id = rig.call("disk.create", new).await.unwrap();
    let disk = find(&rig, &id);
    assert_eq!(disk.at("size"), Some(json!(2_u64 << 30)));
    rig.until("it is attached", |_| {
        disks(&rig, &rig.now(&vm))
            .iter()
            .any(|(_, d)| d.id == disk.id)
    })
    .await;
    let (vbd, _) = disks(&rig, &rig.now(&vm))
        .into_iter()
        .find(|(_, d)| d.id == disk.id)
        .unwrap();
    rig.until_is(&vbd, "attached", json!(true)).await;
    rig.call("vbd.disconnect", json!({ "id": vbd.id }))
        .await
        .unwrap();
    assert_eq!(rig.now(&vbd).at("attached"), Some(json!(false)));
    rig.call(
        "vbd.setBootable",
        json!({ "vbd": vbd.id, "bootable": true }),
    )
    .await
    .unwrap();
    assert_eq!(rig.now(&vbd).at("bootable"), Some(json!(true)));
    rig.call("vbd.set", json!({ "id": vbd.id, "position": "7" }))
        .await
        .unwrap();
    assert_eq!(rig.now(&vbd).at("position"), Some(json!("7")));
    rig.call("vbd.connect", json!({ "id": vbd.id }))
        .await
        .unwrap();
    assert_eq!(rig.now(&vbd).at("attached"), Some(json!(true)));
    rig.call("vbd.delete", json!({ "id": vbd.id }))
        .await
        .unwrap();
    assert!(rig.inventory().get(&vbd.id).is_none());

    let change = json!({ "id": disk.id, "name_label": "big", "name_description": "", "size": "3 GiB", "cbt": true });
    rig.call("vdi.set", change).await.unwrap();
    let now = rig.now(&disk);
    assert_eq!(
        (now.at("size"), now.at("name_label")),
        (Some(json!(3_u64 << 30)), Some(json!("big")))
    );
    assert_eq!(now.at("cbt_enabled"), Some(json!(true)));
    let error = rig
        .call("vdi.set", json!({ "id": disk.id, "size": "1 GiB" }))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Forbidden { .. }), "{error}");
    rig.call("vdi.delete", json!({ "id": disk.id }))
        .await
        .unwrap();
    assert!(rig.inventory().get(&disk.id).is_none());
}

#[tokio::test]
async fn a_disk_changes_its_storage_while_it_is_used_and_while_it_is_not() {
    let rig = Rig::start().await;
    for state in ["Running", "Halted"] {
        let vm = vm(&rig, state);
        let (vbd, disk) = disks(&rig, &vm).remove(0);
        let position = text(&vbd, "position");
        let target = rig.one(xo_model::ObjectType::Sr, |sr| {
            sr.at("shared") == Some(json!(true))
                && sr.at("content_type") != Some(json!("iso"))
                && sr.id.to_string() != text(&disk, "$SR")
        });
        let moved = json!({ "id": disk.id, "sr_id": target.id });
        let id = rig.call("vdi.migrate", moved).await.unwrap();
        rig.until("the VM has it from there", |_| {
            disks(&rig, &rig.now(&vm)).iter().any(|(vbd, disk)| {
                text(vbd, "position") == position
                    && json!(disk.id) == id
                    && text(disk, "$SR") == target.id.to_string()
            })
        })
        .await;
    }
}

#[tokio::test]
async fn an_interface_is_made_changed_and_deleted() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Running");
    let network = rig.one(Network, |_| true);
    let new = json!({ "vm": vm.id, "network": network.id, "mac": "0a:00:00:00:00:01" });
    let vif = find(&rig, &rig.call("vm.createInterface", new).await.unwrap());
    rig.until_is(&vif, "attached", json!(true)).await;
    rig.call("vif.disconnect", json!({ "id": vif.id }))
        .await
        .unwrap();
    assert_eq!(rig.now(&vif).at("attached"), Some(json!(false)));
    rig.call("vif.connect", json!({ "id": vif.id }))
        .await
        .unwrap();
    assert_eq!(rig.now(&vif).at("attached"), Some(json!(true)));
    for (change, property, expected) in [
        (
            json!({ "allowedIpv4Addresses": ["10.0.0.1"] }),
            "lockingMode",
            json!("locked"),
        ),
        (
            json!({ "allowedIpv4Addresses": [] }),
            "lockingMode",
            json!("network_default"),
        ),
        (
            json!({ "lockingMode": "disabled" }),
            "lockingMode",
            json!("disabled"),
        ),
        (json!({ "rateLimit": 100 }), "rateLimit", json!(100)),
        (json!({ "rateLimit": null }), "rateLimit", json!(null)),
        (
            json!({ "txChecksumming": false }),
            "txChecksumming",
            json!(false),
        ),
        (json!({ "attached": false }), "attached", json!(false)),
    ] {
        let mut change = change;
        change["id"] = json!(vif.id);
        rig.call("vif.set", change.clone())
            .await
            .unwrap_or_else(|e| panic!("{change}: {e}"));
        assert_eq!(
            rig.now(&vif).at(property).unwrap_or_default(),
            expected,
            "{change}"
        );
    }
    let wrong = json!({ "id": vif.id, "allowedIpv4Addresses": ["10.0.0.256"] });
    let refused = rig.call("vif.set", wrong).await.unwrap_err();
    assert!(
        matches!(&refused, Error::Pool { code, .. } if code == "INVALID_IP_ADDRESS_SPECIFIED"),
        "{refused:?}"
    );
    let other = rig.one(Network, |other| other.id != network.id);
    rig.call("vif.set", json!({ "id": vif.id, "network": other.id }))
        .await
        .unwrap();
    assert_eq!(rig.now(&vif).at("$network"), Some(json!(other.id)));
    rig.call(
        "vif.set",
        json!({ "id": vif.id, "mac": "0a:00:00:00:00:02" }),
    )
    .await
    .unwrap();
    let replaced = rig.one(Vif, |vif| text(vif, "MAC") == "0a:00:00:00:00:02");
    assert_eq!(replaced.at("device"), vif.at("device"));
    assert_eq!(text(&replaced, "lockingMode"), "disabled");
    rig.call("vif.delete", json!({ "id": replaced.id }))
        .await
        .unwrap();
    assert!(rig.inventory().get(&replaced.id).is_none());
    let modes = rig
        .call("vif.getLockingModeValues", json!({}))
        .await
        .unwrap();
    assert_eq!(
        modes,
        json!(["network_default", "locked", "unlocked", "disabled"])
    );
}

#[tokio::test]
async fn the_boot_order_is_set_where_there_is_one() {
    let rig = Rig::start().await;
    let vm = rig.one(xo_model::ObjectType::Vm, |vm| {
        vm.at("virtualizationMode") == Some(json!("hvm"))
    });
    rig.call("vm.setBootOrder", json!({ "vm": vm.id, "order": "ndc" }))
        .await
        .unwrap();
    assert_eq!(rig.now(&vm).at("boot.order"), Some(json!("ndc")));
    let error = rig
        .call("vm.setBootOrder", json!({ "vm": vm.id, "order": "xyz" }))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::InvalidParameters(_)), "{error}");
}
