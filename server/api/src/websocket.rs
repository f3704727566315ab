//! WebSockets: the handshake, the limits, and how long texts leave.
//!
//! Invariant: a text of any length costs one small buffer. It is cut into fragments (RFC 6455 section 5.4) that are made as fast as
//! the client takes them; what fits into one fragment is one plain frame.

use std::future::Future;
use std::time::Duration;

use axum::extract::Request;
use axum::http::header::SEC_WEBSOCKET_PROTOCOL;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::{Sink, SinkExt};
use hyper_tungstenite::tungstenite::protocol::WebSocketConfig;
use hyper_tungstenite::tungstenite::protocol::frame::Frame;
use hyper_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use hyper_tungstenite::{HyperWebsocketStream, is_upgrade_request};
use tokio::io::AsyncReadExt;

pub(crate) use hyper_tungstenite::tungstenite::protocol::CloseFrame;
pub(crate) use hyper_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
pub(crate) use hyper_tungstenite::tungstenite::{Error, Message};

/// An open WebSocket, on the server's side.
pub(crate) type Socket = HyperWebsocketStream;

/// What a client sends at most in one message, in bytes.
pub(crate) const MESSAGE_LIMIT: usize = 16 * 1024 * 1024;
/// Texts up to this length leave as one frame; longer ones in fragments of about half of it, and an empty one that ends them. In bytes.
const FRAGMENT: usize = 64 * 1024;
/// What is taken at most from a client that sent too long a message, in bytes.
const DRAINED: u64 = 8 * MESSAGE_LIMIT as u64;
const DRAIN_LIMIT: Duration = Duration::from_secs(10);
/// Held by every connection. In bytes.
const READ_BUFFER: usize = 8 * 1024;

/// Answers an upgrade request and runs `serve` on the open socket. The first subprotocol that the client offers is taken.
pub(crate) fn upgrade<F, Fut>(mut request: Request, serve: F) -> Response
where
    F: FnOnce(Socket) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    if !is_upgrade_request(&request) {
        return refused(
            StatusCode::UPGRADE_REQUIRED,
            "this address speaks WebSocket; for plain HTTP see /rest/v0/docs\n",
        );
    }
    let protocol = first_protocol(request.headers());
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(READ_BUFFER)
        .max_message_size(Some(MESSAGE_LIMIT))
        .max_frame_size(Some(MESSAGE_LIMIT));
    let (response, socket) = match hyper_tungstenite::upgrade(&mut request, Some(config)) {
        Ok(upgrade) => upgrade,
        Err(e) => return refused(StatusCode::BAD_REQUEST, &format!("no WebSocket: {e}\n")),
    };
    tokio::spawn(async move {
        match socket.await {
            Ok(socket) => serve(socket).await,
            Err(e) => tracing::debug!(error = %e, "a WebSocket was not opened"),
        }
    });
    let mut response = response.map(axum::body::Body::new);
    if let Some(protocol) = protocol {
        response
            .headers_mut()
            .insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    response
}

fn refused(status: StatusCode, text: &str) -> Response {
    let mut response = (status, text.to_owned()).into_response();
    response
        .headers_mut()
        .insert("upgrade", HeaderValue::from_static("websocket"));
    response
}

