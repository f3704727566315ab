//! A JSON-RPC client: calls, and the changes that come between.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Nothing that a test waits for takes longer.
pub const LIMIT: Duration = Duration::from_secs(20);

/// An error that the server answered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct RpcError {
    /// As in `xo-protocol.md`.
    pub code: i64,
    /// For a person.
    pub message: String,
    /// More of it.
    pub data: Value,
}

/// One connection.
pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_id: i64,
    notices: VecDeque<Value>,
}

impl Client {
    /// Connects to `ws://host:port/api/`.
    pub async fn open(url: &str) -> Result<Self> {
        let config = tokio_tungstenite::tungstenite::protocol::WebSocketConfig::default()
            .max_message_size(None)
            .max_frame_size(None);
        let open = tokio_tungstenite::connect_async_with_config(url, Some(config), true);
        let (socket, _) = tokio::time::timeout(LIMIT, open)
            .await
            .context("no connection in time")??;
        Ok(Self {
            socket,
            next_id: 0,
            notices: VecDeque::new(),
        })
    }

    /// Calls and waits; an error of the server is an [`RpcError`] inside.
    pub async fn call(&mut self, method: &str, params: Value) -> Result<Value> {
        self.next_id += 1;
        let id = self.next_id;
        self.send(
            &json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string(),
        )
        .await?;
        loop {
            let message = self
                .read()
                .await
                .with_context(|| format!("waiting for {method}"))?;
            if message.get("id") != Some(&json!(id)) {
                self.notices.push_back(message);
                continue;
            }
            if let Some(error) = message.get("error") {
                let error = RpcError {
                    code: error["code"].as_i64().unwrap_or_default(),
                    message: error["message"].as_str().unwrap_or_default().to_owned(),
                    data: error["data"].clone(),
                };
                return Err(error.into());
            }
            return Ok(message["result"].clone());
        }
    }

    /// The error that a call must end with.
    pub async fn refused(&mut self, method: &str, params: Value) -> Result<RpcError> {
        match self.call(method, params).await {
            Ok(result) => bail!("{method} was not refused: {result}"),
            Err(error) => error.downcast::<RpcError>(),
        }
    }

    /// Sends a text as it is.
    pub async fn send(&mut self, text: &str) -> Result<()> {
        Ok(self.socket.send(Message::text(text)).await?)
    }

    /// The next message of any kind.
    pub async fn read(&mut self) -> Result<Value> {
        loop {
            let next = tokio::time::timeout(LIMIT, self.socket.next());
            match next.await.context("nothing came in time")? {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text)?),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => bail!("the server closed the connection"),
            }
        }
    }

    /// Waits for the server to close the connection; the code that it closes with.
    pub async fn closed(&mut self) -> Result<u16> {
        loop {
            let next = tokio::time::timeout(LIMIT, self.socket.next());
            match next.await.context("it was not closed in time")? {
                Some(Ok(Message::Close(Some(frame)))) => return Ok(frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => bail!("the connection ended without a word"),
            }
        }
    }

    /// Waits for a change that fits.
    pub async fn change(&mut self, fits: impl Fn(&Value) -> bool) -> Result<Value> {
        loop {
            let notice = match self.notices.pop_front() {
                Some(notice) => notice,
                None => self.read().await.context("waiting for a change")?,
            };
            if notice["method"] == "all" && fits(&notice["params"]) {
                return Ok(notice["params"].clone());
            }
        }
    }
}
