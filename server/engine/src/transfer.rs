//! One-shot URLs: a method answers `{$getFrom: url}` or `{$sendTo: url}`, and whoever asks for that URL first gets the stream.
//! The random path is the secret (`xo-protocol.md`, side channels).
//!
//! Invariant: at most [`LIMIT`] URLs wait; the oldest goes first, as if it had been used.

mod multipart;

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;

use bytes::Bytes;
use futures_util::Stream;
use parking_lot::Mutex;

use crate::Result;

const LIMIT: usize = 1000;

/// Pieces of a body.
pub type ByteStream = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>;

type Later<T> = Pin<Box<dyn Future<Output = Result<T>> + Send>>;

/// What a client downloads.
pub struct Outgoing {
    /// Of the body.
    pub content_type: String,
    /// Offered to the browser.
    pub file_name: Option<String>,
    /// In bytes, when known.
    pub length: Option<u64>,
    /// The content.
    pub body: ByteStream,
}

/// What a client uploads.
pub struct Incoming {
    /// As the client told it.
    pub content_type: Option<String>,
    /// In bytes, when known.
    pub length: Option<u64>,
    /// The content.
    pub body: ByteStream,
}

impl Incoming {
    /// The file itself: the part `file` when a form was sent, else the body.
    ///
    /// # Errors
    /// [`crate::Error::BadData`] for a form without it.
    pub async fn file(self) -> Result<Self> {
        multipart::unwrapped(self).await
    }
}

/// What happens at the URL.
pub enum Transfer {
    /// The client downloads.
    Get(Box<dyn FnOnce() -> Later<Outgoing> + Send>),
    /// The client uploads, and reads the returned JSON value as the result of a JSON-RPC call.
    Send(Box<dyn FnOnce(Incoming) -> Later<serde_json::Value> + Send>),
}

#[derive(Default)]
struct Waiting {
    by_token: HashMap<String, Transfer>,
    order: VecDeque<String>,
}

/// The URLs that wait.
#[derive(Default)]
pub(crate) struct Transfers(Mutex<Waiting>);

impl Transfers {
    /// Keeps a transfer under a new random token and returns the token.
    pub(crate) fn offer(&self, transfer: Transfer) -> String {
        let token = crate::engine::random_token();
        let mut waiting = self.0.lock();
        if waiting.order.len() >= LIMIT
            && let Some(oldest) = waiting.order.pop_front()
        {
            waiting.by_token.remove(&oldest);
        }
        waiting.by_token.insert(token.clone(), transfer);
        waiting.order.push_back(token.clone());
        token
    }

    /// Takes it out: the second one to ask gets nothing.
    pub(crate) fn take(&self, token: &str) -> Option<Transfer> {
        let mut waiting = self.0.lock();
        let transfer = waiting.by_token.remove(token)?;
        waiting.order.retain(|t| t != token);
        Some(transfer)
    }
}
