//! A small XO server: one listener that answers JSON-RPC over WebSocket and a few HTTP routes, over TCP or TLS.
//! It remembers what it was asked.

mod http;
mod methods;

use std::collections::VecDeque;
use std::io::Cursor;
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::Message;

pub use http::{CONTENT, HttpRequest};

/// The token that the stub accepts and hands out.
pub const TOKEN: &str = "good-token";

/// How the stub departs from its usual answers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Variant {
    #[default]
    Usual,
    /// `token.create` refuses every parameter but `expiresIn`, as older servers do.
    OldTokens,
    /// Every request is redirected to this port over TLS.
    RedirectsTo(u16),
}

#[derive(Default)]
pub struct Memory {
    pub calls: Mutex<Vec<(String, Value)>>,
    pub requests: Mutex<VecDeque<HttpRequest>>,
}

impl Memory {
    /// Parameters of the calls of that method, in order.
    pub fn calls_of(&self, method: &str) -> Vec<Value> {
        let calls = self.calls.lock().unwrap();
        calls
            .iter()
            .filter(|(name, _)| name == method)
            .map(|(_, params)| params.clone())
            .collect()
    }

    /// The oldest HTTP request that was not taken yet.
    pub fn take_request(&self) -> HttpRequest {
        self.requests
            .lock()
            .unwrap()
            .pop_front()
            .expect("no HTTP request came")
    }
}

pub struct Stub {
    pub memory: Arc<Memory>,
    pub port: u16,
    scheme: &'static str,
    serving: JoinHandle<()>,
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Stub {
    pub async fn start() -> Self {
        Self::start_as(Variant::Usual).await
    }

    pub async fn start_as(variant: Variant) -> Self {
        Self::listen(variant, None).await
    }

    pub async fn start_tls(acceptor: TlsAcceptor) -> Self {
        Self::listen(Variant::Usual, Some(acceptor)).await
    }

    pub fn url(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.port)
    }

    async fn listen(variant: Variant, tls: Option<TlsAcceptor>) -> Self {
        // `localhost` may be either family; the client tries both.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let memory = Arc::new(Memory::default());
        let shared = Arc::clone(&memory);
        let serving = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (memory, tls) = (Arc::clone(&shared), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(tcp, variant, &memory).await,
                        Some(acceptor) => {
                            // A client that refuses the certificate hangs up here.
                            if let Ok(stream) = acceptor.accept(tcp).await {
                                serve(stream, variant, &memory).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            memory,
            port,
            scheme,
            serving,
        }
    }
}

async fn serve<S>(mut stream: S, variant: Variant, memory: &Memory)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let text = String::from_utf8(head.clone()).unwrap();
    if let Variant::RedirectsTo(port) = variant {
        return http::redirect(stream, port).await;
    }
    if !text.starts_with("GET /api/ ") {
        return http::serve(stream, &text, memory).await;
    }
    let (reader, writer) = tokio::io::split(stream);
    let whole = tokio::io::join(Cursor::new(head).chain(reader), writer);
    let mut socket = tokio_tungstenite::accept_async(whole).await.unwrap();
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else {
            continue;
        };
        let request: Value = serde_json::from_str(&text).unwrap();
        let method = request["method"].as_str().unwrap().to_owned();
        let params = request["params"].clone();
        memory
            .calls
            .lock()
            .unwrap()
            .push((method.clone(), params.clone()));
        if method == "test.hangUp" {
            return;
        }
        if method == "test.garbage" {
            socket.send(Message::text("<html>")).await.unwrap();
        }
        // An answer is never the next frame for sure: a change comes in between.
        let change = json!({"jsonrpc": "2.0", "method": "all", "params":
            {"type": "enter", "items": {"vm-1": {"id": "vm-1", "type": "VM"}}}});
        let mut response = methods::answer(&method, &params, variant);
        response["jsonrpc"] = "2.0".into();
        response["id"] = request["id"].clone();
        for frame in [&change, &response] {
            if socket.send(Message::text(frame.to_string())).await.is_err() {
                return;
            }
        }
        if method == "session.signIn" && params["token"] == "watching" {
            let _ = socket.send(Message::text(change.to_string())).await;
            let _ = socket.close(None).await;
        }
    }
}
