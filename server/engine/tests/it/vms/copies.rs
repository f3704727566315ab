//! Clones, copies, snapshots, templates.

use serde_json::json;
use xo_engine::Error;
use xo_model::ObjectType::{Pool, VmSnapshot, VmTemplate};

use super::{disks, find, shared_sr, text, vm};
use crate::support::Rig;

#[tokio::test]
async fn a_clone_and_a_copy_are_vms_with_disks_of_their_own() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Halted");
    let sr = shared_sr(&rig);
    let fast = json!({ "id": vm.id, "name": "fast", "full_copy": false });
    let full = json!({ "id": vm.id, "name": "full", "full_copy": true });
    let copy = json!({ "vm": vm.id, "sr": sr.id });
    for (method, params, name) in [
        ("vm.clone", fast, "fast".to_owned()),
        ("vm.clone", full, "full".to_owned()),
        ("vm.copy", copy, format!("{}_COPY", text(&vm, "name_label"))),
    ] {
        let made = find(&rig, &rig.call(method, params).await.unwrap());
        assert_eq!(made.kind.name(), "VM", "{name}");
        assert_eq!(text(&made, "name_label"), name);
        rig.until("its disks are there", |_| {
            disks(&rig, &rig.now(&made)).len() == disks(&rig, &vm).len()
        })
        .await;
        for (_, disk) in disks(&rig, &rig.now(&made)) {
            assert!(disks(&rig, &vm).iter().all(|(_, old)| old.id != disk.id));
            assert!(method == "vm.clone" || text(&disk, "$SR") == *sr.id.to_string());
        }
    }
}

#[tokio::test]
async fn a_snapshot_is_taken_described_reverted_copied_and_deleted() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Halted");
    let take = json!({ "id": vm.id, "name": "before", "description": "the update" });
    let snapshot = find(&rig, &rig.call("vm.snapshot", take).await.unwrap());
    assert_eq!(snapshot.kind, VmSnapshot);
    assert_eq!(text(&snapshot, "$snapshot_of"), vm.id.to_string());
    rig.until_is(&snapshot, "name_description", json!("the update"))
        .await;

    rig.call("vm.set", json!({ "id": vm.id, "startDelay": 77 }))
        .await
        .unwrap();
    rig.call("vm.revert", json!({ "snapshot": snapshot.id }))
        .await
        .unwrap();
    rig.until_is(&vm, "startDelay", vm.at("startDelay").unwrap())
        .await;

    let copy = json!({ "id": snapshot.id, "name": "again", "full_copy": false });
    let copy = find(&rig, &rig.call("vm.clone", copy).await.unwrap());
    assert_eq!(copy.kind.name(), "VM");

    let disks = disks(&rig, &rig.now(&snapshot));
    rig.call("vm.delete", json!({ "id": snapshot.id }))
        .await
        .unwrap();
    assert!(rig.inventory().get(&snapshot.id).is_none());
    rig.until("its disks are gone", |inventory| {
        disks
            .iter()
            .all(|(_, disk)| inventory.get(&disk.id).is_none())
    })
    .await;
}

#[tokio::test]
async fn a_running_vm_is_reverted_and_runs_again() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Running");
    let take = json!({ "id": vm.id, "saveMemory": true });
    let snapshot = rig.call("vm.snapshot", take).await.unwrap();
    rig.call("vm.revert", json!({ "snapshot": snapshot }))
        .await
        .unwrap();
    rig.until_is(&vm, "power_state", json!("Running")).await;
}

#[tokio::test]
async fn snapshots_with_memory_are_deleted_alone_and_with_their_vm() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Running");
    let take = json!({ "id": vm.id, "saveMemory": true });
    let mut taken = Vec::new();
    for _ in 0..3 {
        taken.push(rig.call("vm.snapshot", take.clone()).await.unwrap());
    }
    rig.call("vm.delete", json!({ "id": taken[0] }))
        .await
        .unwrap();
    let delete = json!({ "id": vm.id, "force": true });
    rig.call("vm.delete", delete).await.unwrap();
    rig.until("all of them are gone", |inventory| {
        let gone = |id: &serde_json::Value| inventory.find(id.as_str().unwrap()).is_none();
        taken.iter().all(gone) && inventory.get(&vm.id).is_none()
    })
    .await;
}

#[tokio::test]
async fn a_snapshot_becomes_a_template() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Halted");
    let snapshot = rig
        .call("vm.snapshot", json!({ "id": vm.id }))
        .await
        .unwrap();
    let made = rig
        .call("vm.copyToTemplate", json!({ "id": snapshot }))
        .await
        .unwrap();
    assert_eq!(find(&rig, &made).kind, VmTemplate);
}

#[tokio::test]
async fn making_a_template_takes_a_right_on_the_pool() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Halted");
    let user = rig.user("maker").await;
    let subject = user.user.as_deref().unwrap();
    let grant = async |object: &str| {
        let entry = json!({ "subject": subject, "object": object, "action": "admin" });
        rig.call("acl.add", entry).await.unwrap();
    };
    grant(&vm.id.to_string()).await;
    let convert = json!({ "id": vm.id });
    let refused = rig
        .call_as(&user, "vm.convertToTemplate", convert.clone())
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::Unauthorized { .. }), "{refused}");
    grant(&rig.one(Pool, |_| true).id.to_string()).await;
    rig.call_as(&user, "vm.convert", convert).await.unwrap();
    assert_eq!(rig.now(&vm).kind, VmTemplate);
}

#[tokio::test]
async fn deleting_takes_snapshots_and_own_disks_but_not_shared_ones() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Halted");
    let own = disks(&rig, &vm);
    let other = super::vm(&rig, "Running");
    let shared =
        json!({ "name": "shared", "size": "1 GiB", "sr": shared_sr(&rig).id, "vm": vm.id });
    let shared = rig.call("disk.create", shared).await.unwrap();
    let attach = json!({ "vm": other.id, "vdi": shared, "mode": "RO" });
    rig.call("vm.attachDisk", attach).await.unwrap();
    let snapshot = rig
        .call("vm.snapshot", json!({ "id": vm.id }))
        .await
        .unwrap();
    rig.call("vm.delete", json!({ "id": vm.id })).await.unwrap();
    rig.until("all of it is gone", |inventory| {
        own.iter()
            .all(|(_, disk)| inventory.get(&disk.id).is_none())
            && inventory.find(snapshot.as_str().unwrap()).is_none()
            && inventory.get(&vm.id).is_none()
    })
    .await;
    assert!(rig.inventory().find(shared.as_str().unwrap()).is_some());
}

#[tokio::test]
async fn what_runs_or_came_with_the_pool_is_deleted_only_by_force() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Running");
    let error = rig
        .call("vm.delete", json!({ "id": vm.id }))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Pool { code, .. } if code == "VM_BAD_POWER_STATE"),
        "{error}"
    );
    rig.call(
        "vm.delete",
        json!({ "id": vm.id, "force": true, "deleteDisks": false }),
    )
    .await
    .unwrap();
    for (_, disk) in disks(&rig, &vm) {
        assert!(rig.inventory().get(&disk.id).is_some());
    }
    let template = rig.one(VmTemplate, |t| {
        t.at("isDefaultTemplate") == Some(json!(true))
    });
    let error = rig
        .call("vm.delete", json!({ "id": template.id }))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Forbidden { .. }), "{error}");
}
