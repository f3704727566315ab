//! The JSON text of an object as a tree that borrows from it, with only the members that matter.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json_borrow::{ObjectAsVec, Value};

/// The value of a JSON text; of an object only the members named. `None` for what is no JSON.
pub(super) fn parse<'a>(json: &'a str, names: Option<&[Box<str>]>) -> Option<Value<'a>> {
    let Some(names) = names.filter(|_| json.trim_start().starts_with('{')) else {
        return serde_json::from_str(json).ok();
    };
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let value = Members(names).deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(value)
}

struct Members<'n>(&'n [Box<str>]);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        let mut members = Vec::with_capacity(self.0.len());
        while let Some(Key(key)) = map.next_key()? {
            match self.0.iter().find(|name| ***name == *key) {
                // A key with escapes is never the name of a property of ours; it could not be borrowed.
                Some(_) => match key {
                    Cow::Borrowed(key) => members.push((key, map.next_value()?)),
                    Cow::Owned(_) => drop(map.next_value::<IgnoredAny>()?),
                },
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Value::Object(ObjectAsVec::from(members)))
    }
}

struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}
