//! The wire: reads a request in either encoding, and writes what came of it.

pub mod encode;
pub mod json;
pub mod xml;

use crate::failure::Failure;
use crate::value::{Text, Value};

/// A call: the method and its parameters, the session first.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// `<class>.<message>`, maybe with `Async.` in front.
    pub method: Text,
    /// As sent.
    pub params: Vec<Value>,
}

/// The encoded result of a call, or why it failed.
pub type Outcome = Result<Vec<u8>, Failure>;

/// A body that is no request. A host answers HTTP 500 to it.
#[derive(Debug, thiserror::Error)]
#[error("unreadable request: {0}")]
pub struct Unreadable(pub String);
