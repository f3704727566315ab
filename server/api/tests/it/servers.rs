//! Pool connections: what is seen before one is made, and each way in which it cannot be made.

use serde_json::{Value, json};
use xo_lab::{Lab, LabConfig};

use crate::support::{Answer, Site};

async fn lab() -> Lab {
    Lab::start(LabConfig::default()).await.unwrap()
}

/// Tries to add a pool and waits for it.
async fn add(site: &Site, host: &str, password: &str, fingerprint: Option<&str>) -> Answer {
    let mut body = json!({ "host": host, "username": "root", "password": password, "wait": true });
    if let Some(fingerprint) = fingerprint {
        body["fingerprint"] = json!(fingerprint);
    }
    site.post("/servers", &body).await
}

#[track_caller]
fn refused(answer: Answer, code: &str) -> String {
    let problem = answer.expect(422).json();
    assert_eq!(problem["info"]["code"], code, "{problem}");
    problem.to_string()
}

async fn servers(site: &Site) -> Vec<Value> {
    let answer = site.get("/servers?fields=*").await.expect(200).json();
    answer.as_array().cloned().unwrap()
}

#[tokio::test]
async fn a_pool_is_looked_at_accepted_and_connected() {
    let (site, lab) = (Site::start().await, lab().await);
    let host = lab.https_url();
    let sight = site.post("/servers/probe", &json!({ "host": host })).await;
    let sight = sight.expect(200).json();
    assert_eq!(sight["encrypted"], true);
    assert_eq!(sight["vouched"], false);
    let fingerprint = sight["fingerprint"].as_str().unwrap();
    add(&site, &host, "lab", Some(fingerprint))
        .await
        .expect(201);
    let known = servers(&site).await;
    assert_eq!(known[0]["status"], "connected");
    assert_eq!(known[0]["fingerprint"], fingerprint);
    assert!(known[0]["latency"].as_f64().unwrap() > 0.0);
    assert!(known[0]["lastEvent"].as_i64().unwrap() > 0);
    let setup = site.get("/setup").await.expect(200).json();
    assert_eq!(setup["connected"], true);
}

/// Bound and let go: nobody listens there.
fn nobody() -> std::net::SocketAddr {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap()
}

#[tokio::test]
async fn what_cannot_be_connected_says_why_and_leaves_nothing() {
    let (site, lab) = (Site::start().await, lab().await);
    let plain = lab.http_url();
    refused(
        add(&site, &plain, "wrong", None).await,
        "SESSION_AUTHENTICATION_FAILED",
    );
    refused(
        add(&site, &lab.https_url(), "lab", None).await,
        "CERTIFICATE_UNTRUSTED",
    );
    let other = ["00"; 32].join(":");
    refused(
        add(&site, &lab.https_url(), "lab", Some(&other)).await,
        "CERTIFICATE_CHANGED",
    );
    lab.faults().be_slave_of(Some("192.0.2.7"));
    let words = refused(add(&site, &plain, "lab", None).await, "HOST_IS_SLAVE");
    assert!(words.contains("192.0.2.7"), "{words}");
    assert!(servers(&site).await.is_empty());
}

#[tokio::test]
async fn an_address_where_nobody_answers_is_unreachable() {
    let site = Site::start().await;
    let host = format!("http://{}", nobody());
    let sight = site.post("/servers/probe", &json!({ "host": host })).await;
    let by_sight = refused(sight, "UNREACHABLE");
    let by_account = refused(add(&site, &host, "lab", None).await, "UNREACHABLE");
    for words in [by_sight, by_account] {
        assert!(
            words.contains("cannot be reached: Connection refused\""),
            "{words}"
        );
    }
}

#[tokio::test]
async fn a_pool_is_connected_once() {
    let site = Site::with_pool().await;
    let lab = site.lab.as_ref().unwrap();
    refused(
        add(&site, &lab.http_url(), "lab", None).await,
        "DUPLICATE_POOL",
    );
    let host = lab.https_url();
    let sight = site.post("/servers/probe", &json!({ "host": host })).await;
    let sight = sight.expect(200).json();
    let fingerprint = sight["fingerprint"].as_str();
    refused(
        add(&site, &host, "lab", fingerprint).await,
        "DUPLICATE_POOL",
    );
    assert_eq!(servers(&site).await.len(), 1);
}

#[tokio::test]
async fn a_connection_is_changed() {
    let site = Site::with_pool().await;
    let id = servers(&site).await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/servers/{id}");
    site.with_body("PATCH", &path, &json!({ "label": "north" }))
        .await
        .expect(204);
    assert_eq!(site.get(&path).await.json()["label"], "north");
}

#[tokio::test]
async fn a_proxy_is_gone_through_until_it_is_taken_away() {
    let (site, lab) = (Site::start().await, lab().await);
    let proxy = format!("http://{}", nobody());
    let mut body = json!({ "host": lab.http_url(), "httpProxy": proxy });
    let sight = site.post("/servers/probe", &body).await;
    let words = refused(sight, "UNREACHABLE");
    assert!(words.contains("through the proxy 127.0.0.1:"), "{words}");
    body["username"] = json!("root");
    body["password"] = json!("lab");
    body["wait"] = json!(true);
    refused(site.post("/servers", &body).await, "UNREACHABLE");

    body["wait"] = json!(false);
    let made = site.post("/servers", &body).await.expect(201).json();
    let path = format!("/servers/{}", made["id"].as_str().unwrap());
    assert_eq!(site.get(&path).await.json()["httpProxy"], proxy);
    site.with_body("PATCH", &path, &json!({ "httpProxy": null }))
        .await
        .expect(204);
    site.post(&format!("{path}/actions/connect?sync=true"), &json!({}))
        .await;
    let known = site.get(&path).await.json();
    assert_eq!(known["status"], "connected", "{known}");
    assert!(known.get("httpProxy").is_none(), "{known}");
}

#[tokio::test]
async fn a_proxy_of_another_kind_is_refused() {
    let site = Site::start().await;
    let body = json!({ "host": "h", "username": "u", "password": "p", "httpProxy": "socks5://p:s3cret@h" });
    let problem = site.post("/servers", &body).await.expect(422).json();
    let words = problem.to_string();
    assert!(
        words.contains("/httpProxy") && words.contains("expected http://"),
        "{words}"
    );
    assert!(!words.contains("s3cret"), "{words}");
}
