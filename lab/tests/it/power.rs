//! The power state machine: states, what they allow, tasks.

use std::time::Duration;

use serde_json::{Value as Json, json};
use xo_lab::LabConfig;

use crate::support::{Client, small};

fn words(value: &Json) -> Vec<String> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap().to_owned())
        .collect()
}

async fn allows(client: &Client, vm: &str) -> Vec<String> {
    words(&client.call("VM.get_allowed_operations", json!([vm])).await)
}

#[tokio::test]
async fn a_vm_lives_through_all_its_states() {
    let client = Client::start().await;
    let vm = client.vm("Halted");
    let host_of = |vm: &str| client.text(vm, "resident_on");
    client.call("VM.start", json!([vm, false, false])).await;
    let host = host_of(&vm);
    assert!(client.refs(&host, "resident_VMs").contains(&vm));
    assert_eq!(client.refs(&vm, "consoles").len(), 1);
    assert!(
        allows(&client, &vm)
            .await
            .contains(&"clean_shutdown".to_owned())
    );
    let guest = client.text(&vm, "guest_metrics");
    assert!(
        client
            .lab
            .db()
            .read()
            .entry(&guest, "networks", "0/ip")
            .is_some()
    );
    let steps = [
        ("VM.pause", "Paused"),
        ("VM.unpause", "Running"),
        ("VM.clean_reboot", "Running"),
        ("VM.suspend", "Suspended"),
    ];
    for (method, state) in steps {
        client.call(method, json!([vm])).await;
        assert_eq!(client.text(&vm, "power_state"), state, "{method}");
    }
    assert_eq!(host_of(&vm), "OpaqueRef:NULL");
    assert_ne!(client.text(&vm, "suspend_VDI"), "OpaqueRef:NULL");
    client.call("VM.resume", json!([vm, true, false])).await;
    assert_eq!(client.text(&vm, "power_state"), "Paused");
    assert_eq!(client.text(&vm, "suspend_VDI"), "OpaqueRef:NULL");
    client.call("VM.hard_shutdown", json!([vm])).await;
    assert_eq!(client.text(&vm, "power_state"), "Halted");
    assert_eq!(client.refs(&vm, "consoles"), Vec::<String>::new());
    assert_eq!(client.text(&vm, "guest_metrics"), "OpaqueRef:NULL");
    let messages = client.call("message.get_all_records", json!([])).await;
    let names: Vec<&str> = messages
        .as_object()
        .unwrap()
        .values()
        .map(|m| m["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"VM_STARTED") && names.contains(&"VM_SHUTDOWN"),
        "{names:?}"
    );
}

#[tokio::test]
async fn memory_is_taken_from_the_host_and_given_back() {
    let client = Client::start().await;
    let vm = client.vm("Halted");
    let free = || {
        let db = client.lab.db().read();
        db.all("host_metrics")
            .iter()
            .map(|metrics| db.int(metrics, "memory_free"))
            .sum::<i64>()
    };
    let before = free();
    client.call("VM.start", json!([vm, false, false])).await;
    assert!(free() < before);
    client.call("VM.hard_shutdown", json!([vm])).await;
    assert_eq!(free(), before);
    let huge = i64::from(i32::MAX) << 20;
    client
        .call("VM.set_memory_limits", json!([vm, huge, huge, huge, huge]))
        .await;
    let refusal = client.refused("VM.start", json!([vm, false, false])).await;
    assert_eq!(refusal, ["NO_HOSTS_AVAILABLE"]);
    let host = client.lab.db().read().all("host")[0].to_string();
    let refusal = client
        .refused("VM.start_on", json!([vm, host, false, false]))
        .await;
    assert_eq!(refusal[0], "HOST_NOT_ENOUGH_FREE_MEMORY");
}

#[tokio::test]
async fn the_wrong_state_is_told_with_what_was_expected() {
    let client = Client::start().await;
    let (halted, running) = (client.vm("Halted"), client.vm("Running"));
    let cases = [
        (
            "VM.clean_shutdown",
            json!([halted]),
            vec!["VM_BAD_POWER_STATE", &halted, "running", "halted"],
        ),
        (
            "VM.hard_shutdown",
            json!([halted]),
            vec![
                "VM_BAD_POWER_STATE",
                &halted,
                "paused, suspended, running",
                "halted",
            ],
        ),
        (
            "VM.start",
            json!([running, false, false]),
            vec!["VM_BAD_POWER_STATE", &running, "halted", "running"],
        ),
        (
            "VM.clone",
            json!([running, "x"]),
            vec!["VM_BAD_POWER_STATE", &running, "halted", "running"],
        ),
    ];
    for (method, params, expected) in cases {
        assert_eq!(client.refused(method, params).await, expected, "{method}");
    }
    let template = client
        .call("VM.get_by_name_label", json!(["Windows 11"]))
        .await;
    let refusal = client
        .refused("VM.start", json!([template[0], false, false]))
        .await;
    assert_eq!(
        refusal,
        ["VM_IS_TEMPLATE", template[0].as_str().unwrap(), "start"]
    );
    let domain = client
        .lab
        .db()
        .read()
        .rows("VM")
        .next()
        .unwrap()
        .reference
        .to_string();
    let refusal = client.refused("VM.hard_shutdown", json!([domain])).await;
    assert_eq!(refusal[0], "OPERATION_NOT_ALLOWED");
}

#[tokio::test]
async fn a_blocked_operation_is_refused_and_not_listed() {
    let client = Client::start().await;
    let vm = client.vm("Halted");
    assert!(allows(&client, &vm).await.contains(&"start".to_owned()));
    client
        .call(
            "VM.add_to_blocked_operations",
            json!([vm, "start", "not now"]),
        )
        .await;
    assert!(!allows(&client, &vm).await.contains(&"start".to_owned()));
    let refusal = client.refused("VM.start", json!([vm, false, false])).await;
    assert_eq!(refusal, ["OPERATION_BLOCKED", &vm, "not now"]);
    client
        .call("VM.remove_from_blocked_operations", json!([vm, "start"]))
        .await;
    client.call("VM.start", json!([vm, false, false])).await;
}

#[tokio::test]
async fn a_task_tells_its_result_as_xml() {
    let client = Client::start().await;
    let vm = client.vm("Halted");
    let record = client.task("VM.start", json!([vm, false, false])).await;
    assert_eq!(record["name_label"], "Async.VM.start");
    assert_eq!(record["status"], "success");
    assert_eq!(record["result"], "<value></value>");
    assert_eq!(record["progress"], 1.0);
    assert_eq!(record["type"], "<none/>");
    assert_eq!(record["error_info"], json!([]));
    assert_eq!(record["allowed_operations"], json!([]));
    let record = client.task("VM.snapshot", json!([vm, "s"])).await;
    let made = record["result"].as_str().unwrap();
    let made = made
        .strip_prefix("<value>")
        .and_then(|made| made.strip_suffix("</value>"))
        .unwrap();
    assert_eq!(client.text(made, "snapshot_of"), vm);
    let record = client.task("VM.clone", json!([vm, "x"])).await;
    assert_eq!(record["status"], "failure");
    assert_eq!(record["result"], "");
    assert_eq!(
        record["error_info"],
        json!(["VM_BAD_POWER_STATE", vm, "halted", "running"])
    );
}

#[tokio::test]
async fn an_operation_that_takes_time_shows_and_excludes_others() {
    let config = LabConfig {
        operation_time: Duration::from_millis(400),
        ..small()
    };
    let client = Client::with(config).await;
    let vm = client.vm("Halted");
    let token = client.call("event.from", json!([["task"], "", 0.0])).await["token"].clone();
    let task = client
        .call("Async.VM.start", json!([vm, false, false]))
        .await;
    let task = task.as_str().unwrap();
    let busy = loop {
        let record = client.call("VM.get_record", json!([vm])).await;
        assert_eq!(
            record["power_state"], "Halted",
            "the start is over before it was seen"
        );
        if record["current_operations"] != json!({}) {
            break record;
        }
    };
    assert_eq!(busy["current_operations"], json!({task: "start"}));
    assert_eq!(busy["allowed_operations"], json!([]));
    let refusal = client.refused("VM.destroy", json!([vm])).await;
    assert_eq!(
        refusal,
        ["OTHER_OPERATION_IN_PROGRESS", "VM", &vm, "start", task]
    );
    let mut token = token;
    let mut progress = Vec::new();
    loop {
        let answer = client
            .call("event.from", json!([["task"], token, 5.0]))
            .await;
        token = answer["token"].clone();
        let last = answer["events"].as_array().unwrap().last().cloned();
        let Some(snapshot) = last.map(|event| event["snapshot"].clone()) else {
            continue;
        };
        progress.push(snapshot["progress"].as_f64().unwrap());
        if snapshot["status"] == "success" {
            break;
        }
    }
    assert!(progress.len() > 2 && progress.is_sorted(), "{progress:?}");
    let record = client.call("VM.get_record", json!([vm])).await;
    assert_eq!(record["power_state"], "Running");
    assert_eq!(record["current_operations"], json!({}));
}

#[tokio::test]
async fn a_cancelled_task_leaves_things_as_they_were() {
    let config = LabConfig {
        operation_time: Duration::from_secs(3),
        ..small()
    };
    let client = Client::with(config).await;
    let vm = client.vm("Halted");
    let task = client
        .call("Async.VM.start", json!([vm, false, false]))
        .await;
    let task = task.as_str().unwrap();
    client.call("task.cancel", json!([task])).await;
    let record = client.done(task).await;
    assert_eq!(record["status"], "cancelled");
    assert_eq!(record["error_info"], json!(["TASK_CANCELLED", task]));
    assert_eq!(client.text(&vm, "power_state"), "Halted");
    let refusal = client.refused("task.cancel", json!([task])).await;
    assert_eq!(refusal[0], "OPERATION_NOT_ALLOWED");
}

#[tokio::test]
async fn a_default_template_becomes_a_vm_that_starts() {
    let client = Client::start().await;
    let template = client
        .call("VM.get_by_name_label", json!(["Debian Bookworm 12"]))
        .await;
    let vm = client.call("VM.clone", json!([template[0], "new"])).await;
    client.call("VM.provision", json!([vm])).await;
    let name = vm.as_str().unwrap();
    let [vbd] = client.refs(name, "VBDs").try_into().unwrap();
    assert_eq!(
        client
            .lab
            .db()
            .read()
            .int(&client.text(&vbd, "VDI"), "virtual_size"),
        10 << 30
    );
    client.call("VM.start", json!([vm, false, false])).await;
    assert_eq!(client.text(name, "power_state"), "Running");
}

#[tokio::test]
async fn a_vm_moves_with_its_disks_and_an_evacuated_host_is_empty() {
    let client = Client::start().await;
    let db = || client.lab.db().read();
    let vm = client.vm("Running");
    let here = client.text(&vm, "resident_on");
    let there = db()
        .all("host")
        .iter()
        .map(ToString::to_string)
        .find(|host| *host != here)
        .unwrap();
    client.call("VM.pool_migrate", json!([vm, there, {}])).await;
    assert_eq!(client.text(&vm, "resident_on"), there);
    let network = client
        .call(
            "network.get_by_name_label",
            json!(["Pool-wide network associated with eth0"]),
        )
        .await;
    let target = client
        .call("host.migrate_receive", json!([here, network[0], {}]))
        .await;
    assert_eq!(target["host"], here);
    let disk = |vm: &str| {
        let vbds = client.refs(vm, "VBDs");
        let disk = vbds
            .iter()
            .find(|vbd| client.text(vbd, "type") == "Disk")
            .unwrap();
        client.text(disk, "VDI")
    };
    let vdi = disk(&vm);
    let sr = db().all("SR").iter().map(ToString::to_string).find(|sr| {
        client.text(sr, "name_label").starts_with("NFS") && *sr != client.text(&vdi, "SR")
    });
    let params = json!([vm, target, true, {(vdi.clone()): sr}, {}, {}]);
    client.call("VM.assert_can_migrate", params.clone()).await;
    assert_eq!(client.call("VM.migrate_send", params).await, vm);
    assert_eq!(client.text(&disk(&vm), "SR"), sr.unwrap());
    assert_ne!(disk(&vm), vdi);
    let wrong = json!([vm, target, true, {}, {"OpaqueRef:x": network[0]}, {}]);
    assert_eq!(
        client.refused("VM.migrate_send", wrong).await[0],
        "OPERATION_NOT_ALLOWED"
    );
    // Those with local disks cannot leave: they are stopped.
    for vm in client.refs(&here, "resident_VMs") {
        if client.text(&vm, "affinity") == here && !db().flag(&vm, "is_control_domain") {
            client.call("VM.hard_shutdown", json!([vm])).await;
        }
    }
    client.call("host.evacuate", json!([here])).await;
    assert_eq!(
        client.refs(&here, "resident_VMs").len(),
        1,
        "only the control domain"
    );
    let metrics = client.text(&here, "metrics");
    client.call("host.shutdown", json!([here])).await;
    assert!(!db().flag(&metrics, "live"));
    client.call("host.power_on", json!([here])).await;
    assert!(db().flag(&metrics, "live"));
}
