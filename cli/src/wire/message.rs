//! JSON-RPC 2.0 messages: requests as text, and what a received frame means.

use serde_json::{Map, Value, json};

use crate::error::RpcError;

/// What the server sent.
#[derive(Debug, PartialEq)]
pub enum Incoming {
    /// The answer to the request of that number.
    Response(u64, Result<Value, RpcError>),
    /// A message that expects no answer.
    Notification {
        /// Name of the notification.
        method: String,
        /// Its content.
        params: Value,
    },
}

/// The text of a request.
pub fn request(id: u64, method: &str, params: &Map<String, Value>) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
}

/// Reads a frame. `None` for what is neither a response to us nor a notification.
pub fn incoming(text: &str) -> Option<Incoming> {
    let Value::Object(mut message) = serde_json::from_str(text).ok()? else {
        return None;
    };
    if let Some(Value::String(method)) = message.get("method") {
        let method = method.clone();
        let params = message.remove("params").unwrap_or_default();
        return Some(Incoming::Notification { method, params });
    }
    let id = message.get("id").and_then(Value::as_u64)?;
    Some(Incoming::Response(id, outcome(message)?))
}

/// The result or the error of a response. `None` if it holds neither.
pub fn outcome(mut response: Map<String, Value>) -> Option<Result<Value, RpcError>> {
    if let Some(Value::Object(mut error)) = response.remove("error") {
        return Some(Err(RpcError {
            code: error.get("code").and_then(Value::as_i64).unwrap_or(-32000),
            message: error
                .get("message")
                .and_then(Value::as_str)
                .unwrap_or("unknown error")
                .to_owned(),
            data: error.remove("data").unwrap_or_default(),
        }));
    }
    response.remove("result").map(Ok)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn responses_errors_and_notifications_are_told_apart() {
        assert_eq!(
            incoming(r#"{"jsonrpc":"2.0","id":3,"result":null}"#),
            Some(Incoming::Response(3, Ok(Value::Null)))
        );
        let error = RpcError {
            code: 1,
            message: "gone".into(),
            data: json!({"id": "x"}),
        };
        assert_eq!(
            incoming(r#"{"id":3,"error":{"code":1,"message":"gone","data":{"id":"x"}}}"#),
            Some(Incoming::Response(3, Err(error)))
        );
        let notification = Incoming::Notification {
            method: "all".into(),
            params: json!({"a": 1}),
        };
        assert_eq!(
            incoming(r#"{"method":"all","params":{"a":1}}"#),
            Some(notification)
        );
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
                    prop_assert_eq!(i64::try_from(to).ok(), id);
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
            assert_eq!(incoming(text), None, "{text}");
        }
    }
}
