//! Reading values with quick-xml: a prolog, comments and white space between elements are taken, document types,
//! processing of entities beyond the predefined ones and nesting deeper than [`MAX_DEPTH`] are refused.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

use super::{Struct, Value};

/// How deep values may be nested. XAPI's records need four.
pub const MAX_DEPTH: usize = 32;

/// Why a text is no XML-RPC.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed XML-RPC at byte {offset}: {reason}")]
pub struct ParseError {
    /// Bytes from the start of the text.
    pub offset: u64,
    /// What is wrong there.
    pub reason: String,
}

/// Reads a document that is one `<value>`.
///
/// # Errors
/// When the text is no UTF-8, is cut, is no XML, or holds something that XAPI would refuse too.
pub fn parse(xml: &[u8]) -> Result<Value, ParseError> {
    let mut parser = Parser::new(xml)?;
    parser.open("value")?;
    let value = parser.value(0)?;
    parser.end_of_document()?;
    Ok(value)
}

/// A cursor over the elements of a document.
pub(super) struct Parser<'a> {
    reader: Reader<&'a [u8]>,
}

/// What comes next inside an element.
enum Next {
    Open(String),
    Close,
    End,
}

impl<'a> Parser<'a> {
    pub(super) fn new(xml: &'a [u8]) -> Result<Self, ParseError> {
        let text = std::str::from_utf8(xml).map_err(|e| ParseError {
            offset: e.valid_up_to() as u64,
            reason: "not UTF-8".into(),
        })?;
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_comments = true;
        Ok(Self { reader })
    }

