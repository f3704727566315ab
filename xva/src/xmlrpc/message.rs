//! The envelopes: `<methodCall>` and `<methodResponse>`, with XAPI's `Status` struct left to the callers.

use super::parse::Parser;
use super::{ParseError, Value, write};

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// `<class>.<message>`, as sent.
    pub method: String,
    /// Positional parameters.
    pub params: Vec<Value>,
}

const PROLOG: &str = "<?xml version=\"1.0\"?>";

/// Reads a `<methodCall>`.
///
/// # Errors
/// When the text is cut or is no call.
pub fn parse_call(xml: &[u8]) -> Result<Call, ParseError> {
    let mut parser = Parser::new(xml)?;
    parser.open("methodCall")?;
    parser.open("methodName")?;
    let method = parser.text()?.trim().to_owned();
    let mut params = Vec::new();
    if parser.open_or_close("params")? {
        while parser.open_or_close("param")? {
            parser.open("value")?;
            params.push(parser.value(0)?);
            parser.close()?;
        }
        parser.close()?;
    }
    parser.end_of_document()?;
    Ok(Call { method, params })
}

/// Reads a `<methodResponse>` of one value; XAPI sends no `<fault>` for errors of its interface.
///
/// # Errors
/// When the text is cut or is no such answer.
pub fn parse_response(xml: &[u8]) -> Result<Value, ParseError> {
    let mut parser = Parser::new(xml)?;
    for tag in ["methodResponse", "params", "param", "value"] {
        parser.open(tag)?;
    }
    let value = parser.value(0)?;
    for _ in 0..3 {
        parser.close()?;
    }
    parser.end_of_document()?;
    Ok(value)
}

/// The document of a call.
#[must_use]
pub fn write_call(call: &Call) -> String {
    let mut out = format!("{PROLOG}<methodCall><methodName>");
    super::write::escape(&mut out, &call.method);
    out.push_str("</methodName><params>");
    for param in &call.params {
        out.push_str("<param>");
        write(&mut out, param);
        out.push_str("</param>");
    }
    out.push_str("</params></methodCall>");
    out
}

/// The document of an answer.
#[must_use]
pub fn write_response(value: &Value) -> String {
    let mut out = format!("{PROLOG}<methodResponse><params><param>");
    write(&mut out, value);
    out.push_str("</param></params></methodResponse>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_read_as_other_libraries_indent_it() {
        let call = parse_call(
            b"<?xml version='1.0'?>\n<methodCall>\n<methodName>session.logout</methodName>\n<params>\n\
              <param>\n<value><string>OpaqueRef:1</string></value>\n</param>\n</params>\n</methodCall>\n",
        )
        .unwrap();
        assert_eq!(
            call,
            Call {
                method: "session.logout".into(),
                params: vec!["OpaqueRef:1".into()]
            }
        );
        assert_eq!(parse_call(write_call(&call).as_bytes()).unwrap(), call);
    }

    #[test]
    fn a_call_may_leave_its_parameters_out() {
        let call =
            parse_call(b"<methodCall><methodName>system.listMethods</methodName></methodCall>");
        assert_eq!(call.unwrap().params, vec![]);
    }

    #[test]
    fn an_answer_comes_back_as_it_was_written() {
        let value = Value::Array(vec![true.into(), "x".into()]);
        assert_eq!(
            parse_response(write_response(&value).as_bytes()).unwrap(),
            value
        );
        assert!(parse_response(b"<methodResponse><params></params></methodResponse>").is_err());
    }
}
