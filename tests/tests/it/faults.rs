//! Pools that misbehave: what is known stays, and everything is right again afterwards.

use serde_json::{Value, json};
use xo_lab::{LabConfig, Times};
use xo_tests::client::Client;
use xo_tests::rig::Rig;

async fn status(client: &mut Client) -> Value {
    client.call("server.getAll", json!({})).await.unwrap()[0].clone()
}

/// Asks again until it fits; the server has no notification about pool connections.
async fn until(client: &mut Client, fits: impl Fn(&Value) -> bool) -> Value {
    let deadline = tokio::time::Instant::now() + xo_tests::client::LIMIT;
    loop {
        let now = status(client).await;
        if fits(&now) {
            return now;
        }
        assert!(tokio::time::Instant::now() < deadline, "still {now}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_pool_stays_visible_and_comes_back() {
    let rig = Rig::with_lab(LabConfig::default()).await.unwrap();
    let mut client = rig.client().await.unwrap();
    let before = rig.objects("VM").await.unwrap().len();
    let lab = rig.lab().unwrap();
    lab.faults().drop_connections(Times::Always);
    lab.faults().sever_connections();
    let lost = until(&mut client, |s| s["status"] == "disconnected").await;
    assert_eq!(lost["error"]["code"], "UNREACHABLE");
    assert!(lost["since"].is_u64());
    assert_eq!(
        rig.objects("VM").await.unwrap().len(),
        before,
        "what was known stays"
    );
    let vm = rig.objects("VM").await.unwrap()[0]["id"].clone();
    let error = client
        .refused("vm.start", json!({ "id": vm }))
        .await
        .unwrap();
    assert_eq!(error.code, 9);
    lab.faults().clear();
    until(&mut client, |s| s["status"] == "connected").await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_events_and_expired_sessions_are_healed_without_a_flood() {
    let rig = Rig::with_lab(LabConfig::default()).await.unwrap();
    let mut watcher = rig.client().await.unwrap();
    let mut client = rig.client().await.unwrap();
    let vms = rig.objects("VM").await.unwrap();
    let (first, second) = (
        vms[0]["id"].as_str().unwrap(),
        vms[1]["id"].as_str().unwrap(),
    );
    rig.lab().unwrap().faults().lose_events(Times::Count(1));
    client
        .call("vm.set", json!({ "id": first, "name_description": "one" }))
        .await
        .unwrap();
    let change = watcher
        .change(|c| c["items"][first]["name_description"] == "one")
        .await
        .unwrap();
    let told = change["items"].as_object().unwrap().len();
    assert!(
        told < 5,
        "only what differs is told again, not {told} objects"
    );

    rig.lab().unwrap().expire_sessions();
    client
        .call("vm.set", json!({ "id": second, "name_description": "two" }))
        .await
        .unwrap();
    watcher
        .change(|c| c["items"][second]["name_description"] == "two")
        .await
        .unwrap();
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_answers_garbage_is_told_as_such_and_recovers() {
    let rig = Rig::with_lab(LabConfig::default()).await.unwrap();
    let mut client = rig.client().await.unwrap();
    let lab = rig.lab().unwrap();
    lab.faults().answer_garbage(Times::Always);
    lab.faults().sever_connections();
    let lost = until(&mut client, |s| s["error"]["code"] == "NOT_XAPI").await;
    assert!(
        lost["error"]["message"]
            .as_str()
            .unwrap()
            .contains("not XAPI"),
        "{lost}"
    );
    lab.faults().clear();
    until(&mut client, |s| s["status"] == "connected").await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_call_is_told_with_the_pools_own_code() {
    let rig = Rig::with_lab(LabConfig::default()).await.unwrap();
    let mut client = rig.client().await.unwrap();
    let vms = rig.objects("VM").await.unwrap();
    let halted = vms.iter().find(|vm| vm["power_state"] == "Halted").unwrap();
    let failure = xo_lab::Failure::new("SR_BACKEND_FAILURE_44", ["", "not enough room"]);
    rig.lab()
        .unwrap()
        .faults()
        .fail_call("Async.VM.start", failure, Times::Count(1));
    let error = client
        .refused("vm.start", json!({ "id": halted["id"] }))
        .await
        .unwrap();
    assert_eq!(error.data["code"], "SR_BACKEND_FAILURE_44");
    client
        .call("vm.start", json!({ "id": halted["id"] }))
        .await
        .unwrap();
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_with_new_references_leaves_the_same_objects() {
    let rig = Rig::with_lab(LabConfig::default()).await.unwrap();
    let mut client = rig.client().await.unwrap();
    let before: Vec<Value> = rig.objects("VM").await.unwrap();
    let old = before[0]["_xapiRef"].clone();
    rig.lab().unwrap().restart_with_new_references();
    let id = before[0]["id"].as_str().unwrap();
    client
        .change(|c| c["items"][id]["_xapiRef"].is_string() && c["items"][id]["_xapiRef"] != old)
        .await
        .unwrap();
    assert_eq!(rig.objects("VM").await.unwrap().len(), before.len());
    rig.stop().await;
}
