//! Servers that are absent, of another kind, or that leave.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::program::{Home, Outcome};
use crate::stub::Stub;

#[tokio::test]
async fn a_closed_port_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let server = format!("http://127.0.0.1:{port}");
    let home = Home::registered(&server);
    home.run(&["test.echo"])
        .await
        .failed(3, &["cannot connect to", &server, "hint:"]);
    home.run(&["rest", "get", "vms"])
        .await
        .failed(3, &["cannot connect to", &server]);
}

#[tokio::test]
async fn a_server_without_tls_is_told_apart_from_a_dead_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("https://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut hello = [0; 512];
        let read = stream.read(&mut hello).await.unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        read
    });
    let home = Home::registered(&server);
    home.run(&["test.echo"])
        .await
        .failed(3, &["does not speak TLS", "http://"]);
    assert!(serving.await.unwrap() > 0);
}

#[tokio::test]
async fn a_reader_that_leaves_is_no_failure() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    let mut child = home.spawn(&["list-objects"]);
    drop(child.stdout.take());
    let done = Outcome::of(child).await.succeeded();
    assert_eq!(done.stderr, "");
}

#[tokio::test]
async fn a_pending_call_fails_when_the_server_hangs_up() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    home.run(&["test.hangUp"])
        .await
        .failed(3, &["connection lost"]);
}

#[tokio::test]
async fn garbage_ends_the_call() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    home.run(&["test.garbage"])
        .await
        .failed(3, &["no JSON-RPC message"]);
}

#[tokio::test]
async fn another_kind_of_server_is_recognised() {
    let stub = Stub::start().await;
    let home = Home::registered(&format!("{}/elsewhere", stub.url()));
    let done = home.run(&["test.echo"]).await;
    done.failed(3, &["did not answer as an XO server", "404"]);
}

#[tokio::test]
async fn a_damaged_configuration_is_named() {
    let home = Home::registered("https://xo.invalid");
    std::fs::write(home.configuration_path(), "{").unwrap();
    home.run(&["test.echo"]).await.failed(1, &["config.json"]);
}
