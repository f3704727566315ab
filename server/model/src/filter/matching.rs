//! Whether a value matches a node.

use serde_json_borrow::Value;

use super::{
    node::{Comparison, Node},
    text,
};

/// A value in which something is looked for.
#[derive(Clone, Copy)]
pub(super) enum Scalar<'a> {
    Text(&'a str),
    Number(f64),
}

impl Node {
    /// `None` is the value of a property that is not there.
    pub(super) fn matches(&self, value: Option<&Value<'_>>) -> bool {
        match self {
            Self::And(nodes) => nodes.iter().all(|node| node.matches(value)),
            Self::Or(nodes) => nodes.iter().any(|node| node.matches(value)),
            Self::Not(node) => !node.matches(value),
            Self::Property(name, node) => {
                value.is_some_and(|value| node.matches(member(value, name)))
            }
            Self::Truthy(name) => value
                .and_then(|value| member(value, name))
                .is_some_and(is_truthy),
            Self::Compare(comparison, number) => {
                let value = value.and_then(Value::as_f64);
                value.is_some_and(|value| comparison.holds(value, number.value))
            }
            leaf => {
                value.is_some_and(|value| anywhere(value, &|scalar| leaf.matches_scalar(scalar)))
            }
        }
    }

    /// Whether one value that is no list and no object matches; only for the nodes that search anywhere.
    pub(super) fn matches_scalar(&self, scalar: Scalar<'_>) -> bool {
        match (self, scalar) {
            (Self::Number(wanted), Scalar::Number(found)) => found == wanted.value,
            (Self::Number(wanted), Scalar::Text(found)) => {
                text::contains(found, &wanted.text.lower)
            }
            (Self::Text(wanted), Scalar::Text(found)) => text::contains(found, &wanted.lower),
            (Self::Glob(glob), Scalar::Text(found)) => text::contains_in_order(found, &glob.pieces),
            (Self::Regex(pattern), Scalar::Text(found)) => pattern.regex.is_match(found),
            _ => false,
        }
    }

    /// Three-valued: `None` when it depends on what is not known.
    pub(super) fn decide<'a>(&self, known: &impl Fn(&str) -> Option<&'a str>) -> Option<bool> {
        match self {
            Self::And(nodes) => all(nodes.iter().map(|node| node.decide(known)), true),
            Self::Or(nodes) => all(nodes.iter().map(|node| node.decide(known)), false),
            Self::Not(node) => node.decide(known).map(|decided| !decided),
            Self::Property(name, node) => {
                known(name).map(|text| node.matches(Some(&Value::from(text))))
            }
            Self::Truthy(name) => known(name).map(|text| !text.is_empty()),
            _ => None,
        }
    }
}

/// Whether all are `wanted` (then that is the result): for AND with `true`, for OR with `false`.
pub(super) fn all(decided: impl Iterator<Item = Option<bool>>, wanted: bool) -> Option<bool> {
    let mut result = Some(wanted);
    for one in decided {
        match one {
            Some(one) if one == wanted => {}
            Some(one) => return Some(one),
            None => result = None,
        }
    }
    result
}

impl Comparison {
    fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Less => value < limit,
            Self::LessOrEqual => value <= limit,
            Self::Greater => value > limit,
            Self::GreaterOrEqual => value >= limit,
        }
    }
}

fn member<'v, 'a>(value: &'v Value<'a>, name: &str) -> Option<&'v Value<'a>> {
    match value {
        Value::Object(members) => members.get(name),
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => None,
    }
}

/// The value itself, or any in it. JSON that was parsed is bounded in depth.
fn anywhere(value: &Value<'_>, matches: &impl Fn(Scalar<'_>) -> bool) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| anywhere(item, matches)),
        Value::Object(members) => members.values().any(|member| anywhere(member, matches)),
        Value::Str(text) => matches(Scalar::Text(text)),
        Value::Number(number) => number
            .as_f64()
            .is_some_and(|number| matches(Scalar::Number(number))),
        Value::Null | Value::Bool(_) => false,
    }
}

/// As JavaScript sees it.
fn is_truthy(value: &Value<'_>) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Str(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}
