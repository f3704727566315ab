//! Maps from text to text (`other_config`, `platform`, ...): sorted, compact, equal ones shared.

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};

use crate::{Word, field::Scalar, word::Known};

/// A map of words, sorted by key. An empty one takes no heap.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StrMap(Option<Arc<[(Word, Word)]>>);

impl StrMap {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let entries = self.entries();
        let at = entries
            .binary_search_by(|(k, _)| k.as_str().cmp(key))
            .ok()?;
        entries.get(at).map(|(_, value)| value.as_str())
    }

    /// Whether the value of a key is exactly `value`.
    #[must_use]
    pub fn is(&self, key: &str, value: &str) -> bool {
        self.get(key) == Some(value)
    }

    /// The entries, sorted by key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + Clone {
        self.entries()
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    fn entries(&self) -> &[(Word, Word)] {
        self.0.as_deref().unwrap_or_default()
    }

    fn from_pairs<K: AsRef<str>, V: AsRef<str>>(mut pairs: Vec<(K, V)>) -> Self {
        thread_local! { static KNOWN: Known<StrMap> = const { Known::new() }; }
        pairs.sort_by(|(a, _), (b, _)| a.as_ref().cmp(b.as_ref()));
        // Of a repeated key the last value holds; the sort is stable.
        pairs.dedup_by(|later, kept| {
            let same = later.0.as_ref() == kept.0.as_ref();
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
        if pairs.is_empty() {
            return Self::default();
        }
        let key: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(k, v)| (k.as_ref(), v.as_ref()))
            .collect();
        let make = || {
            Self(Some(
                key.iter()
                    .map(|(k, v)| (Word::new(k), Word::new(v)))
                    .collect(),
            ))
        };
        KNOWN.with(|known| known.share(&key, |map| map.iter().eq(key.iter().copied()), make))
    }
}

impl<K: AsRef<str>, V: AsRef<str>> FromIterator<(K, V)> for StrMap {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self::from_pairs(pairs.into_iter().collect())
    }
}

impl fmt::Debug for StrMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for StrMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for StrMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = StrMap;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StrMap, A::Error> {
                let mut pairs: Vec<(Cow<'de, str>, Cow<'de, str>)> = Vec::new();
                while let Some((Scalar(key), Scalar(value))) = map.next_entry()? {
                    pairs.push((key, value));
                }
                Ok(StrMap::from_pairs(pairs))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn parse(json: &str) -> StrMap {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn values_that_are_no_strings_are_kept_as_text() {
        let map = parse(r#"{"b": 1, "a": true, "c": "\u00e9\n", "d": 1.5}"#);
        assert_eq!(map.get("b"), Some("1"));
        assert_eq!(map.get("a"), Some("true"));
        assert_eq!(map.get("c"), Some("é\n"));
        assert_eq!(map.get("d"), Some("1.5"));
        assert_eq!(map.get("e"), None);
        assert_eq!(
            serde_json::to_string(&map).unwrap(),
            r#"{"a":"true","b":"1","c":"é\n","d":"1.5"}"#
        );
    }

    #[test]
    fn equal_maps_share_their_memory() {
        let (a, b) = (parse(r#"{"x":"1","y":"2"}"#), parse(r#"{"y":"2","x":"1"}"#));
        assert_eq!(a, b);
        assert!(Arc::ptr_eq(a.0.as_ref().unwrap(), b.0.as_ref().unwrap()));
        assert!(parse("{}").0.is_none());
    }

    #[test]
    fn the_last_of_a_repeated_key_holds() {
        assert_eq!(
            parse(r#"{"a":"1","b":"2","a":"3"}"#)
                .iter()
                .collect::<Vec<_>>(),
            [("a", "3"), ("b", "2")]
        );
    }

    proptest! {
        #[test]
        fn a_map_reads_as_it_was_written(
            entries in prop::collection::btree_map(".{0,9}", ".{0,9}", 0..9)
        ) {
            let map = parse(&serde_json::to_string(&entries).unwrap());
            prop_assert_eq!(map.len(), entries.len());
            for (key, value) in &entries {
                prop_assert_eq!(map.get(key), Some(value.as_str()));
            }
            let back: BTreeMap<String, String> =
                serde_json::from_str(&serde_json::to_string(&map).unwrap()).unwrap();
            prop_assert_eq!(back, entries);
        }
    }
}
