//! `rest`: paths, queries, bodies, and the forms of an answer.

use serde_json::{Value, json};

use crate::program::Home;
use crate::stub::Stub;

#[tokio::test]
async fn get_sends_the_query_and_shortens_addresses() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    let arguments = [
        "rest",
        "get",
        "/rest/v0/vms",
        "filter=name_label:\"a b\"",
        "fields=*",
    ];
    let done = home.run(&arguments).await.succeeded();
    assert_eq!(done.json(), json!(["vms/1"]));
    let request = stub.memory.take_request();
    assert_eq!(
        request.target,
        "/rest/v0/vms?filter=name_label%3A%22a+b%22&fields=*"
    );

    let done = home
        .run(&["rest", "get", "vms?fields=a", "ndjson=true"])
        .await
        .succeeded();
    assert_eq!(done.text(), "{\"href\":\"vms/1\"}\n{\"href\":\"vms/2\"}\n");
    assert_eq!(
        stub.memory.take_request().target,
        "/rest/v0/vms?fields=a&ndjson=true"
    );
}

#[tokio::test]
async fn a_bare_word_is_a_parameter_without_a_value() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    home.run(&["rest", "get", "vms", "wait"]).await.succeeded();
    assert_eq!(stub.memory.take_request().target, "/rest/v0/vms?wait=");
    home.run(&["rest", "get", "vms", "name label"])
        .await
        .failed(2, &["invalid parameter `name label`"]);
}

#[tokio::test]
async fn get_writes_a_download_to_a_file_or_through() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    let done = home
        .run(&["rest", "get", "vms/1.xva", "--output", "vm.xva"])
        .await
        .succeeded();
    assert_eq!(done.text(), "");
    assert_eq!(std::fs::read(home.path("vm.xva")).unwrap(), b"XVA");
    assert_eq!(
        home.run(&["rest", "get", "vms/1.xva"])
            .await
            .succeeded()
            .text(),
        "XVA"
    );
}

#[tokio::test]
async fn post_builds_a_body_from_paths() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    let path = "pools/1/actions/create_vm?sync=false";
    let arguments = [
        "rest",
        "post",
        path,
        "name_label=web",
        "vifs[0].network=n",
        "cpus=json:2",
    ];
    assert_eq!(
        home.run(&arguments).await.succeeded().json(),
        json!({"taskId": "t1"})
    );
    let request = stub.memory.take_request();
    assert_eq!(request.target, format!("/rest/v0/{path}"));
    assert_eq!(request.headers["content-type"], "application/json");
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        body,
        json!({"name_label": "web", "vifs": [{"network": "n"}], "cpus": 2})
    );
}

#[tokio::test]
async fn put_sends_a_file_and_del_deletes() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    let put = ["rest", "put", "--input", "-", "vdis/1.raw", "name=x"];
    let done = home.run_with_input(&put, b"disk").await.succeeded();
    assert_eq!(done.text(), "");
    let request = stub.memory.take_request();
    assert_eq!(
        (request.method.as_str(), request.body.as_slice()),
        ("PUT", &b"disk"[..])
    );
    assert_eq!(request.headers["content-type"], "application/octet-stream");
    assert_eq!(request.target, "/rest/v0/vdis/1.raw?name=x");

    home.run(&["rest", "del", "tasks/1"]).await.succeeded();
    assert_eq!(stub.memory.take_request().method, "DELETE");
}

#[tokio::test]
async fn a_refused_request_shows_status_and_message() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    let done = home
        .run(&["rest", "patch", "vms/none", "nameLabel=x"])
        .await;
    done.failed(1, &["error: 404 Not Found: no such route", "\"id\": 1"]);
    home.run(&["rest", "get", "vms", "fields"])
        .await
        .failed(2, &["`fields`"]);
}
