//! Opaque references: how XAPI's records name each other.
//!
//! Invariant: the text that went in is the text that comes out, except that an empty reference reads `OpaqueRef:NULL`.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::{TextVisitor, as_str, pack, unpack};

const PREFIX: &str = "OpaqueRef:";
const NULL: &str = "OpaqueRef:NULL";
const TEXT_LENGTH: usize = PREFIX.len() + 36;

/// A reference to a record, or the null reference. 24 bytes, without heap for what XAPI makes.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ref(Repr);

#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Repr {
    #[default]
    Null,
    Uuid([u8; 16]),
    Other(Arc<str>),
}

impl Ref {
    /// The reference to nothing.
    pub const NULL: Self = Self(Repr::Null);

    /// Takes any text: `OpaqueRef:NULL` and the empty one are null.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text.is_empty() || text == NULL {
            return Self::NULL;
        }
        let packed = text.strip_prefix(PREFIX).and_then(pack);
        Self(packed.map_or_else(|| Repr::Other(text.into()), Repr::Uuid))
    }

    /// Whether this refers to nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.0 == Repr::Null
    }

    /// The reference, unless it is null.
    #[must_use]
    pub fn non_null(&self) -> Option<&Self> {
        (!self.is_null()).then_some(self)
    }

    /// Calls `use_text` with the text of this reference, without allocating.
    pub fn with_str<T>(&self, use_text: impl FnOnce(&str) -> T) -> T {
        match &self.0 {
            Repr::Null => use_text(NULL),
            Repr::Uuid(bytes) => {
                let mut text = [0; TEXT_LENGTH];
                let (prefix, id) = text.split_at_mut(PREFIX.len());
                prefix.copy_from_slice(PREFIX.as_bytes());
                id.copy_from_slice(&unpack(bytes));
                use_text(as_str(&text))
            }
            Repr::Other(text) => use_text(text),
        }
    }
}

impl From<&str> for Ref {
    fn from(text: &str) -> Self {
        Self::parse(text)
    }
}

impl FromStr for Ref {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::parse(text))
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_str(|text| f.pad(text))
    }
}

impl fmt::Debug for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Ref {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_str(|text| serializer.serialize_str(text))
    }
}

impl<'de> Deserialize<'de> for Ref {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(Self::parse))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_xapi_makes_takes_no_heap() {
        let text = "OpaqueRef:fe68eead-74b2-0c8f-01e5-7fcaa53a52bf";
        let r = Ref::parse(text);
        assert!(matches!(r.0, Repr::Uuid(_)));
        assert_eq!(r.to_string(), text);
        assert_eq!(serde_json::to_string(&r).unwrap(), format!("\"{text}\""));
        assert_eq!(
            serde_json::from_str::<Ref>(&format!("\"{text}\"")).unwrap(),
            r
        );
        assert_eq!(size_of::<Ref>(), 24);
    }

    #[test]
    fn null_is_told_in_two_spellings() {
        assert!(Ref::parse("OpaqueRef:NULL").is_null());
        assert!(Ref::parse("").is_null());
        assert_eq!(Ref::NULL.to_string(), "OpaqueRef:NULL");
        assert_eq!(
            Ref::parse("Ref:42").non_null().unwrap().to_string(),
            "Ref:42"
        );
    }

    proptest! {
        #[test]
        fn text_comes_out_as_it_went_in(text in "(OpaqueRef:|Ref:)?[0-9a-fA-F-]{1,40}") {
            prop_assert_eq!(Ref::parse(&text).to_string(), text);
        }
    }
}
