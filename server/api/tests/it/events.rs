//! Server-sent events.

use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::support::{LIMIT, PASSWORD, Site};

struct Events {
    stream: axum::body::BodyDataStream,
    rest: String,
}

impl Events {
    async fn next(&mut self) -> (String, Value) {
        while !self.rest.contains("\n\n") {
            let piece = tokio::time::timeout(LIMIT, self.stream.next())
                .await
                .expect("no event came");
            self.rest
                .push_str(std::str::from_utf8(&piece.unwrap().unwrap()).unwrap());
        }
        let (event, rest) = self.rest.split_once("\n\n").unwrap();
        let (kind, data) = event.split_once('\n').unwrap();
        let kind = kind.strip_prefix("event: ").unwrap().to_owned();
        let data = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        self.rest = rest.to_owned();
        (kind, data)
    }
}

async fn open(site: &Site) -> (Events, String) {
    let mut events = Events {
        stream: site.open("/events").await,
        rest: String::new(),
    };
    let (kind, data) = events.next().await;
    assert_eq!(kind, "init");
    let id = data["id"].as_str().unwrap().to_owned();
    (events, id)
}

#[tokio::test]
async fn what_was_subscribed_to_is_told_and_nothing_else() {
    let site = Site::with_pool().await;
    let (mut events, id) = open(&site).await;
    let subscriptions = format!("/events/{id}/subscriptions");
    let body = json!({ "collection": "VM", "fields": ["id", "name_label"] });
    let made = site.post(&subscriptions, &body).await.expect(201).json();
    assert_eq!(made, json!({ "id": "VM" }));
    let vm = site.vm("Halted").await;
    let path = format!("/vms/{}", vm["id"].as_str().unwrap());
    // Not a field that was asked for: not told.
    site.with_body("PATCH", &path, &json!({ "nameDescription": "unseen" }))
        .await
        .expect(204);
    site.with_body("PATCH", &path, &json!({ "nameLabel": "seen" }))
        .await
        .expect(204);
    let expected = json!({ "$subscription": "VM", "id": vm["id"], "name_label": "seen" });
    assert_eq!(events.next().await, ("update".into(), expected));
    site.delete(&format!("{subscriptions}/VM"))
        .await
        .expect(204);
    site.delete(&format!("{subscriptions}/VM"))
        .await
        .expect(404);
    site.post(&subscriptions, &json!({ "collection": "unicorn" }))
        .await
        .expect(422);
}

#[tokio::test]
async fn a_star_among_the_fields_asks_for_all_of_them() {
    let site = Site::with_pool().await;
    let (mut events, id) = open(&site).await;
    let vm = site.vm("Halted").await;
    let body = json!({ "collection": "VM", "fields": ["*"], "ids": [vm["id"]] });
    site.with_body("PUT", &format!("/events/{id}/subscriptions/mine"), &body)
        .await
        .expect(200);
    let (kind, told) = events.next().await;
    assert_eq!(kind, "add");
    assert_eq!(told["power_state"], "Halted");
}

#[tokio::test]
async fn a_stream_belongs_to_who_opened_it() {
    let site = Site::start().await;
    let (_events, id) = open(&site).await;
    site.post("/users", &json!({ "name": "ann", "password": PASSWORD }))
        .await
        .expect(201);
    let ann = site.token_of("ann").await;
    let cookie = crate::support::cookie(&ann);
    let body = json!({ "collection": "VM" }).to_string();
    let path = format!("/events/{id}/subscriptions");
    site.send("POST", &path, &[("cookie", &cookie)], body.into())
        .await
        .expect(404);
}

#[tokio::test]
async fn tasks_are_told_as_events_and_a_closed_stream_is_forgotten() {
    let site = Site::with_pool().await;
    let (mut events, id) = open(&site).await;
    let subscriptions = format!("/events/{id}/subscriptions");
    site.post(
        &subscriptions,
        &json!({ "collection": "task", "fields": ["status"] }),
    )
    .await
    .expect(201);
    let vm = site.vm("Running").await;
    let path = format!("/vms/{}/actions/start", vm["id"].as_str().unwrap());
    site.post(&path, &json!({})).await.expect(202);
    let (kind, data) = events.next().await;
    assert_eq!((kind.as_str(), &data["status"]), ("add", &json!("pending")));
    let (kind, data) = events.next().await;
    assert_eq!(
        (kind.as_str(), &data["status"]),
        ("update", &json!("failure"))
    );
    drop(events);
    site.post(&subscriptions, &json!({ "collection": "VM" }))
        .await
        .expect(404);
}

