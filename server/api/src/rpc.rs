//! JSON-RPC 2.0 over WebSocket at exactly `/api/` (`xo-protocol.md` section 2).
//!
//! One task per connection reads, one writes; calls run beside each other, at most [`CALLS_AT_ONCE`] of them. Changes come from the
//! engine's feed as `all` notifications. A client that does not read is dropped after [`WRITE_LIMIT`]; one whose token is revoked or
//! whose user is deleted, at once.

mod errors;
mod frame;
mod notification;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use parking_lot::Mutex;
use serde_json::{Map, Value};
use tokio::sync::{Semaphore, mpsc, watch};
use xo_engine::{Caller, Credentials, Engine, Error, Outcome, Pieces};

use crate::websocket::{self, CloseCode, CloseFrame, Message, Socket, Unsent};
use frame::{Incoming, Parsed, Version};

pub(crate) use errors::to_json as error_json;

const CALLS_AT_ONCE: u32 = 64;
const OUTBOX: usize = 64;
const WRITE_LIMIT: Duration = Duration::from_secs(30);

/// Takes over an upgrade request.
pub(crate) fn accept(request: Request, engine: Arc<Engine>, from: Option<IpAddr>) -> Response {
    websocket::upgrade(request, move |socket| serve(socket, engine, from))
}

/// What one connection knows.
struct Connection {
    engine: Arc<Engine>,
    caller: Mutex<Caller>,
    signed_in: watch::Sender<Option<Arc<str>>>,
    outbox: mpsc::Sender<Pieces>,
    slots: Arc<Semaphore>,
}

async fn serve(socket: Socket, engine: Arc<Engine>, from: Option<IpAddr>) {
    let (mut sink, mut stream) = socket.split();
    let (outbox, letters) = mpsc::channel(OUTBOX);
    let (signed_in, identity) = watch::channel(None);
    let connection = Arc::new(Connection {
        caller: Mutex::new(Caller::anonymous(from)),
        signed_in,
        outbox,
        slots: Arc::new(Semaphore::new(CALLS_AT_ONCE as usize)),
        engine: Arc::clone(&engine),
    });
    let _open = engine.count_client();
    let end = tokio::select! {
        end = read(Arc::clone(&connection), &mut stream) => end,
        end = write(&mut sink, letters, connection, identity) => end,
    };
    match end {
        End::Gone => {}
        End::Slow => {
            tracing::info!(address = ?from, "client dropped: it does not read what is sent");
        }
        End::TooLong => {
            let reason = "a message may have 16 MiB at most";
            close(&mut sink, CloseCode::Size, reason).await;
            if let Ok(socket) = sink.reunite(stream) {
                websocket::drain(socket).await;
            }
        }
        End::SignedOut => close(&mut sink, CloseCode::Policy, "signed out").await,
        End::Stopping => close(&mut sink, CloseCode::Away, "the server stops").await,
    }
}

/// Why a connection ends.
enum End {
    /// The client is gone.
    Gone,
    /// It did not read in time.
    Slow,
    /// It sent a message of more than [`websocket::MESSAGE_LIMIT`].
    TooLong,
    /// What it signed in with lets nobody in any more.
    SignedOut,
    Stopping,
}

async fn close(sink: &mut SplitSink<Socket, Message>, code: CloseCode, reason: &'static str) {
    let reason = reason.into();
    let frame = Message::Close(Some(CloseFrame { code, reason }));
    let _ = tokio::time::timeout(WRITE_LIMIT, sink.send(frame)).await;
}

