//! Hosts: settings, service, and how they are emptied before they go down.

use serde_json::{Value, json};
use xo_engine::Error;
use xo_inventory::Item;
use xo_lab::LabConfig;
use xo_model::ObjectType::{Host, Pbd, Vm};

use crate::support::Rig;

fn guests(rig: &Rig, host: &Item) -> Vec<Value> {
    let residents = rig.now(host).at("residentVms").unwrap();
    let controller = rig.now(host).at("controlDomain").unwrap();
    residents
        .as_array()
        .unwrap()
        .iter()
        .filter(|vm| **vm != controller)
        .cloned()
        .collect()
}

fn slave(rig: &Rig) -> std::sync::Arc<Item> {
    let pool = rig.one(xo_model::ObjectType::Pool, |_| true);
    rig.one(Host, |host| Some(json!(host.id)) != pool.at("master"))
}

#[tokio::test]
async fn names_and_settings_of_a_host_change() {
    let rig = Rig::start().await;
    let host = rig.one(Host, |_| true);
    let change = json!({
        "id": host.id, "name_label": "rack 1", "name_description": "", "iscsiIqn": "iqn.2026-01.test:1",
    });
    assert_eq!(rig.call("host.set", change).await.unwrap(), json!(true));
    rig.until_is(&host, "name_label", json!("rack 1")).await;
    rig.until_is(&host, "iscsiIqn", json!("iqn.2026-01.test:1"))
        .await;
}

#[tokio::test]
async fn multipathing_is_turned_on_while_storage_is_unplugged() {
    for vms in [0, 20] {
        multipathing(vms).await;
    }
}

/// VMs that use the storage of the host keep it plugged; either way all is plugged and in service in the end.
async fn multipathing(vms: usize) {
    let rig = Rig::with(LabConfig {
        vms,
        ..LabConfig::default()
    })
    .await;
    let host = rig.one(Host, |_| true);
    let plugged = |rig: &Rig| {
        let mine = |pbd: &std::sync::Arc<Item>| {
            pbd.at("host") == Some(json!(host.id)) && pbd.at("attached") == Some(json!(true))
        };
        rig.inventory()
            .of_kind(Pbd)
            .iter()
            .filter(|pbd| mine(pbd))
            .count()
    };
    let before = plugged(&rig);
    assert!(before > 0);
    let params = json!({ "id": host.id, "multipathing": true });
    let done = rig.call("host.set", params).await;
    if vms > 0 {
        assert!(matches!(done, Err(Error::Pool { .. })), "{done:?}");
    } else {
        done.unwrap();
        rig.until_is(&host, "multipathing", json!(true)).await;
    }
    rig.until_is(&host, "enabled", json!(true)).await;
    rig.until("storage is plugged again", |_| plugged(&rig) == before)
        .await;
}

#[tokio::test]
async fn a_host_is_taken_out_of_service_and_back() {
    let rig = Rig::start().await;
    let host = rig.one(Host, |_| true);
    for (method, enabled) in [("host.disable", false), ("host.enable", true)] {
        rig.call(method, json!({ "id": host.id })).await.unwrap();
        rig.until_is(&host, "enabled", json!(enabled)).await;
    }
}

#[tokio::test]
async fn maintenance_moves_every_vm_away_also_one_whose_move_is_blocked_when_forced() {
    let rig = Rig::start().await;
    let host = slave(&rig);
    let guests_before = guests(&rig, &host);
    assert!(!guests_before.is_empty(), "the lab runs VMs on every host");
    let stubborn = rig.now(
        &rig.inventory()
            .find(guests_before[0].as_str().unwrap())
            .unwrap(),
    );
    rig.plant(&stubborn, "blocked_operations", "pool_migrate", "pinned");
    let blocked = json!({ "pool_migrate": "pinned" });
    rig.until_is(&stubborn, "blockedOperations", blocked.clone())
        .await;
    let params = json!({
        "id": host.id, "maintenance": true, "vmsToForceMigrate": [stubborn.id],
    });
    rig.call("host.setMaintenanceMode", params).await.unwrap();
    rig.until("no VM is left", |_| guests(&rig, &host).is_empty())
        .await;
    rig.until_is(&host, "enabled", json!(false)).await;
    rig.until_is(&stubborn, "blockedOperations", blocked).await;
    let params = json!({ "id": host.id, "maintenance": false });
    rig.call("host.setMaintenanceMode", params).await.unwrap();
    rig.until_is(&host, "enabled", json!(true)).await;
}

#[tokio::test]
async fn a_host_whose_vms_cannot_leave_stays_in_service() {
    let rig = Rig::with(LabConfig {
        hosts: 1,
        ..LabConfig::default()
    })
    .await;
    let host = rig.one(Host, |_| true);
    assert!(!guests(&rig, &host).is_empty());
    for method in ["host.stop", "host.restart"] {
        let refused = rig.call(method, json!({ "id": host.id })).await;
        assert!(
            matches!(refused, Err(Error::Pool { .. })),
            "{method}: {refused:?}"
        );
        rig.until_is(&host, "enabled", json!(true)).await;
        assert_eq!(rig.now(&host).at("power_state"), Some(json!("Running")));
    }
}