#[tokio::test]
async fn a_part_of_a_collection_is_told_first_and_then_as_it_changes() {
    let site = Site::with_pool().await;
    let (mut events, id) = open(&site).await;
    let (vm, other) = (site.vm("Halted").await, site.vm("Running").await);
    let rows = format!("/events/{id}/subscriptions/rows");
    let part =
        |ids: Value| json!({ "collection": "VM", "fields": ["id", "name_label"], "ids": ids });
    let made = site
        .with_body("PUT", &rows, &part(json!([vm["id"], "gone"])))
        .await;
    assert_eq!(made.expect(200).json(), json!({ "id": "rows" }));
    let shown = |name: &str, of: &Value| json!({ "$subscription": "rows", "id": of["id"], "name_label": name });
    let name = vm["name_label"].as_str().unwrap();
    assert_eq!(events.next().await, ("add".into(), shown(name, &vm)));
    // One that is not shown, then one that is.
    rename(&site, &other, "elsewhere").await;
    rename(&site, &vm, "here").await;
    assert_eq!(events.next().await, ("update".into(), shown("here", &vm)));
    // The view moves.
    site.with_body("PUT", &rows, &part(json!([other["id"]])))
        .await
        .expect(200);
    assert_eq!(
        events.next().await,
        ("add".into(), shown("elsewhere", &other))
    );
    rename(&site, &vm, "out of sight").await;
    rename(&site, &other, "in sight").await;
    assert_eq!(
        events.next().await,
        ("update".into(), shown("in sight", &other))
    );
    site.delete(&rows).await.expect(204);
}

#[tokio::test]
async fn a_filter_tells_what_comes_in_and_what_goes_out() {
    let site = Site::with_pool().await;
    let (mut events, id) = open(&site).await;
    let list = format!("/events/{id}/subscriptions/list");
    let part = |filter: &str| json!({ "collection": "VM", "fields": ["id"], "filter": filter });
    site.with_body("PUT", &list, &part("name_label:/^mine/"))
        .await
        .expect(200);
    let vm = site.vm("Halted").await;
    let expected = json!({ "$subscription": "list", "id": vm["id"] });
    rename(&site, &vm, "mine 1").await;
    assert_eq!(events.next().await, ("add".into(), expected.clone()));
    // What is shown of it stays the same.
    rename(&site, &vm, "mine 2").await;
    rename(&site, &vm, "yours").await;
    assert_eq!(events.next().await, ("remove".into(), expected));
    let refused = site
        .with_body("PUT", &list, &part("a:("))
        .await
        .expect(400)
        .json();
    assert_eq!(refused["data"]["start"], 2);
    let many: Vec<String> = (0..1001).map(|i| i.to_string()).collect();
    let body = json!({ "collection": "VM", "ids": many });
    site.with_body("PUT", &list, &body).await.expect(422);
}

async fn rename(site: &Site, vm: &Value, name: &str) {
    let path = format!("/vms/{}", vm["id"].as_str().unwrap());
    site.with_body("PATCH", &path, &json!({ "nameLabel": name }))
        .await
        .expect(204);
}

#[tokio::test]
async fn connections_to_pools_are_told_as_they_change() {
    let mut site = Site::with_pool().await;
    let (mut events, id) = open(&site).await;
    let subscriptions = format!("/events/{id}/subscriptions");
    let fields = json!(["id", "label", "status", "error", "poolNameLabel"]);
    let body = json!({ "collection": "server", "fields": fields });
    site.post(&subscriptions, &body).await.expect(201);
    let server = site.get("/servers?fields=*").await.expect(200).json()[0].clone();
    let path = format!("/servers/{}", server["id"].as_str().unwrap());
    let rename = json!({ "label": "north" });
    site.with_body("PATCH", &path, &rename).await.expect(204);
    let (kind, data) = events.next().await;
    assert_eq!((kind.as_str(), &data["label"]), ("update", &json!("north")));
    assert_eq!(data["status"], "connected");
    assert_eq!(data["$subscription"], "server");

    // A pool that has another name is told with it.
    let pool = site.get("/pools?fields=id").await.expect(200).json()[0].clone();
    let path_of_pool = format!("/pools/{}", pool["id"].as_str().unwrap());
    let rename = json!({ "nameLabel": "South" });
    site.with_body("PATCH", &path_of_pool, &rename)
        .await
        .expect(204);
    until(&mut events, |data| data["poolNameLabel"] == "South").await;

    site.post(&format!("{path}/actions/disconnect?sync"), &json!({}))
        .await
        .expect(204);
    // It keeps its name while nobody can ask for it.
    until(&mut events, |data| {
        data["status"] == "disconnected" && data["poolNameLabel"] == "South"
    })
    .await;
    site.post(&format!("{path}/actions/connect?sync"), &json!({}))
        .await
        .expect(204);
    until(&mut events, |data| data["status"] == "connected").await;
    // The pool goes, without anybody asking.
    site.lab.take().unwrap().stop().await;
    until(&mut events, |data| data["error"]["code"] == "UNREACHABLE").await;

    site.delete(&path).await.expect(204);
    loop {
        let (kind, data) = events.next().await;
        if kind == "remove" {
            assert_eq!(data["id"], server["id"]);
            break;
        }
    }
}

