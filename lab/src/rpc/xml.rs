//! XML-RPC envelopes, as a server sees them: reads `methodCall`, writes compact `methodResponse`.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::encode::xml_text;
use super::{Outcome, Request, Unreadable};
use crate::date;
use crate::failure::Failure;
use crate::value::{Text, Value};

/// How deep values may nest.
const DEPTH: usize = 64;

/// Reads a request.
///
/// # Errors
/// When it is no XML, or no method call.
pub fn parse(body: &[u8]) -> Result<Request, Unreadable> {
    let text = std::str::from_utf8(body).map_err(|error| Unreadable(error.to_string()))?;
    let mut source = Source {
        reader: Reader::from_str(text),
    };
    source.open("methodCall")?;
    source.open("methodName")?;
    let method = Text::from(source.text("methodName")?.trim());
    let mut params = Vec::new();
    match source.tag()? {
        Tag::Close(name) if name == "methodCall" => return Ok(Request { method, params }),
        Tag::Empty(name) if name == "params" => return Ok(Request { method, params }),
        Tag::Open(name) if name == "params" => {}
        other => return Err(other.unexpected()),
    }
    loop {
        match source.tag()? {
            Tag::Close(name) if name == "params" => return Ok(Request { method, params }),
            Tag::Open(name) if name == "param" => {
                params.push(source.value_element(DEPTH)?);
                source.close("param")?;
            }
            other => return Err(other.unexpected()),
        }
    }
}

/// Writes an answer: always a `Status`, never a fault.
#[must_use]
pub fn answer(outcome: &Outcome) -> Vec<u8> {
    let mut out = Vec::with_capacity(400 + outcome.as_ref().map_or(0, Vec::len));
    out.extend_from_slice(HEAD);
    out.extend_from_slice(b"<value><struct><member><name>Status</name><value>");
    match outcome {
        Ok(result) => {
            out.extend_from_slice(b"Success</value></member><member><name>Value</name>");
            out.extend_from_slice(result);
        }
        Err(Failure { code, params }) => {
            out.extend_from_slice(
                b"Failure</value></member><member><name>ErrorDescription</name><value><array><data>",
            );
            for text in std::iter::once(code).chain(params) {
                out.extend_from_slice(b"<value>");
                xml_text(&mut out, text);
                out.extend_from_slice(b"</value>");
            }
            out.extend_from_slice(b"</data></array></value>");
        }
    }
    out.extend_from_slice(b"</member></struct></value>");
    out.extend_from_slice(TAIL);
    out
}

/// Writes an answer without `Status`, as `system.listMethods` has it.
#[must_use]
pub fn bare(result: &[u8]) -> Vec<u8> {
    let mut out = HEAD.to_vec();
    out.extend_from_slice(result);
    out.extend_from_slice(TAIL);
    out
}

const HEAD: &[u8] = b"<?xml version=\"1.0\"?><methodResponse><params><param>";
const TAIL: &[u8] = b"</param></params></methodResponse>";

/// A tag, with the white space before it skipped.
#[derive(Debug)]
enum Tag {
    Open(String),
    Close(String),
    Empty(String),
}

impl Tag {
    fn unexpected(self) -> Unreadable {
        Unreadable(format!("unexpected element {self:?}"))
    }
}

struct Source<'a> {
    reader: Reader<&'a [u8]>,
}

