//! The filter language (`xo-protocol.md` section 7): which objects a user asks for.
//!
//! `type:VM power_state:Running |(tags:web name_label:"front end") !memory:size:<1000`. Parsed once into a tree, matched in time linear
//! in the size of the object. [`Pattern`] is the other way to ask: by example.
//!
//! Invariant: no text makes parsing or matching panic, recurse without bound, or take more than linear time.

use std::{fmt, str::FromStr};

use serde_json_borrow::Value;

mod error;
mod matching;
mod node;
mod parser;
mod pattern;
mod print;
mod scan;
mod text;
mod tree;

pub use error::FilterError;
pub use pattern::Pattern;

use node::Node;

/// A parsed filter. The empty one matches everything.
///
/// `Display` prints the canonical form: the same filter, in one spelling.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    root: Node,
    /// The top-level properties that it looks at; `None` for those that search anywhere.
    properties: Option<Box<[Box<str>]>>,
    /// Parts of the JSON text, in lower case, of whatever matches.
    needed: Box<[Box<str>]>,
}

impl Filter {
    /// Parses a filter.
    ///
    /// # Errors
    /// When the text is no filter; the error tells where.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Ok(Self::new(parser::parse(text)?))
    }

    fn new(root: Node) -> Self {
        let mut properties = Vec::new();
        let is_bound = root.properties(&mut properties);
        properties.sort_unstable();
        properties.dedup();
        let properties = is_bound.then(|| properties.into_iter().map(Box::from).collect());
        let mut needed = Vec::new();
        root.needs(&mut needed);
        needed.retain(|text| text::is_plain(text));
        let needed = needed.into_iter().map(Box::from).collect();
        Self {
            root,
            properties,
            needed,
        }
    }

    /// Whether this matches every object.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.root == Node::And(Vec::new())
    }

    /// Whether a value matches.
    #[must_use]
    pub fn matches(&self, value: &Value<'_>) -> bool {
        self.root.matches(Some(value))
    }

    /// Whether the JSON text of an object matches. Only what matters is read; what is no JSON, as far as it is read, never matches.
    #[must_use]
    pub fn matches_json(&self, json: &str) -> bool {
        if self.is_empty() {
            return true;
        }
        if !text::may_hold(json, &self.needed) {
            return false;
        }
        match &self.properties {
            Some(names) => tree::parse(json, Some(names)).is_some_and(|value| self.matches(&value)),
            None => scan::matches(&self.root, json).unwrap_or(false),
        }
    }

    /// Whether an object matches, if that follows from the few string properties that `known` tells (such as `type` and `id`).
    ///
    /// `None`: the whole object has to be looked at.
    pub fn decide<'a>(&self, known: impl Fn(&str) -> Option<&'a str>) -> Option<bool> {
        self.root.decide(&known)
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::parse(text)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print::root(&self.root, f)
    }
}

#[cfg(test)]
mod tests;