#[tokio::test]
async fn connections_to_pools_are_told_to_whom_they_concern() {
    let mut site = Site::with_pool().await;
    let ann = site
        .post("/users", &json!({ "name": "ann", "password": PASSWORD }))
        .await;
    let ann = ann.expect(201).json()["id"].clone();
    let server = site.get("/servers?fields=id").await.expect(200).json()[0].clone();
    let shown = format!("/events/{}/subscriptions/shown", open(&site).await.1);
    site.with_body("PUT", &shown, &json!({ "collection": "server" }))
        .await
        .expect(404);
    let (mut events, id) = open(&site).await;
    let shown = format!("/events/{id}/subscriptions/shown");
    let part = json!({ "collection": "server", "fields": ["id"], "ids": [server["id"]] });
    site.with_body("PUT", &shown, &part).await.expect(200);
    let told = json!({ "$subscription": "shown", "id": server["id"] });
    assert_eq!(events.next().await, ("add".into(), told));

    let admin = site.token.clone();
    site.token = site.token_of("ann").await;
    let seen = site.get("/servers?fields=*").await.expect(200).json();
    assert_eq!(seen, json!([]));
    let own = std::mem::replace(&mut site.token, admin);
    let vm = site.get("/vms?fields=id&limit=1").await.expect(200).json()[0]["id"].clone();
    let grant = json!({ "subject": ann, "object": vm, "action": "viewer" });
    site.post("/acls", &grant).await.expect(201);
    let admin = std::mem::replace(&mut site.token, own);
    let (mut events, id) = open(&site).await;
    let path = format!("/events/{id}/subscriptions");
    site.post(&path, &json!({ "collection": "server" }))
        .await
        .expect(201);
    let seen = site.get("/servers?fields=*").await.expect(200).json()[0].clone();
    assert_eq!(seen["id"], server["id"]);
    assert_eq!(seen["status"], "connected");
    for secret in ["host", "username", "poolNameLabel", "fingerprint"] {
        assert!(seen.get(secret).is_none(), "{seen}");
    }
    site.get(&format!("/servers/{}", server["id"].as_str().unwrap()))
        .await
        .expect(403);
    site.token = admin;
    let off = format!(
        "/servers/{}/actions/disconnect?sync",
        server["id"].as_str().unwrap()
    );
    site.post(&off, &json!({})).await.expect(204);
    // With the pool goes what was granted on it.
    let (kind, told) = events.next().await;
    assert_eq!((kind.as_str(), &told["id"]), ("remove", &server["id"]));
}

/// Reads on to an event that says so.
async fn until(events: &mut Events, is_it: impl Fn(&Value) -> bool) {
    loop {
        let (_, data) = events.next().await;
        if is_it(&data) {
            return;
        }
    }
}

#[tokio::test]
async fn a_stream_ends_with_the_token_that_opened_it_and_no_other() {
    let mut site = Site::start().await;
    let other = site.token_of("admin").await;
    let (mut events, id) = open(&site).await;
    let own = std::mem::replace(&mut site.token, other);
    let (mut others, _) = open(&site).await;
    let sign_out = [("cookie", format!("token={own}"))];
    let sign_out = sign_out
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    site.send("DELETE", "/session", &sign_out, axum::body::Body::empty())
        .await
        .expect(204);
    let end = tokio::time::timeout(LIMIT, events.stream.next()).await;
    assert!(end.unwrap().is_none());
    site.delete(&format!("/events/{id}/subscriptions/VM"))
        .await
        .expect(404);
    // That one goes on.
    let made = json!({ "name": "ann", "password": PASSWORD });
    site.post("/users", &made).await.expect(201);
    assert!(others.rest.is_empty());
    let more = futures_util::poll!(others.stream.next());
    assert!(more.is_pending());
}
