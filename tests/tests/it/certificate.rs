//! Another certificate while the server runs: whoever connects next sees it, and so does whoever connects after a restart.

use reqwest::{Certificate, Client};
use serde_json::{Value, json};
use tempfile::TempDir;
use xo_server::Daemon;
use xo_tests::rig::{PASSWORD, USER, start};

fn pair(name: &str) -> (String, String) {
    let made =
        rcgen::generate_simple_self_signed(vec![name.to_owned(), "localhost".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

async fn put(daemon: &Daemon, certificate: &str, key: &str) -> (u16, Value) {
    let url = format!(
        "http://{}/rest/v0/certificate",
        daemon.address("http").unwrap()
    );
    let body = json!({ "certificate": certificate, "key": key });
    let request = Client::new()
        .put(url)
        .basic_auth(USER, Some(PASSWORD))
        .json(&body);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Whether a client that believes this certificate alone gets an answer.
async fn shows(daemon: &Daemon, certificate: &str) -> bool {
    let believed = Certificate::from_pem(certificate.as_bytes()).unwrap();
    let client = Client::builder()
        .tls_certs_only([believed])
        .build()
        .unwrap();
    let port = daemon.address("https").unwrap().port();
    client
        .get(format!("https://localhost:{port}/rest/v0/ping"))
        .send()
        .await
        .is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uploaded_certificate_is_shown_at_once_and_after_a_restart() {
    let folder = TempDir::new().unwrap();
    let daemon = start(folder.path()).await.unwrap();
    let code = daemon.engine.setup_code().unwrap();
    daemon
        .engine
        .create_first_admin(&code, USER, PASSWORD)
        .await
        .unwrap();
    let (first, first_key) = pair("first.example");
    let (second, second_key) = pair("second.example");
    assert!(!shows(&daemon, &first).await);

    let (status, told) = put(&daemon, &first, &first_key).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(told["names"], json!(["first.example", "localhost"]));
    assert!(shows(&daemon, &first).await);

    let (status, told) = put(&daemon, &second, &first_key).await;
    assert_eq!(status, 422);
    assert_eq!(told["data"]["errors"][0]["instancePath"], "/key", "{told}");
    assert!(
        shows(&daemon, &first).await,
        "what is refused changes nothing"
    );

    assert_eq!(put(&daemon, &second, &second_key).await.0, 200);
    assert!(shows(&daemon, &second).await && !shows(&daemon, &first).await);
    daemon.stop().await;

    let daemon = start(folder.path()).await.unwrap();
    assert!(shows(&daemon, &second).await);
    daemon.stop().await;
}
