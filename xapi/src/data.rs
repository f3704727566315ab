//! Data channels: exports, imports, raw disks, statistics. Bytes stream through; nothing is held whole.
//!
//! XAPI answers 200 before it reads or writes, so success is told by the transfer's task, not by the status
//! (`xapi-wire.md` section 5, `xva.md` section 1).
//!
//! Invariant: a transfer that stands still for [`Limits::stall`](crate::Limits::stall) ends, and one that nobody wants any more leaves no task behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::{StatusCode, header};
use serde_json::json;

use crate::stream::{guarded, unless_stalled, without_hidden_error};
use crate::task::{Abandon, TaskGuard};
use crate::{Address, Error, Result, Session, TaskValue};

pub use crate::stream::ByteStream;

/// Announced when a length is not known: XAPI refuses chunked bodies and stops reading by itself.
const UNKNOWN_LENGTH: u64 = 1 << 50;
const MAX_REDIRECTS: usize = 3;

/// What a GET answered: read `body` to its end, then [`Session::finish_download`]. Dropping the body before cancels the task.
pub struct Download {
    /// The content, with a late HTTP error inside it already turned into an error.
    pub body: ByteStream,
    /// When the host tells it.
    pub length: Option<u64>,
    /// When the host tells it.
    pub content_type: Option<String>,
    /// The task that carries the outcome.
    pub task: Option<String>,
}

/// What is to be PUT.
pub struct Upload {
    /// The content.
    pub body: ByteStream,
    /// Its length in bytes, when known.
    pub length: Option<u64>,
}

impl Session {
    /// Opens `path` with `query` for reading; with a `label`, under a task of that name.
    ///
    /// # Errors
    /// [`Error::Status`] when refused, XAPI's own error when it comes in place of the data.
    pub async fn download(
        &self,
        path: &str,
        query: &[(&str, &str)],
        label: Option<&str>,
    ) -> Result<Download> {
        let guard = match label {
            Some(label) => Some(self.begin_transfer(label).await?),
            None => None,
        };
        let task = guard
            .as_ref()
            .and_then(|guard| guard.task().map(str::to_owned));
        let opened = self
            .open(self.address(), path, query, task.as_deref())
            .await;
        let (body, length, content_type) = match (opened, &task) {
            (Err(refused @ Error::Status { .. }), Some(task)) => {
                return Err(self.reason_of(task, refused).await);
            }
            (opened, _) => opened?,
        };
        Ok(Download {
            body: guarded(body, guard),
            length,
            content_type,
            task,
        })
    }

    /// What the task of a refused transfer tells, which says more than the status; the refusal itself when it tells nothing.
    async fn reason_of(&self, task: &str, refused: Error) -> Error {
        match tokio::time::timeout(self.limits().reason, self.watch_task(task)).await {
            Ok(Err(told @ Error::Api(_))) => told,
            _ => refused,
        }
    }

