//! Start, stop in the middle of things, start again; a certificate that is replaced.

use std::time::Duration;

use serde_json::json;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use xo_lab::{Lab, LabConfig};
use xo_tests::client::{Client, LIMIT};
use xo_tests::rig::{PASSWORD, Rig, USER, start};

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_the_middle_of_a_call_ends_in_time_and_closes_the_clients() {
    let rig = Rig::with_lab(LabConfig::default()).await.unwrap();
    let mut client = rig.client().await.unwrap();
    let vms = rig.objects("VM").await.unwrap();
    let halted = vms.iter().find(|vm| vm["power_state"] == "Halted").unwrap();
    rig.lab()
        .unwrap()
        .faults()
        .slow_call("VM.start", Duration::from_secs(600));
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "vm.start", "params": { "id": halted["id"] } });
    client.send(&call.to_string()).await.unwrap();
    tokio::time::timeout(LIMIT, rig.stop())
        .await
        .expect("the stop hangs");
    while client.read().await.is_ok() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_accounts_pools_and_ended_tasks_are_there_again() {
    let folder = tempfile::TempDir::new().unwrap();
    let lab = Lab::start(LabConfig::default()).await.unwrap();
    let daemon = start(folder.path()).await.unwrap();
    let code = daemon.engine.setup_code().unwrap();
    daemon
        .engine
        .create_first_admin(&code, USER, PASSWORD)
        .await
        .unwrap();
    let sign_in = json!({ "email": USER, "password": PASSWORD });
    let open = async |daemon: &xo_server::Daemon| {
        let url = format!("ws://{}/api/", daemon.address("http").unwrap());
        let mut client = Client::open(&url).await.unwrap();
        client
            .call("session.signIn", sign_in.clone())
            .await
            .unwrap();
        client
    };
    let mut client = open(&daemon).await;
    let add = json!({
        "host": lab.https_url(), "username": "root", "password": "lab", "allowUnauthorized": true,
    });
    let id = client.call("server.add", add).await.unwrap();
    client
        .call("server.enable", json!({ "id": id }))
        .await
        .unwrap();
    // A console is open when the server stops: its end is in the history all the same.
    let running = json!({ "filter": { "type": "VM", "power_state": "Running" } });
    let vms = client.call("xo.getAllObjects", running).await.unwrap();
    let vm = vms.as_object().unwrap().keys().next().unwrap().clone();
    let token = client.call("token.create", json!({})).await.unwrap();
    let url = format!("ws://{}/api/consoles/{vm}", daemon.address("http").unwrap());
    let mut request = url.into_client_request().unwrap();
    let cookie = format!("token={}", token.as_str().unwrap());
    request
        .headers_mut()
        .insert("cookie", cookie.parse().unwrap());
    let (_console, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    daemon.stop().await;

    let daemon = start(folder.path()).await.unwrap();
    assert!(daemon.engine.setup_code().is_none());
    let tasks = daemon.engine.tasks.list().await.unwrap();
    let closed = tasks
        .iter()
        .filter(|task| task.properties["name"] == "console closed");
    assert_eq!(closed.count(), 1, "{tasks:?}");
    let mut client = open(&daemon).await;
    // Already enabled: this waits for the connection that the start began.
    client
        .call("server.enable", json!({ "id": id }))
        .await
        .unwrap();
    let server = client.call("server.getAll", json!({})).await.unwrap()[0].clone();
    assert_eq!(server["status"], "connected");
    let pinned = server["fingerprint"]
        .as_str()
        .unwrap()
        .replace(':', "")
        .to_lowercase();
    assert!(
        pinned.contains(&lab.fingerprint().replace(':', "").to_lowercase()),
        "{pinned}"
    );
    daemon.stop().await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_data_is_refused() {
    let folder = tempfile::TempDir::new().unwrap();
    let first = start(folder.path()).await.unwrap();
    let Err(error) = start(folder.path()).await else {
        panic!("it started")
    };
    assert!(
        error
            .to_string()
            .contains("another xo-server uses the data folder"),
        "{error:#}"
    );
    first.stop().await;
    start(folder.path()).await.unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_whose_certificate_changed_is_refused_until_it_is_accepted_anew() {
    let rig = Rig::empty().await.unwrap();
    let mut client = rig.client().await.unwrap();
    let lab = Lab::start(LabConfig::default()).await.unwrap();
    let address = lab.https_address().unwrap();
    let add = json!({
        "host": lab.https_url(), "username": "root", "password": "lab",
        "allowUnauthorized": true, "autoConnect": false,
    });
    let id = client.call("server.add", add).await.unwrap();
    client
        .call("server.enable", json!({ "id": id }))
        .await
        .unwrap();
    client
        .call("server.disable", json!({ "id": id }))
        .await
        .unwrap();
    lab.stop().await;

    // Somebody else at the same address.
    let other = Lab::start(LabConfig {
        https: Some(address),
        ..LabConfig::default()
    })
    .await
    .unwrap();
    let error = client
        .refused("server.enable", json!({ "id": id }))
        .await
        .unwrap();
    assert!(error.message.contains("has changed"), "{error}");
    client
        .call("server.set", json!({ "id": id, "allowUnauthorized": true }))
        .await
        .unwrap();
    client
        .call("server.enable", json!({ "id": id }))
        .await
        .unwrap();
    other.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_of_the_server_is_taken_over_without_a_restart() {
    let rig = Rig::empty().await.unwrap();
    let url = format!("https://{}/rest/v0/ping", rig.https().unwrap());
    let data = rig.folder().join("data");
    let trusting = |pem: &[u8]| {
        reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(pem).unwrap()])
            .build()
            .unwrap()
    };
    let first = std::fs::read(data.join("tls.crt")).unwrap();
    assert!(trusting(&first).get(&url).send().await.is_ok());

    let elsewhere = tempfile::TempDir::new().unwrap();
    let donor = start(elsewhere.path()).await.unwrap();
    let donor_welcome = donor.welcome();
    donor.stop().await;
    for name in ["tls.key", "tls.crt"] {
        std::fs::copy(elsewhere.path().join("data").join(name), data.join(name)).unwrap();
    }
    let second = std::fs::read(data.join("tls.crt")).unwrap();
    let deadline = tokio::time::Instant::now() + LIMIT;
    while trusting(&second).get(&url).send().await.is_err() {
        assert!(
            tokio::time::Instant::now() < deadline,
            "the old certificate is still in use"
        );
    }
    let told = async || {
        let url = format!("http://{}/rest/v0/setup", rig.http().unwrap());
        let state = reqwest::get(url).await.unwrap();
        let state: serde_json::Value = state.json().await.unwrap();
        state["certificate"]["fingerprint"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    while !donor_welcome.contains(&told().await) {
        assert!(
            tokio::time::Instant::now() < deadline,
            "the old certificate is still told"
        );
    }
    rig.stop().await;
}