    pub(super) fn error<T>(&self, reason: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError {
            offset: self.reader.buffer_position(),
            reason: reason.into(),
        })
    }

    fn event(&mut self) -> Result<Event<'a>, ParseError> {
        match self.reader.read_event() {
            Ok(event) => Ok(event),
            Err(error) => Err(ParseError {
                offset: self.reader.error_position(),
                reason: error.to_string(),
            }),
        }
    }

    /// Collects character data into `text` up to the next tag.
    fn next(&mut self, text: &mut String) -> Result<Next, ParseError> {
        loop {
            match self.event()? {
                Event::Start(tag) => return Ok(Next::Open(tag.name().as_ref().to_owned())),
                // Never seen: empty elements are expanded to a start and an end.
                Event::Empty(tag) => {
                    return self.error(format!("unexpected empty <{}>", tag.name().as_ref()));
                }
                Event::End(_) => return Ok(Next::Close),
                Event::Eof => return Ok(Next::End),
                Event::Text(part) => text.push_str(&part.into_inner()),
                Event::CData(part) => text.push_str(&part.into_inner()),
                Event::GeneralRef(reference) => text.push(self.resolve(&reference)?),
                Event::Comment(_) | Event::Decl(_) => {}
                Event::PI(_) => return self.error("processing instructions are not accepted"),
                Event::DocType(_) => return self.error("document types are not accepted"),
            }
        }
    }

    fn resolve(&self, reference: &BytesRef<'_>) -> Result<char, ParseError> {
        match reference.resolve_char_ref() {
            Ok(Some(c)) => return Ok(c),
            Ok(None) => {}
            Err(error) => return self.error(error.to_string()),
        }
        match reference.clone().into_inner().as_ref() {
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "amp" => Ok('&'),
            "quot" => Ok('"'),
            "apos" => Ok('\''),
            other => self.error(format!("unknown entity &{other};")),
        }
    }

    /// The next tag, with nothing but white space before it.
    fn tag(&mut self) -> Result<Next, ParseError> {
        let mut text = String::new();
        let next = self.next(&mut text)?;
        if text.trim().is_empty() {
            Ok(next)
        } else {
            self.error(format!("unexpected text {:?}", shorten(&text)))
        }
    }

    /// Expects the start tag `name`.
    pub(super) fn open(&mut self, name: &str) -> Result<(), ParseError> {
        match self.tag()? {
            Next::Open(found) if found == name => Ok(()),
            Next::Open(found) => self.error(format!("expected <{name}>, found <{found}>")),
            Next::Close => self.error(format!("expected <{name}>, found an end tag")),
            Next::End => self.error(format!("expected <{name}>, but the text ends")),
        }
    }

    /// Expects either the start tag `name` (true) or the end of the current element (false).
    pub(super) fn open_or_close(&mut self, name: &str) -> Result<bool, ParseError> {
        match self.tag()? {
            Next::Open(found) if found == name => Ok(true),
            Next::Close => Ok(false),
            Next::Open(found) => self.error(format!("expected <{name}>, found <{found}>")),
            Next::End => self.error("the text ends inside an element"),
        }
    }

    /// Expects the end of the current element.
    pub(super) fn close(&mut self) -> Result<(), ParseError> {
        match self.tag()? {
            Next::Close => Ok(()),
            Next::Open(found) => self.error(format!("unexpected <{found}>")),
            Next::End => self.error("the text ends inside an element"),
        }
    }

    /// Expects that nothing follows.
    pub(super) fn end_of_document(&mut self) -> Result<(), ParseError> {
        match self.tag()? {
            Next::End => Ok(()),
            Next::Open(found) => self.error(format!("<{found}> after the end of the document")),
            Next::Close => self.error("an end tag after the end of the document"),
        }
    }

    /// The character data up to the end of the current element.
    pub(super) fn text(&mut self) -> Result<String, ParseError> {
        let mut text = String::new();
        match self.next(&mut text)? {
            Next::Close => Ok(text),
            Next::Open(found) => self.error(format!("unexpected <{found}>")),
            Next::End => self.error("the text ends inside an element"),
        }
    }

    /// The value whose `<value>` was just opened, with its end tag.
    pub(super) fn value(&mut self, depth: usize) -> Result<Value, ParseError> {
        if depth >= MAX_DEPTH {
            return self.error(format!("values are nested deeper than {MAX_DEPTH}"));
        }
        let mut text = String::new();
        let name = match self.next(&mut text)? {
            Next::Close => return Ok(Value::String(text)),
            Next::End => return self.error("the text ends inside an element"),
            Next::Open(name) => name,
        };
        if !text.trim().is_empty() {
            return self.error(format!("text {:?} beside <{name}>", shorten(&text)));
        }
        let value = match name.as_str() {
            "string" => Value::String(self.text()?),
            "int" | "i4" | "i8" => Value::Int(self.number("an integer")?),
            "double" => Value::Double(self.number("a number")?),
            "boolean" => match self.text()?.trim() {
                "0" => Value::Bool(false),
                "1" => Value::Bool(true),
                other => return self.error(format!("{:?} is not 0 or 1", shorten(other))),
            },
            "dateTime.iso8601" => Value::DateTime(self.text()?),
            "nil" => {
                self.close()?;
                Value::Nil
            }
            "array" => self.array(depth)?,
            "struct" => self.structure(depth)?,
            other => return self.error(format!("<{}> is no type of XML-RPC", shorten(other))),
        };
        self.close()?;
        Ok(value)
    }

    fn number<T: std::str::FromStr>(&mut self, what: &str) -> Result<T, ParseError> {
        let text = self.text()?;
        match text.trim().parse() {
            Ok(number) => Ok(number),
            Err(_) => self.error(format!("{:?} is not {what}", shorten(&text))),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, ParseError> {
        let mut elements = Vec::new();
        if self.open_or_close("data")? {
            while self.open_or_close("value")? {
                elements.push(self.value(depth + 1)?);
            }
            self.close()?;
        }
        Ok(Value::Array(elements))
    }

    fn structure(&mut self, depth: usize) -> Result<Value, ParseError> {
        let mut members = Struct::new();
        while self.open_or_close("member")? {
            self.open("name")?;
            let name = self.text()?;
            self.open("value")?;
            members.push(name, self.value(depth + 1)?);
            self.close()?;
        }
        Ok(Value::Struct(members))
    }
}

/// The start of a text, for a message.
fn shorten(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(xml: &str) -> Value {
        parse(xml.as_bytes()).unwrap()
    }

    #[test]
    fn every_spelling_of_the_reference_is_read() {
        assert_eq!(read("<value>text</value>"), "text".into());
        assert_eq!(read("<value><string>text</string></value>"), "text".into());
        assert_eq!(read("<value/>"), "".into());
        assert_eq!(read("<value> kept </value>"), " kept ".into());
        assert_eq!(read("<value><![CDATA[<a>]]></value>"), "<a>".into());
        assert_eq!(read("<value>&lt;&#65;&#x42;&apos;</value>"), "<AB'".into());
        for tag in ["int", "i4", "i8"] {
            assert_eq!(
                read(&format!("<value><{tag}>-5</{tag}></value>")),
                Value::Int(-5)
            );
        }
        assert_eq!(read("<value><boolean>1</boolean></value>"), true.into());
        assert_eq!(read("<value><double>0.5</double></value>"), 0.5.into());
        assert_eq!(read("<value><struct/></value>"), Struct::new().into());
        assert_eq!(read("<value><array/></value>"), vec![].into());
        assert_eq!(read("<value><nil/></value>"), Value::Nil);
        assert_eq!(
            read("<value><dateTime.iso8601>20260101T00:00:00Z</dateTime.iso8601></value>"),
            Value::DateTime("20260101T00:00:00Z".into())
        );
    }

    #[test]
    fn a_prolog_comments_and_indentation_are_skipped() {
        let value = read(
            "<?xml version=\"1.0\"?>\r\n<!-- c -->\n<value>\n\t<struct> <member>\n<name>a</name> \
             <value>1</value>\n</member><!-- c --></struct>\n</value>\n",
        );
        assert_eq!(value, Struct::new().with("a", "1").into());
    }

    #[test]
    fn what_xapi_refuses_is_refused_with_the_place() {
        for (xml, part) in [
            ("", "ends"),
            ("<value>", "ends"),
            ("<value><int/></value>", "is not an integer"),
            ("<value><double/></value>", "is not a number"),
            ("<value><base64>AA==</base64></value>", "no type of XML-RPC"),
            ("<value><boolean>true</boolean></value>", "is not 0 or 1"),
            ("<value>a<int>1</int></value>", "beside <int>"),
            ("<value><int>1</int>a</value>", "unexpected text"),
            ("<value>&lol;</value>", "unknown entity"),
            (
                "<!DOCTYPE a [<!ENTITY lol \"x\">]><value>&lol;</value>",
                "document types",
            ),
            ("<value></value><value></value>", "after the end"),
            (
                "<value><struct><member><value>1</value></member></struct></value>",
                "<name>",
            ),
            ("<value></string>", "expected"),
        ] {
            let error = parse(xml.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(part), "{xml}: {error}");
        }
        assert_eq!(parse(b"<value>\xff</value>").unwrap_err().offset, 7);
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = format!(
            "{}{}",
            "<value><array><data>".repeat(100_000),
            "</data></array></value>".repeat(100_000)
        );
        assert!(
            parse(deep.as_bytes())
                .unwrap_err()
                .reason
                .contains("nested")
        );
    }
}
