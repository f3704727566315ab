//! What is done to the bytes of a transfer as they pass: a limit on standing still, an error hidden in the body, a task that
//! must not outlive them.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};

use crate::task::TaskGuard;
use crate::{ApiError, Error, Result};

/// A stream of bytes in pieces.
pub type ByteStream = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>;

/// Ends with an error when `whom` sends nothing for `limit`.
pub(crate) fn unless_stalled(body: ByteStream, limit: Duration, whom: &str) -> ByteStream {
    let whom = whom.to_owned();
    let rest = Some((body, whom));
    stream::unfold(rest, move |rest| async move {
        let (mut body, whom) = rest?;
        match tokio::time::timeout(limit, body.next()).await {
            Ok(Some(Ok(piece))) => Some((Ok(piece), Some((body, whom)))),
            Ok(Some(Err(e))) => Some((Err(e), None)),
            Ok(None) => None,
            Err(_) => {
                let text = format!("nothing came from {whom} for {} s", limit.as_secs());
                let late = std::io::Error::new(std::io::ErrorKind::TimedOut, text);
                Some((Err(late), None))
            }
        }
    })
    .boxed()
}

/// Keeps the guard until the end of the body: then the task's outcome is somebody else's. A body that breaks off is never asked about.
pub(crate) fn guarded(body: ByteStream, guard: Option<TaskGuard>) -> ByteStream {
    stream::unfold((body, guard), |(mut body, mut guard)| async move {
        let piece = body.next().await;
        match (&piece, &mut guard) {
            (None, Some(guard)) => guard.disarm(),
            (Some(Err(_)), _) => guard = None,
            _ => {}
        }
        Some((piece?, (body, guard)))
    })
    .boxed()
}

/// XAPI may send a second HTTP response inside a 200 body when the disk cannot be opened: its first bytes tell.
pub(crate) async fn without_hidden_error(
    mut body: ByteStream,
    host: &str,
    path: &str,
) -> Result<ByteStream> {
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

    const SHORT: Duration = Duration::from_secs(10);

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

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_stands_still_ends_with_an_error() {
        let silent = stream_of(&["a"]).chain(stream::pending()).boxed();
        let mut body = unless_stalled(silent, SHORT, "the host");
        assert_eq!(body.next().await.unwrap().unwrap(), "a");
        let error = body.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
        assert_eq!(error.to_string(), "nothing came from the host for 10 s");
        assert!(body.next().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_stream_passes() {
        let slow = stream::iter(0..3).then(|_| async {
            tokio::time::sleep(SHORT / 2).await;
            Ok(Bytes::from_static(b"x"))
        });
        let body = unless_stalled(slow.boxed(), SHORT, "h");
        assert_eq!(body.map(Result::unwrap).count().await, 3);
    }
}