#[tokio::test]
async fn a_host_stops_after_its_vms_left_and_starts_again() {
    let rig = Rig::start().await;
    let host = slave(&rig);
    let state = |vm: &Value| {
        rig.inventory()
            .find(vm.as_str().unwrap())
            .unwrap()
            .at("power_state")
    };
    let left: Vec<_> = guests(&rig, &host)
        .into_iter()
        .map(|vm| (state(&vm), vm))
        .collect();
    rig.call("host.stop", json!({ "id": host.id }))
        .await
        .unwrap();
    rig.until_is(&host, "power_state", json!("Halted")).await;
    for (before, vm) in left {
        assert_eq!(state(&vm), before, "{vm} moved as it was");
    }
    rig.call("host.start", json!({ "id": host.id }))
        .await
        .unwrap();
    rig.until_is(&host, "power_state", json!("Running")).await;
}

#[tokio::test]
async fn a_host_whose_shutdown_fails_is_in_service_again() {
    let rig = Rig::start().await;
    let host = slave(&rig);
    rig.fail_next("Async.host.shutdown", "INTERNAL_ERROR");
    let failed = rig.call("host.stop", json!({ "id": host.id })).await;
    assert!(matches!(failed, Err(Error::Pool { .. })), "{failed:?}");
    rig.until_is(&host, "enabled", json!(true)).await;
    let pool = rig.one(xo_model::ObjectType::Pool, |_| true);
    let params = json!({ "id": pool.at("master"), "bypassEvacuate": true });
    let master = rig.one(Host, |host| Some(json!(host.id)) == pool.at("master"));
    assert!(
        !guests(&rig, &master).is_empty(),
        "the VMs of the other host are there now"
    );
    let failed = rig.call("host.stop", params).await;
    assert!(
        matches!(&failed, Err(Error::Pool { code, .. }) if code == "HOST_IN_USE"),
        "{failed:?}"
    );
    rig.until_is(&master, "enabled", json!(true)).await;
}

#[tokio::test]
async fn a_restart_can_suspend_the_vms_and_resumes_them_on_the_same_host() {
    let rig = Rig::start().await;
    let host = slave(&rig);
    let object = |vm: &Value| rig.inventory().find(vm.as_str().unwrap()).unwrap();
    let before: Vec<_> = guests(&rig, &host)
        .into_iter()
        .map(|vm| (object(&vm).at("power_state").unwrap(), vm))
        .collect();
    assert!(
        before.iter().any(|(state, _)| *state == json!("Paused")),
        "the lab pauses some VMs"
    );
    let started = host.at("agentStartTime");
    let pinned = rig.inventory().find(before[0].1.as_str().unwrap()).unwrap();
    rig.plant(&pinned, "blocked_operations", "suspend", "no");
    rig.until_is(&pinned, "blockedOperations", json!({ "suspend": "no" }))
        .await;
    let mut params = json!({ "id": host.id, "suspendResidentVms": true });
    let refused = rig.call("host.restart", params.clone()).await;
    let text = refused.expect_err("a VM may not be suspended").to_string();
    assert!(
        text.contains(&*pinned.id.to_string()) && text.contains("bypassBlockedSuspend"),
        "{text}"
    );
    params["bypassBlockedSuspend"] = json!(true);
    rig.call("host.restart", params).await.unwrap();
    assert_ne!(rig.now(&host).at("agentStartTime"), started);
    rig.until("the VMs run where they ran", |_| {
        guests(&rig, &host).len() == before.len()
    })
    .await;
    for (state, vm) in before {
        let vm = rig.inventory().find(vm.as_str().unwrap()).unwrap();
        rig.until_is(&vm, "power_state", state).await;
    }
    rig.until_is(&pinned, "blockedOperations", json!({ "suspend": "no" }))
        .await;
}

#[tokio::test]
async fn a_member_is_not_restarted_before_the_master_that_waits_for_it() {
    let rig = Rig::start().await;
    let (host, pool) = (slave(&rig), rig.one(xo_model::ObjectType::Pool, |_| true));
    let master = rig
        .inventory()
        .find(pool.at("master").unwrap().as_str().unwrap())
        .unwrap();
    for host in [&host, &master] {
        rig.plant(
            host,
            "other_config",
            "rpm_patch_installation_time",
            "99999999999.",
        );
        rig.until_is(host, "rebootRequired", json!(true)).await;
    }
    let refused = rig.call("host.restart", json!({ "id": host.id })).await;
    assert!(
        matches!(&refused, Err(Error::IncorrectState { id, .. }) if *id == master.id.to_string())
    );
    let params = json!({ "id": host.id, "bypassVersionCheck": true });
    rig.call("host.restart", params).await.unwrap();
}

#[tokio::test]
async fn the_toolstack_restarts_under_both_names() {
    let rig = Rig::start().await;
    let host = slave(&rig);
    for method in ["host.restartAgent", "host.restart_agent"] {
        let old = json!("100.");
        rig.plant(&host, "other_config", "agent_start_time", "100.");
        rig.until_is(&host, "agentStartTime", json!(100)).await;
        rig.call(method, json!({ "host": host.id })).await.unwrap();
        rig.until("the toolstack is new", |_| {
            rig.now(&host).at("otherConfig").unwrap()["agent_start_time"] != old
        })
        .await;
    }
    rig.call("host.scanPifs", json!({ "id": host.id }))
        .await
        .unwrap();
    assert!(rig.inventory().of_kind(Vm).len() > 1);
}
