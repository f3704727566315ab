//! Whether the JSON text of an object matches, for filters that search anywhere: its texts are looked at as they are read, and no tree
//! of them is built.

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{matching::Scalar, node::Node, tree};

/// `None` for what is no JSON, as far as it is read.
pub(super) fn matches(node: &Node, json: &str) -> Option<bool> {
    match node {
        Node::And(nodes) => first(nodes, json, false),
        Node::Or(nodes) => first(nodes, json, true),
        Node::Not(node) => Some(!matches(node, json)?),
        Node::Property(name, _) | Node::Truthy(name) => {
            let object = tree::parse(json, Some(std::slice::from_ref(name)))?;
            Some(node.matches(Some(&object)))
        }
        leaf => anywhere(leaf, json),
    }
}

/// `wanted` if one of them comes to it, without a look at those behind; else the contrary.
fn first(nodes: &[Node], json: &str, wanted: bool) -> Option<bool> {
    for node in nodes {
        if matches(node, json)? == wanted {
            return Some(wanted);
        }
    }
    Some(!wanted)
}

fn anywhere(leaf: &Node, json: &str) -> Option<bool> {
    let mut found = false;
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let read = Search {
        leaf,
        found: &mut found,
    }
    .deserialize(&mut deserializer);
    // What is found ends the reading in the middle.
    if !found {
        read.ok()?;
        deserializer.end().ok()?;
    }
    Some(found)
}

/// Reads a value until something in it matches.
struct Search<'s> {
    leaf: &'s Node,
    found: &'s mut bool,
}

impl Search<'_> {
    fn look<E>(self, scalar: Scalar<'_>) -> Result<(), E> {
        *self.found = self.leaf.matches_scalar(scalar);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Search<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Search<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.look(Scalar::Text(text))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "numbers are compared as JavaScript does"
    )]
    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.look(Scalar::Number(number as f64))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "numbers are compared as JavaScript does"
    )]
    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.look(Scalar::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.look(Scalar::Number(number))
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Self { leaf, found } = self;
        while !*found && items.next_element_seed(Search { leaf, found })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { leaf, found } = self;
        while !*found && members.next_key::<IgnoredAny>()?.is_some() {
            members.next_value_seed(Search { leaf, found })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::parser;

    fn matches(filter: &str, json: &str) -> Option<bool> {
        super::matches(&parser::parse(filter).unwrap(), json)
    }

    #[test]
    fn values_are_searched_and_keys_are_not() {
        let json = r#"{"key":["a",{"b":"Word \u00e9"}],"n":[1,-2,2.5],"none":null,"yes":true}"#;
        for found in [
            "word", "É", "a", "2.5", "-2", "/w.rd/i", "w*é", "!x word", "|(x a)",
        ] {
            assert_eq!(matches(found, json), Some(true), "{found}");
        }
        for missing in ["key", "none", "true", "3", "key:x word", "!word"] {
            assert_eq!(matches(missing, json), Some(false), "{missing}");
        }
    }

    #[test]
    fn what_is_no_json_is_said_unless_it_comes_after_what_was_found() {
        for text in ["", "{", r#"{"a":"x"} y"#, r#"{"a":"x","#] {
            assert_eq!(matches("z", text), None, "{text}");
            assert_eq!(matches("!z", text), None, "{text}");
        }
        assert_eq!(matches("x", r#"{"a":"x","#), Some(true));
    }
}
