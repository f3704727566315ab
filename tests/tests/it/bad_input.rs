//! Bad input, each with a clear error.

use serde_json::json;
use xo_lab::LabConfig;
use xo_tests::rig::{PASSWORD, Rig, USER};

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_refused_and_guessing_is_slowed_down() {
    let rig = Rig::empty().await.unwrap();
    let mut client = rig.stranger().await.unwrap();
    let wrong = json!({ "email": USER, "password": "guess" });
    assert_eq!(
        client
            .refused("session.signIn", wrong.clone())
            .await
            .unwrap()
            .code,
        3
    );
    let right = json!({ "email": USER, "password": PASSWORD });
    let error = client.refused("session.signIn", right).await.unwrap();
    assert!(
        error.message.starts_with("a sign-in failed a moment ago"),
        "{error}"
    );
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_signed_in_unknown_or_of_the_wrong_type_is_told() {
    let rig = Rig::with_lab(LabConfig {
        vms: 1,
        ..LabConfig::default()
    })
    .await
    .unwrap();
    let mut stranger = rig.stranger().await.unwrap();
    assert_eq!(
        stranger
            .refused("xo.getAllObjects", json!({}))
            .await
            .unwrap()
            .code,
        2
    );
    assert_eq!(
        stranger.call("session.getUser", json!({})).await.unwrap(),
        json!(null)
    );

    let mut client = rig.client().await.unwrap();
    let error = client.refused("vm.fly", json!({})).await.unwrap();
    assert_eq!(
        (error.code, error.message.as_str()),
        (-32601, "method not found: vm.fly")
    );
    assert_eq!(error.data, "vm.fly");

    let error = client
        .refused("vm.start", json!({ "id": 5, "force": "yes" }))
        .await
        .unwrap();
    assert_eq!(error.code, 10);
    let paths: Vec<_> = error.data["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["instancePath"].clone())
        .collect();
    assert!(
        paths.contains(&json!("/id")) && paths.contains(&json!("/force")),
        "{paths:?}"
    );

    let error = client
        .refused("vm.start", json!({ "id": "nothing" }))
        .await
        .unwrap();
    assert_eq!(error.code, 1);
    assert_eq!(error.message, "no such VM nothing");

    let error = client
        .refused("xo.getAllObjects", json!({ "filter": "a:(b" }))
        .await
        .unwrap();
    assert_eq!(error.code, 10);
    assert_eq!(error.data["errors"][0]["params"]["stringToParse"], "a:(b");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_does_not_sign_in() {
    let rig = Rig::empty().await.unwrap();
    let mut client = rig.client().await.unwrap();
    let error = client
        .refused("token.create", json!({ "expiresIn": 10 }))
        .await
        .unwrap();
    assert_eq!(error.code, 10, "a validity under a minute is refused");
    let token = client
        .call("token.create", json!({ "expiresIn": "1 hour" }))
        .await
        .unwrap();
    let mut other = rig.stranger().await.unwrap();
    let user = other
        .call("session.signIn", json!({ "token": token }))
        .await
        .unwrap();
    assert_eq!(user["email"], USER);
    client
        .call("token.deleteOwn", json!({ "tokens": [token] }))
        .await
        .unwrap();
    let mut late = rig.stranger().await.unwrap();
    assert_eq!(
        late.refused("session.signIn", json!({ "token": token }))
            .await
            .unwrap()
            .code,
        3
    );
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_are_no_json_rpc_get_the_standard_errors_and_leave_the_connection_open() {
    let rig = Rig::empty().await.unwrap();
    let mut client = rig.client().await.unwrap();
    for (text, code) in [("{", -32700), ("[]", -32600), (r#"{"id":1}"#, -32600)] {
        client.send(text).await.unwrap();
        assert_eq!(
            client.read().await.unwrap()["error"]["code"],
            code,
            "{text}"
        );
    }
    client
        .send(r#"[{"jsonrpc":"2.0","id":"a","method":"system.getVersion"},{"jsonrpc":"2.0","id":"b","method":"no"}]"#)
        .await
        .unwrap();
    let answers = client.read().await.unwrap();
    assert_eq!(answers[0]["result"], "0.1");
    assert_eq!(answers[1]["error"]["code"], -32601);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oversized_message_ends_the_connection_and_not_the_server() {
    let rig = Rig::empty().await.unwrap();
    let mut client = rig.client().await.unwrap();
    let huge = format!("{{\"id\":1,\"method\":\"{}\"}}", "x".repeat(17 << 20));
    let _ = client.send(&huge).await;
    assert_eq!(client.closed().await.unwrap(), 1009, "too big");
    assert!(rig.client().await.is_ok());
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_no_pool_says_why_it_cannot_be_connected() {
    let rig = Rig::empty().await.unwrap();
    let mut client = rig.client().await.unwrap();
    let add = |host: String| json!({ "host": host, "username": "root", "password": "x", "autoConnect": false, "allowUnauthorized": true });
    // Ourselves: HTTP, but not XAPI.
    let http = rig.http().unwrap();
    let id = client
        .call("server.add", add(format!("http://{http}")))
        .await
        .unwrap();
    let error = client
        .refused("server.enable", json!({ "id": id }))
        .await
        .unwrap();
    assert_eq!(error.code, 9);
    assert!(error.message.contains("not XAPI"), "{error}");

    // Nobody listens there.
    let id = client
        .call("server.add", add("http://127.0.0.1:9".into()))
        .await
        .unwrap();
    let error = client
        .refused("server.enable", json!({ "id": id }))
        .await
        .unwrap();
    assert!(error.message.contains("cannot be reached"), "{error}");

    let error = client
        .refused("server.add", add("ftp://x".into()))
        .await
        .unwrap();
    assert_eq!(error.code, 10);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pool_account_and_an_untrusted_certificate_say_so() {
    let rig = Rig::with_lab(LabConfig::default()).await.unwrap();
    let lab = xo_lab::Lab::start(LabConfig {
        seed: 7,
        ..LabConfig::default()
    })
    .await
    .unwrap();
    let mut client = rig.client().await.unwrap();
    let add = |password: &str, trust: bool| {
        json!({
            "host": lab.https_url(), "username": "root", "password": password,
            "autoConnect": false, "allowUnauthorized": trust, "label": "second",
        })
    };
    let id = client.call("server.add", add("wrong", true)).await.unwrap();
    assert_eq!(
        client
            .refused("server.enable", json!({ "id": id }))
            .await
            .unwrap()
            .code,
        8
    );
    client
        .call("server.remove", json!({ "id": id }))
        .await
        .unwrap();

    let id = client.call("server.add", add("lab", false)).await.unwrap();
    let error = client
        .refused("server.enable", json!({ "id": id }))
        .await
        .unwrap();
    assert!(error.message.contains("not trusted"), "{error}");
    client
        .call("server.set", json!({ "id": id, "allowUnauthorized": true }))
        .await
        .unwrap();
    client
        .call("server.enable", json!({ "id": id }))
        .await
        .unwrap();
    lab.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_pool_is_not_connected_twice() {
    let rig = Rig::with_lab(LabConfig::default()).await.unwrap();
    let mut client = rig.client().await.unwrap();
    let id = client
        .call(
            "server.add",
            json!({ "host": rig.lab().unwrap().http_url(), "username": "root", "password": "lab", "autoConnect": false }),
        )
        .await
        .unwrap();
    let error = client
        .refused("server.enable", json!({ "id": id }))
        .await
        .unwrap();
    assert_eq!(error.code, 5);
    assert!(error.message.contains("connected already"), "{error}");
    rig.stop().await;
}
