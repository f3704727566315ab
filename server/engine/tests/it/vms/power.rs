//! Turning VMs on and off.

use std::time::Duration;

use serde_json::json;
use xo_engine::Error;
use xo_model::ObjectType::Vif;

use super::vm;
use crate::support::Rig;

#[tokio::test]
async fn a_vm_goes_through_all_its_states_and_each_is_seen_at_once() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Halted");
    for (method, state) in [
        ("vm.start", "Running"),
        ("vm.pause", "Paused"),
        ("vm.resume", "Running"),
        ("vm.suspend", "Suspended"),
        ("vm.resume", "Running"),
        ("vm.restart", "Running"),
        ("vm.stop", "Halted"),
        ("vm.recoveryStart", "Running"),
    ] {
        let answer = rig.call(method, json!({ "id": vm.id })).await;
        assert_eq!(
            answer.unwrap_or_else(|e| panic!("{method}: {e}")),
            json!(true)
        );
        assert_eq!(
            rig.now(&vm).at("power_state"),
            Some(json!(state)),
            "after {method}"
        );
    }
    let forced = json!({ "id": vm.id, "force": true });
    rig.call("vm.stop", forced).await.unwrap();
    assert_eq!(rig.now(&vm).at("power_state"), Some(json!("Halted")));
}

#[tokio::test]
async fn starting_what_runs_tells_the_state_in_words_that_clients_know() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Running");
    let error = rig
        .call("vm.start", json!({ "vm": vm.id, "force": true }))
        .await
        .unwrap_err();
    let Error::Pool { code, params } = error else {
        panic!("{error}")
    };
    assert_eq!(code, "VM_BAD_POWER_STATE");
    assert_eq!(params.first(), Some(&vm.id.to_string()));
}

#[tokio::test]
async fn a_blocked_operation_is_refused_and_bypassed_only_on_demand() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Running");
    let block = json!({ "clean_shutdown": "no", "hard_shutdown": true });
    rig.call("vm.set", json!({ "id": vm.id, "blockedOperations": block }))
        .await
        .unwrap();
    let error = rig
        .call("vm.stop", json!({ "id": vm.id }))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Pool { code, .. } if code == "OPERATION_BLOCKED"),
        "{error}"
    );
    let bypassed = json!({ "id": vm.id, "bypassBlockedOperation": true });
    rig.call("vm.stop", bypassed).await.unwrap();
    assert_eq!(rig.now(&vm).at("power_state"), Some(json!("Halted")));
    let blocks = json!({ "clean_shutdown": "no", "hard_shutdown": "true" });
    rig.until_is(&vm, "blockedOperations", blocks).await;
}

#[tokio::test]
async fn a_guest_that_does_not_shut_down_in_time_loses_its_power() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Running");
    rig.lab
        .faults()
        .slow_call("VM.clean_shutdown", Duration::from_secs(1));
    let patient = json!({ "id": vm.id, "forceShutdownDelay": 50 });
    rig.call("vm.stop", patient).await.unwrap();
    assert_eq!(rig.now(&vm).at("power_state"), Some(json!("Halted")));
}

#[tokio::test]
async fn two_vms_with_one_mac_address_do_not_run_together() {
    let rig = Rig::start().await;
    let running = rig.one(Vif, |vif| vif.at("attached") == Some(json!(true)));
    let halted = vm(&rig, "Halted");
    let new =
        json!({ "vm": halted.id, "network": running.at("$network"), "mac": running.at("MAC") });
    rig.call("vm.createInterface", new).await.unwrap();
    let error = rig
        .call("vm.start", json!({ "id": halted.id }))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Forbidden { reason, .. } if reason.contains("MAC")),
        "{error}"
    );
    let anyway = json!({ "id": halted.id, "bypassMacAddressesCheck": true });
    rig.call("vm.start", anyway).await.unwrap();
}
