//! Moving VMs between hosts.

use serde_json::json;
use xo_engine::Error;
use xo_model::ObjectType::{Host, Sr};

use super::{disks, text, vm};
use crate::support::Rig;

#[tokio::test]
async fn a_running_vm_moves_to_another_host_and_its_disks_to_other_storage() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Running");
    let here = text(&vm, "$container");
    let there = rig.one(Host, |host| host.id.to_string() != here);
    rig.call("vm.migrate", json!({ "vm": vm.id, "targetHost": there.id }))
        .await
        .unwrap();
    rig.until_is(&vm, "$container", json!(there.id)).await;

    let (_, disk) = disks(&rig, &rig.now(&vm)).remove(0);
    let target = rig.one(Sr, |sr| {
        sr.at("shared") == Some(json!(true))
            && sr.at("content_type") != Some(json!("iso"))
            && sr.id.to_string() != text(&disk, "$SR")
    });
    let back = json!({ "vm": vm.id, "targetHost": here, "sr": target.id });
    rig.call("vm.migrate", back).await.unwrap();
    rig.until_is(&vm, "$container", json!(here)).await;
    rig.until("its disks are there", |_| {
        let disks = disks(&rig, &rig.now(&vm));
        !disks.is_empty()
            && disks
                .iter()
                .all(|(_, disk)| text(disk, "$SR") == target.id.to_string())
    })
    .await;
}

#[tokio::test]
async fn who_may_move_a_vm_may_not_use_any_storage_for_it() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Running");
    let there = rig.one(Host, |host| host.id.to_string() != text(&vm, "$container"));
    let user = rig.user("mover").await;
    let subject = user.user.as_deref().unwrap();
    for object in [vm.id.to_string(), there.id.to_string()] {
        let entry = json!({ "subject": subject, "object": object, "action": "admin" });
        rig.call("acl.add", entry).await.unwrap();
    }
    let sr = super::shared_sr(&rig);
    let params = json!({ "vm": vm.id, "targetHost": there.id, "sr": sr.id });
    let error = rig.call_as(&user, "vm.migrate", params).await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
}
