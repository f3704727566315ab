//! Who may see and do what; how the server presents itself.

use serde_json::{Value, json};
use xo_lab::LabConfig;
use xo_tests::client::Client;
use xo_tests::rig::Rig;

async fn add_user(rig: &Rig, admin: &mut Client, name: &str) -> (String, Client) {
    let id = admin
        .call(
            "user.create",
            json!({ "email": name, "password": "long enough" }),
        )
        .await
        .unwrap();
    let mut client = rig.stranger().await.unwrap();
    client
        .call(
            "session.signIn",
            json!({ "email": name, "password": "long enough" }),
        )
        .await
        .unwrap();
    (id.as_str().unwrap().to_owned(), client)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_user_may_not_see_is_not_sent() {
    let rig = Rig::with_lab(LabConfig::default()).await.unwrap();
    let mut admin = rig.client().await.unwrap();
    let vms = rig.objects("VM").await.unwrap();
    let (mine, other) = (&vms[0]["id"], &vms[1]["id"]);
    let (user, mut client) = add_user(&rig, &mut admin, "ann").await;

    let all = client.call("xo.getAllObjects", json!({})).await.unwrap();
    assert_eq!(all, json!({}));
    admin
        .call(
            "acl.add",
            json!({ "subject": user, "object": mine, "action": "operator" }),
        )
        .await
        .unwrap();
    let all = client
        .call("xo.getAllObjects", json!({ "filter": { "type": "VM" } }))
        .await
        .unwrap();
    let ids: Vec<&String> = all.as_object().unwrap().keys().collect();
    assert_eq!(ids, [mine.as_str().unwrap()]);

    // Changes: hers comes, the other one does not.
    for (id, text) in [(other, "not for her"), (mine, "for her")] {
        admin
            .call("vm.set", json!({ "id": id, "name_description": text }))
            .await
            .unwrap();
    }
    let change = client.change(|_| true).await.unwrap();
    assert!(
        change["items"].get(mine.as_str().unwrap()).is_some(),
        "{change}"
    );
    assert!(
        change["items"].get(other.as_str().unwrap()).is_none(),
        "{change}"
    );

    let error = client
        .refused("vm.start", json!({ "id": other }))
        .await
        .unwrap();
    assert_eq!(error.code, 2);
    assert_eq!(error.data["permission"], "operate");
    let error = client
        .refused("vm.delete", json!({ "id": mine }))
        .await
        .unwrap();
    assert_eq!(
        (error.code, &error.data["permission"]),
        (2, &json!("administrate"))
    );
    assert_eq!(
        client
            .refused("server.getAll", json!({}))
            .await
            .unwrap()
            .code,
        2
    );
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_loses_everything_at_once() {
    let rig = Rig::empty().await.unwrap();
    let mut admin = rig.client().await.unwrap();
    let (user, mut client) = add_user(&rig, &mut admin, "ann").await;
    assert!(client.call("xo.getAllObjects", json!({})).await.is_ok());
    admin
        .call("user.delete", json!({ "id": user }))
        .await
        .unwrap();
    assert_eq!(client.closed().await.unwrap(), 1008);
    assert!(admin.call("user.getAll", json!({})).await.is_ok());
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_ends_with_its_token_and_its_last_answer_still_comes() {
    let rig = Rig::empty().await.unwrap();
    let mut admin = rig.client().await.unwrap();
    let token = admin.call("token.create", json!({})).await.unwrap();
    let mut client = rig.stranger().await.unwrap();
    let sign_in = json!({ "token": token });
    client.call("session.signIn", sign_in).await.unwrap();
    client
        .call("token.deleteOwn", json!({ "tokens": [token] }))
        .await
        .unwrap();
    assert_eq!(client.closed().await.unwrap(), 1008);
    assert!(admin.call("user.getAll", json!({})).await.is_ok());
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_setup_codes_make_a_new_one_and_a_user_ends_the_setup() {
    let folder = tempfile::TempDir::new().unwrap();
    let daemon = xo_tests::rig::start(folder.path()).await.unwrap();
    let base = format!("http://{}/rest/v0/setup", daemon.address("http").unwrap());
    let http = reqwest::Client::new();
    let state: Value = http.get(&base).send().await.unwrap().json().await.unwrap();
    assert_eq!(state["required"], true);
    let first = daemon.engine.setup_code().unwrap();
    let attempt = |code: String| {
        let body = json!({ "code": code, "username": "root", "password": "long enough" });
        http.post(format!("{base}/admin")).json(&body).send()
    };
    for _ in 0..5 {
        assert_eq!(attempt("AAAAA-AAAAA".into()).await.unwrap().status(), 403);
    }
    let second = daemon.engine.setup_code().unwrap();
    assert_ne!(first, second);
    assert_eq!(attempt(first).await.unwrap().status(), 403);
    assert_eq!(attempt(second.clone()).await.unwrap().status(), 201);
    assert_eq!(attempt(second).await.unwrap().status(), 403);
    let state: Value = http.get(&base).send().await.unwrap().json().await.unwrap();
    assert_eq!(state["required"], false);
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_security_headers() {
    let rig = Rig::empty().await.unwrap();
    for path in ["/signin", "/rest/v0/ping", "/nothing"] {
        let url = format!("http://{}{path}", rig.http().unwrap());
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let response = http.unwrap().get(url).send().await.unwrap();
        for name in [
            "content-security-policy",
            "x-content-type-options",
            "x-frame-options",
            "referrer-policy",
        ] {
            assert!(response.headers().contains_key(name), "{path} lacks {name}");
        }
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sign_in_page_gives_a_cookie_that_signs_in() {
    let rig = Rig::empty().await.unwrap();
    let base = format!("http://{}", rig.http().unwrap());
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let away = http.get(format!("{base}/somewhere")).send().await.unwrap();
    assert_eq!(
        (away.status().as_u16(), &away.headers()["location"]),
        (302, &"/signin".parse().unwrap())
    );
    let post = |password: &str| {
        let form = [("username", xo_tests::rig::USER), ("password", password)];
        http.post(format!("{base}/signin/local")).form(&form).send()
    };
    let refused = post("wrong").await.unwrap();
    assert_eq!(refused.headers()["location"], "/signin?error=credentials");
    rig.stop().await;

    let rig = Rig::empty().await.unwrap();
    let base = format!("http://{}", rig.http().unwrap());
    let form = [
        ("username", xo_tests::rig::USER),
        ("password", xo_tests::rig::PASSWORD),
    ];
    let accepted = http
        .post(format!("{base}/signin/local"))
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(accepted.status(), 303);
    let token = accepted
        .headers()
        .get_all("set-cookie")
        .iter()
        .find_map(|c| c.to_str().unwrap().strip_prefix("token="))
        .and_then(|c| c.split(';').next())
        .unwrap()
        .to_owned();
    let mut client = rig.stranger().await.unwrap();
    assert!(
        client
            .call("session.signIn", json!({ "token": token }))
            .await
            .is_ok()
    );
    rig.stop().await;
}
