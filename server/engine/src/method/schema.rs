//! The shape of a parameter, in the dialect that clients of Xen Orchestra read (`xo-rpc-methods.json`, conventions):
//! required unless optional, strings not empty unless told.

use serde_json::{Map, Value, json};

/// A parameter's shape; [`Schema::to_json`] is what clients see.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema(Map<String, Value>);

/// A string that is not empty.
pub fn string() -> Schema {
    Schema::of("type", json!("string"))
}

/// A string that may be empty.
pub fn text() -> Schema {
    string().set("minLength", json!(0))
}

/// What somebody calls a thing: not only blanks, and no longer than a screen can show.
pub fn label() -> Schema {
    string()
        .set("pattern", json!(NOT_BLANK))
        .set("maxLength", json!(NAME_LENGTH))
}

/// Longest name, in characters. Pools take any length, and their other clients cannot show it.
const NAME_LENGTH: u32 = 255;

/// The one pattern that is known: something else than blanks.
pub(super) const NOT_BLANK: &str = r"\S";

/// `true` or `false`.
pub fn boolean() -> Schema {
    Schema::of("type", json!("boolean"))
}

/// A whole number.
pub fn integer() -> Schema {
    Schema::of("type", json!("integer"))
}

/// A number.
pub fn number() -> Schema {
    Schema::of("type", json!("number"))
}

/// An object with any members.
pub fn object() -> Schema {
    Schema::of("type", json!("object"))
}

/// An object whose members are all texts.
pub fn texts() -> Schema {
    object().set("additionalProperties", json!({ "type": "string" }))
}

/// A list of `items`.
#[expect(clippy::needless_pass_by_value, reason = "reads as `array(string())`")]
pub fn array(items: Schema) -> Schema {
    Schema::of("type", json!("array")).set("items", items.to_json())
}

/// One of several types: `types(&["integer", "string"])`.
pub fn types(names: &[&str]) -> Schema {
    Schema::of("type", json!(names))
}

/// One of these strings.
pub fn one_of(values: &[&str]) -> Schema {
    Schema::of("enum", json!(values))
}

/// Anything.
pub fn any() -> Schema {
    Schema(Map::new())
}

impl Schema {
    fn of(key: &str, value: Value) -> Self {
        any().set(key, value)
    }

    /// Adds any other rule: `minimum`, `minItems`, `maxLength`, `uniqueItems`, `additionalProperties`.
    pub fn set(mut self, key: &str, value: Value) -> Self {
        self.0.insert(key.to_owned(), value);
        self
    }

    /// May be left out.
    pub fn optional(self) -> Self {
        self.set("optional", json!(true))
    }

    /// Taken when left out.
    pub fn default(self, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.set("default", value)
    }

    /// At least.
    pub fn min(self, value: i64) -> Self {
        self.set("minimum", json!(value))
    }

    /// At most.
    pub fn max(self, value: i64) -> Self {
        self.set("maximum", json!(value))
    }

    /// The members of an object; others are refused.
    pub fn properties<'a>(self, members: impl IntoIterator<Item = (&'a str, Schema)>) -> Self {
        let members: Map<String, Value> = members
            .into_iter()
            .map(|(name, schema)| (name.to_owned(), schema.to_json()))
            .collect();
        self.set("properties", Value::Object(members))
    }

    /// The dialect's own text.
    pub fn to_json(&self) -> Value {
        Value::Object(self.0.clone())
    }

    pub(crate) fn rules(&self) -> &Map<String, Value> {
        &self.0
    }
}
