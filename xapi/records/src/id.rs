//! Identifiers: what is nearly always a uuid, in 16 bytes without a heap allocation.
//!
//! Invariant: the text that went in is the text that comes out; only a canonical lower-case uuid is packed.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

const TEXT_LENGTH: usize = 36;

/// A uuid, or any other text where one was expected. The id of an XO object is one of these too.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(Repr);

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Repr {
    Uuid([u8; 16]),
    Other(Arc<str>),
}

impl Id {
    /// Takes any text; a canonical uuid costs no allocation.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(pack(text).map_or_else(|| Repr::Other(text.into()), Repr::Uuid))
    }

    /// Whether there is no text at all: a record that did not tell its uuid.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(&self.0, Repr::Other(text) if text.is_empty())
    }

    /// Calls `use_text` with the text of this identifier, without allocating.
    pub fn with_str<T>(&self, use_text: impl FnOnce(&str) -> T) -> T {
        match &self.0 {
            Repr::Uuid(bytes) => use_text(as_str(&unpack(bytes))),
            Repr::Other(text) => use_text(text),
        }
    }
}

impl Default for Id {
    fn default() -> Self {
        Self(Repr::Other(Arc::from("")))
    }
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl FromStr for Id {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::new(text))
    }
}

impl PartialEq<str> for Id {
    fn eq(&self, other: &str) -> bool {
        self.with_str(|text| text == other)
    }
}

impl PartialEq<&str> for Id {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_str(|text| f.pad(text))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_str(|text| write!(f, "{text:?}"))
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_str(|text| serializer.serialize_str(text))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(Self::new))
    }
}

/// Reads a string and hands it borrowed to a constructor.
pub(crate) struct TextVisitor<T>(pub fn(&str) -> T);

impl<T> de::Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        Ok((self.0)(text))
    }
}

/// The bytes of a canonical lower-case uuid; `None` for any other text.
pub(crate) fn pack(text: &str) -> Option<[u8; 16]> {
    let text: &[u8; TEXT_LENGTH] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 16];
    let mut digits = 0;
    for (at, character) in text.iter().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            if *character != b'-' {
                return None;
            }
            continue;
        }
        let digit = match character {
            b'0'..=b'9' => character - b'0',
            b'a'..=b'f' => character - b'a' + 10,
            _ => return None,
        };
        let byte = bytes.get_mut(digits / 2)?;
        *byte = *byte << 4 | digit;
        digits += 1;
    }
    Some(bytes)
}

/// The inverse of [`pack`]. Lists name every object by its id, so this is made to be fast.
pub(crate) fn unpack(bytes: &[u8; 16]) -> [u8; TEXT_LENGTH] {
    let mut text = [0; TEXT_LENGTH];
    Uuid::from_bytes_ref(bytes)
        .as_hyphenated()
        .encode_lower(&mut text);
    text
}

/// ASCII by construction, so the fallback is never taken.
pub(crate) fn as_str(text: &[u8]) -> &str {
    std::str::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_canonical_uuid_takes_no_heap() {
        let id = Id::new("6503b208-c026-e2bc-854b-a6058ae1f947");
        assert!(matches!(id.0, Repr::Uuid(_)));
        assert_eq!(id.to_string(), "6503b208-c026-e2bc-854b-a6058ae1f947");
        assert_eq!(size_of::<Id>(), 24);
    }

    #[test]
    fn only_the_canonical_spelling_is_packed() {
        for text in [
            "",
            "6503B208-c026-e2bc-854b-a6058ae1f947",
            "6503b208c026-e2bc-854b-a6058ae1f947-",
            "6503b208-c026-e2bc-854b-a6058ae1f94g",
        ] {
            assert!(matches!(Id::new(text).0, Repr::Other(_)), "{text}");
            assert_eq!(Id::new(text), *text);
        }
    }

    proptest! {
        #[test]
        fn text_comes_out_as_it_went_in(text in ".*") {
            prop_assert_eq!(Id::new(&text).to_string(), text);
        }

        #[test]
        fn uuids_come_out_as_they_went_in(bytes in any::<[u8; 16]>()) {
            let text = as_str(&unpack(&bytes)).to_owned();
            prop_assert_eq!(pack(&text), Some(bytes));
            prop_assert_eq!(serde_json::to_string(&Id::new(&text)).unwrap(), format!("\"{text}\""));
        }
    }
}
