//! Data channels: exports, imports, raw disks, statistics. Bytes stream through; nothing is held whole.
//!
//! XAPI answers 200 before it reads or writes, so success is told by the transfer's task, not by the status
//! (`xapi-wire.md` section 5, `xva.md` section 1).

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::{StatusCode, header};

use crate::{Address, ApiError, Error, Result, Session, TaskValue};

/// A stream of bytes in pieces.
pub type ByteStream = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>;

/// Announced when a length is not known: XAPI refuses chunked bodies and stops reading by itself.
const UNKNOWN_LENGTH: u64 = 1 << 50;
const MAX_REDIRECTS: usize = 3;

/// What a GET answered: read `body` to its end, then [`Download::finish`].
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
        let task = match label {
            Some(label) => Some(self.create_task(label).await?),
            None => None,
        };
        match self.open(self.address(), path, query, task.as_deref()).await {
            Ok((body, length, content_type)) => Ok(Download {
                body,
                length,
                content_type,
                task,
            }),
            Err(e) => {
                self.give_up(task.as_deref()).await;
                Err(e)
            }
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
        let address = self.serving_host(path, query).await?;
        let task = self.create_task(label).await?;
        let url = self.url(&address, path, query, Some(&task));
        let (failed, source_failed) = tokio::sync::oneshot::channel();
        let mut failed = Some(failed);
        let body = upload.body.map(move |piece| {
            piece.inspect_err(|e| {
                if let Some(failed) = failed.take() {
                    let _ = failed.send(std::io::Error::new(e.kind(), e.to_string()));
                }
            })
        });
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
        let outcome = self.watch_task_of_upload(&task, sending).await;
        if let Ok(source) = { source_failed }.try_recv() {
            self.give_up(Some(&task)).await;
            return Err(Error::Source(source));
        }
        if outcome.is_err() {
            self.give_up(Some(&task)).await;
        }
        outcome
    }

    /// The task decides. A connection that breaks while sending is judged by the task too, but only for a while.
    async fn watch_task_of_upload(
        &self,
        task: &str,
        sending: impl Future<Output = Result<()>>,
    ) -> Result<TaskValue> {
        let awaiting = self.await_task(task);
        tokio::pin!(awaiting, sending);
        let sent = tokio::select! {
            outcome = &mut awaiting => return outcome,
            sent = &mut sending => sent,
        };
        match sent {
            Ok(()) => awaiting.await,
            Err(broken) => {
                let grace = Duration::from_secs(5);
                tokio::time::timeout(grace, awaiting)
                    .await
                    .unwrap_or(Err(broken))
            }
        }
    }

    /// An empty PUT tells which host serves this path, before a stream that cannot be replayed is sent.
    async fn serving_host(&self, path: &str, query: &[(&str, &str)]) -> Result<Address> {
        let mut address = self.address();
        for _ in 0..MAX_REDIRECTS {
            let probe = self.rpc().http.put(self.url(&address, path, query, None));
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
            let response = request
                .send()
                .await
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
            let body = without_hidden_error(body, &host, path).await?;
            return Ok((body, length, content_type));
        }
        Err(self.garbage(path, "it redirects in a circle".into()))
    }

    async fn give_up(&self, task: Option<&str>) {
        if let Some(task) = task {
            let _ = self.cancel_task(task).await;
            let _ = self
                .perform("task.destroy", serde_json::json!([task]))
                .await;
        }
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

/// XAPI may send a second HTTP response inside a 200 body when the disk cannot be opened: its first bytes tell.
async fn without_hidden_error(mut body: ByteStream, host: &str, path: &str) -> Result<ByteStream> {
    const MARK: &[u8] = b"HTTP/";
    let mut head: Vec<Bytes> = Vec::new();
    let mut seen = 0;
    while seen < MARK.len() {
        match body.next().await {
            Some(Ok(piece)) => {
                seen += piece.len();
                head.push(piece);
            }
            Some(Err(e)) => {
                return Err(Error::Unreachable {
                    host: host.to_owned(),
                    source: e.into(),
                });
            }
            None => break,
        }
    }
    let start: Vec<u8> = head.concat().into_iter().take(512).collect();
    if start.starts_with(MARK) {
        let line = String::from_utf8_lossy(&start);
        let line = line.lines().next().unwrap_or_default().to_owned();
        let params = vec![path.to_owned(), line];
        return Err(Error::Api(ApiError {
            code: "HTTP_ERROR_IN_BODY".into(),
            params,
        }));
    }
    Ok(stream::iter(head.into_iter().map(Ok)).chain(body).boxed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream_of(pieces: &[&'static str]) -> ByteStream {
        let pieces: Vec<_> = pieces
            .iter()
            .map(|p| Ok(Bytes::from_static(p.as_bytes())))
            .collect();
        stream::iter(pieces).boxed()
    }

    #[tokio::test]
    async fn an_error_hidden_in_the_body_is_found_even_in_small_pieces() {
        let body = stream_of(&["HT", "TP/1.1 500 Internal Server Error\r\n", "\r\n"]);
        let error = without_hidden_error(body, "h", "/export_raw_vdi")
            .await
            .err()
            .unwrap();
        assert_eq!(error.code(), Some("HTTP_ERROR_IN_BODY"));
        assert!(error.to_string().contains("500 Internal Server Error"));
    }

    #[tokio::test]
    async fn a_sound_body_passes_unchanged() {
        for pieces in [&["ab", "c", "defghi"][..], &["HTT"], &[]] {
            let body = without_hidden_error(stream_of(pieces), "h", "/p")
                .await
                .unwrap();
            let all: Vec<Bytes> = body.map(Result::unwrap).collect().await;
            assert_eq!(all.concat(), pieces.concat().as_bytes());
        }
    }
}
