//! What all transfers share: who asks, the task that tells the outcome, scripted trouble, and the bridges between the
//! asynchronous bodies and the code that reads and writes archives on threads of its own.
//!
//! Scripted trouble uses the names `GET /export`, `PUT /import`, … with [`crate::Faults::fail_call`], and `PROBE /import`
//! for the PUT of nothing that clients send first: the code `REDIRECT [host]` answers 302 to that host,
//! `RBAC_PERMISSION_DENIED` 403; any other code fails the task.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use http::{HeaderValue, header};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};
use hyper::{Request, StatusCode};
use tokio::sync::mpsc;
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::{Body, Reply, auth, full, query, refusal};
use crate::db::Db;
use crate::failure::Failure;
use crate::lab::Inner;
use crate::tasks::{self, Owner};
use crate::value::{Text, Value};

/// Pieces of a body that wait for the client.
const QUEUE: usize = 8;
/// Bytes of such a piece.
const PIECE: usize = 256 << 10;
/// Progress is told in so many steps.
const STEPS: u64 = 20;

/// A transfer that may go on.
pub(super) struct Transfer {
    pub lab: Arc<Inner>,
    pub query: HashMap<String, String>,
    pub task: Text,
    fault: Option<Failure>,
    /// The client did not name a task, and learns ours by a header.
    own_task: bool,
    told: u64,
}

impl Transfer {
    /// Checks who asks and finds the task, or makes one.
    ///
    /// # Errors
    /// 302, 401, 403 as scripted or deserved.
    #[allow(clippy::result_large_err)]
    pub(super) async fn begin(
        lab: &Arc<Inner>,
        request: &Request<Incoming>,
        name: &str,
    ) -> Result<Self, Reply> {
        auth::session(lab, request)?;
        let delay = lab.faults.delay_of(name);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let fault = lab.faults.failure_of(name);
        match fault
            .as_ref()
            .map(|failure| (&*failure.code, failure.params.as_slice()))
        {
            Some(("REDIRECT", [host, ..])) => return Err(redirect(request, host)),
            Some(("RBAC_PERMISSION_DENIED", _)) => {
                return Err(refusal(
                    StatusCode::FORBIDDEN,
                    "Your role does not allow this.",
                ));
            }
            _ => {}
        }
        let query = query(request);
        let mut db = lab.store.write();
        let named = query.get("task_id").filter(|task| db.has("task", task));
        let own_task = named.is_none();
        let task = match named {
            Some(task) => Text::from(task.as_str()),
            None => tasks::create(&mut db, name, "", Owner::Client),
        };
        db.set(&task, "allowed_operations", Value::strings(["cancel"]));
        drop(db);
        Ok(Self {
            lab: Arc::clone(lab),
            query,
            task,
            fault,
            own_task,
            told: 0,
        })
    }

    /// A parameter of the query, `None` when absent or empty.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.query
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Only the literal `true` counts.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.param(name) == Some("true")
    }

    /// The object that a parameter names by reference or uuid.
    ///
    /// # Errors
    /// `HANDLE_INVALID` when there is none.
    pub(super) fn object(&self, db: &Db, class: &str, names: &[&str]) -> Result<Text, Failure> {
        let Some(name) = names.iter().find_map(|name| self.param(name)) else {
            return Err(Failure::internal(&format!(
                "Missing parameter {}",
                names.join(" or ")
            )));
        };
        if db.has(class, name) {
            return Ok(Text::from(name));
        }
        db.by_uuid(class, name)
            .ok_or_else(|| Failure::handle_invalid(class, name))
    }

    /// The scripted failure, once.
    pub(super) fn take_fault(&mut self) -> Result<(), Failure> {
        self.fault.take().map_or(Ok(()), Err)
    }

    /// Tells how far the transfer is, now and then.
    ///
    /// # Errors
    /// `TASK_CANCELLED` when the client cancelled it.
    pub(super) fn progress(&mut self, done: u64, total: u64) -> Result<(), Failure> {
        let step = (done * STEPS).checked_div(total).unwrap_or_default();
        let cancelled = &*self.lab.store.read().text(&self.task, "status") == "cancelling";
        if step > self.told || cancelled {
            self.told = step;
            let progress = done as f64 / total.max(1) as f64;
            tasks::advance(&mut self.lab.store.write(), &self.task, progress.min(0.99))?;
        }
        Ok(())
    }

    /// Ends the task.
    pub(super) fn finish(&self, outcome: Result<String, Failure>) {
        tasks::finish(&mut self.lab.store.write(), &self.task, outcome);
    }

    /// Ends the task before a byte was sent, and tells the client by status too.
    pub(super) fn refuse(&self, status: StatusCode, failure: Failure) -> Reply {
        let page = refusal(status, &failure.to_string());
        self.finish(Err(failure));
        page
    }

    /// `200` with a body that is written by the other end, on any thread.
    pub(super) fn streaming(&self, content_type: &str) -> (Reply, Pipe) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let stream = futures_util::stream::unfold(receiver, |mut receiver| async move {
            receiver
                .recv()
                .await
                .map(|piece: io::Result<Bytes>| (piece, receiver))
        });
        let body: Body =
            StreamBody::new(stream.map_ok(Frame::data).map_err(Into::into)).boxed_unsync();
        let mut reply = full(StatusCode::OK, content_type, Bytes::new()).map(|_| body);
        let headers = reply.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        if let (true, Ok(task)) = (self.own_task, HeaderValue::from_str(&self.task)) {
            headers.insert("task-id", task);
        }
        (
            reply,
            Pipe {
                sender,
                buffer: BytesMut::with_capacity(PIECE),
            },
        )
    }
}

