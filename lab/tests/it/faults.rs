//! Scripted trouble strikes as asked, and ends.

use std::time::{Duration, Instant};

use serde_json::json;
use xo_lab::{Failure, Times};

use crate::support::{Client, DEADLINE};

#[tokio::test]
async fn dropped_connections_and_garbage_are_counted() {
    let client = Client::start().await;
    client.lab.faults().drop_connections(Times::Count(2));
    let url = format!("{}/jsonrpc", client.lab.http_url());
    let body =
        json!({"jsonrpc": "2.0", "method": "system.isAlive:x", "params": [1], "id": 1}).to_string();
    let send = || client.http.post(&url).body(body.clone()).send();
    // A client may try a lost request again by itself: at least one failure, then success.
    let mut failures = 0;
    while send().await.is_err() {
        failures += 1;
        assert!(failures <= 2);
    }
    assert!(failures >= 1);
    client.lab.faults().answer_garbage(Times::Count(1));
    let answer = send().await.unwrap().bytes().await.unwrap();
    assert!(serde_json::from_slice::<serde_json::Value>(&answer).is_err());
    assert!(
        send()
            .await
            .unwrap()
            .json::<serde_json::Value>()
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn severed_connections_end_in_the_middle_of_a_call() {
    let client = Client::start().await;
    let answer = client.call("event.from", json!([["vm"], "", 0.0])).await;
    let waiting = client.post(
        "event.from",
        json!([client.session, ["vm"], answer["token"], 60.0]),
    );
    let sever = async {
        // Severing is only felt by a connection that is there: until the call is on its way.
        loop {
            client.lab.faults().sever_connections();
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        answer = waiting => assert!(answer.is_err()),
        () = sever => {}
        () = tokio::time::sleep(DEADLINE) => panic!("the call goes on"),
    }
}

#[tokio::test]
async fn a_stall_holds_events_back_until_it_ends() {
    let client = Client::start().await;
    client.lab.faults().stall_events(true);
    let params = json!([client.session, ["pool"], "", 0.0]);
    let stalled = client.post("event.from", params.clone());
    let stalled = tokio::time::timeout(Duration::from_millis(300), stalled).await;
    assert!(stalled.is_err(), "the timeout of the call is passed over");
    let waiting = client.post("event.from", params);
    let end = async { client.lab.faults().stall_events(false) };
    let (answer, ()) = tokio::join!(waiting, end);
    assert_eq!(
        answer.unwrap()["result"]["events"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn lost_events_expired_sessions_and_failing_calls_have_their_codes() {
    let mut client = Client::start().await;
    client.lab.faults().lose_events(Times::Count(1));
    let params = json!([["pool"], "", 0.0]);
    assert_eq!(
        client.refused("event.from", params.clone()).await,
        ["EVENTS_LOST"]
    );
    client.call("event.from", params).await;
    let failure = Failure::new("SR_BACKEND_FAILURE_47", ["", "no", ""]);
    client
        .lab
        .faults()
        .fail_call("VM.get_all", failure, Times::Count(1));
    assert_eq!(
        client.refused("VM.get_all", json!([])).await,
        ["SR_BACKEND_FAILURE_47", "", "no", ""]
    );
    client.call("VM.get_all", json!([])).await;
    client.lab.expire_sessions();
    let old = client.session.clone();
    assert_eq!(
        client.refused("VM.get_all", json!([])).await,
        ["SESSION_INVALID", &old]
    );
    client.login().await;
    client.call("VM.get_all", json!([])).await;
}

#[tokio::test]
async fn a_slave_names_its_master() {
    let client = Client::start().await;
    client.lab.faults().be_slave_of(Some("192.0.2.7"));
    let login = || client.post("session.login_with_password", json!(["root", "lab"]));
    let answer = login().await.unwrap();
    assert_eq!(answer["error"]["message"], "HOST_IS_SLAVE");
    assert_eq!(answer["error"]["data"], json!(["192.0.2.7"]));
    client.lab.faults().clear();
    assert!(login().await.unwrap()["result"].is_string());
}

#[tokio::test]
async fn the_other_hosts_of_the_pool_send_their_callers_to_the_master() {
    let client = Client::start().await;
    let port = client.lab.http_address().unwrap().port();
    let url = format!("http://127.0.0.2:{port}/jsonrpc");
    let body = json!({
        "jsonrpc": "2.0", "method": "session.login_with_password", "params": ["root", "lab"], "id": 1
    });
    let answer = client.http.post(&url).json(&body).send().await.unwrap();
    let answer: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(answer["error"]["data"], json!(["127.0.0.1"]));
    let slave = client.lab.db().read().all("host")[1].to_string();
    client
        .call("pool.designate_new_master", json!([slave]))
        .await;
    let answer = client.http.post(&url).json(&body).send().await.unwrap();
    let answer: serde_json::Value = answer.json().await.unwrap();
    assert!(answer["result"].is_string(), "{answer}");
}

#[tokio::test]
async fn a_slow_call_takes_its_time() {
    let client = Client::start().await;
    client
        .lab
        .faults()
        .slow_call("VM.start", Duration::from_millis(200));
    let vm = client.vm("Halted");
    let started = Instant::now();
    let record = client.task("VM.start", json!([vm, false, false])).await;
    assert_eq!(record["status"], "success");
    assert!(started.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn new_references_leave_the_uuids_and_the_links() {
    let mut client = Client::start().await;
    let vm = client.vm("Running");
    let (uuid, host) = (client.text(&vm, "uuid"), client.text(&vm, "resident_on"));
    let host_uuid = client.text(&host, "uuid");
    client.lab.restart_with_new_references();
    let old = client.session.clone();
    assert_eq!(
        client.refused("VM.get_all", json!([])).await,
        ["SESSION_INVALID", &old]
    );
    client.login().await;
    assert_eq!(
        client.refused("VM.get_record", json!([vm])).await,
        ["HANDLE_INVALID", "VM", &vm]
    );
    let renewed = client.call("VM.get_by_uuid", json!([uuid])).await;
    let renewed = renewed.as_str().unwrap();
    assert_ne!(renewed, vm);
    let host = client.text(renewed, "resident_on");
    assert_eq!(client.text(&host, "uuid"), host_uuid);
    assert!(
        client
            .refs(&host, "resident_VMs")
            .iter()
            .any(|vm| vm == renewed)
    );
    let answer = client.call("event.from", json!([["vm"], "", 0.0])).await;
    let events = answer["events"].as_array().unwrap();
    assert_eq!(events.len(), client.lab.db().read().count("VM"));
}

#[tokio::test]
async fn a_crashed_host_answers_nobody_and_the_others_do() {
    let client = Client::start().await;
    let port = client.lab.http_address().unwrap().port();
    client.lab.faults().crash_host(Some([127, 0, 0, 2].into()));
    let other = client.http.get(format!("http://127.0.0.2:{port}/"));
    assert!(other.send().await.is_err());
    client.call("VM.get_all", json!([])).await;
    client.lab.faults().crash_host(None);
    let other = client.http.get(format!("http://127.0.0.2:{port}/"));
    assert!(other.send().await.is_ok());
}

#[tokio::test]
async fn a_forgotten_deletion_is_told_by_the_count_alone() {
    let client = Client::start().await;
    let answer = client.call("event.from", json!([["vm"], "", 0.0])).await;
    let before = client.lab.db().read().count("VM");
    {
        let mut db = client.lab.db().write();
        let vm = db.all("VM")[0].clone();
        db.destroy(&vm);
        db.forget_deletions();
    }
    let params = json!([["vm"], answer["token"], 0.0]);
    let answer = client.call("event.from", params).await;
    let events = answer["events"].as_array().unwrap();
    assert!(events.iter().all(|event| event["operation"] != "del"));
    let told = answer["valid_ref_counts"]["vm"].to_string();
    assert_eq!(told.trim_matches('"'), (before - 1).to_string());
}
