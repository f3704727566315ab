//! The path of a change: sign in, list, act, see it arrive.

use serde_json::json;
use xo_lab::LabConfig;
use xo_tests::rig::Rig;

#[tokio::test(flavor = "multi_thread")]
async fn a_vm_is_started_and_the_change_arrives_by_itself() {
    let rig = Rig::with_lab(LabConfig::default()).await.unwrap();
    let mut watcher = rig.client().await.unwrap();
    let mut actor = rig.client().await.unwrap();
    let vms = rig.objects("VM").await.unwrap();
    let halted = vms.iter().find(|vm| vm["power_state"] == "Halted").unwrap();
    let id = halted["id"].as_str().unwrap();

    // The alias: `vm` is taken for `id`.
    assert_eq!(
        actor.call("vm.start", json!({ "vm": id })).await.unwrap(),
        json!(true)
    );
    let change = watcher
        .change(|c| c["type"] == "enter" && c["items"][id]["power_state"] == "Running")
        .await
        .unwrap();
    assert_eq!(change["items"][id]["type"], "VM");
    assert!(change["items"][id]["$container"].is_string());

    actor
        .call("vm.stop", json!({ "id": id, "force": true }))
        .await
        .unwrap();
    watcher
        .change(|c| c["items"][id]["power_state"] == "Halted")
        .await
        .unwrap();
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_goes_is_told_with_a_falsy_value() {
    let rig = Rig::with_lab(LabConfig::default()).await.unwrap();
    let mut watcher = rig.client().await.unwrap();
    let mut actor = rig.client().await.unwrap();
    let vms = rig.objects("VM").await.unwrap();
    let halted = vms.iter().find(|vm| vm["power_state"] == "Halted").unwrap();
    let id = halted["id"].as_str().unwrap();
    actor.call("vm.delete", json!({ "id": id })).await.unwrap();
    let change = watcher
        .change(|c| c["type"] == "exit" && !c["items"][id].is_null())
        .await
        .unwrap();
    assert_eq!(change["items"][id], 0);
    let error = actor
        .refused("vm.start", json!({ "id": id }))
        .await
        .unwrap();
    assert_eq!(
        (error.code, &error.data),
        (1, &json!({ "id": id, "type": "VM" }))
    );
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_listed_by_example_by_filter_and_as_lines() {
    let rig = Rig::with_lab(LabConfig {
        vms: 5,
        ..LabConfig::default()
    })
    .await
    .unwrap();
    let mut client = rig.client().await.unwrap();
    let by_example = client
        .call("xo.getAllObjects", json!({ "filter": { "type": "VM" } }))
        .await
        .unwrap();
    let by_filter = client
        .call("xo.getAllObjects", json!({ "filter": "type:/^VM$/" }))
        .await
        .unwrap();
    assert_eq!(by_example.as_object().unwrap().len(), 5);
    assert_eq!(by_example, by_filter);
    let one = client
        .call(
            "xo.getAllObjects",
            json!({ "filter": { "type": "VM" }, "limit": 1 }),
        )
        .await
        .unwrap();
    assert_eq!(one.as_object().unwrap().len(), 1);

    let url = client
        .call(
            "xo.getAllObjects",
            json!({ "filter": { "type": "VM" }, "ndjson": true }),
        )
        .await
        .unwrap();
    let url = format!(
        "http://{}{}",
        rig.http().unwrap(),
        url["$getFrom"].as_str().unwrap()
    );
    let text = reqwest::get(&url).await.unwrap().text().await.unwrap();
    assert_eq!(text.lines().count(), 5);
    for line in text.lines() {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(object["type"], "VM");
    }
    assert_eq!(
        reqwest::get(&url).await.unwrap().status(),
        404,
        "the address works once"
    );
    rig.stop().await;
}
