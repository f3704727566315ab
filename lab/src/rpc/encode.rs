//! Writes values and rows straight into a buffer, as JSON or as compact XML-RPC (no white space between tags: clients
//! choke on it). Nothing is built in between, so that thousands of records cost one pass.

use std::io::Write;

use crate::date;
use crate::db::Row;
use crate::schema::Class;
use crate::value::Value;

/// The two ways to write an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON-RPC, 1.0 or 2.0.
    Json,
    /// XML-RPC.
    Xml,
}

/// A buffer that knows its format.
#[derive(Debug)]
pub struct Encoder {
    /// What is written so far.
    pub out: Vec<u8>,
    format: Format,
}

impl Encoder {
    /// An empty buffer.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self {
            out: Vec::new(),
            format,
        }
    }

    /// One value by itself.
    #[must_use]
    pub fn encode(format: Format, value: &Value) -> Vec<u8> {
        let mut encoder = Self::new(format);
        encoder.value(value);
        encoder.out
    }

    fn push(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// In JSON, a comma unless this is the first of its kind.
    fn separate(&mut self) {
        if !matches!(self.out.last(), Some(b'{' | b'[') | None) {
            self.out.push(b',');
        }
    }

    /// A struct whose members the closure writes.
    pub fn structure(&mut self, members: impl FnOnce(&mut Self)) {
        let (open, close) = match self.format {
            Format::Json => ("{", "}"),
            Format::Xml => ("<value><struct>", "</struct></value>"),
        };
        self.push(open);
        members(self);
        self.push(close);
    }

    /// A member of a struct; the closure writes exactly one value.
    pub fn member(&mut self, name: &str, value: impl FnOnce(&mut Self)) {
        match self.format {
            Format::Json => {
                self.separate();
                json_text(&mut self.out, name);
                self.out.push(b':');
                value(self);
            }
            Format::Xml => {
                self.push("<member><name>");
                xml_text(&mut self.out, name);
                self.push("</name>");
                value(self);
                self.push("</member>");
            }
        }
    }

    /// An array whose items the closure writes.
    pub fn array(&mut self, items: impl FnOnce(&mut Self)) {
        let (open, close) = match self.format {
            Format::Json => ("[", "]"),
            Format::Xml => ("<value><array><data>", "</data></array></value>"),
        };
        self.push(open);
        items(self);
        self.push(close);
    }

    /// An item of an array; the closure writes exactly one value.
    pub fn item(&mut self, value: impl FnOnce(&mut Self)) {
        if self.format == Format::Json {
            self.separate();
        }
        value(self);
    }

    /// A string.
    pub fn text(&mut self, text: &str) {
        match self.format {
            Format::Json => json_text(&mut self.out, text),
            Format::Xml => {
                self.push("<value>");
                xml_text(&mut self.out, text);
                self.push("</value>");
            }
        }
    }

    /// A row as a record.
    pub fn record(&mut self, class: &Class, row: &Row) {
        self.structure(|out| {
            for (field, value) in class.fields.iter().zip(&row.values) {
                let [json, xml] = &field.openings;
                match out.format {
                    Format::Json => {
                        out.separate();
                        out.push(json);
                        out.value(value);
                    }
                    Format::Xml => {
                        out.push(xml);
                        out.value(value);
                        out.push("</member>");
                    }
                }
            }
        });
    }

    /// Any value.
    pub fn value(&mut self, value: &Value) {
        match value {
            Value::Str(text) => self.text(text),
            Value::Void => self.text(""),
            Value::Set(values) => self.array(|out| {
                for value in values.iter() {
                    out.item(|out| out.value(value));
                }
            }),
            Value::Map(entries) => self.structure(|out| {
                for (name, value) in entries.iter() {
                    out.member(name, |out| out.value(value));
                }
            }),
            Value::Date(seconds) => {
                let text = date::format(*seconds);
                match self.format {
                    Format::Json => self.text(&text),
                    Format::Xml => self.tagged("dateTime.iso8601", &text),
                }
            }
            Value::Bool(flag) => match self.format {
                Format::Json => self.push(if *flag { "true" } else { "false" }),
                Format::Xml => self.tagged("boolean", if *flag { "1" } else { "0" }),
            },
            Value::Int(number) => match self.format {
                Format::Json => self.number(*number),
                Format::Xml => {
                    self.push("<value>");
                    self.number(*number);
                    self.push("</value>");
                }
            },
            Value::Count(number) => match self.format {
                Format::Json => self.number(*number),
                Format::Xml => self.tagged("i4", &number.to_string()),
            },
            Value::Float(number) => match self.format {
                Format::Json => self.push(&format!("{number:?}")),
                Format::Xml => self.tagged("double", &number.to_string()),
            },
        }
    }

    fn number(&mut self, number: i64) {
        // Writing to memory does not fail.
        let _ = write!(self.out, "{number}");
    }

    fn tagged(&mut self, tag: &str, text: &str) {
        for part in ["<value><", tag, ">", text, "</", tag, "></value>"] {
            self.push(part);
        }
    }
}

