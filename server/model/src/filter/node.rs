//! The tree of a filter.

use regex::Regex;

/// A term, or terms joined.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// All of them; none is the filter that matches everything.
    And(Vec<Node>),
    /// At least one of them.
    Or(Vec<Node>),
    Not(Box<Node>),
    /// `name:term`
    Property(Box<str>, Box<Node>),
    /// `name?`
    Truthy(Box<str>),
    Compare(Comparison, Number),
    /// A bare number: equal to a number, or part of a text.
    Number(Number),
    /// Part of a text, in any case.
    Text(Text),
    /// A bare word with `*`: its pieces in this order.
    Glob(Glob),
    Regex(Pattern),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A number as it was written; the spelling is what is looked for in texts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Number {
    pub(super) value: f64,
    pub(super) text: Text,
}

/// What is looked for in texts in any case: as written, and in lower case.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Text {
    pub(super) written: Box<str>,
    pub(super) lower: Box<str>,
}

impl Text {
    pub(super) fn new(written: &str) -> Self {
        Self {
            written: written.into(),
            lower: written.to_lowercase().into(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Glob {
    pub(super) written: Box<str>,
    /// What stands between the stars, in lower case.
    pub(super) pieces: Box<[Box<str>]>,
}

impl Glob {
    pub(super) fn new(written: &str) -> Self {
        let lower = written.to_lowercase();
        let pieces = lower
            .split('*')
            .filter(|piece| !piece.is_empty())
            .map(Box::from)
            .collect();
        Self {
            written: written.into(),
            pieces,
        }
    }
}

/// A regular expression: the text between the slashes, and whether `i` follows them.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) source: Box<str>,
    pub(super) ignores_case: bool,
    pub(super) regex: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.ignores_case == other.ignores_case
    }
}

impl Node {
    /// Adds the properties of an object that this looks at. Whether that is all that it looks at.
    pub(super) fn properties<'n>(&'n self, names: &mut Vec<&'n str>) -> bool {
        match self {
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().all(|node| node.properties(names)),
            Self::Not(node) => node.properties(names),
            Self::Property(name, _) | Self::Truthy(name) => {
                names.push(name);
                true
            }
            Self::Compare(..)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Glob(_)
            | Self::Regex(_) => false,
        }
    }

    /// Adds texts without which nothing matches, in lower case.
    pub(super) fn needs<'n>(&'n self, texts: &mut Vec<&'n str>) {
        match self {
            Self::And(nodes) => nodes.iter().for_each(|node| node.needs(texts)),
            Self::Property(_, node) => node.needs(texts),
            Self::Text(text) => texts.push(&text.lower),
            _ => {}
        }
    }
}
