//! Who may ask, and how they prove it.

use axum::body::Body;
use serde_json::json;

use crate::support::{PASSWORD, Site, basic, cookie};

async fn status(site: &Site, headers: &[(&str, &str)]) -> u16 {
    site.send("GET", "/vms", headers, Body::empty())
        .await
        .status
        .as_u16()
}

#[tokio::test]
async fn a_token_or_a_password_lets_in_and_both_together_are_refused() {
    let site = Site::start().await;
    let token = cookie(&site.token);
    let old = format!("token={}", site.token);
    let password = basic("admin", PASSWORD);
    assert_eq!(status(&site, &[("cookie", &token)]).await, 200);
    assert_eq!(status(&site, &[("cookie", &old)]).await, 200);
    assert_eq!(status(&site, &[("authorization", &password)]).await, 200);
    assert_eq!(
        status(
            &site,
            &[("authorization", &format!("Bearer {}", site.token))]
        )
        .await,
        200
    );
    assert_eq!(
        status(&site, &[("cookie", &token), ("authorization", &password)]).await,
        400
    );
    assert_eq!(status(&site, &[("authorization", "Basic ???")]).await, 400);
}

#[tokio::test]
async fn nobody_is_told_how_to_sign_in() {
    let site = Site::start().await;
    let answer = site
        .send("GET", "/vms", &[], Body::empty())
        .await
        .expect(401);
    assert_eq!(answer.header("www-authenticate"), "Basic realm=\"xo\"");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let body = answer.json();
    assert_eq!(body["error"], body["detail"]);
    assert_eq!(body["status"], 401);
    let wrong = basic("admin", "wrong");
    assert_eq!(status(&site, &[("authorization", &wrong)]).await, 401);
    let again = site
        .send("GET", "/vms", &[("authorization", &wrong)], Body::empty())
        .await
        .expect(429);
    assert!(!again.header("retry-after").is_empty());
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once() {
    let site = Site::start().await;
    let other = site.token_of("admin").await;
    site.get_as(&other, "/vms").await.expect(200);
    let params = json!({ "tokens": [other] });
    let caller = site
        .engine
        .authenticate(xo_engine::Credentials::Token(site.token.clone()), None)
        .await
        .unwrap();
    let params = params.as_object().cloned().unwrap();
    site.engine
        .call(&caller, "token.deleteOwn", params)
        .await
        .unwrap();
    site.get_as(&other, "/vms").await.expect(401);
    site.get("/vms").await.expect(200);
}

#[tokio::test]
async fn an_old_password_is_refused_as_soon_as_it_is_changed() {
    let site = Site::start().await;
    let user = json!({ "name": "ann", "password": "first password" });
    let id = site.post("/users", &user).await.expect(201).json()["id"].clone();
    let (old, new) = (
        basic("ann", "first password"),
        basic("ann", "other password"),
    );
    assert_eq!(status(&site, &[("authorization", &old)]).await, 200);
    let change = json!({ "password": "other password" });
    site.with_body(
        "PATCH",
        &format!("/users/{}", id.as_str().unwrap()),
        &change,
    )
    .await
    .expect(204);
    assert_eq!(status(&site, &[("authorization", &new)]).await, 200);
    assert_eq!(status(&site, &[("authorization", &old)]).await, 401);
}

#[tokio::test]
async fn a_deleted_user_is_refused_at_once() {
    let site = Site::start().await;
    let user = json!({ "name": "ann", "password": PASSWORD });
    let id = site.post("/users", &user).await.expect(201).json()["id"].clone();
    let token = site.token_of("ann").await;
    site.get_as(&token, "/vms").await.expect(200);
    site.delete(&format!("/users/{}", id.as_str().unwrap()))
        .await
        .expect(204);
    site.get_as(&token, "/vms").await.expect(401);
}

#[tokio::test]
async fn the_first_administrator_is_made_with_the_code_and_only_once() {
    let site = Site::empty().await;
    let state = site
        .send("GET", "/setup", &[], Body::empty())
        .await
        .expect(200)
        .json();
    assert_eq!(state["required"], true);
    assert_eq!(state["version"], "test");
    assert_eq!(state["connected"], false);
    let body = |code: &str| json!({ "code": code, "username": "root", "password": PASSWORD });
    site.post("/setup/admin", &body("AAAAA-AAAAA"))
        .await
        .expect(403);
    site.post("/setup/admin", &json!({ "code": "x" }))
        .await
        .expect(422);
    let code = site.engine.setup_code().unwrap();
    site.post("/setup/admin", &body(&code)).await.expect(201);
    assert_eq!(
        status(&site, &[("authorization", &basic("root", PASSWORD))]).await,
        200
    );
    let state = site
        .send("GET", "/setup", &[], Body::empty())
        .await
        .expect(200)
        .json();
    assert_eq!(state["required"], false);
    site.post("/setup/admin", &body(&code)).await.expect(403);
}

#[tokio::test]
async fn what_is_public_needs_no_sign_in() {
    let site = Site::start().await;
    let get = async |path: &'static str| site.send("GET", path, &[], Body::empty()).await;
    assert_eq!(get("/ping").await.expect(200).json()["result"], "pong");
    get("/gui-routes").await.expect(200);
    get("/mcp/status").await.expect(503);
    assert_eq!(
        get("").await.expect(302).header("location"),
        "/rest/v0/docs"
    );
    get("/nothing").await.expect(404);
    get("/backup-jobs").await.expect(501);
    let headers = [
        ("cookie", cookie(&site.token)),
        ("x-xo-client", "mcp".to_owned()),
    ];
    let headers = headers
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    site.send("GET", "/vms", &headers, Body::empty())
        .await
        .expect(503);
    site.send("TRACE", "/vms", &[], Body::empty())
        .await
        .expect(405);
}

#[tokio::test]
async fn a_browser_signs_in_and_out_by_json() {
    let site = Site::start().await;
    let sign_in = async |password: &str, headers: &[(&str, &str)]| {
        let body = serde_json::json!({ "username": "admin", "password": password });
        site.send("POST", "/session", headers, body.to_string().into())
            .await
    };
    let refused = sign_in("wrong", &[("sec-fetch-dest", "empty")])
        .await
        .expect(401);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(refused.header("www-authenticate"), "");
    let throttled = sign_in(crate::support::PASSWORD, &[]).await.expect(429);
    assert_ne!(throttled.header("retry-after"), "");

    let site = Site::start().await;
    let body = serde_json::json!({ "username": "admin", "password": crate::support::PASSWORD });
    let post = async |headers: &[(&str, &str)]| {
        site.send("POST", "/session", headers, body.to_string().into())
            .await
    };
    post(&[("sec-fetch-site", "cross-site")]).await.expect(403);
    let answer = post(&[("sec-fetch-site", "same-origin")]).await.expect(201);
    assert_eq!(answer.json()["name"], "admin");
    let given = answer.header("set-cookie").split(';').next().unwrap();
    assert!(given.starts_with("token=") && !answer.text().contains(&given["token=".len()..]));
    let me = async || {
        site.send("GET", "/vms", &[("cookie", given)], Body::empty())
            .await
    };
    me().await.expect(200);
    site.send("DELETE", "/session", &[("cookie", given)], Body::empty())
        .await
        .expect(204);
    me().await.expect(401);
}

#[tokio::test]
async fn a_flood_from_one_address_is_refused_and_hinders_nobody_else() {
    use axum::extract::ConnectInfo;
    use std::net::SocketAddr;
    let site = Site::start().await;
    let send = async |from: [u8; 4], token: Option<&str>| {
        let mut request = axum::http::Request::get("/rest/v0/users");
        if let Some(token) = token {
            request = request.header("cookie", crate::support::cookie(token));
        }
        let mut request = request.body(Body::empty()).unwrap();
        let from = ConnectInfo(SocketAddr::from((from, 1)));
        request.extensions_mut().insert(from);
        site.answer(request).await
    };
    let (flood, other) = ([192, 0, 2, 1], [192, 0, 2, 2]);
    let mut last = send(flood, None).await.expect(401);
    for number in 0..5000 {
        if last.status.as_u16() == 429 {
            break;
        }
        // Wrong credentials are no better than none.
        last = send(flood, (number % 2 == 0).then_some("wrong")).await;
    }
    let refused = last.expect(429);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(refused.header("retry-after"), "1");
    assert!(
        refused.json()["error"]
            .as_str()
            .unwrap()
            .contains("too many requests")
    );
    send(flood, Some(&site.token)).await.expect(200);
    send(other, None).await.expect(401);
    send([127, 0, 0, 1], None).await.expect(401);
}
