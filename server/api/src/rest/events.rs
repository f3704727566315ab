//! Server-sent events: `GET /events` opens a stream, and subscriptions to it are made beside it (`xo-protocol.md` section 6, Events).
//!
//! `POST …/subscriptions` is upstream's: a whole collection, under the collection's name. `PUT …/subscriptions/{name}` is ours, for
//! clients that show a part: any number of them per collection, each limited to some objects or to a filter, replaced as the view
//! moves. With `ids`, the stream first tells those objects as they are; with `filter`, it tells what comes in, changes and goes out.
//! The collection `server`, connections to pools, is ours too; who is no administrator is told how those stand that concern them.
//!
//! Invariant: a slow client costs no memory but its place in the engine's feed, where changes of one object replace one another.

mod open;
mod subscription;

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::{Method as Verb, StatusCode};
use axum::response::Response;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use tokio::sync::Notify;
use xo_engine::{Error, ObjectType, Query};

use self::open::open;
use self::subscription::{Known, Subscription, Topic};
use super::asked::{self, Asked, nothing};
use super::listing::Fields;
use super::route::{Field, Route, made, of, optional, required};
use crate::problem::Problem;

const MAX_CLIENTS: usize = 1000;
const MAX_SUBSCRIPTIONS: usize = 100;
const MAX_IDS: usize = 1000;

struct Client {
    user: Option<Arc<str>>,
    /// By their names: upstream's are called as the collection.
    subscriptions: Mutex<HashMap<String, Subscription>>,
    /// A subscription waits for its first events.
    wake: Notify,
}

/// The open streams.
#[derive(Default)]
pub(super) struct Clients(Mutex<HashMap<String, Arc<Client>>>);

pub(super) fn routes() -> Vec<Route> {
    let mut limited = fields();
    limited.push(optional(
        "ids",
        json!({ "type": "array", "items": of("string"), "maxItems": MAX_IDS, "description": "only these; first told as they are" }),
    ));
    limited.push(optional(
        "filter",
        json!({ "type": "string", "description": "only what matches: coming in is `add`, going out is `remove`" }),
    ));
    let one = "/events/{id}/subscriptions/{subscriptionId}";
    vec![
        Route::new(Verb::GET, "/events", "Opens a stream of events.", open).reply_with(
            200,
            "`init` with the id of the stream, then `add`, `update`, `remove`, and `ping` every 30 s",
            "text/event-stream",
            of("string"),
        ),
        Route::new(Verb::POST, "/events/{id}/subscriptions", "Subscribes a stream to a collection.", subscribe)
            .body(fields())
            .reply_json(201, "Subscribed", made())
            .reply(404, "No such stream"),
        Route::new(Verb::PUT, one, "Subscribes a stream to a part of a collection, under a name of the client's choice.", put)
            .body(limited)
            .reply_json(200, "Subscribed, in place of what had this name", made())
            .reply(400, "The filter cannot be read")
            .reply(404, "No such stream"),
        Route::new(Verb::DELETE, one, "Ends a subscription.", |asked| async move {
            let client = find(&asked)?;
            let name = asked.param("subscriptionId");
            let gone = client.subscriptions.lock().remove(name);
            gone.map(|_| nothing()).ok_or_else(|| Error::no_such(name, "subscription").into())
        })
        .reply(204, "Ended")
        .reply(404, "No such stream or subscription"),
    ]
}

fn fields() -> Vec<Field> {
    let mut topics: Vec<Value> = ObjectType::ALL
        .iter()
        .map(|kind| json!(kind.name()))
        .collect();
    topics.extend([
        json!("alarm"),
        json!("task"),
        json!("server"),
        json!("update"),
    ]);
    let fields = json!({
        "anyOf": [{ "const": "*" }, { "type": "array", "items": of("string") }],
        "description": "which properties to tell; without `id` among them nothing tells which object changed",
    });
    vec![
        required("collection", json!({ "enum": topics })),
        optional("fields", fields),
    ]
}

fn find(asked: &Asked) -> Result<Arc<Client>, Problem> {
    let id = asked.param("id");
    let client = asked.rest.events.0.lock().get(id).cloned();
    let own = client.filter(|client| client.user == asked.caller.user);
    own.ok_or_else(|| Error::no_such(id, "stream of events").into())
}

