//! One open stream: waits for changes, tasks and the time, and writes the events.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::Notify;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;
use tokio::time::Interval;
use xo_engine::{Caller, ClientFeed, Engine, Error, ObjectType, TaskNotice, task_json};

use super::super::asked::Asked;
use super::super::{Rest, tasks};
use super::subscription::{Subscription, Topic};
use super::{Client, MAX_CLIENTS};
use crate::problem::Problem;

const PING_EVERY: Duration = Duration::from_secs(30);

/// One open stream.
struct Open {
    id: String,
    rest: Arc<Rest>,
    client: Arc<Client>,
    caller: Caller,
    feed: ClientFeed,
    tasks: broadcast::Receiver<TaskNotice>,
    servers: watch::Receiver<()>,
    updates: watch::Receiver<()>,
    credentials: watch::Receiver<()>,
    ping: Interval,
    greeting: Option<String>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.rest.events.0.lock().remove(&self.id);
    }
}

pub(super) async fn open(asked: Asked) -> Result<Response, Problem> {
    let id = format!("{:032x}", rand::random::<u128>());
    let client = Arc::new(Client {
        user: asked.caller.user.clone(),
        subscriptions: Mutex::default(),
        wake: Notify::new(),
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
        servers: asked.engine().watch_servers(),
        updates: asked.engine().watch_updates(),
        credentials: asked.engine().watch_credentials(),
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
                            text.extend(subscription.entered(name, &engine, item));
                        }
                        for item in &round.exited {
                            text.extend(subscription.exited(name, &engine, item));
                        }
                    }
                    // Connections are called as their pools.
                    let mut told = round.entered.iter().chain(&round.exited);
                    if told.any(|item| item.kind == ObjectType::Pool) {
                        text.push_str(&self.listed(&engine, Topic::Servers).await);
                    }
                    text
                }
                () = self.client.wake.notified() => {
                    let mut text: String = {
                        let mut subscriptions = self.client.subscriptions.lock();
                        let firsts = subscriptions
                            .iter_mut()
                            .map(|(name, subscription)| subscription.first(name, &engine, &self.caller));
                        firsts.collect()
                    };
                    text.push_str(&self.listed(&engine, Topic::Servers).await);
                    text
                }
                Ok(()) = self.credentials.changed() => {
                    // The client finds out at once, and so does whoever should not listen any more.
                    if matches!(engine.is_still_in(&self.caller).await, Ok(false)) {
                        return None;
                    }
                    String::new()
                }
                Ok(()) = self.servers.changed() => self.listed(&engine, Topic::Servers).await,
                Ok(()) = self.updates.changed() => self.listed(&engine, Topic::Updates).await,
                notice = self.tasks.recv() => match notice {
                    Ok(notice) => self.task(&engine, &notice),
                    // A thousand behind: the client shall connect and list anew.
                    Err(RecvError::Lagged(_) | RecvError::Closed) => return None,
                },
                _ = self.ping.tick() => {
                    if engine.is_expired(&self.caller) {
                        return None;
                    }
                    // When pools were last heard of wakes nobody by itself.
                    let connections = self.listed(&engine, Topic::Servers).await;
                    format!("{connections}event: ping\ndata: {}\n\n", json!({ "ping": engine.now_ms() }))
                }
                () = engine.stopped() => return None,
            };
            if !text.is_empty() {
                return Some(text);
            }
        }
    }

    /// What changed since it was told last, of what is listed anew for that.
    async fn listed(&self, engine: &Arc<Engine>, topic: Topic) -> String {
        let is_about = |subscription: &Subscription| subscription.topic == topic;
        let is_wanted = self.client.subscriptions.lock().values().any(is_about);
        if !is_wanted {
            return String::new();
        }
        let listed = match topic {
            Topic::Updates => engine.updates(&self.caller).await,
            _ => engine.servers(&self.caller).await,
        };
        let listed = match listed {
            Ok(listed) => listed,
            Err(error) => {
                tracing::warn!(%error, ?topic, "changes were not told");
                return String::new();
            }
        };
        let mut subscriptions = self.client.subscriptions.lock();
        let about_it = subscriptions.iter_mut().filter(|(_, one)| is_about(one));
        about_it
            .map(|(name, subscription)| subscription.all(name, &listed))
            .collect()
    }

    fn task(&self, engine: &Engine, notice: &TaskNotice) -> String {
        let mut subscriptions = self.client.subscriptions.lock();
        let about_tasks = subscriptions
            .iter_mut()
            .filter(|(_, subscription)| subscription.topic == Topic::Tasks);
        let told = about_tasks.filter_map(|(name, subscription)| match notice {
            TaskNotice::Update(task) if tasks::is_visible(engine, &self.caller, task) => {
                subscription.is(name, task.id.clone(), &task_json(task).to_string())
            }
            TaskNotice::Update(_) => None,
            TaskNotice::Remove(id) => {
                subscription.is_gone(name, id, &json!({ "id": id }).to_string())
            }
        });
        told.collect()
    }
}
