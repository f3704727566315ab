//! Small XML texts that records carry (recommendations, disks to provision, containers), to a tree.
//!
//! Invariant: input is bounded in size and depth before a tree is built; entities other than the five of XML are left as text.

use quick_xml::{
    Reader,
    escape::unescape,
    events::{BytesStart, Event},
};
use serde_json::{Map, Value};

const MAX_BYTES: usize = 1 << 20;
const MAX_DEPTH: usize = 32;

/// An element with its attributes, text and children.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// An element with neither attributes nor children is its text; else an object, in which names that repeat are lists.
    pub(crate) fn to_json(&self) -> Value {
        if self.children.is_empty() && self.attributes.is_empty() {
            return Value::String(self.text.trim().to_owned());
        }
        let mut members = Map::new();
        for (name, value) in &self.attributes {
            members.insert(name.clone(), Value::String(value.clone()));
        }
        for child in &self.children {
            let value = child.to_json();
            match members.get_mut(&child.name) {
                None => {
                    members.insert(child.name.clone(), value);
                }
                Some(Value::Array(list)) => list.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
            }
        }
        Value::Object(members)
    }
}

/// The root element; `None` for what is not well-formed, too long or too deep.
pub(crate) fn parse(text: &str) -> Option<Element> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    loop {
        let closed = match reader.read_event().ok()? {
            Event::Start(start) if open.len() < MAX_DEPTH => {
                open.push(element(&start)?);
                continue;
            }
            Event::Start(_) | Event::Eof => return None,
            Event::Empty(start) => element(&start)?,
            Event::End(_) => open.pop()?,
            Event::Text(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
                continue;
            }
            Event::CData(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
                continue;
            }
            Event::GeneralRef(entity) => {
                if let Some(element) = open.last_mut() {
                    let entity = format!("&{};", &*entity);
                    element
                        .text
                        .push_str(&unescape(&entity).unwrap_or_default());
                }
                continue;
            }
            _ => continue,
        };
        match open.last_mut() {
            Some(parent) => parent.children.push(closed),
            None => return Some(closed),
        }
    }
}

fn element(start: &BytesStart<'_>) -> Option<Element> {
    let mut element = Element {
        name: start.name().as_ref().to_owned(),
        ..Element::default()
    };
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let value = unescape(&attribute.value).ok()?.into_owned();
        element
            .attributes
            .push((attribute.key.as_ref().to_owned(), value));
    }
    Some(element)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn elements_become_objects_lists_and_texts() {
        let root =
            parse("<?xml version='1.0'?><a x='1 &amp; 2'><b>t &lt; u</b><c/><c>2</c></a>").unwrap();
        assert_eq!(root.attribute("x"), Some("1 & 2"));
        assert_eq!(
            root.to_json(),
            json!({"x": "1 & 2", "b": "t < u", "c": ["", "2"]})
        );
    }

    #[test]
    fn what_is_not_well_formed_or_too_deep_is_nothing() {
        for text in ["", "plain", "<a>", "<a></b>", "<a x=1/>", "</a>"] {
            assert!(parse(text).is_none(), "{text}");
        }
        assert!(parse(&"<a>".repeat(100_000)).is_none());
        assert!(parse(&format!("{}{}", "<a>".repeat(33), "</a>".repeat(33))).is_none());
        assert!(parse(&format!("{}{}", "<a>".repeat(32), "</a>".repeat(32))).is_some());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "[<>/a&;=' ]{0,40}") {
            let _ = parse(&text).map(|root| root.to_json());
        }
    }
}