/// A JSON string with its quotes.
pub fn json_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    if text
        .bytes()
        .all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\')
    {
        out.extend_from_slice(text.as_bytes());
    } else {
        for byte in text.bytes() {
            match byte {
                b'"' => out.extend_from_slice(b"\\\""),
                b'\\' => out.extend_from_slice(b"\\\\"),
                b'\n' => out.extend_from_slice(b"\\n"),
                b'\r' => out.extend_from_slice(b"\\r"),
                b'\t' => out.extend_from_slice(b"\\t"),
                0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                _ => out.push(byte),
            }
        }
    }
    out.push(b'"');
}

/// Text inside an XML element. Control characters that XML cannot carry are left out.
pub fn xml_text(out: &mut Vec<u8>, text: &str) {
    let special = |found, byte: u8| {
        found | (byte < 0x20) | (byte == b'<') | (byte == b'>') | (byte == b'&') | (byte == b'"')
    };
    if !text.bytes().fold(false, special) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    for byte in text.bytes() {
        match byte {
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            b'\n' | b'\t' => out.push(byte),
            b'\r' => out.extend_from_slice(b"&#13;"),
            0..0x20 => {}
            _ => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoder, Format};
    use crate::value::Value;

    fn both(value: &Value) -> (String, String) {
        let text = |format| String::from_utf8(Encoder::encode(format, value)).unwrap_or_default();
        (text(Format::Json), text(Format::Xml))
    }

    #[test]
    fn values_are_written_as_a_host_writes_them() {
        let value = Value::map([
            ("int", Value::Int(-1)),
            ("float", Value::Float(1.0)),
            ("flag", Value::Bool(true)),
            ("date", Value::Date(0)),
            ("text", Value::text("a<b \"é\"")),
            ("set", Value::strings(["x", "y"])),
            ("none", Value::string_map([] as [(&str, &str); 0])),
            ("count", Value::Count(3)),
        ]);
        let (json, xml) = both(&value);
        assert_eq!(
            json,
            "{\"int\":-1,\"float\":1.0,\"flag\":true,\"date\":\"19700101T00:00:00Z\",\
             \"text\":\"a<b \\\"é\\\"\",\"set\":[\"x\",\"y\"],\"none\":{},\"count\":3}"
        );
        assert_eq!(
            xml,
            "<value><struct><member><name>int</name><value>-1</value></member>\
             <member><name>float</name><value><double>1</double></value></member>\
             <member><name>flag</name><value><boolean>1</boolean></value></member>\
             <member><name>date</name><value><dateTime.iso8601>19700101T00:00:00Z</dateTime.iso8601></value></member>\
             <member><name>text</name><value>a&lt;b &quot;é&quot;</value></member>\
             <member><name>set</name><value><array><data><value>x</value><value>y</value></data></array></value></member>\
             <member><name>none</name><value><struct></struct></value></member>\
             <member><name>count</name><value><i4>3</i4></value></member></struct></value>"
        );
    }
}