async fn read(connection: Arc<Connection>, stream: &mut SplitStream<Socket>) -> End {
    let calls = tokio_util::task::TaskTracker::new();
    while let Some(received) = stream.next().await {
        let message = match received {
            Ok(message) => message,
            Err(websocket::Error::Capacity(_)) => return End::TooLong,
            Err(_) => break,
        };
        let text = match &message {
            Message::Text(text) => text.as_str(),
            // Some clients send their JSON so; what is no text is answered like other broken JSON.
            Message::Binary(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
            Message::Close(_) => break,
            _ => continue,
        };
        let expired = {
            let caller = connection.caller.lock();
            caller.user.is_some() && connection.engine.is_expired(&caller)
        };
        if expired {
            break;
        }
        let Ok(permit) = Arc::clone(&connection.slots).acquire_owned().await else {
            break;
        };
        let parsed = frame::parse(text);
        let connection = Arc::clone(&connection);
        calls.spawn(async move {
            let _permit = permit;
            if let Some(reply) = connection.answer(parsed).await {
                let _ = connection.outbox.send(reply).await;
            }
        });
    }
    End::Gone
}

/// Sends answers and changes for as long as the client may and does take them.
async fn write(
    sink: &mut SplitSink<Socket, Message>,
    mut letters: mpsc::Receiver<Pieces>,
    connection: Arc<Connection>,
    mut identity: watch::Receiver<Option<Arc<str>>>,
) -> End {
    let mut credentials = connection.engine.watch_credentials();
    let mut feed = None;
    let mut is_out = false;
    loop {
        let messages = tokio::select! {
            letter = letters.recv() => match letter {
                Some(letter) => vec![letter],
                None => return End::SignedOut,
            },
            Ok(()) = credentials.changed() => {
                if connection.is_out().await {
                    is_out = true;
                    feed = None;
                    connection.sign_out();
                }
                continue;
            }
            // Whoever takes away their own token still gets the answer.
            Ok(_all) = connection.slots.acquire_many(CALLS_AT_ONCE), if is_out => {
                letters.close();
                is_out = false;
                continue;
            }
            Ok(()) = identity.changed() => {
                let user = identity.borrow_and_update().clone();
                let caller = connection.caller.lock().clone();
                feed = user.map(|_| connection.engine.feed(&caller));
                continue;
            }
            round = notification::next(&mut feed) => match round {
                Some(messages) => messages,
                None => return End::Stopping,
            },
        };
        for message in messages {
            match websocket::send_text(sink, message, WRITE_LIMIT).await {
                Ok(()) => {}
                Err(Unsent::Gone) => return End::Gone,
                Err(Unsent::Slow) => return End::Slow,
            }
        }
    }
}

impl Connection {
    /// Whether somebody signed in with what lets nobody in any more.
    async fn is_out(&self) -> bool {
        let caller = self.caller.lock().clone();
        caller.user.is_some() && matches!(self.engine.is_still_in(&caller).await, Ok(false))
    }

    fn sign_out(&self) {
        let mut caller = self.caller.lock();
        *caller = Caller::anonymous(caller.address);
        self.signed_in.send_replace(None);
    }

    async fn answer(&self, parsed: Parsed) -> Option<Pieces> {
        match parsed {
            Parsed::One(incoming) => self.answer_one(incoming).await,
            Parsed::Batch(list) => {
                let mut parts = Vec::new();
                for incoming in list {
                    let answer = self.answer_one(incoming).await;
                    parts.extend(answer);
                }
                (!parts.is_empty()).then(|| frame::batch(parts))
            }
        }
    }

    async fn answer_one(&self, incoming: Incoming) -> Option<Pieces> {
        let (version, id, method, params) = match incoming {
            Incoming::Call {
                version,
                id,
                method,
                params,
            } => (version, id, method, params),
            Incoming::Broken { id, code, message } => {
                let error = serde_json::json!({ "code": code, "message": message });
                return Some(frame::failure(Version::Two, &id, &error));
            }
            Incoming::Answer => return None,
        };
        let params = match params {
            Value::Object(params) => params,
            Value::Null => Map::new(),
            Value::Array(list) if list.is_empty() => Map::new(),
            _ => {
                let id = id?;
                let error = serde_json::json!({
                    "code": -32602, "message": "params must be an object of named parameters",
                });
                return Some(frame::failure(version, &id, &error));
            }
        };
        let result = self.call(&method, params).await;
        let id = id?;
        Some(match result {
            Ok(outcome) => frame::success(version, &id, outcome),
            Err(error) => {
                let caller = self.caller.lock().clone();
                let is_admin = self.engine.is_admin(&caller);
                frame::failure(version, &id, &errors::to_json(&error, is_admin))
            }
        })
    }

    async fn call(&self, method: &str, params: Map<String, Value>) -> Result<Outcome, Error> {
        match method {
            "session.signIn" | "session.signInWithPassword" | "session.signInWithToken" => {
                let credentials = Credentials::from_params(&params)?;
                let from = self.caller.lock().address;
                let sign_in = self.engine.sign_in(credentials, from).await?;
                let user = sign_in.caller.user.clone();
                *self.caller.lock() = sign_in.caller;
                self.signed_in.send_replace(user);
                Ok(Outcome::Value(sign_in.user))
            }
            "session.signOut" => {
                self.sign_out();
                Ok(().into())
            }
            _ => {
                let caller = self.caller.lock().clone();
                self.engine.call(&caller, method, params).await
            }
        }
    }
}

/// For the fuzz target: reads a frame and forgets it.
pub(crate) fn fuzz_frame(text: &str) {
    drop(frame::parse(text));
}
