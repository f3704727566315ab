//! `event.from`: state, not log.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::support::{Client, DEADLINE, small};

async fn from(client: &Client, classes: &[&str], token: &str, timeout: f64) -> Json {
    client
        .call("event.from", json!([classes, token, timeout]))
        .await
}

/// (operation, class, reference) of each event.
fn told(answer: &Json) -> Vec<(String, String, String)> {
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let events = answer["events"].as_array().unwrap();
    events
        .iter()
        .map(|e| (text(&e["operation"]), text(&e["class"]), text(&e["ref"])))
        .collect()
}

fn token(answer: &Json) -> String {
    answer["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn from_the_beginning_every_object_is_an_add() {
    let client = Client::start().await;
    let answer = from(&client, &["VM", "pool"], "", 0.0).await;
    let told = told(&answer);
    assert!(told.iter().all(|(operation, ..)| operation == "add"));
    let vms = told.iter().filter(|(_, class, _)| class == "vm").count();
    assert_eq!(vms, client.lab.db().read().count("VM"));
    assert_eq!(answer["valid_ref_counts"]["vm"], vms);
    assert_eq!(answer["valid_ref_counts"]["task"], 0);
    let event = &answer["events"][0];
    assert_eq!(event["timestamp"], "0.0");
    assert!(event["id"].as_str().unwrap().parse::<u64>().is_ok());
    let record = client
        .call("VM.get_record", json!([told.last().unwrap().2]))
        .await;
    assert_eq!(
        answer["events"].as_array().unwrap().last().unwrap()["snapshot"],
        record
    );
}

#[tokio::test]
async fn several_changes_are_one_event_and_what_came_and_went_is_none() {
    let client = Client::start().await;
    let vm = client.vm("Halted");
    let start = token(&from(&client, &["*"], "", 0.0).await);
    for name in ["a", "b", "c"] {
        client.call("VM.set_name_label", json!([vm, name])).await;
    }
    let task = client.call("task.create", json!(["t", ""])).await;
    client
        .call("task.set_status", json!([task, "success"]))
        .await;
    client.call("task.destroy", json!([task])).await;
    let answer = from(&client, &["*"], &start, 0.0).await;
    assert_eq!(told(&answer), [("mod".into(), "vm".into(), vm)]);
    assert_eq!(answer["events"][0]["snapshot"]["name_label"], "c");
}

#[tokio::test]
async fn a_created_object_is_an_add_and_a_deleted_one_a_del_without_a_snapshot() {
    let client = Client::start().await;
    let start = token(&from(&client, &["task"], "", 0.0).await);
    let task = client.call("task.create", json!(["t", ""])).await;
    client.call("task.set_progress", json!([task, 0.5])).await;
    let text = task.as_str().unwrap().to_owned();
    let answer = from(&client, &["task"], &start, 0.0).await;
    assert_eq!(told(&answer), [("add".into(), "task".into(), text.clone())]);
    assert_eq!(answer["valid_ref_counts"]["task"], 1);
    client
        .call("task.set_status", json!([task, "success"]))
        .await;
    client.call("task.destroy", json!([task])).await;
    let answer = from(&client, &["task"], &token(&answer), 0.0).await;
    assert_eq!(told(&answer), [("del".into(), "task".into(), text)]);
    assert_eq!(answer["events"][0].get("snapshot"), None);
    assert_eq!(answer["valid_ref_counts"]["task"], 0);
}

#[tokio::test]
async fn a_write_that_changes_nothing_is_no_event() {
    let client = Client::start().await;
    let vm = client.vm("Halted");
    let start = token(&from(&client, &["vm"], "", 0.0).await);
    client
        .call(
            "VM.set_name_label",
            json!([vm, client.text(&vm, "name_label")]),
        )
        .await;
    assert_eq!(told(&from(&client, &["vm"], &start, 0.05).await), []);
}

#[tokio::test]
async fn a_waiting_call_is_woken_by_its_own_classes_only() {
    let client = Client::start().await;
    let vm = client.vm("Halted");
    let start = token(&from(&client, &["*"], "", 0.0).await);
    let classes = [format!("vm/{vm}")];
    let params = json!([client.session, classes, start, 15.0]);
    let waiting = client.post("event.from", params);
    let other = client.vm("Running");
    let change = async {
        client
            .call("VM.set_name_label", json!([other, "other"]))
            .await;
        client.call("VM.set_name_label", json!([vm, "mine"])).await;
    };
    let started = Instant::now();
    let (answer, ()) = tokio::join!(waiting, change);
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(
        told(&answer.unwrap()["result"]),
        [("mod".into(), "vm".into(), vm)]
    );
}

#[tokio::test]
async fn without_changes_the_answer_comes_when_the_timeout_has_passed() {
    let client = Client::start().await;
    let start = token(&from(&client, &["*"], "", 0.0).await);
    let started = Instant::now();
    let answer = from(&client, &["vm"], &start, 0.3).await;
    assert!(started.elapsed() >= Duration::from_millis(300));
    assert_eq!(told(&answer), []);
    assert_eq!(token(&answer), start);
}

#[tokio::test]
async fn changes_are_gathered_when_the_lab_is_as_slow_as_a_host() {
    let config = xo_lab::LabConfig {
        coalesce: Duration::from_millis(150),
        ..small()
    };
    let client = Client::with(config).await;
    let vms = client.vms("Halted");
    let start = token(&from(&client, &["vm"], "", 0.0).await);
    let waiting = client.post("event.from", json!([client.session, ["vm"], start, 10.0]));
    let change = async {
        for vm in &vms {
            client.call("VM.set_name_label", json!([vm, "new"])).await;
        }
    };
    let (answer, ()) = tokio::join!(waiting, change);
    assert_eq!(told(&answer.unwrap()["result"]).len(), vms.len());
}

#[tokio::test]
async fn an_injected_event_is_told_from_the_token_that_it_returns() {
    let client = Client::start().await;
    let pool = client.lab.db().read().all("pool")[0].to_string();
    let token = client.call("event.inject", json!(["pool", pool])).await;
    assert_eq!(token.as_str().unwrap().len(), 41);
    let answer = from(&client, &["*"], token.as_str().unwrap(), 0.0).await;
    assert_eq!(told(&answer), [("mod".into(), "pool".into(), pool)]);
}

#[tokio::test]
async fn a_logout_ends_a_waiting_call() {
    let client = Client::start().await;
    let start = token(&from(&client, &["*"], "", 0.0).await);
    let waiting = client.post("event.from", json!([client.session, ["vm"], start, 3600.0]));
    let (answer, _) = tokio::join!(waiting, client.call("session.logout", json!([])));
    assert_eq!(answer.unwrap()["error"]["message"], "SESSION_INVALID");
}

#[tokio::test]
async fn counts_are_small_integers_in_xml() {
    let client = Client::start().await;
    let classes = "<array><data><value>pool</value></data></array>";
    let timeout = "<double>0</double>";
    let answer = client
        .xml("event.from", &[&client.session, classes, "", timeout])
        .await;
    assert!(
        answer.contains("<name>pool</name><value><i4>1</i4></value>"),
        "{answer}"
    );
    assert!(
        !answer.contains("> <") && !answer.contains(">\n"),
        "no white space between tags"
    );
}

#[tokio::test]
async fn messages_are_added_and_deleted_never_modified() {
    let client = Client::start().await;
    let vm = client.vm("Halted");
    let start = token(&from(&client, &["message"], "", 0.0).await);
    let uuid = client.text(&vm, "uuid");
    let params = json!(["ALARM", 3, "VM", uuid, "text"]);
    let message = client.call("message.create", params).await;
    let text = message.as_str().unwrap().to_owned();
    let answer = from(&client, &["message"], &start, 0.0).await;
    assert_eq!(
        told(&answer),
        [("add".into(), "message".into(), text.clone())]
    );
    assert_eq!(answer["events"][0]["id"], "0");
    client.call("message.destroy", json!([message])).await;
    let answer = from(&client, &["message"], &token(&answer), 0.0).await;
    assert_eq!(told(&answer), [("del".into(), "message".into(), text)]);
    let nobody = json!(["ALARM", 3, "VM", "nope", "text"]);
    assert_eq!(
        client.refused("message.create", nobody).await,
        ["UUID_INVALID", "VM", "nope"]
    );
}

#[tokio::test]
async fn a_client_that_follows_events_ends_with_what_the_pool_holds() {
    let config = xo_lab::LabConfig {
        event_rate: 500.0,
        ..small()
    };
    let client = Client::with(config).await;
    let mut copy = std::collections::BTreeMap::new();
    let mut last = String::new();
    let started = Instant::now();
    let mut rounds = 0;
    while rounds < 30 {
        assert!(started.elapsed() < DEADLINE);
        let answer = from(&client, &["vm", "vm_guest_metrics"], &last, 5.0).await;
        for event in answer["events"].as_array().unwrap() {
            let name = event["ref"].as_str().unwrap().to_owned();
            match event["operation"].as_str().unwrap() {
                "del" => drop(copy.remove(&name)),
                _ => drop(copy.insert(name, event["snapshot"].clone())),
            }
        }
        last = token(&answer);
        rounds += 1;
    }
    let rest = {
        // The pool goes on: compare what did not change since the last answer.
        let records = client.call("VM.get_all_records", json!([])).await;
        let answer = from(&client, &["vm"], &last, 0.0).await;
        let changed: Vec<String> = told(&answer).into_iter().map(|(.., name)| name).collect();
        let mut records = records.as_object().unwrap().clone();
        records.retain(|name, _| !changed.contains(name));
        records
    };
    assert!(!rest.is_empty());
    for (name, record) in &rest {
        assert_eq!(copy.get(name), Some(record), "{name}");
    }
}
