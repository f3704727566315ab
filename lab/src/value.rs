//! The values that XAPI fields and messages carry.
//!
//! Text is shared (`Arc<str>`), sets and maps are shared and copied on write, so that ten thousand rows with the same
//! content cost little. References are text (`OpaqueRef:…`), as they are on the wire.

use std::sync::Arc;

/// Shared text: strings, enumeration values, references.
pub type Text = Arc<str>;

/// The reference that points nowhere.
pub const NULL_REF: &str = "OpaqueRef:NULL";

/// One value of a field, a parameter or a result.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing: the result of a call without one. An empty string on the wire.
    Void,
    /// A truth value.
    Bool(bool),
    /// A 64-bit integer. Untyped text in XML-RPC.
    Int(i64),
    /// A small count, `<i4>` in XML-RPC (only `valid_ref_counts` has them).
    Count(i64),
    /// A double.
    Float(f64),
    /// Seconds since 1970, in UTC.
    Date(i64),
    /// A string, an enumeration value or a reference.
    Str(Text),
    /// A set; its order is kept.
    Set(Arc<Vec<Value>>),
    /// A map or a record; its order is kept.
    Map(Arc<Vec<(Text, Value)>>),
}

impl Value {
    /// Text made into a value.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Str(Text::from(text))
    }

    /// The null reference.
    #[must_use]
    pub fn null_ref() -> Self {
        Self::text(NULL_REF)
    }

    /// A set of these values.
    pub fn set(values: impl IntoIterator<Item = Self>) -> Self {
        Self::Set(Arc::new(values.into_iter().collect()))
    }

    /// A set of strings.
    pub fn strings<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        Self::set(values.into_iter().map(Self::text))
    }

    /// A set of references.
    pub fn refs(values: impl IntoIterator<Item = Text>) -> Self {
        Self::set(values.into_iter().map(Self::Str))
    }

    /// A map of these entries.
    pub fn map<K: AsRef<str>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Map(Arc::new(
            entries
                .into_iter()
                .map(|(key, value)| (Text::from(key.as_ref()), value))
                .collect(),
        ))
    }

    /// A map of strings.
    pub fn string_map<K: AsRef<str>, V: AsRef<str>>(
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        Self::map(
            entries
                .into_iter()
                .map(|(key, value)| (key, Self::text(value.as_ref()))),
        )
    }

    /// The text of a string, enumeration or reference.
    #[must_use]
    pub fn as_text(&self) -> Option<&Text> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The text, empty when this is no text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Str(text) => text,
            _ => "",
        }
    }

    /// The integer, 0 when this is none.
    #[must_use]
    pub fn as_int(&self) -> i64 {
        match self {
            Self::Int(number) | Self::Count(number) | Self::Date(number) => *number,
            _ => 0,
        }
    }

    /// The truth value, false when this is none.
    #[must_use]
    pub fn as_bool(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    /// The elements of a set, none when this is no set.
    #[must_use]
    pub fn elements(&self) -> &[Self] {
        match self {
            Self::Set(values) => values,
            _ => &[],
        }
    }

    /// The entries of a map, none when this is no map.
    #[must_use]
    pub fn entries(&self) -> &[(Text, Self)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The entry of a map under this key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|(name, _)| &**name == key)
            .map(|(_, value)| value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::text(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Str(Text::from(value))
    }
}

impl From<Text> for Value {
    fn from(value: Text) -> Self {
        Self::Str(value)
    }
}

impl From<&Text> for Value {
    fn from(value: &Text) -> Self {
        Self::Str(Text::clone(value))
    }
}