    /// Opens `path` on the member at `host` (a name or an IP), for what each member tells only of itself.
    ///
    /// # Errors
    /// As [`Session::download`].
    pub async fn download_from(
        &self,
        host: &str,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Download> {
        let address = self.address().with_host(host);
        let (body, length, content_type) = self.open(address, path, query, None).await?;
        Ok(Download {
            body,
            length,
            content_type,
            task: None,
        })
    }

    /// The outcome of a download whose body was read to its end.
    ///
    /// # Errors
    /// The task's failure: what was read is not the whole.
    pub async fn finish_download(&self, task: Option<&str>) -> Result<()> {
        match task {
            Some(task) => self.await_task(task).await.map(drop),
            None => Ok(()),
        }
    }

    /// Sends `upload` to `path` under a task named `label`, and waits for what the task says.
    ///
    /// # Errors
    /// The task's failure; the source's own error; connection errors before XAPI took the data.
    pub async fn upload(
        &self,
        path: &str,
        query: &[(&str, &str)],
        label: &str,
        upload: Upload,
    ) -> Result<TaskValue> {
        self.require_change(path)?;
        let address = self.serving_host(path, query).await?;
        let mut guard = self.begin_transfer(label).await?;
        let task = guard.task().unwrap_or_default().to_owned();
        let url = self.url(&address, path, query, Some(&task));
        let sent = Arc::new(Sent::default());
        let (failed, mut source_failed) = tokio::sync::oneshot::channel();
        let mut failed = Some(failed);
        let (takes, ends) = (Arc::clone(&sent), Arc::clone(&sent));
        let body = unless_stalled(upload.body, self.limits().stall, "the sender")
            .map(move |piece| {
                if let Ok(piece) = &piece {
                    takes.took(piece.len() as u64, upload.length);
                }
                piece.inspect_err(|e| {
                    if let Some(failed) = failed.take() {
                        let _ = failed.send(std::io::Error::new(e.kind(), e.to_string()));
                    }
                })
            })
            .chain(end(
                ends,
                upload.length.is_none().then_some(self.limits().completion),
            ));
        let request = self
            .rpc()
            .http
            .put(url)
            .header(
                header::CONTENT_LENGTH,
                upload.length.unwrap_or(UNKNOWN_LENGTH),
            )
            .body(reqwest::Body::wrap_stream(body));
        let sending = async {
            let response = request
                .send()
                .await
                .map_err(|e| self.rpc().failed(&address, path, e))?;
            let status = response.status();
            // Keeps the connection until the host has read all that it wants.
            let _ = response.bytes().await;
            if status.is_success() {
                Ok(())
            } else {
                Err(refused(&address, path, status))
            }
        };
        let stalled = sent.stalled(self.limits().stall);
        let sending = async {
            tokio::select! {
                outcome = sending => outcome,
                () = stalled => Err(Error::Timeout {
                    host: address.authority(),
                    method: format!("{path}: it takes no more data"),
                }),
            }
        };
        let awaiting = self.watch_task(&task);
        tokio::pin!(awaiting, sending);
        let broken = tokio::select! {
            outcome = &mut awaiting => Ok(outcome),
            sent = &mut sending => Err(sent.err()),
        };
        let outcome = match broken {
            Ok(outcome) => outcome,
            Err(broken) => {
                if let Ok(source) = source_failed.try_recv() {
                    return Err(Error::Source(source));
                }
                match (broken, sent.whole.load(Ordering::Relaxed)) {
                    (None, _) => awaiting.await,
                    // Everything was sent; the host may close the connection before it tells what became of it.
                    (Some(Error::Unreachable { .. }), true) => awaiting.await,
                    (Some(broken), _) => {
                        let limit = match broken {
                            Error::Unreachable { .. } if sent.has_begun() => {
                                self.limits().completion
                            }
                            _ => self.limits().reason,
                        };
                        let told = tokio::time::timeout(limit, awaiting).await;
                        told.unwrap_or(Err(broken))
                    }
                }
            }
        };
        if outcome.is_ok() {
            // Ended: nothing to cancel.
            guard.disarm();
            drop(TaskGuard::new(self, &task, Abandon::Forget));
        }
        match source_failed.try_recv() {
            Ok(source) => Err(Error::Source(source)),
            Err(_) => outcome,
        }
    }

    /// The task that tells the outcome of a transfer; without the transfer it makes no sense.
    async fn begin_transfer(&self, label: &str) -> Result<TaskGuard> {
        let args = json!([label, ""]);
        self.begin_task("task.create", args, Abandon::Cancel).await
    }

    /// An empty PUT tells which host serves this path, before a stream that cannot be replayed is sent. It fails, since it brings
    /// nothing; under a task of ours, that failure does not stay in the pool.
    async fn serving_host(&self, path: &str, query: &[(&str, &str)]) -> Result<Address> {
        let mut address = self.address();
        let label = format!("Find the host that takes {path}");
        let guard = self
            .begin_task("task.create", json!([label, ""]), Abandon::Forget)
            .await?;
        for _ in 0..MAX_REDIRECTS {
            let url = self.url(&address, path, query, guard.task());
            let probe = self.rpc().http.put(url);
            let probe = probe
                .header(header::CONTENT_LENGTH, 0)
                .timeout(Duration::from_secs(30));
            let response = probe
                .send()
                .await
                .map_err(|e| self.rpc().failed(&address, path, e))?;
            match redirect(&response) {
                Some(next) => address = next,
                None if response.status().is_client_error() => {
                    return Err(refused(&address, path, response.status()));
                }
                None => break,
            }
        }
        Ok(address)
    }

    async fn open(
        &self,
        mut address: Address,
        path: &str,
        query: &[(&str, &str)],
        task: Option<&str>,
    ) -> Result<(ByteStream, Option<u64>, Option<String>)> {
        for _ in 0..=MAX_REDIRECTS {
            let request = self.rpc().http.get(self.url(&address, path, query, task));
            let response = tokio::time::timeout(self.limits().open, request.send())
                .await
                .map_err(|_| Error::Timeout {
                    host: address.authority(),
                    method: path.to_owned(),
                })?
                .map_err(|e| self.rpc().failed(&address, path, e))?;
            if let Some(next) = redirect(&response) {
                address = next;
                continue;
            }
            if !response.status().is_success() {
                return Err(refused(&address, path, response.status()));
            }
            let length = response.content_length();
            let content_type = response
                .headers()
                .get(header::CONTENT_TYPE)
                .and_then(|v| v.to_str().ok())
                .map(str::to_owned);
            let host = address.authority();
            let body = response
                .bytes_stream()
                .map(|r| r.map_err(std::io::Error::other))
                .boxed();
            let body = unless_stalled(body, self.limits().stall, &host);
            let body = without_hidden_error(body, &host, path).await?;
            return Ok((body, length, content_type));
        }
        Err(self.garbage(path, "it redirects in a circle".into()))
    }

    fn url(&self, at: &Address, path: &str, query: &[(&str, &str)], task: Option<&str>) -> String {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        pairs.append_pair("session_id", &self.reference());
        if let Some(task) = task {
            pairs.append_pair("task_id", task);
        }
        pairs.extend_pairs(query);
        at.url(&format!("{path}?{}", pairs.finish()))
    }
}

/// Notes that everything was sent. Where more was announced than there is, it is the host that ends the transfer, within `wait`: ended
/// here, the last bytes would be lost with the connection.
fn end(sent: Arc<Sent>, wait: Option<Duration>) -> impl Stream<Item = std::io::Result<Bytes>> {
    let end = async move {
        sent.whole.store(true, Ordering::Relaxed);
        if let Some(wait) = wait {
            tokio::time::sleep(wait).await;
        }
    };
    stream::once(end).filter_map(|()| std::future::ready(None))
}

fn redirect(response: &reqwest::Response) -> Option<Address> {
    if !matches!(
        response.status(),
        StatusCode::FOUND | StatusCode::MOVED_PERMANENTLY
    ) {
        return None;
    }
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    Address::of_url(&url::Url::parse(location).ok()?)
}

fn refused(address: &Address, path: &str, status: StatusCode) -> Error {
    Error::Status {
        host: address.authority(),
        path: path.to_owned(),
        status: status.as_u16(),
    }
}

/// How far the sending is.
#[derive(Debug, Default)]
struct Sent {
    bytes: AtomicU64,
    whole: AtomicBool,
}

impl Sent {
    /// Nobody asks for the end of a body whose length was announced and reached.
    fn took(&self, bytes: u64, length: Option<u64>) {
        let all = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if length.is_some_and(|length| all >= length) {
            self.whole.store(true, Ordering::Relaxed);
        }
    }

    fn has_begun(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) > 0
    }

    /// Comes back when the host took nothing for a while although there was something to take.
    async fn stalled(&self, limit: Duration) {
        let mut before = u64::MAX;
        loop {
            let now = self.bytes.load(Ordering::Relaxed);
            if now == before && !self.whole.load(Ordering::Relaxed) {
                return;
            }
            before = now;
            tokio::time::sleep(limit).await;
        }
    }
}