fn first_protocol(headers: &HeaderMap) -> Option<HeaderValue> {
    let offered = headers.get(SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?;
    let first = offered.split(',').next()?.trim();
    HeaderValue::from_str(first).ok()
}

/// Takes and forgets what still comes in, for a while: a connection that is dropped with unread bytes is reset, and the client
/// would not see why it was closed.
pub(crate) async fn drain(mut socket: Socket) {
    let mut rest = socket.get_mut().take(DRAINED);
    let mut nowhere = tokio::io::sink();
    let drained = tokio::io::copy(&mut rest, &mut nowhere);
    let _ = tokio::time::timeout(DRAIN_LIMIT, drained).await;
}

/// Why a message was not sent.
#[derive(Debug)]
pub(crate) enum Unsent {
    /// The client is gone.
    Gone,
    /// It did not take a fragment in time.
    Slow,
}

/// Sends one text message; each fragment must leave within `limit`.
pub(crate) async fn send_text(
    sink: &mut (impl Sink<Message, Error = Error> + Unpin),
    pieces: impl Iterator<Item = Bytes>,
    limit: Duration,
) -> Result<(), Unsent> {
    let mut fragments = Fragments::of(pieces);
    let Some(first) = fragments.next() else {
        return Ok(());
    };
    let mut next = fragments.next();
    let is_one = next.is_none();
    send_frame(sink, first, Data::Text, is_one, limit).await?;
    while let Some(fragment) = next {
        send_frame(sink, fragment, Data::Continue, false, limit).await?;
        // Not before the last one is gone: its memory serves again.
        next = fragments.next();
    }
    if is_one {
        return Ok(());
    }
    send_frame(sink, Bytes::new(), Data::Continue, true, limit).await
}

async fn send_frame(
    sink: &mut (impl Sink<Message, Error = Error> + Unpin),
    payload: Bytes,
    code: Data,
    is_last: bool,
    limit: Duration,
) -> Result<(), Unsent> {
    let frame = Frame::message(payload, OpCode::Data(code), is_last);
    match tokio::time::timeout(limit, sink.send(Message::Frame(frame))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Unsent::Gone),
        Err(_) => Err(Unsent::Slow),
    }
}

/// Joins small pieces; large ones pass without a copy.
struct Fragments<I> {
    pieces: I,
    gathered: BytesMut,
    large: Option<Bytes>,
}

impl<I: Iterator<Item = Bytes>> Fragments<I> {
    fn of(pieces: I) -> Self {
        Self {
            pieces,
            gathered: BytesMut::new(),
            large: None,
        }
    }
}

impl<I: Iterator<Item = Bytes>> Iterator for Fragments<I> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if let Some(large) = self.large.take() {
            return Some(large);
        }
        for piece in self.pieces.by_ref() {
            let is_large = piece.len() >= FRAGMENT / 2;
            if self.gathered.is_empty() && is_large {
                return Some(piece);
            }
            if self.gathered.len() + piece.len() <= FRAGMENT {
                self.gathered.extend_from_slice(&piece);
                continue;
            }
            let gathered = self.gathered.split().freeze();
            if is_large {
                self.large = Some(piece);
            } else {
                self.gathered.extend_from_slice(&piece);
            }
            return Some(gathered);
        }
        (!self.gathered.is_empty()).then(|| self.gathered.split().freeze())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fragments(sizes: &[usize]) -> Vec<Bytes> {
        let pieces = sizes
            .iter()
            .enumerate()
            .map(|(i, size)| Bytes::from(vec![i as u8; *size]));
        Fragments::of(pieces).collect()
    }

    #[test]
    fn what_is_short_is_one_frame() {
        assert_eq!(fragments(&[40, 2000, 1]).len(), 1);
        assert_eq!(fragments(&[]).len(), 0);
    }

    #[test]
    fn what_is_long_is_cut_where_its_pieces_end() {
        let sizes: Vec<usize> = fragments(&[40, 70_000, 40_000, 1, 40_000, 1])
            .iter()
            .map(Bytes::len)
            .collect();
        assert_eq!(sizes, [40, 70_000, 40_000, 40_002]);
    }

    proptest! {
        #[test]
        fn no_byte_is_lost(sizes in prop::collection::vec(0..200_000usize, 0..12)) {
            let whole: Vec<u8> = sizes.iter().enumerate().flat_map(|(i, size)| vec![i as u8; *size]).collect();
            let cut = fragments(&sizes);
            prop_assert!(cut.iter().all(|fragment| !fragment.is_empty() && fragment.len() <= 200_000));
            prop_assert_eq!(cut.concat(), whole);
        }
    }
}
