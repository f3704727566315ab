//! Server-sent events: `GET /events` opens a stream, and subscriptions to it are made beside it (`xo-protocol.md` section 6, Events).
//!
//! Invariant: a slow client costs no memory but its place in the engine's feed, where changes of one object replace one another.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method as Verb, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::Interval;
use xo_engine::{
    Caller, ClientFeed, Engine, Error, Item, ObjectType, Query, TaskNotice, project, task_json,
};

use super::asked::{self, Asked, nothing};
use super::listing::Fields;
use super::route::{Route, of, optional, required};
use super::{Rest, alarms, tasks};
use crate::problem::Problem;

const PING_EVERY: Duration = Duration::from_secs(30);
const MAX_CLIENTS: usize = 1000;

/// What one stream is subscribed to, by the name of the collection.
type Subscriptions = HashMap<String, Subscription>;

struct Client {
    user: Option<Arc<str>>,
    subscriptions: Mutex<Subscriptions>,
}

/// The open streams.
#[derive(Default)]
pub(super) struct Clients(Mutex<HashMap<String, Arc<Client>>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    Objects(ObjectType),
    Alarms,
    Tasks,
}

struct Subscription {
    topic: Topic,
    fields: Fields,
    /// What the client was told to be there: a hash of the text as it was told.
    told: HashMap<String, u64>,
}

