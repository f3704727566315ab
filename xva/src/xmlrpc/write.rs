//! Writing values: compact, untyped strings and integers, as XAPI's server does.
//!
//! Invariant: what is written parses again. A character that XML 1.0 forbids, which would make XAPI refuse the
//! whole document, is replaced by U+FFFD.

use super::{Struct, Value};

/// The XML of one value: `<value>...</value>`, with no white space between elements.
#[must_use]
pub fn to_xml(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

/// Appends the XML of one value to `out`.
pub fn write(out: &mut String, value: &Value) {
    out.push_str("<value>");
    match value {
        Value::String(text) => escape(out, text),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::I4(number) => {
            out.push_str("<i4>");
            out.push_str(&number.to_string());
            out.push_str("</i4>");
        }
        Value::Bool(flag) => {
            out.push_str("<boolean>");
            out.push(if *flag { '1' } else { '0' });
            out.push_str("</boolean>");
        }
        Value::Double(number) => {
            out.push_str("<double>");
            out.push_str(&number.to_string());
            out.push_str("</double>");
        }
        Value::DateTime(text) => {
            out.push_str("<dateTime.iso8601>");
            escape(out, text);
            out.push_str("</dateTime.iso8601>");
        }
        Value::Array(elements) => {
            out.push_str("<array><data>");
            for element in elements {
                write(out, element);
            }
            out.push_str("</data></array>");
        }
        Value::Struct(members) => write_struct(out, members),
        Value::Nil => out.push_str("<nil/>"),
    }
    out.push_str("</value>");
}

fn write_struct(out: &mut String, members: &Struct) {
    out.push_str("<struct>");
    for (name, value) in members.iter() {
        out.push_str("<member><name>");
        escape(out, name);
        out.push_str("</name>");
        write(out, value);
        out.push_str("</member>");
    }
    out.push_str("</struct>");
}

/// Appends character data. A carriage return goes as a reference: parsers fold a bare one into a line feed.
pub(super) fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' => out.push(c),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_xapi_writes_them() {
        let value = Value::Struct(
            Struct::new()
                .with("text", "a < b & \"c\"")
                .with("int", 123)
                .with("count", Value::I4(7))
                .with("flag", true)
                .with("one", 1.0)
                .with("when", Value::DateTime("20260101T00:00:00Z".into()))
                .with("none", vec![])
                .with("map", Struct::new())
                .with("empty", ""),
        );
        assert_eq!(
            to_xml(&value),
            "<value><struct>\
             <member><name>text</name><value>a &lt; b &amp; &quot;c&quot;</value></member>\
             <member><name>int</name><value>123</value></member>\
             <member><name>count</name><value><i4>7</i4></value></member>\
             <member><name>flag</name><value><boolean>1</boolean></value></member>\
             <member><name>one</name><value><double>1</double></value></member>\
             <member><name>when</name><value><dateTime.iso8601>20260101T00:00:00Z</dateTime.iso8601></value></member>\
             <member><name>none</name><value><array><data></data></array></value></member>\
             <member><name>map</name><value><struct></struct></value></member>\
             <member><name>empty</name><value></value></member>\
             </struct></value>"
        );
    }

    #[test]
    fn characters_that_xml_forbids_are_replaced() {
        assert_eq!(
            to_xml(&"a\u{1}b\u{ffff}".into()),
            "<value>a\u{fffd}b\u{fffd}</value>"
        );
    }
}
