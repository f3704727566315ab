//! The set-up as a stranger and as others ask for it; what the daemon does for it is tested with the daemon.

use axum::body::Body;
use serde_json::{Value, json};

use crate::support::{PASSWORD, Site};

async fn as_stranger(site: &Site, path: &str, body: &Value) -> u16 {
    let json = [("content-type", "application/json")];
    let body = Body::from(body.to_string());
    site.send("POST", path, &json, body).await.status.as_u16()
}

#[tokio::test]
async fn the_state_is_told_to_everybody() {
    let site = Site::empty().await;
    let state = site.send("GET", "/setup", &[], Body::empty()).await;
    let certificate = json!({
        "fingerprint": "AB:CD", "names": ["localhost"], "notBefore": 1000, "notAfter": 2000, "selfSigned": true,
    });
    assert_eq!(
        state.expect(200).json(),
        json!({ "required": true, "version": "test", "connected": false, "appliance": false, "certificate": certificate, "lab": "available" })
    );
}

#[tokio::test]
async fn a_code_is_checked_before_it_is_used_and_wrong_ones_count() {
    let site = Site::empty().await;
    let code = site.engine.setup_code().unwrap();
    assert_eq!(
        as_stranger(&site, "/setup/code", &json!({ "code": code })).await,
        204
    );
    let typed = code.to_lowercase().replace('-', " ");
    assert_eq!(
        as_stranger(&site, "/setup/code", &json!({ "code": typed })).await,
        204
    );
    assert_eq!(as_stranger(&site, "/setup/code", &json!({})).await, 422);
    for _ in 0..5 {
        assert_eq!(
            as_stranger(&site, "/setup/code", &json!({ "code": "WRONG" })).await,
            403
        );
    }
    assert_ne!(site.engine.setup_code().unwrap(), code);
    assert_eq!(
        as_stranger(&site, "/setup/code", &json!({ "code": code })).await,
        403
    );
    let code = site.engine.setup_code().unwrap();
    let admin = json!({ "code": code, "username": "admin", "password": PASSWORD });
    assert_eq!(as_stranger(&site, "/setup/admin", &admin).await, 201);
    assert_eq!(
        as_stranger(&site, "/setup/code", &json!({ "code": code })).await,
        403
    );
}

#[tokio::test]
async fn only_an_administrator_starts_the_lab() {
    let mut site = Site::start().await;
    assert_eq!(as_stranger(&site, "/setup/lab", &json!({})).await, 401);
    let answer = site.post("/setup/lab", &json!({})).await.expect(200);
    assert_eq!(answer.json(), json!({ "id": "the-lab" }));
    site.post("/users", &json!({ "name": "ann", "password": PASSWORD }))
        .await
        .expect(201);
    site.token = site.token_of("ann").await;
    site.post("/setup/lab", &json!({})).await.expect(403);
}
