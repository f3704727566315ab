//! One message: a call, a batch, or something broken; and the texts that answer.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use xo_engine::{Outcome, Pieces};

/// Which JSON-RPC the client speaks; a message without `jsonrpc` is 1.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

/// What a client sent.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A call; without an id nobody waits for the answer.
    Call {
        version: Version,
        id: Option<Value>,
        method: String,
        params: Value,
    },
    /// An answer: we never call a client, so it is ignored.
    Answer,
    /// Not JSON-RPC.
    Broken {
        id: Value,
        code: i32,
        message: String,
    },
}

#[derive(Debug)]
pub(super) enum Parsed {
    One(Incoming),
    Batch(Vec<Incoming>),
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    jsonrpc: Option<String>,
    #[serde(default, deserialize_with = "present")]
    id: Option<Value>,
    #[serde(default)]
    method: Option<Value>,
    #[serde(default)]
    params: Value,
    #[serde(default)]
    result: Option<Value>,
    #[serde(default)]
    error: Option<Value>,
}

/// `null` is an id that was sent.
fn present<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(d).map(Some)
}

pub(super) fn parse(text: &str) -> Parsed {
    match serde_json::from_str::<Value>(text) {
        Err(e) => Parsed::One(Incoming::Broken {
            id: Value::Null,
            code: -32700,
            message: format!("not JSON: {e}"),
        }),
        Ok(Value::Array(list)) if !list.is_empty() => {
            Parsed::Batch(list.into_iter().map(read).collect())
        }
        Ok(one) => Parsed::One(read(one)),
    }
}

fn read(value: Value) -> Incoming {
    let broken = |id, message: &str| Incoming::Broken {
        id,
        code: -32600,
        message: message.into(),
    };
    let Ok(raw) = serde_json::from_value::<Raw>(value) else {
        return broken(Value::Null, "a call is an object with `method` and `id`");
    };
    let id = match raw.id {
        Some(Value::Null) | None => None,
        Some(id @ (Value::String(_) | Value::Number(_))) => Some(id),
        Some(_) => return broken(Value::Null, "the id must be a number or a string"),
    };
    match raw.method {
        Some(Value::String(method)) => {
            let version = if raw.jsonrpc.is_some() {
                Version::Two
            } else {
                Version::One
            };
            Incoming::Call {
                version,
                id,
                method,
                params: raw.params,
            }
        }
        None if raw.result.is_some() || raw.error.is_some() => Incoming::Answer,
        _ => broken(id.unwrap_or_default(), "`method` must be a string"),
    }
}

/// A result. What exists already as text is not copied.
pub(super) fn success(version: Version, id: &Value, outcome: Outcome) -> Pieces {
    let (head, tail) = match version {
        Version::Two => (
            format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":"),
            "}",
        ),
        Version::One => (format!("{{\"id\":{id},\"result\":"), ",\"error\":null}"),
    };
    let result = match outcome {
        Outcome::Value(value) => Pieces::from(Bytes::from(value.to_string())),
        Outcome::Json(pieces) => pieces,
    };
    result.between(head, tail)
}

pub(super) fn failure(version: Version, id: &Value, error: &Value) -> Pieces {
    let body = match version {
        Version::Two => json!({ "jsonrpc": "2.0", "id": id, "error": error }),
        Version::One => json!({ "id": id, "result": null, "error": error }),
    };
    Pieces::from(Bytes::from(body.to_string()))
}

/// The answers of a batch, in one array.
pub(super) fn batch(answers: Vec<Pieces>) -> Pieces {
    let parts = answers.into_iter().enumerate().flat_map(|(i, answer)| {
        let separator: &[u8] = if i == 0 { b"" } else { b"," };
        std::iter::once(Bytes::from_static(separator)).chain(answer)
    });
    Pieces::new(parts).between("[", "]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_both_versions_are_read() {
        let Parsed::One(Incoming::Call {
            version,
            id,
            method,
            params,
        }) = parse(r#"{"jsonrpc":"2.0","id":-9007199254740991,"method":"a.b","params":{"x":1}}"#)
        else {
            panic!("no call")
        };
        assert_eq!(
            (version, id, method.as_str()),
            (Version::Two, Some(json!(-9007199254740991_i64)), "a.b")
        );
        assert_eq!(params, json!({"x": 1}));
        let Parsed::One(Incoming::Call { version, id, .. }) = parse(r#"{"id":null,"method":"m"}"#)
        else {
            panic!("no call")
        };
        assert_eq!((version, id), (Version::One, None));
    }

    #[test]
    fn what_is_broken_is_answered_with_the_standard_codes() {
        for (text, expected) in [
            ("{", -32700),
            ("[]", -32600),
            ("1", -32600),
            (r#"{"id":{},"method":"m"}"#, -32600),
            (r#"{"id":1,"method":5}"#, -32600),
            (r#"{"id":1}"#, -32600),
        ] {
            let Parsed::One(Incoming::Broken { code, .. }) = parse(text) else {
                panic!("{text}")
            };
            assert_eq!(code, expected, "{text}");
        }
    }
}
