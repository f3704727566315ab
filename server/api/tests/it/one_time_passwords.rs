//! Users with a second factor: over REST, in the page for browsers, and by JSON-RPC's parameters.

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use xo_engine::Credentials;

use crate::support::{PASSWORD, Site};

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// A code that was not used yet: `steps` of 30 s from now, of which one is borne.
fn code(site: &Site, steps: i64) -> String {
    let secret = totp_rs::Secret::try_from_base32(SECRET).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let now = site.engine.now_ms() / 1000 + 30 * steps;
    totp.generate(now as u64).to_string()
}

async fn site() -> Site {
    let site = Site::start().await;
    let admin = Credentials::Token(site.token.clone());
    let admin = site.engine.sign_in(admin, None).await.unwrap();
    let id = admin.user["id"].clone();
    let Value::Object(params) = json!({ "id": id, "preferences": { "otp": SECRET } }) else {
        unreachable!()
    };
    site.engine
        .call(&admin.caller, "user.set", params)
        .await
        .unwrap();
    site
}

#[tokio::test]
async fn basic_authentication_needs_the_code_once_and_a_token_never() {
    let site = site().await;
    let basic = format!("Basic {}", STANDARD.encode(format!("admin:{PASSWORD}")));
    let ask = async |query: &str| {
        let headers = [("authorization", basic.as_str())];
        site.send("GET", &format!("/users{query}"), &headers, Body::empty())
            .await
    };
    let refused = ask("").await.expect(401).json();
    assert_eq!(refused["data"], json!({ "required": "otp" }));
    assert!(refused["error"].as_str().unwrap().contains("otp"));
    let query = format!("?otp={}", code(&site, 0));
    ask(&query).await.expect(200);
    // A script repeats what was right a moment ago.
    ask(&query).await.expect(200);
    site.get("/users").await.expect(200);
}

#[tokio::test]
async fn a_code_signs_in_once_by_json_rpc() {
    let site = site().await;
    let sign_in = async |otp: Option<String>| {
        let mut params = Map::new();
        params.insert("email".into(), json!("admin"));
        params.insert("password".into(), json!(PASSWORD));
        params.extend(otp.map(|otp| ("otp".to_owned(), json!(otp))));
        let credentials = Credentials::from_params(&params).unwrap();
        site.engine.sign_in(credentials, None).await
    };
    assert!(matches!(
        sign_in(None).await,
        Err(xo_engine::Error::OtpRequired)
    ));
    sign_in(Some(code(&site, 0))).await.unwrap();
    assert!(matches!(
        sign_in(Some(code(&site, 0))).await,
        Err(xo_engine::Error::InvalidCredentials)
    ));
}

#[tokio::test]
async fn the_page_asks_for_the_code_after_the_password() {
    let site = site().await;
    let post = async |path: &str, cookie: &str, form: String| {
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookie)
            .body(Body::from(form))
            .unwrap();
        site.answer(request).await
    };
    let form = format!("username=admin&password={}", PASSWORD.replace(' ', "+"));
    let asked = post("/signin/local", "", form).await.expect(303);
    assert_eq!(asked.header("location"), "/signin-otp");
    let held = asked
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let page = site
        .answer(Request::get("/signin-otp").body(Body::empty()).unwrap())
        .await
        .expect(200);
    assert!(page.text().contains("name=\"otp\""));
    let right = format!("otp={}", code(&site, 0));
    // Without the password before it a code opens nothing.
    let strange = post("/signin-otp", "signin=strange", right.clone()).await;
    assert_eq!(strange.expect(303).header("location"), "/signin");
    let entered = post("/signin-otp", &held, right).await.expect(303);
    assert_eq!(entered.header("location"), "/");
    let cookies = entered.headers.get_all("set-cookie");
    assert!(
        cookies
            .iter()
            .any(|c| c.to_str().unwrap().starts_with("token="))
    );
    let wrong = post("/signin-otp", &held, "otp=000000".into()).await;
    assert_eq!(wrong.expect(303).header("location"), "/signin");
}

#[tokio::test]
async fn wrong_codes_are_slowed_down_like_wrong_passwords() {
    let site = site().await;
    let sign_in = async |otp: &str| {
        let body = json!({ "username": "admin", "password": PASSWORD, "otp": otp });
        site.send("POST", "/session", &[], body.to_string().into())
            .await
    };
    sign_in("000000").await.expect(401);
    let next = sign_in(&code(&site, 0)).await.expect(429);
    assert_ne!(next.header("retry-after"), "");
}
