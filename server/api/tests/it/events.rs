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