async fn subscribe(mut asked: Asked) -> Result<Response, Problem> {
    let client = find(&asked)?;
    let body = asked.body().await?;
    let name = body
        .get("collection")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    begin(&asked, &client, &name, &body).await?;
    asked::json(StatusCode::CREATED, &json!({ "id": name }))
}

async fn put(mut asked: Asked) -> Result<Response, Problem> {
    let client = find(&asked)?;
    let body = asked.body().await?;
    let name = asked.param("subscriptionId").to_owned();
    begin(&asked, &client, &name, &body).await?;
    asked::json(StatusCode::OK, &json!({ "id": name }))
}

async fn begin(
    asked: &Asked,
    client: &Client,
    name: &str,
    body: &Map<String, Value>,
) -> Result<(), Problem> {
    let topic = topic(body)?;
    let mut subscription = Subscription::new(topic, shown(body)?);
    if let Some(ids) = body.get("ids") {
        subscription.only(listed(ids)?);
    }
    let mut query = match topic.kind() {
        Some(kind) => Query::kinds(&[kind]),
        None => Query::everything(),
    };
    if let Some(filter) = body.get("filter") {
        let text = filter.as_str();
        query = query.filter(text.ok_or_else(|| Error::invalid("filter", "must be a string"))?)?;
        subscription.matching(query.clone());
    }
    let tells_first = subscription.tells_first();
    let number = subscription.number;
    {
        let mut subscriptions = client.subscriptions.lock();
        if subscriptions.len() >= MAX_SUBSCRIPTIONS && !subscriptions.contains_key(name) {
            return Err(Error::Unavailable("too many subscriptions on one stream".into()).into());
        }
        subscriptions.insert(name.to_owned(), subscription);
    }
    if tells_first {
        client.wake.notify_one();
        return Ok(());
    }
    // It listens already, so that nothing falls between; what it heard meanwhile is newer than this list.
    let there = match topic {
        Topic::Tasks => return Ok(()),
        Topic::Servers => Known::Values(asked.engine().servers(&asked.caller).await?),
        Topic::Updates => Known::Values(asked.engine().updates(&asked.caller).await?),
        Topic::Objects(_) | Topic::Alarms => {
            Known::Items(asked.engine().query(&asked.caller, &query).await?)
        }
    };
    if let Some(subscription) = client.subscriptions.lock().get_mut(name)
        && subscription.number == number
    {
        subscription.knows(asked.engine(), &there);
    }
    Ok(())
}

fn topic(body: &Map<String, Value>) -> Result<Topic, Error> {
    match body.get("collection").and_then(Value::as_str) {
        Some("alarm") => Ok(Topic::Alarms),
        Some("task") => Ok(Topic::Tasks),
        Some("server") => Ok(Topic::Servers),
        Some("update") => Ok(Topic::Updates),
        name => name
            .and_then(ObjectType::from_name)
            .map(Topic::Objects)
            .ok_or_else(|| {
                Error::invalid(
                    "collection",
                    "must be a type of objects, `alarm`, `task`, `server` or `update`",
                )
            }),
    }
}

fn shown(body: &Map<String, Value>) -> Result<Fields, Error> {
    match body.get("fields") {
        None => Ok(Fields::All),
        Some(Value::String(all)) if all == "*" => Ok(Fields::All),
        Some(Value::Array(names)) if names.contains(&json!("*")) => Ok(Fields::All),
        Some(Value::Array(names)) => Ok(Fields::Some(
            names
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        )),
        Some(_) => Err(Error::invalid("fields", "must be `*` or a list of names")),
    }
}

fn listed(ids: &Value) -> Result<Vec<String>, Error> {
    let list = ids.as_array().filter(|list| list.len() <= MAX_IDS);
    let texts = list.and_then(|list| {
        list.iter()
            .map(|id| id.as_str().map(str::to_owned))
            .collect()
    });
    texts.ok_or_else(|| Error::invalid("ids", format!("must be a list of at most {MAX_IDS} ids")))
}