impl Source<'_> {
    fn event(&mut self) -> Result<Event<'_>, Unreadable> {
        self.reader
            .read_event()
            .map_err(|error| Unreadable(error.to_string()))
    }

    fn tag(&mut self) -> Result<Tag, Unreadable> {
        loop {
            match self.event()? {
                Event::Start(tag) => return Ok(Tag::Open(tag.name().0.to_owned())),
                Event::End(tag) => return Ok(Tag::Close(tag.name().0.to_owned())),
                Event::Empty(tag) => return Ok(Tag::Empty(tag.name().0.to_owned())),
                Event::Text(text) if text.trim().is_empty() => {}
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
                other => return Err(Unreadable(format!("unexpected {other:?}"))),
            }
        }
    }

    fn open(&mut self, name: &str) -> Result<(), Unreadable> {
        match self.tag()? {
            Tag::Open(found) if found == name => Ok(()),
            other => Err(other.unexpected()),
        }
    }

    fn close(&mut self, name: &str) -> Result<(), Unreadable> {
        match self.tag()? {
            Tag::Close(found) if found == name => Ok(()),
            other => Err(other.unexpected()),
        }
    }

    /// Text up to the end of this element.
    fn text(&mut self, name: &str) -> Result<String, Unreadable> {
        match self.text_or_tag()? {
            (text, Tag::Close(found)) if found == name => Ok(text),
            (_, other) => Err(other.unexpected()),
        }
    }

    /// Text up to the next tag, and that tag.
    fn text_or_tag(&mut self) -> Result<(String, Tag), Unreadable> {
        let mut text = String::new();
        loop {
            match self.event()? {
                Event::Text(part) => text.push_str(&part.xml10_content()),
                Event::CData(part) => text.push_str(&part.xml10_content()),
                Event::GeneralRef(reference) => {
                    let letter = reference
                        .resolve_char_ref()
                        .map_err(|error| Unreadable(error.to_string()))?
                        .or(match &*reference {
                            "lt" => Some('<'),
                            "gt" => Some('>'),
                            "amp" => Some('&'),
                            "quot" => Some('"'),
                            "apos" => Some('\''),
                            _ => None,
                        });
                    text.push(letter.ok_or_else(|| Unreadable("unknown entity".to_owned()))?);
                }
                Event::Start(tag) => return Ok((text, Tag::Open(tag.name().0.to_owned()))),
                Event::End(tag) => return Ok((text, Tag::Close(tag.name().0.to_owned()))),
                Event::Empty(tag) => return Ok((text, Tag::Empty(tag.name().0.to_owned()))),
                Event::Comment(_) => {}
                other => return Err(Unreadable(format!("unexpected {other:?}"))),
            }
        }
    }

    fn value_element(&mut self, depth: usize) -> Result<Value, Unreadable> {
        match self.tag()? {
            Tag::Open(name) if name == "value" => self.value(depth),
            Tag::Empty(name) if name == "value" => Ok(Value::text("")),
            other => Err(other.unexpected()),
        }
    }

    /// The inside of a `<value>` and its end.
    fn value(&mut self, depth: usize) -> Result<Value, Unreadable> {
        let deeper = depth
            .checked_sub(1)
            .ok_or_else(|| Unreadable("nested too deeply".to_owned()))?;
        let value = match self.text_or_tag()? {
            (text, Tag::Close(name)) if name == "value" => return Ok(Value::from(text)),
            (_, Tag::Empty(name)) => match name.as_str() {
                "string" => Value::text(""),
                "struct" => Value::map([] as [(&str, Value); 0]),
                "nil" => Value::Void,
                _ => return Err(Tag::Empty(name).unexpected()),
            },
            (_, Tag::Open(name)) => match name.as_str() {
                "struct" => self.members(deeper)?,
                "array" => self.items(deeper)?,
                _ => {
                    let text = self.text(&name)?;
                    scalar(&name, &text)?
                }
            },
            (_, other) => return Err(other.unexpected()),
        };
        self.close("value")?;
        Ok(value)
    }

    fn members(&mut self, depth: usize) -> Result<Value, Unreadable> {
        let mut entries: Vec<(String, Value)> = Vec::new();
        loop {
            match self.tag()? {
                Tag::Close(name) if name == "struct" => return Ok(Value::map(entries)),
                Tag::Open(name) if name == "member" => {
                    let name = match self.tag()? {
                        Tag::Open(name) if name == "name" => self.text("name")?,
                        Tag::Empty(name) if name == "name" => String::new(),
                        other => return Err(other.unexpected()),
                    };
                    entries.push((name, self.value_element(depth)?));
                    self.close("member")?;
                }
                other => return Err(other.unexpected()),
            }
        }
    }

    fn items(&mut self, depth: usize) -> Result<Value, Unreadable> {
        let mut values = Vec::new();
        match self.tag()? {
            Tag::Open(name) if name == "data" => {}
            Tag::Empty(name) if name == "data" => {
                self.close("array")?;
                return Ok(Value::set(values));
            }
            other => return Err(other.unexpected()),
        }
        loop {
            match self.tag()? {
                Tag::Close(name) if name == "data" => break,
                Tag::Open(name) if name == "value" => values.push(self.value(depth)?),
                Tag::Empty(name) if name == "value" => values.push(Value::text("")),
                other => return Err(other.unexpected()),
            }
        }
        self.close("array")?;
        Ok(Value::set(values))
    }
}

