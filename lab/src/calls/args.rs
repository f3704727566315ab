//! The parameters of a call by position. They are of the right type already; what is absent reads as empty.

use crate::value::{NULL_REF, Text, Value};

/// Parameters after the session.
#[derive(Debug, Clone, Copy)]
pub struct Args<'a>(pub &'a [Value]);

impl Args<'_> {
    /// The parameter at this place, `Void` when absent.
    #[must_use]
    pub fn get(&self, at: usize) -> &Value {
        self.0.get(at).unwrap_or(&Value::Void)
    }

    /// It was given.
    #[must_use]
    pub fn has(&self, at: usize) -> bool {
        at < self.0.len()
    }

    /// Text or a reference, empty when absent.
    #[must_use]
    pub fn text(&self, at: usize) -> Text {
        self.get(at)
            .as_text()
            .cloned()
            .unwrap_or_else(|| Text::from(""))
    }

    /// A reference that is neither absent nor null.
    #[must_use]
    pub fn reference(&self, at: usize) -> Option<Text> {
        self.get(at)
            .as_text()
            .filter(|text| ***text != *NULL_REF && !text.is_empty())
            .cloned()
    }

    /// An integer, 0 when absent.
    #[must_use]
    pub fn int(&self, at: usize) -> i64 {
        self.get(at).as_int()
    }

    /// A truth value, false when absent.
    #[must_use]
    pub fn flag(&self, at: usize) -> bool {
        self.get(at).as_bool()
    }

    /// The text under a key of a map parameter.
    #[must_use]
    pub fn entry(&self, at: usize, key: &str) -> Option<Text> {
        self.get(at).entry(key).and_then(Value::as_text).cloned()
    }

    /// The texts of a set parameter.
    #[must_use]
    pub fn texts(&self, at: usize) -> Vec<Text> {
        self.get(at)
            .elements()
            .iter()
            .filter_map(Value::as_text)
            .cloned()
            .collect()
    }
}