fn redirect(request: &Request<Incoming>, host: &str) -> Reply {
    let target = request
        .uri()
        .path_and_query()
        .map_or("/", |target| target.as_str());
    // A scripted host may carry a scheme, since labs are served in the clear too.
    let base = if host.contains("://") {
        host.to_owned()
    } else {
        format!("https://{host}")
    };
    let mut reply = refusal(StatusCode::FOUND, "Another host serves this.");
    if let Ok(location) = HeaderValue::from_str(&format!("{base}{target}")) {
        reply.headers_mut().insert(header::LOCATION, location);
    }
    reply
}

/// The writing end of a streamed body. Writing blocks while the client is slow: for threads that may block.
pub(super) struct Pipe {
    sender: mpsc::Sender<io::Result<Bytes>>,
    buffer: BytesMut,
}

impl Pipe {
    /// Sends a piece without copying it.
    pub(super) fn send(&mut self, piece: Bytes) -> io::Result<()> {
        self.flush()?;
        self.sender.blocking_send(Ok(piece)).map_err(|_| gone())
    }

    /// What breaks the body off, for when the pipe is with a writer that failed.
    pub(super) fn breaker(&self) -> Breaker {
        Breaker {
            sender: self.sender.clone(),
        }
    }
}

/// Breaks a streamed body off.
pub(super) struct Breaker {
    sender: mpsc::Sender<io::Result<Bytes>>,
}

impl Breaker {
    /// Breaks the connection, so that the client does not take what it got for the whole.
    pub(super) fn abort(self) {
        let _ = self
            .sender
            .blocking_send(Err(io::Error::other("the transfer failed")));
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the client went away")
}

impl Write for Pipe {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(data);
        if self.buffer.len() >= PIECE {
            self.flush()?;
        }
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.sender
            .blocking_send(Ok(self.buffer.split().freeze()))
            .map_err(|_| gone())
    }
}

/// The request's body for a thread that may block. A connection that breaks reads as an unexpected end.
pub(super) fn source(request: Request<Incoming>) -> impl Read + Send + 'static {
    let stream = request
        .into_body()
        .into_data_stream()
        .map_err(|error| io::Error::new(io::ErrorKind::UnexpectedEof, error));
    SyncIoBridge::new(StreamReader::new(stream))
}

/// A PUT of nothing asks whether this is the right host.
pub(super) fn is_probe(request: &Request<Incoming>) -> bool {
    request.body().is_end_stream()
}

/// Answers such a PUT: it does nothing, and its task fails.
pub(super) async fn probe(lab: &Arc<Inner>, request: &Request<Incoming>, name: &str) -> Reply {
    match Transfer::begin(lab, request, name).await {
        Ok(transfer) => {
            transfer.finish(Err(Failure::bare("IMPORT_ERROR_PREMATURE_EOF")));
            full(StatusCode::OK, "text/html", Bytes::new())
        }
        Err(reply) => reply,
    }
}

/// The length that the client announced, 0 when it did not.
pub(super) fn announced(request: &Request<Incoming>) -> u64 {
    let length = request.headers().get(header::CONTENT_LENGTH);
    length
        .and_then(|length| length.to_str().ok()?.parse().ok())
        .unwrap_or_default()
}
