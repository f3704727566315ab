//! What the set-up has of the daemon: its certificate, and a lab that is started while it runs and is there again after a restart.

use std::path::Path;

use serde_json::{Value, json};
use xo_lab::{Lab, LabConfig};
use xo_server::Daemon;
use xo_tests::client::LIMIT;
use xo_tests::rig::{PASSWORD, USER, start};

/// A server with an administrator, who asks over REST.
struct Asker {
    daemon: Daemon,
    base: String,
}

impl Asker {
    async fn start(folder: &Path) -> Self {
        let daemon = start(folder).await.unwrap();
        if let Some(code) = daemon.engine.setup_code() {
            let made = daemon.engine.create_first_admin(&code, USER, PASSWORD);
            made.await.unwrap();
        }
        let base = format!("http://{}/rest/v0", daemon.address("http").unwrap());
        Self { daemon, base }
    }

    async fn ask(&self, verb: &str, path: &str, body: Value) -> (u16, Value) {
        let verb = reqwest::Method::from_bytes(verb.as_bytes()).unwrap();
        let request = reqwest::Client::new()
            .request(verb, format!("{}{path}", self.base))
            .basic_auth(USER, Some(PASSWORD))
            .json(&body);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    async fn setup(&self) -> Value {
        self.ask("GET", "/setup", json!({})).await.1
    }

    async fn servers(&self) -> Vec<Value> {
        let (_, list) = self.ask("GET", "/servers?fields=*", json!({})).await;
        list.as_array().unwrap().clone()
    }

    /// Waits until the only connection is connected.
    async fn connected(&self) -> Value {
        let deadline = tokio::time::Instant::now() + LIMIT;
        loop {
            let servers = self.servers().await;
            assert_eq!(servers.len(), 1, "{servers:?}");
            if servers[0]["status"] == "connected" {
                return servers[0].clone();
            }
            assert!(tokio::time::Instant::now() < deadline, "{servers:?}");
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_that_is_told_is_the_one_that_was_printed() {
    let folder = tempfile::TempDir::new().unwrap();
    let asker = Asker::start(folder.path()).await;
    let certificate = asker.setup().await["certificate"].clone();
    let fingerprint = certificate["fingerprint"].as_str().unwrap();
    assert!(asker.daemon.welcome().contains(fingerprint));
    assert_eq!(fingerprint.len(), 95);
    assert_eq!(certificate["selfSigned"], true);
    let names = certificate["names"].as_array().unwrap();
    for name in ["localhost", "127.0.0.1", "::1"] {
        assert!(names.contains(&json!(name)), "{names:?}");
    }
    let (from, until) = (&certificate["notBefore"], &certificate["notAfter"]);
    assert!(from.as_i64().unwrap() < until.as_i64().unwrap());
    asker.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_is_started_once_and_is_there_again_after_a_restart() {
    let folder = tempfile::TempDir::new().unwrap();
    let asker = Asker::start(folder.path()).await;
    assert_eq!(asker.setup().await["lab"], "available");
    let (status, first) = asker.ask("POST", "/setup/lab", json!({})).await;
    assert_eq!(status, 200, "{first}");
    let (status, second) = asker.ask("POST", "/setup/lab", json!({})).await;
    assert_eq!((status, &second), (200, &first));
    let server = asker.connected().await;
    assert_eq!(server["id"], first["id"]);
    assert_eq!(asker.setup().await["lab"], "running");
    // Whatever it is called now.
    let path = format!("/servers/{}", first["id"].as_str().unwrap());
    let renamed = asker.ask("PATCH", &path, json!({ "label": "play" })).await;
    assert_eq!(renamed.0, 204);
    asker.daemon.stop().await;

    let asker = Asker::start(folder.path()).await;
    assert_eq!(asker.setup().await["lab"], "running");
    let again = asker.connected().await;
    assert_eq!(again["id"], first["id"]);
    assert_eq!(again["label"], "play");
    assert_ne!(again["fingerprint"], server["fingerprint"]);

    // Without its connection it is not wanted any more.
    assert_eq!(asker.ask("DELETE", &path, json!({})).await.0, 204);
    assert_eq!(asker.setup().await["lab"], "available");
    asker.daemon.stop().await;
    let asker = Asker::start(folder.path()).await;
    assert_eq!(asker.servers().await.len(), 0);
    assert_eq!(asker.setup().await["lab"], "available");
    asker.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_lab_is_started_beside_a_real_pool() {
    let folder = tempfile::TempDir::new().unwrap();
    let asker = Asker::start(folder.path()).await;
    let pool = Lab::start(LabConfig::default()).await.unwrap();
    let server = json!({ "host": pool.http_url(), "username": "root", "password": "lab" });
    assert_eq!(asker.ask("POST", "/servers", server).await.0, 201);
    assert_eq!(asker.setup().await["lab"], "unavailable");
    let (status, problem) = asker.ask("POST", "/setup/lab", json!({})).await;
    assert_eq!(status, 403);
    let words = problem["detail"].as_str().unwrap();
    assert!(words.contains("is here already"), "{words}");
    assert_eq!(asker.servers().await.len(), 1);
    asker.daemon.stop().await;
    pool.stop().await;
}
