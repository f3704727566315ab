//! Some properties of an object's JSON text, without parsing the rest: what `fields=a,b` asks for.

use std::fmt;

use serde::{
    Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::key::Key;

/// The JSON text of an object with only these properties, in this order; those that it lacks are left out.
///
/// `None` when the text is no JSON object, as far as it is read: what comes after the last of them is not.
#[must_use]
pub fn project<S: AsRef<str>>(json: &str, fields: &[S]) -> Option<String> {
    let found = find(json, fields)?;
    let mut out = String::with_capacity(json.len().min(64 * fields.len() + 2));
    out.push('{');
    for (field, value) in fields.iter().zip(found) {
        let Some(value) = value else { continue };
        if out.len() > 1 {
            out.push(',');
        }
        out.push_str(&serde_json::to_string(field.as_ref()).ok()?);
        out.push(':');
        out.push_str(value);
    }
    out.push('}');
    Some(out)
}

/// The JSON text of one property.
#[must_use]
pub fn property<'a>(json: &'a str, field: &str) -> Option<&'a str> {
    find(json, &[field])?.pop()?
}

/// The JSON text of each of these properties.
fn find<'a, S: AsRef<str>>(json: &'a str, names: &[S]) -> Option<Vec<Option<&'a str>>> {
    let mut found = vec![None; names.len()];
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let fields = Fields {
        names,
        found: &mut found,
    };
    let read = deserializer.deserialize_map(fields);
    // Left early, the deserializer misses the end of the object.
    if names.is_empty() || !found.iter().all(Option::is_some) {
        read.ok()?;
        deserializer.end().ok()?;
    }
    Some(found)
}

/// Puts the JSON text of each of these properties into its slot.
struct Fields<'f, 'a, S> {
    names: &'f [S],
    found: &'f mut [Option<&'a str>],
}

impl<'de, S: AsRef<str>> Visitor<'de> for Fields<'_, 'de, S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Key<'de>>()? {
            if !self.names.iter().any(|field| field.as_ref() == &*key) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value: &'de RawValue = map.next_value()?;
            for (slot, field) in self.found.iter_mut().zip(self.names) {
                if field.as_ref() == &*key {
                    *slot = Some(value.get());
                }
            }
            if self.found.iter().all(Option::is_some) {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &str = r#"{"a": 1, "b": {"c": [1, 2 ]}, "d\"e": "x\u00e9", "f": null}"#;

    #[test]
    fn properties_come_in_the_order_asked_for() {
        assert_eq!(
            project(OBJECT, &["b", "z", "a"]).unwrap(),
            r#"{"b":{"c": [1, 2 ]},"a":1}"#
        );
        assert_eq!(
            project(OBJECT, &["d\"e", "f"]).unwrap(),
            r#"{"d\"e":"x\u00e9","f":null}"#
        );
        assert_eq!(project(OBJECT, &["z"]).unwrap(), "{}");
        assert_eq!(project::<&str>(OBJECT, &[]).unwrap(), "{}");
    }

    #[test]
    fn one_property_is_found() {
        assert_eq!(property(OBJECT, "f"), Some("null"));
        assert_eq!(property(OBJECT, "g"), None);
        assert_eq!(property(OBJECT, "a"), Some("1"));
    }

    #[test]
    fn what_is_no_object_has_no_properties() {
        for text in ["", "[]", "{", "{\"a\":1} x", "1"] {
            assert_eq!(project(text, &["b"]), None, "{text}");
        }
    }

    #[test]
    fn what_comes_after_the_last_property_is_not_read() {
        assert_eq!(
            project(r#"{"a":1,"b":[2],"c":}"#, &["b", "a"]).unwrap(),
            r#"{"b":[2],"a":1}"#
        );
    }
}