pub(super) fn routes() -> Vec<Route> {
    let mut topics: Vec<Value> = ObjectType::ALL
        .iter()
        .map(|kind| json!(kind.name()))
        .collect();
    topics.extend([json!("alarm"), json!("task")]);
    let fields = json!({ "anyOf": [{ "const": "*" }, { "type": "array", "items": of("string") }] });
    vec![
        Route::new(Verb::GET, "/events", "Opens a stream of events.", open).reply_with(
            200,
            "`init` with the id of the stream, then `add`, `update`, `remove`, and `ping` every 30 s",
            "text/event-stream",
            of("string"),
        ),
        Route::new(Verb::POST, "/events/{id}/subscriptions", "Subscribes a stream to a collection.", subscribe)
            .body(vec![required("collection", json!({ "enum": topics })), optional("fields", fields)])
            .reply_json(201, "Subscribed", super::route::made())
            .reply(404, "No such stream"),
        Route::new(
            Verb::DELETE,
            "/events/{id}/subscriptions/{subscriptionId}",
            "Ends a subscription.",
            |asked| async move {
                let client = find(&asked)?;
                let name = asked.param("subscriptionId");
                let gone = client.subscriptions.lock().remove(name);
                gone.map(|_| nothing()).ok_or_else(|| Error::no_such(name, "subscription").into())
            },
        )
        .reply(204, "Ended")
        .reply(404, "No such stream or subscription"),
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
    let topic = match name.as_str() {
        "alarm" => Topic::Alarms,
        "task" => Topic::Tasks,
        name => ObjectType::from_name(name)
            .map(Topic::Objects)
            .ok_or_else(|| {
                Error::invalid("collection", "must be a type of objects, `alarm` or `task`")
            })?,
    };
    let fields = match body.get("fields") {
        None => Fields::All,
        Some(Value::String(all)) if all == "*" => Fields::All,
        Some(Value::Array(names)) => Fields::Some(
            names
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        ),
        Some(_) => return Err(Error::invalid("fields", "must be `*` or a list of names").into()),
    };
    let mut subscription = Subscription {
        topic,
        fields,
        told: HashMap::new(),
    };
    let kind = match topic {
        Topic::Objects(kind) => Some(kind),
        Topic::Alarms => Some(ObjectType::Message),
        Topic::Tasks => None,
    };
    if let Some(kind) = kind {
        let there = asked
            .engine()
            .query(&asked.caller, &Query::kinds(&[kind]))
            .await?;
        for item in there {
            if let Some(text) = subscription.text(asked.engine(), &item) {
                subscription.told.insert(item.id.to_string(), hash(&text));
            }
        }
    }
    client
        .subscriptions
        .lock()
        .insert(name.clone(), subscription);
    asked::json(StatusCode::CREATED, &json!({ "id": name }))
}

impl Subscription {
    /// An object as this subscriber is told of it; `None` when it is not what was subscribed to.
    fn text(&self, engine: &Engine, item: &Item) -> Option<String> {
        match self.topic {
            Topic::Objects(kind) if item.kind == kind => self.shown(&item.json),
            Topic::Alarms if item.kind == ObjectType::Message => {
                self.shown(&alarms::view(engine, item)?.to_string())
            }
            _ => None,
        }
    }

    fn shown(&self, json: &str) -> Option<String> {
        match &self.fields {
            Fields::Some(names) => project::project(json, names),
            _ => Some(json.to_owned()),
        }
    }

    /// The event for something that is there now; nothing when what the client sees of it is as before.
    fn entered(&mut self, name: &str, id: String, text: &str) -> Option<String> {
        let now = hash(text);
        match self.told.insert(id, now) {
            None => Some(event("add", name, text)),
            Some(before) if before == now => None,
            Some(_) => Some(event("update", name, text)),
        }
    }

    fn exited(&mut self, name: &str, id: &str, text: &str) -> Option<String> {
        self.told.remove(id).map(|_| event("remove", name, text))
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn event(kind: &str, subscription: &str, json: &str) -> String {
    let name = Value::String(subscription.to_owned());
    let members = json.trim_start().trim_start_matches('{');
    let comma = if members.starts_with('}') { "" } else { "," };
    format!("event: {kind}\ndata: {{\"$subscription\":{name}{comma}{members}\n\n")
}

/// One open stream.
struct Open {
    id: String,
    rest: Arc<Rest>,
    client: Arc<Client>,
    caller: Caller,
    feed: ClientFeed,
    tasks: broadcast::Receiver<TaskNotice>,
    ping: Interval,
    greeting: Option<String>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.rest.events.0.lock().remove(&self.id);
    }
}

async fn open(asked: Asked) -> Result<Response, Problem> {
    let id = format!("{:032x}", rand::random::<u128>());
    let client = Arc::new(Client {
        user: asked.caller.user.clone(),
        subscriptions: Mutex::default(),
    });
    {
        let mut clients = asked.rest.events.0.lock();
        if clients.len() >= MAX_CLIENTS {
            return Err(Error::Unavailable("too many streams of events are open".into()).into());
        }
        clients.insert(id.clone(), Arc::clone(&client));
    }
    let start = tokio::time::Instant::now() + PING_EVERY;
    let open = Open {
        greeting: Some(format!("event: init\ndata: {}\n\n", json!({ "id": id }))),
        feed: asked.engine().feed(&asked.caller),
        tasks: asked.engine().tasks.watch(),
        ping: tokio::time::interval_at(start, PING_EVERY),
        rest: Arc::clone(&asked.rest),
        caller: asked.caller,
        client,
        id,
    };
    let events = stream::unfold(open, |mut open| async move {
        let text = open.next().await?;
        Some((Ok::<_, std::convert::Infallible>(text), open))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let mut response = (headers, Body::from_stream(events)).into_response();
    // Proxies must not hold events back.
    response
        .headers_mut()
        .insert("x-accel-buffering", header::HeaderValue::from_static("no"));
    Ok(response)
}

impl Open {
    /// The next events as text; `None` ends the stream.
    async fn next(&mut self) -> Option<String> {
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting);
        }
        let engine = Arc::clone(&self.rest.app.engine);
        loop {
            let text = tokio::select! {
                round = self.feed.next() => {
                    let round = round?;
                    let mut text = String::new();
                    for (name, subscription) in self.client.subscriptions.lock().iter_mut() {
                        for item in &round.entered {
                            let now = subscription.text(&engine, item);
                            text.extend(now.and_then(|now| subscription.entered(name, item.id.to_string(), &now)));
                        }
                        for item in &round.exited {
                            let last = subscription.text(&engine, item);
                            text.extend(last.and_then(|last| subscription.exited(name, &item.id.to_string(), &last)));
                        }
                    }
                    text
                }
                notice = self.tasks.recv() => match notice {
                    Ok(notice) => self.task(&engine, &notice).unwrap_or_default(),
                    // A thousand behind: the client shall connect and list anew.
                    Err(RecvError::Lagged(_) | RecvError::Closed) => return None,
                },
                _ = self.ping.tick() => {
                    if engine.is_expired(&self.caller) {
                        return None;
                    }
                    format!("event: ping\ndata: {}\n\n", json!({ "ping": engine.now_ms() }))
                }
                () = engine.stopped() => return None,
            };
            if !text.is_empty() {
                return Some(text);
            }
        }
    }

    fn task(&self, engine: &Engine, notice: &TaskNotice) -> Option<String> {
        let mut subscriptions = self.client.subscriptions.lock();
        let (name, subscription) = subscriptions
            .iter_mut()
            .find(|(_, s)| s.topic == Topic::Tasks)?;
        match notice {
            TaskNotice::Update(task) if tasks::is_visible(engine, &self.caller, task) => {
                let text = subscription.shown(&task_json(task).to_string())?;
                subscription.entered(name, task.id.clone(), &text)
            }
            TaskNotice::Update(_) => None,
            TaskNotice::Remove(id) => {
                subscription.exited(name, id, &json!({ "id": id }).to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unchanged_text_is_not_told_again() {
        let fields = Fields::Some(vec!["a".into()]);
        let mut subscription = Subscription {
            topic: Topic::Tasks,
            fields,
            told: HashMap::new(),
        };
        let shown = subscription.shown(r#"{"a":1,"b":2}"#).unwrap();
        let first = subscription.entered("task", "x".into(), &shown).unwrap();
        assert_eq!(
            first,
            "event: add\ndata: {\"$subscription\":\"task\",\"a\":1}\n\n"
        );
        assert_eq!(subscription.entered("task", "x".into(), &shown), None);
        assert!(
            subscription
                .entered("task", "x".into(), r#"{"a":2}"#)
                .unwrap()
                .starts_with("event: update\n")
        );
        assert!(
            subscription
                .exited("task", "x", "{}")
                .unwrap()
                .starts_with("event: remove\n")
        );
        assert_eq!(subscription.exited("task", "x", "{}"), None);
    }

    #[test]
    fn an_empty_object_makes_a_whole_event() {
        assert_eq!(
            event("add", "VM", "{}"),
            "event: add\ndata: {\"$subscription\":\"VM\"}\n\n"
        );
    }
}
