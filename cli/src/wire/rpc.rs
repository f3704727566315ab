//! A JSON-RPC client: one call at a time, notifications read in between.
//!
//! Invariant: a call ends. A peer that stays silent is probed with pings, and the call fails when nothing
//! at all came back for [`DEAD_AFTER_PINGS`] of them, or when the socket closes.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use super::address::Address;
use super::message::{self, Incoming};
use super::socket::{self, Socket};
use super::trust::Trust;
use crate::error::{Error, RpcError};

const SIGN_IN: &str = "session.signIn";
const PING_EVERY: Duration = Duration::from_secs(20);
const DEAD_AFTER_PINGS: u32 = 3;
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// A connection to the API of a server.
pub struct Client {
    socket: Socket,
    address: Address,
    last_id: u64,
}

impl Client {
    /// Connects; nobody is signed in yet.
    pub async fn connect(address: &Address, trust: &Trust) -> Result<Self, Error> {
        let (socket, address) = socket::open(address, trust).await?;
        Ok(Self {
            socket,
            address,
            last_id: 0,
        })
    }

    /// The address that answered, after a redirection if there was one.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Signs in with a token.
    pub async fn sign_in_with_token(&mut self, token: &str) -> Result<(), Error> {
        let mut credentials = Map::new();
        credentials.insert("token".into(), token.into());
        let answer = self.request(SIGN_IN, &credentials).await?;
        answer
            .map(drop)
            .map_err(|error| Error::Token(Box::new(error)))
    }

    /// Signs in with a password (protocol reference, section 2, "Session methods").
    pub async fn sign_in(&mut self, credentials: &Map<String, Value>) -> Result<(), Error> {
        let answer = self.request(SIGN_IN, credentials).await?;
        answer
            .map(drop)
            .map_err(|error| Error::SignIn(Box::new(error)))
    }

    /// Calls a method; its error becomes [`Error::Call`].
    pub async fn call(
        &mut self,
        method: &str,
        params: &Map<String, Value>,
    ) -> Result<Value, Error> {
        read(&self.call_raw(method, params).await?)
    }

    /// Like [`Client::call`], but leaves the result as text: for those that may be large.
    pub async fn call_raw(
        &mut self,
        method: &str,
        params: &Map<String, Value>,
    ) -> Result<Box<RawValue>, Error> {
        let answer = self.request(method, params).await?;
        answer.map_err(|error| Error::call(method, error))
    }

    /// Calls a method: the outer result is the connection's, the inner one the method's.
    async fn request(
        &mut self,
        method: &str,
        params: &Map<String, Value>,
    ) -> Result<Result<Box<RawValue>, RpcError>, Error> {
        self.last_id += 1;
        let id = self.last_id;
        let text = message::request(id, method, params);
        self.socket
            .send(Message::text(text))
            .await
            .map_err(|error| lost(&error))?;
        loop {
            if let Incoming::Response(to, outcome) = self.receive().await?
                && to.is_none_or(|to| to == id)
            {
                return Ok(outcome);
            }
        }
    }

    /// The next notification: its method and params.
    pub async fn notification(&mut self) -> Result<(String, Value), Error> {
        loop {
            if let Incoming::Notification { method, params } = self.receive().await? {
                return Ok((method, params));
            }
        }
    }

    /// Says goodbye; a server that does not answer is not waited for.
    pub async fn close(mut self) {
        let _ = tokio::time::timeout(CLOSE_LIMIT, self.socket.close(None)).await;
    }

    async fn receive(&mut self) -> Result<Incoming, Error> {
        let mut silent_pings = 0;
        loop {
            let Ok(frame) = tokio::time::timeout(PING_EVERY, self.socket.next()).await else {
                if silent_pings == DEAD_AFTER_PINGS {
                    return Err(Error::ConnectionLost {
                        reason: "the server is silent".into(),
                    });
                }
                silent_pings += 1;
                let ping = Message::Ping(Default::default());
                self.socket.send(ping).await.map_err(|error| lost(&error))?;
                continue;
            };
            silent_pings = 0;
            match frame {
                Some(Ok(Message::Text(text))) => {
                    return message::incoming(text.as_str()).ok_or_else(|| {
                        let reason = "the server sent something that is no JSON-RPC message";
                        Error::ConnectionLost {
                            reason: reason.into(),
                        }
                    });
                }
                Some(Ok(Message::Close(close))) => {
                    let reason = close
                        .map(|close| close.reason.to_string())
                        .unwrap_or_default();
                    let said = if reason.is_empty() {
                        String::new()
                    } else {
                        format!(": {reason}")
                    };
                    return Err(Error::ConnectionLost {
                        reason: format!("the server closed it{said}"),
                    });
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(lost(&error)),
                None => {
                    return Err(Error::ConnectionLost {
                        reason: "the server closed it".into(),
                    });
                }
            }
        }
    }
}

fn read(result: &RawValue) -> Result<Value, Error> {
    serde_json::from_str(result.get()).map_err(|error| Error::ConnectionLost {
        reason: format!("the server sent a result that cannot be read: {error}"),
    })
}

fn lost(error: &WsError) -> Error {
    let reason = match error {
        // Ended without a word: it was killed, or its machine is gone.
        WsError::Io(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => {
            "the server went away".into()
        }
        other => other.to_string(),
    };
    Error::ConnectionLost { reason }
}
