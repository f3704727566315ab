//! `/console`: the screen of a running VM, by `CONNECT` or by WebSocket (reference: wire facts, section 5).
//!
//! Finds the VM and opens the byte channel; what is spoken on it is in `console/rfb.rs`.

mod picture;
mod rfb;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::{HeaderValue, header};
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::{Reply, Replying, Route, auth, full, query, refusal};
use crate::db::Db;
use crate::lab::Inner;
use crate::value::Text;

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::CONNECT,
        prefix: "/console",
        handler: connect,
    },
    Route {
        method: Method::GET,
        prefix: "/console",
        handler: websocket,
    },
];

/// Bytes between the two ends of a bridged WebSocket.
const BRIDGE: usize = 64 << 10;

/// The VM whose screen is asked for.
// A refusal is a whole answer; it is made once per refused request.
#[allow(clippy::result_large_err)]
fn screen(lab: &Inner, request: &Request<Incoming>) -> Result<Text, Reply> {
    auth::session(lab, request)?;
    if lab.faults.failure_of("/console").is_some() {
        return Err(refusal(
            StatusCode::SERVICE_UNAVAILABLE,
            "No more consoles are allowed.",
        ));
    }
    let query = query(request);
    let named = query
        .get("ref")
        .or_else(|| query.get("uuid"))
        .map_or("", String::as_str);
    let db = lab.store.read();
    match running_vm(&db, named) {
        Some(vm) => Ok(db.text(&vm, "name_label")),
        None => Err(refusal(StatusCode::NOT_FOUND, "There is no such console.")),
    }
}

fn running_vm(db: &Db, name: &str) -> Option<Text> {
    let find = |class| {
        if db.has(class, name) {
            Some(Text::from(name))
        } else {
            db.by_uuid(class, name)
        }
    };
    let vm = match find("console") {
        Some(console) => db.linked(&console, "VM")?,
        None => find("VM")?,
    };
    matches!(db.get(&vm, "power_state").as_str(), "Running" | "Paused").then_some(vm)
}

fn connect(lab: Arc<Inner>, mut request: Request<Incoming>) -> Replying {
    Box::pin(async move {
        let name = match screen(&lab, &request) {
            Ok(name) => name,
            Err(reply) => return reply,
        };
        let upgrade = hyper::upgrade::on(&mut request);
        spawn(&lab, async move {
            if let Ok(channel) = upgrade.await {
                end(rfb::serve(TokioIo::new(channel), &name).await);
            }
        });
        let mut reply = full(StatusCode::OK, "", Bytes::new());
        reply.headers_mut().clear();
        reply
    })
}

fn websocket(lab: Arc<Inner>, mut request: Request<Incoming>) -> Replying {
    Box::pin(async move {
        let name = match screen(&lab, &request) {
            Ok(name) => name,
            Err(reply) => return reply,
        };
        let headers = request.headers();
        let asks = headers
            .get(header::UPGRADE)
            .is_some_and(|upgrade| upgrade.as_bytes().eq_ignore_ascii_case(b"websocket"));
        let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| asks);
        let Some(accept) = key.map(|key| derive_accept_key(key.as_bytes())) else {
            return refusal(StatusCode::BAD_REQUEST, "Use CONNECT or a WebSocket.");
        };
        let protocols = headers.get(header::SEC_WEBSOCKET_PROTOCOL);
        let binary = protocols
            .and_then(|protocols| protocols.to_str().ok())
            .is_some_and(|list| list.split(',').any(|protocol| protocol.trim() == "binary"));
        let upgrade = hyper::upgrade::on(&mut request);
        spawn(&lab, async move {
            let Ok(channel) = upgrade.await else { return };
            let socket =
                WebSocketStream::from_raw_socket(TokioIo::new(channel), Role::Server, None).await;
            let (near, far) = tokio::io::duplex(BRIDGE);
            let (served, ()) = tokio::join!(rfb::serve(near, &name), bridge(socket, far));
            end(served);
        });
        let mut reply = full(StatusCode::SWITCHING_PROTOCOLS, "", Bytes::new());
        let headers = reply.headers_mut();
        headers.clear();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        if let Ok(accept) = HeaderValue::from_str(&accept) {
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        }
        if binary {
            let binary = HeaderValue::from_static("binary");
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, binary);
        }
        reply
    })
}

/// Runs a console until it ends, the lab stops or connections are cut by a fault.
fn spawn(lab: &Arc<Inner>, console: impl Future<Output = ()> + Send + 'static) {
    let stop = lab.stop.clone();
    let mut severed = lab.faults.severed();
    lab.tracker.spawn(async move {
        tokio::select! {
            () = console => {}
            () = stop.cancelled() => {}
            _ = severed.changed() => {}
        }
    });
}

fn end(served: std::io::Result<()>) {
    if let Err(error) = served {
        tracing::debug!(%error, "console ended");
    }
}

/// Carries bytes between a WebSocket and the server behind `far`, until either ends.
async fn bridge<S>(socket: WebSocketStream<S>, far: DuplexStream)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let (mut sink, mut stream) = socket.split();
    let (mut output, mut input) = tokio::io::split(far);
    let inward = async {
        while let Some(Ok(message)) = stream.next().await {
            let sent = match message {
                Message::Binary(data) => input.write_all(&data).await,
                Message::Close(_) => break,
                _ => Ok(()),
            };
            if sent.is_err() {
                break;
            }
        }
    };
    let outward = async {
        let mut buffer = vec![0; BRIDGE];
        while let Ok(count @ 1..) = output.read(&mut buffer).await {
            let data = buffer.get(..count).unwrap_or_default();
            if sink
                .send(Message::Binary(Bytes::copy_from_slice(data)))
                .await
                .is_err()
            {
                break;
            }
        }
        let _ = sink.close().await;
    };
    // The server behind sees its end when this side goes.
    tokio::select! {
        () = inward => {}
        () = outward => {}
    }
}
