//! Words: text that repeats from record to record, kept once.
//!
//! While parsing, each thread remembers the last words and maps that it met in a table of fixed size: what is met
//! again is shared. The table forgets on collision, so its memory is bounded and nothing needs sweeping; a word that was
//! forgotten is merely stored twice.

use std::{
    cell::RefCell,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    ops::Deref,
    sync::Arc,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::TextVisitor;

const SLOTS: usize = 4096;

/// Text that likely repeats (a state, a type, a key). Dereferences to `str`.
#[derive(Clone)]
pub struct Word(Arc<str>);

impl Word {
    /// The shared word of this text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        thread_local! { static KNOWN: Known<Word> = const { Known::new() }; }
        KNOWN.with(|known| known.share(text, |word| &**word == text, || Self(Arc::from(text))))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Word {
    fn default() -> Self {
        Self::new("")
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl Deref for Word {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Word {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Eq for Word {}

impl PartialEq<str> for Word {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Word {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl Hash for Word {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(Self::new))
    }
}

/// The last values that were met, one per slot, found by hash.
pub(crate) struct Known<T>(RefCell<Vec<Option<T>>>);

impl<T: Clone> Known<T> {
    pub(crate) const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    /// The known value with this key, or the one made now.
    pub(crate) fn share(
        &self,
        key: impl Hash,
        same: impl FnOnce(&T) -> bool,
        make: impl FnOnce() -> T,
    ) -> T {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let at = hasher.finish() as usize % SLOTS;
        // Making a value may meet other words, but never this table: see the callers.
        let mut slots = self.0.borrow_mut();
        if slots.is_empty() {
            slots.resize(SLOTS, None);
        }
        match slots.get_mut(at) {
            Some(Some(known)) if same(known) => known.clone(),
            Some(slot) => slot.insert(make()).clone(),
            None => make(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_word_that_repeats_is_kept_once() {
        let (a, b) = (Word::new("Running"), Word::new("Running"));
        assert!(Arc::ptr_eq(&a.0, &b.0));
        assert_eq!(a, b);
        assert_ne!(a, Word::new("Halted"));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let words: Vec<_> = (0..3 * SLOTS).map(|n| Word::new(&n.to_string())).collect();
        let shared = words.iter().filter(|w| Arc::strong_count(&w.0) > 1).count();
        assert!(shared <= SLOTS, "{shared}");
    }

    proptest! {
        #[test]
        fn text_comes_out_as_it_went_in(text in ".*") {
            prop_assert!(Word::new(&text) == *text.as_str());
        }
    }
}
