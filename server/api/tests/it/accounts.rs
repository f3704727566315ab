//! Users, groups, tokens, pool connections.

use serde_json::json;

use crate::support::{PASSWORD, Site};

#[tokio::test]
async fn users_are_made_changed_and_deleted() {
    let site = Site::start().await;
    let user = json!({ "name": "ann", "password": PASSWORD, "permission": "none" });
    let id = site.post("/users", &user).await.expect(201).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    site.post("/users", &user).await.expect(409);
    site.post("/users", &json!({ "name": "bob" }))
        .await
        .expect(422);
    let path = format!("/users/{id}");
    site.with_body(
        "PATCH",
        &path,
        &json!({ "name": "anna", "preferences": { "lang": "fr" } }),
    )
    .await
    .expect(204);
    let shown = site.get(&path).await.expect(200).json();
    assert_eq!(
        (&shown["name"], &shown["preferences"]),
        (&json!("anna"), &json!({ "lang": "fr" }))
    );
    let listed = site
        .get("/users?fields=name&sort=name")
        .await
        .expect(200)
        .json();
    assert_eq!(listed[1]["name"], "anna");
    site.delete(&path).await.expect(204);
    site.get(&path).await.expect(404);
}

#[tokio::test]
async fn me_is_the_caller() {
    let site = Site::start().await;
    let answer = site.get("/users/me?x=1").await.expect(307);
    let target = answer
        .header("location")
        .strip_prefix("/rest/v0")
        .unwrap()
        .to_owned();
    assert!(target.ends_with("?x=1"), "{target}");
    assert_eq!(site.get(&target).await.expect(200).json()["email"], "admin");
    for change in [
        json!({ "a": 1, "b": 2 }),
        json!({ "a": null }),
        json!({ "c": 3 }),
    ] {
        let body = json!({ "preferences": change });
        site.with_body("PATCH", "/users/me", &body)
            .await
            .expect(204);
    }
    let me = site.get(&target).await.expect(200).json();
    assert_eq!(me["preferences"], json!({ "b": 2, "c": 3 }));
}

#[tokio::test]
async fn a_new_token_lets_in_and_its_secret_is_not_listed() {
    let site = Site::start().await;
    for path in [
        "/users/me/authentication_tokens",
        "/users/authentication_tokens",
    ] {
        let body = json!({ "description": "script", "expiresIn": "1 hour" });
        let made = site.post(path, &body).await.expect(201).json();
        let secret = made["token"]["id"].as_str().unwrap();
        assert_eq!(secret.len(), 43);
        assert_eq!(made["token"]["description"], "script");
        site.get_as(secret, "/vms").await.expect(200);
        let me = site
            .get("/users/me/authentication_tokens")
            .await
            .expect(307);
        let listed = site
            .get(me.header("location").strip_prefix("/rest/v0").unwrap())
            .await
            .expect(200);
        assert!(listed.text().contains("script"));
        assert!(!listed.text().contains(secret));
    }
    site.post(
        "/users/me/authentication_tokens",
        &json!({ "expiresIn": "long" }),
    )
    .await
    .expect(422);
    site.post("/users/somebody/authentication_tokens", &json!({}))
        .await
        .expect(403);
}

