//! Calls of methods: parameters, results, and the errors that a method answers with.

use serde_json::json;

use crate::program::Home;
use crate::stub::{Stub, TOKEN};

#[tokio::test]
async fn parameters_keep_their_types_and_a_text_result_is_bare() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    let arguments = [
        "test.echo",
        "id=1",
        "on=true",
        "list=json:[1, {}]",
        "text=a=b",
    ];
    let done = home.run(&arguments).await.succeeded();
    assert_eq!(
        done.json(),
        json!({"id": "1", "on": true, "list": [1, {}], "text": "a=b"})
    );
    assert_eq!(
        stub.memory.calls_of("session.signIn"),
        [json!({"token": TOKEN})]
    );

    let add = [
        "server.add",
        "host=my.server.net",
        "username=root",
        "password=p",
    ];
    assert_eq!(home.run(&add).await.succeeded().text(), "42\n");
    let json = home
        .run(&["server.add", "host=h", "--json"])
        .await
        .succeeded();
    assert_eq!(json.text(), "\"42\"\n");
}

#[tokio::test]
async fn an_address_with_a_token_overrides_what_is_registered() {
    let stub = Stub::start().await;
    let home = Home::registered("https://registered.invalid/");
    let url = format!("ws://{TOKEN}@localhost:{}", stub.port);
    assert_eq!(
        home.run(&["--url", &url, "test.echo"])
            .await
            .succeeded()
            .text(),
        "{}\n"
    );
    assert_eq!(
        home.run(&["test.echo", "--url", &url])
            .await
            .succeeded()
            .text(),
        "{}\n"
    );
    home.run(&["--url", "https://xo.invalid", "test.echo"])
        .await
        .failed(2, &["holds no token"]);
}

#[tokio::test]
async fn the_error_of_a_method_says_what_to_do() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    let missing = home.run(&["vm.start", "id=x"]).await;
    missing.failed(
        1,
        &[
            "error: no such VM x\n",
            "hint: there is no VM with the id x",
        ],
    );
    let invalid = home.run(&["vm.set", "id=x", "CPUs=2"]).await;
    invalid.failed(
        1,
        &[
            "invalid parameters",
            "parameter `CPUs` must be integer: write CPUs='json:2'",
        ],
    );
    let unknown = home.run(&["vm.strat", "id=x"]).await;
    unknown.failed(1, &["method not found: vm.strat", "did you mean vm.start"]);
}

#[tokio::test]
async fn an_expired_token_asks_for_a_new_registration() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.write_configuration(&json!({"server": stub.url(), "token": "expired"}));
    let done = home.run(&["test.echo"]).await;
    done.failed(4, &["sign-in refused", "the token expired or was revoked"]);
    home.run(&["rest", "get", "vms"])
        .await
        .failed(4, &["401", "xo-cli register"]);
}
