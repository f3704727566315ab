//! JSON-RPC 2.0 messages: requests as text, and what a received frame means.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::error::RpcError;

/// What the server sent.
#[derive(Debug)]
pub enum Incoming {
    /// The answer to the request of that number; without a number, an error about the pending one.
    Response(Option<u64>, Result<Box<RawValue>, RpcError>),
    /// A message that expects no answer.
    Notification {
        /// Name of the notification.
        method: String,
        /// Its content.
        params: Value,
    },
}

/// The members of a message. A result stays text: it may hold every object of a large infrastructure.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Frame {
    id: Value,
    method: Value,
    params: Value,
    error: Value,
    #[serde(deserialize_with = "present")]
    result: Option<Box<RawValue>>,
}

/// A `null` result is a result.
fn present<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(reader).map(Some)
}

/// The text of a request.
pub fn request(id: u64, method: &str, params: &Map<String, Value>) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
}

/// Reads a frame. `None` for what is neither a response nor a notification.
pub fn incoming(text: &str) -> Option<Incoming> {
    // An array would be read as a list of members.
    if !text.trim_start().starts_with('{') {
        return None;
    }
    let frame: Frame = serde_json::from_str(text).ok()?;
    if let Value::String(method) = frame.method {
        return Some(Incoming::Notification {
            method,
            params: frame.params,
        });
    }
    match (frame.id.as_u64(), error(frame.error), frame.result) {
        (id, Some(error), _) if id.is_some() || frame.id.is_null() => {
            Some(Incoming::Response(id, Err(error)))
        }
        (Some(id), None, Some(result)) => Some(Incoming::Response(Some(id), Ok(result))),
        _ => None,
    }
}

/// The result or the error of a response. `None` if it holds neither.
pub fn outcome(mut response: Map<String, Value>) -> Option<Result<Value, RpcError>> {
    match response.remove("error").and_then(error) {
        Some(error) => Some(Err(error)),
        None => response.remove("result").map(Ok),
    }
}

fn error(member: Value) -> Option<RpcError> {
    let Value::Object(mut error) = member else {
        return None;
    };
    Some(RpcError {
        code: error.get("code").and_then(Value::as_i64).unwrap_or(-32000),
        message: error
            .get("message")
            .and_then(Value::as_str)
            .unwrap_or("unknown error")
            .to_owned(),
        data: error.remove("data").unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn response(text: &str) -> (Option<u64>, Result<String, RpcError>) {
        match incoming(text) {
            Some(Incoming::Response(id, outcome)) => (id, outcome.map(|raw| raw.get().to_owned())),
            other => panic!("no response: {other:?}"),
        }
    }

    #[test]
    fn responses_errors_and_notifications_are_told_apart() {
        let null = (Some(3), Ok("null".to_owned()));
        assert_eq!(response(r#"{"jsonrpc":"2.0","id":3,"result":null}"#), null);
        let error = RpcError {
            code: 1,
            message: "gone".into(),
            data: json!({"id": "x"}),
        };
        assert_eq!(
            response(r#"{"id":3,"error":{"code":1,"message":"gone","data":{"id":"x"}}}"#),
            (Some(3), Err(error))
        );
        let error = RpcError {
            code: -32700,
            message: "parse error".into(),
            data: Value::Null,
        };
        assert_eq!(
            response(r#"{"id":null,"error":{"code":-32700,"message":"parse error"}}"#),
            (None, Err(error))
        );
        let Some(Incoming::Notification { method, params }) =
            incoming(r#"{"method":"all","params":{"a":1}}"#)
        else {
            panic!("no notification")
        };
        assert_eq!((method.as_str(), params), ("all", json!({"a": 1})));
    }

    proptest! {
        #[test]
        fn any_members_are_read_or_ignored(
            id in prop::option::of(any::<i64>()),
            code in prop::option::of(any::<f64>()),
            result in prop::option::of(".*"),
            method in prop::option::of(".*"),
        ) {
            let mut frame = json!({"error": code.map(|code| json!({"code": code}))});
            for (name, value) in [("id", json!(id)), ("result", json!(result)), ("method", json!(method))] {
                if !value.is_null() {
                    frame[name] = value;
                }
            }
            match incoming(&frame.to_string()) {
                Some(Incoming::Notification { method: read, .. }) => {
                    prop_assert_eq!(Some(read), method);
                }
                Some(Incoming::Response(to, outcome)) => {
                    prop_assert_eq!(to, id.and_then(|id| u64::try_from(id).ok()));
                    prop_assert_eq!(outcome.is_err(), code.is_some());
                }
                None => prop_assert!(method.is_none()),
            }
        }
    }

    #[test]
    fn other_frames_are_ignored() {
        for text in [
            "",
            "[]",
            "{}",
            "{\"id\":1}",
            "{\"id\":\"x\",\"result\":1}",
            "nonsense",
        ] {
            assert!(incoming(text).is_none(), "{text}");
        }
    }
}