#[tokio::test]
async fn groups_have_members() {
    let site = Site::start().await;
    let user = site
        .post("/users", &json!({ "name": "ann", "password": PASSWORD }))
        .await
        .expect(201)
        .json();
    let user = user["id"].as_str().unwrap();
    let group = site
        .post("/groups", &json!({ "name": "staff" }))
        .await
        .expect(201)
        .json();
    let group = group["id"].as_str().unwrap();
    let member = format!("/groups/{group}/users/{user}");
    site.with_body("PUT", &member, &json!({})).await.expect(204);
    let members = site
        .get(&format!("/groups/{group}/users?fields=name"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        members,
        json!([{ "href": format!("/rest/v0/users/{user}"), "name": "ann" }])
    );
    let groups = site
        .get(&format!("/users/{user}/groups"))
        .await
        .expect(200)
        .json();
    assert_eq!(groups, json!([format!("/rest/v0/groups/{group}")]));
    site.delete(&member).await.expect(204);
    assert_eq!(
        site.get(&format!("/groups/{group}/users")).await.json(),
        json!([])
    );
    site.with_body(
        "PATCH",
        &format!("/groups/{group}"),
        &json!({ "name": "crew" }),
    )
    .await
    .expect(204);
    site.delete(&format!("/groups/{group}")).await.expect(204);
    site.get(&format!("/groups/{group}")).await.expect(404);
}

#[tokio::test]
async fn pool_connections_are_added_disconnected_and_removed() {
    let site = Site::with_pool().await;
    let server = site.get("/servers?fields=*").await.expect(200).json()[0].clone();
    assert_eq!(server["status"], "connected");
    assert!(server.get("password").is_none());
    let path = server["href"]
        .as_str()
        .unwrap()
        .strip_prefix("/rest/v0")
        .unwrap()
        .to_owned();
    site.post(&format!("{path}/actions/disconnect?sync"), &json!({}))
        .await
        .expect(204);
    assert_eq!(site.get("/vms").await.expect(200).json(), json!([]));
    assert_eq!(site.get(&path).await.expect(200).json()["enabled"], false);
    site.delete(&path).await.expect(204);
    site.get(&path).await.expect(404);
    site.post("/servers", &json!({ "host": "x" }))
        .await
        .expect(422);
}

#[tokio::test]
async fn a_revoked_token_lets_nobody_in() {
    let mut site = Site::start().await;
    let tokens = "/users/me/authentication_tokens";
    let made = site.post(tokens, &json!({ "description": "old" })).await;
    let secret = made.expect(201).json()["token"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    site.get_as(&secret, "/vms").await.expect(200);
    let me = site.get(tokens).await.expect(307);
    let listed = site.get(me.header("location").strip_prefix("/rest/v0").unwrap());
    let listed = listed.await.expect(200).json();
    let mut old = listed.as_array().unwrap().iter();
    let old = old.find(|token| token["description"] == "old").unwrap();
    let path = format!("{tokens}/{}", old["id"].as_str().unwrap());

    // Not by its secret, and not by somebody else.
    site.delete(&format!("{tokens}/{secret}")).await.expect(404);
    site.post("/users", &json!({ "name": "ann", "password": PASSWORD }))
        .await
        .expect(201);
    let own = std::mem::take(&mut site.token);
    site.token = site.token_of("ann").await;
    site.delete(&path).await.expect(404);
    let foreign = path.replace("/me/", &format!("/{}/", old["user_id"].as_str().unwrap()));
    site.delete(&foreign).await.expect(403);
    site.get_as(&secret, "/vms").await.expect(200);

    site.token = own;
    site.delete(&path).await.expect(204);
    site.get_as(&secret, "/vms").await.expect(401);
    site.delete(&path).await.expect(404);
}

#[tokio::test]
async fn everybody_changes_their_own_password_by_knowing_it() {
    let mut site = Site::start().await;
    let user = json!({ "name": "ann", "password": PASSWORD });
    let ann = site.post("/users", &user).await.expect(201).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let change = json!({ "oldPassword": PASSWORD, "newPassword": "battery staple" });
    // Not even an administrator for somebody else: that is what `PATCH` is for.
    let of_ann = format!("/users/{ann}/actions/change_password");
    site.post(&of_ann, &change).await.expect(403);

    site.token = site.token_of("ann").await;
    let own = "/users/me/actions/change_password";
    let wrong = json!({ "oldPassword": "a guess", "newPassword": "battery staple" });
    let refused = site.post(own, &wrong).await.expect(422).json();
    assert_eq!(refused["data"]["errors"][0]["instancePath"], "/oldPassword");
    // Slowed down as a sign-in is: each failure doubles the wait.
    let mut status = 422;
    for _ in 0..6 {
        let refused = site.post(own, &wrong).await;
        status = refused.status.as_u16();
        if status == 429 {
            assert!(refused.header("retry-after").parse::<u32>().is_ok());
            break;
        }
    }
    assert_eq!(status, 429);
}

#[tokio::test]
async fn a_changed_password_signs_in_and_the_old_one_does_not() {
    let site = Site::start().await;
    let change = json!({ "oldPassword": PASSWORD, "newPassword": "battery staple" });
    site.post("/users/me/actions/change_password", &change)
        .await
        .expect(204);
    let sign_in = json!({ "username": "admin", "password": "battery staple" });
    site.post("/session", &sign_in).await.expect(201);
    let sign_in = json!({ "username": "admin", "password": PASSWORD });
    site.post("/session", &sign_in).await.expect(401);
}