fn scalar(tag: &str, text: &str) -> Result<Value, Unreadable> {
    let bad = || Unreadable(format!("{text:?} is no {tag}"));
    match tag {
        "string" | "base64" => Ok(Value::text(text)),
        "int" | "i4" | "i8" => text.trim().parse().map(Value::Int).map_err(|_| bad()),
        "double" => text.trim().parse().map(Value::Float).map_err(|_| bad()),
        "boolean" => match text.trim() {
            "1" => Ok(Value::Bool(true)),
            "0" => Ok(Value::Bool(false)),
            _ => Err(bad()),
        },
        "dateTime.iso8601" => date::parse(text).map(Value::Date).ok_or_else(bad),
        _ => Err(Unreadable(format!("unknown type {tag}"))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{bare, parse};
    use crate::rpc::encode::{Encoder, Format};
    use crate::value::Value;

    #[test]
    fn a_call_with_white_space_and_every_type_is_read() {
        let call = b"<?xml version='1.0'?>\n<methodCall>\n<methodName>VM.x</methodName>\n<params>\n\
            <param>\n<value><string>a &lt;&amp;&#233;</string></value>\n</param>\n\
            <param><value>bare</value></param><param><value><boolean>1</boolean></value></param>\
            <param><value><int>7</int></value></param><param><value/></param>\
            <param><value><array><data>\n<value><i4>1</i4></value></data></array></value></param>\
            <param><value><struct><member><name>k</name><value><double>1.5</double></value></member>\
            </struct></value></param></params></methodCall>";
        let request = parse(call).expect("a valid call");
        assert_eq!(&*request.method, "VM.x");
        assert_eq!(
            request.params,
            [
                Value::text("a <&é"),
                Value::text("bare"),
                Value::Bool(true),
                Value::Int(7),
                Value::text(""),
                Value::set([Value::Int(1)]),
                Value::map([("k", Value::Float(1.5))]),
            ]
        );
    }

    #[test]
    fn what_is_no_call_is_refused() {
        let deep = format!(
            "<methodCall><methodName>m</methodName><params><param>{}",
            "<value><array><data>".repeat(1000)
        );
        for text in ["", "<a/>", "<methodCall>", "{}", &deep] {
            assert!(parse(text.as_bytes()).is_err(), "{text:.60}");
        }
    }

    proptest! {
        #[test]
        fn any_text_survives_the_way_there_and_back(text in "[ -~éß\\n\\t]*") {
            let answer = String::from_utf8(bare(&Encoder::encode(Format::Xml, &Value::text(&text)))).expect("UTF-8");
            let start = answer.find("<param>").expect("a parameter");
            let end = answer.rfind("</params>").expect("an end");
            let call = format!(
                "<methodCall><methodName>m</methodName><params>{}</params></methodCall>",
                &answer[start..end]
            );
            let request = parse(call.as_bytes()).expect("a valid call");
            prop_assert_eq!(&request.params, &[Value::text(&text)]);
        }

        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
