//! XML-RPC as old hosts speak it, by the `xmlrpc` crate, turned to and from the JSON that the rest of the crate reads.
//!
//! XAPI's integers arrive as text: record parsing takes both. Dates become `YYYYMMDDTHH:MM:SSZ`.

use serde_json::{Map, Number, Value as Json};
use xmlrpc::{Request, Transport, Value};

use crate::ApiError;

const MAX_DEPTH: usize = 64;

/// The body of a call. Integers are written as text, which XAPI takes for any 64-bit number.
pub(crate) fn encode(method: &str, args: &[Json]) -> Vec<u8> {
    let mut request = Request::new(method);
    for arg in args {
        request = request.arg(to_xml(arg));
    }
    let mut body = Vec::new();
    // Writing to memory cannot fail.
    let _ = request.write_as_xml(&mut body);
    body
}

/// Reads an answer: the value, or XAPI's error; the outer error says why it is no answer at all.
pub(crate) fn decode(body: &[u8]) -> Result<Result<Json, ApiError>, String> {
    let value = parse(body)?;
    let Some(members) = value.as_struct().filter(|m| m.contains_key("Status")) else {
        return Ok(Ok(to_json(&value)));
    };
    if members.get("Status").and_then(Value::as_str) == Some("Success") {
        return Ok(Ok(members
            .get("Value")
            .map_or(Json::String(String::new()), to_json)));
    }
    let description = members
        .get("ErrorDescription")
        .and_then(Value::as_array)
        .ok_or("a failure without ErrorDescription")?;
    let mut texts = description
        .iter()
        .map(|v| v.as_str().unwrap_or_default().to_owned());
    let code = texts
        .next()
        .ok_or("a failure with an empty ErrorDescription")?;
    Ok(Err(ApiError {
        code,
        params: texts.collect(),
    }))
}

/// Reads one value such as a task's result: `<value>OpaqueRef:...</value>`.
pub(crate) fn decode_value(text: &str) -> Result<Json, String> {
    let document =
        format!("<methodResponse><params><param>{text}</param></params></methodResponse>");
    Ok(to_json(&parse(document.as_bytes())?))
}

/// The crate parses by recursion, and only as the end of a call: a transport that already holds the answer.
fn parse(body: &[u8]) -> Result<Value, String> {
    if is_too_deep(body) {
        return Err(format!("values within values, more than {MAX_DEPTH} deep"));
    }
    Request::new("").call(Held(body)).map_err(|e| e.to_string())
}

/// True when more values stand open at once than any record has.
fn is_too_deep(body: &[u8]) -> bool {
    let mut depth = 0_usize;
    for tag in body.split(|b| *b == b'<').skip(1) {
        if tag.starts_with(b"/value") {
            depth = depth.saturating_sub(1);
        } else if tag.starts_with(b"value") && !tag.starts_with(b"value/") {
            depth += 1;
            if depth > MAX_DEPTH {
                return true;
            }
        }
    }
    false
}

struct Held<'a>(&'a [u8]);

impl<'a> Transport for Held<'a> {
    type Stream = &'a [u8];

    fn transmit(
        self,
        _request: &Request<'_>,
    ) -> Result<Self::Stream, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.0)
    }
}

fn to_xml(json: &Json) -> Value {
    match json {
        Json::Null => Value::String(String::new()),
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => match n.as_i64() {
            Some(i) if !n.is_f64() => Value::String(i.to_string()),
            _ => Value::Double(n.as_f64().unwrap_or_default()),
        },
        Json::String(s) => Value::String(s.clone()),
        Json::Array(items) => Value::Array(items.iter().map(to_xml).collect()),
        Json::Object(members) => Value::Struct(
            members
                .iter()
                .map(|(k, v)| (k.clone(), to_xml(v)))
                .collect(),
        ),
    }
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Int(i) => Json::from(*i),
        Value::Int64(i) => Json::from(*i),
        Value::Bool(b) => Json::Bool(*b),
        Value::String(s) => Json::String(s.clone()),
        Value::Double(d) => Number::from_f64(*d).map_or(Json::Null, Json::Number),
        Value::DateTime(d) => {
            let iso8601::Date::YMD { year, month, day } = d.date else {
                return Json::String(d.to_string());
            };
            let t = d.time;
            let text = format!(
                "{year:04}{month:02}{day:02}T{:02}:{:02}:{:02}Z",
                t.hour, t.minute, t.second
            );
            Json::String(text)
        }
        Value::Base64(bytes) => Json::String(String::from_utf8_lossy(bytes).into_owned()),
        Value::Struct(members) => Json::Object(
            members
                .iter()
                .map(|(k, v)| (k.clone(), to_json(v)))
                .collect::<Map<_, _>>(),
        ),
        Value::Array(items) => Json::Array(items.iter().map(to_json).collect()),
        Value::Nil => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_success_is_read_with_untyped_strings_dates_and_booleans() {
        let body = b"<?xml version=\"1.0\"?><methodResponse><params><param><value><struct>\
            <member><name>Status</name><value>Success</value></member>\
            <member><name>Value</name><value><struct><member><name>n</name><value>123</value></member>\
            <member><name>on</name><value><boolean>1</boolean></value></member>\
            <member><name>at</name><value><dateTime.iso8601>20260821T02:00:23Z</dateTime.iso8601></value></member>\
            </struct></value></member></struct></value></param></params></methodResponse>";
        let value = decode(body).unwrap().unwrap();
        assert_eq!(
            value,
            json!({"n": "123", "on": true, "at": "20260821T02:00:23Z"})
        );
    }

    #[test]
    fn a_failure_keeps_its_code_and_parameters() {
        let body = b"<methodResponse><params><param><value><struct>\
            <member><name>Status</name><value>Failure</value></member>\
            <member><name>ErrorDescription</name><value><array><data><value>HANDLE_INVALID</value>\
            <value>VM</value></data></array></value></member>\
            </struct></value></param></params></methodResponse>";
        let error = decode(body).unwrap().unwrap_err();
        assert_eq!(
            error,
            ApiError {
                code: "HANDLE_INVALID".into(),
                params: vec!["VM".into()]
            }
        );
    }

    #[test]
    fn what_is_not_xml_rpc_is_told_and_never_panics() {
        for body in [
            &b""[..],
            b"<html>",
            b"<methodResponse><params>",
            b"\xff\xfe",
        ] {
            assert!(decode(body).is_err());
        }
    }

    #[test]
    fn a_call_is_written_with_integers_as_text() {
        let text = String::from_utf8(encode(
            "VM.start",
            &[json!("ref"), json!(5), json!(true), json!(1.5)],
        ))
        .unwrap();
        assert!(text.contains("<methodName>VM.start</methodName>"), "{text}");
        assert!(text.contains("<string>5</string>"), "{text}");
        assert!(text.contains("<boolean>1</boolean>"), "{text}");
        assert!(text.contains("<double>1.5</double>"), "{text}");
    }

    #[test]
    fn a_task_result_is_one_value() {
        assert_eq!(
            decode_value("<value>OpaqueRef:1</value>").unwrap(),
            json!("OpaqueRef:1")
        );
        let list = "<value><array><data><value>a</value></data></array></value>";
        assert_eq!(decode_value(list).unwrap(), json!(["a"]));
    }
}
