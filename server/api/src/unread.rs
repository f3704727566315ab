//! What a client still sends when its request was refused is read for a while and thrown away.
//!
//! Otherwise the answer gets lost: over HTTP/2 the stream is reset right behind it, which curl before 8 takes for a failure, and over
//! HTTP/1.1 the connection is closed while the client is sending.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{StreamExt, stream};
use parking_lot::Mutex;

/// In bytes. Whoever sends more may miss the answer.
const LIMIT: usize = 64 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(5);

/// The layer.
pub(crate) async fn read_after_refusal(request: Request, next: Next) -> Response {
    if axum::body::HttpBody::is_end_stream(request.body()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = Arc::new(Mutex::new(body.into_data_stream()));
    let lent = Arc::clone(&body);
    let lent = stream::poll_fn(move |context| lent.lock().poll_next_unpin(context));
    let request = Request::from_parts(parts, Body::from_stream(lent));
    let response = next.run(request).await;
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        let rest = stream::poll_fn(move |context| body.lock().poll_next_unpin(context));
        let _ = tokio::time::timeout(PATIENCE, discard(rest)).await;
    }
    response
}

async fn discard(mut rest: impl stream::Stream<Item = Result<bytes::Bytes, axum::Error>> + Unpin) {
    let mut read = 0;
    while let Some(Ok(piece)) = rest.next().await {
        read += piece.len();
        if read > LIMIT {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::post;
    use bytes::Bytes;
    use tower::ServiceExt;

    use super::*;

    /// How many of ten pieces were taken when `path` was answered.
    async fn taken(path: &str) -> (StatusCode, usize) {
        let router = Router::new()
            .route("/refused", post(async || StatusCode::NOT_FOUND))
            .route("/done", post(async || StatusCode::NO_CONTENT))
            .route("/read", post(async |body: Bytes| body.len().to_string()))
            .layer(axum::middleware::from_fn(read_after_refusal));
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let pieces = stream::iter(0..10).map(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::convert::Infallible>(Bytes::from_static(b"x"))
        });
        let request = Request::post(path).body(Body::from_stream(pieces)).unwrap();
        let response = router.oneshot(request).await.unwrap();
        (response.status(), count.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_refused_request_is_read_to_its_end_and_no_other() {
        assert_eq!(taken("/refused").await, (StatusCode::NOT_FOUND, 10));
        assert_eq!(taken("/nowhere").await, (StatusCode::NOT_FOUND, 10));
        assert_eq!(taken("/done").await, (StatusCode::NO_CONTENT, 0));
        assert_eq!(taken("/read").await, (StatusCode::OK, 10));
    }
}
