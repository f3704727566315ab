//! The JSON text of an object as a tree that borrows from it, with only the members that matter.

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json_borrow::{ObjectAsVec, Value};

use crate::key::Key;

/// The value of a JSON text; of an object only the members named, and what comes after the last of them is not read. `None` for what is
/// no JSON as far as it is read.
pub(super) fn parse<'a>(json: &'a str, names: Option<&[Box<str>]>) -> Option<Value<'a>> {
    let Some(names) = names.filter(|_| json.trim_start().starts_with('{')) else {
        return serde_json::from_str(json).ok();
    };
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let mut found = Vec::with_capacity(names.len());
    let members = Members {
        names,
        found: &mut found,
    };
    let read = deserializer.deserialize_map(members);
    // Left early, the deserializer misses the end of the object.
    if found.len() < names.len() {
        read.ok()?;
        deserializer.end().ok()?;
    }
    Some(Value::Object(ObjectAsVec::from(found)))
}

struct Members<'n, 'a> {
    names: &'n [Box<str>],
    found: &'n mut Vec<(&'a str, Value<'a>)>,
}

impl<'de> Visitor<'de> for Members<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while self.found.len() < self.names.len()
            && let Some(Key(key)) = map.next_key()?
        {
            match self.names.iter().find(|name| ***name == *key) {
                // A key with escapes is never the name of a property of ours; it could not be borrowed.
                Some(_) => match key {
                    Cow::Borrowed(key) => self.found.push((key, map.next_value()?)),
                    Cow::Owned(_) => drop(map.next_value::<IgnoredAny>()?),
                },
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}
