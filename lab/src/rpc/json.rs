//! JSON-RPC 1.0 and 2.0 envelopes (reference: wire facts, section 1).

use serde_json::Value as Json;

use super::encode::{Encoder, Format, json_text};
use super::{Outcome, Request, Unreadable};
use crate::failure::Failure;
use crate::value::{Text, Value};

/// A JSON value as one of ours. `null` is nothing.
#[must_use]
pub fn value(json: Json) -> Value {
    match json {
        Json::Null => Value::Void,
        Json::Bool(flag) => Value::Bool(flag),
        Json::Number(number) => number
            .as_i64()
            .map(Value::Int)
            .or_else(|| number.as_f64().map(Value::Float))
            .unwrap_or(Value::Void),
        Json::String(text) => Value::from(text),
        Json::Array(items) => Value::set(items.into_iter().map(value)),
        Json::Object(members) => {
            Value::map(members.into_iter().map(|(name, json)| (name, value(json))))
        }
    }
}

/// Which dialect a request speaks, and the id to repeat.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// With `"jsonrpc": "2.0"`.
    pub second: bool,
    /// Number or text, as JSON.
    pub id: String,
}

/// Reads a request.
///
/// # Errors
/// When it is no JSON, or no JSON-RPC request.
pub fn parse(body: &[u8]) -> Result<(Request, Envelope), Unreadable> {
    let json: Json = serde_json::from_slice(body).map_err(|error| Unreadable(error.to_string()))?;
    let lacking = |what: &str| Unreadable(format!("the request has no valid {what}"));
    let Json::Object(mut members) = json else {
        return Err(lacking("object"));
    };
    let id = match members.get("id") {
        Some(id @ (Json::Number(_) | Json::String(_))) => id.to_string(),
        _ => return Err(lacking("id")),
    };
    let second = members
        .get("jsonrpc")
        .is_some_and(|version| version == "2.0");
    let Some(Json::String(method)) = members.remove("method") else {
        return Err(lacking("method"));
    };
    let params = match members.remove("params") {
        Some(Json::Array(params)) => params.into_iter().map(value).collect(),
        None | Some(Json::Null) => Vec::new(),
        Some(_) => return Err(lacking("params")),
    };
    Ok((
        Request {
            method: Text::from(method),
            params,
        },
        Envelope { second, id },
    ))
}

/// Writes an answer around the result, which may be large: it is not copied to another place.
#[must_use]
pub fn answer(outcome: Outcome, envelope: &Envelope) -> Vec<u8> {
    let head: &[u8] = if envelope.second {
        b"{\"jsonrpc\":\"2.0\","
    } else {
        b"{"
    };
    let mut out = match outcome {
        Ok(mut result) => {
            let before = [head, b"\"result\":"].concat();
            result.reserve(before.len() + envelope.id.len() + 32);
            result.splice(0..0, before);
            if !envelope.second {
                result.extend_from_slice(b",\"error\":null");
            }
            result
        }
        Err(failure) => [head, &error(&failure, envelope.second)].concat(),
    };
    out.extend_from_slice(b",\"id\":");
    out.extend_from_slice(envelope.id.as_bytes());
    out.push(b'}');
    out
}

/// The members that tell a failure.
fn error(failure: &Failure, second: bool) -> Vec<u8> {
    let params = failure.params.iter().map(String::as_str);
    let mut out = Vec::new();
    if second {
        out.extend_from_slice(b"\"error\":{\"code\":1,\"message\":");
        json_text(&mut out, &failure.code);
        out.extend_from_slice(b",\"data\":");
        out.extend(Encoder::encode(Format::Json, &Value::strings(params)));
        out.push(b'}');
    } else {
        out.extend_from_slice(b"\"result\":null,\"error\":");
        let words = std::iter::once(failure.code.as_str()).chain(params);
        out.extend(Encoder::encode(Format::Json, &Value::strings(words)));
    }
    out
}
