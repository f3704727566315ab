//! Some properties of an object's JSON text, without parsing the rest: what `fields=a,b` asks for.

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The JSON text of an object with only these properties, in this order; those that it lacks are left out.
///
/// `None` when the text is no JSON object.
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
fn find<'a, S: AsRef<str>>(json: &'a str, fields: &[S]) -> Option<Vec<Option<&'a str>>> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let found = deserializer.deserialize_map(Fields(fields)).ok()?;
    deserializer.end().ok()?;
    Some(found)
}

struct Fields<'f, S>(&'f [S]);

impl<'de, S: AsRef<str>> Visitor<'de> for Fields<'_, S> {
    type Value = Vec<Option<&'de str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = vec![None; self.0.len()];
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if !self.0.iter().any(|field| field.as_ref() == key) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value: &'de RawValue = map.next_value()?;
            for (slot, field) in found.iter_mut().zip(self.0) {
                if field.as_ref() == key {
                    *slot = Some(value.get());
                }
            }
        }
        Ok(found)
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
    }

    #[test]
    fn what_is_no_object_has_no_properties() {
        for text in ["", "[]", "{", "{\"a\":1} x", "1"] {
            assert_eq!(project(text, &["a"]), None, "{text}");
        }
    }
}
