//! Asking by example: a JSON value that an object has to contain.
//!
//! `{"type": "VM", "CPUs": {"number": 2}, "tags": ["web"]}`: an object matches when it has each member, a list when it has each
//! item somewhere, anything else when it is equal.

use serde_json::Value as Json;
use serde_json_borrow::Value;

use super::{matching::all, tree};

/// A pattern, parsed once.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    root: Node,
    properties: Option<Box<[Box<str>]>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Equal(Json),
    Items(Vec<Node>),
    Members(Vec<(Box<str>, Node)>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
}

/// Whether `__or`, `__and` and `__not` have a meaning.
#[derive(Clone, Copy, PartialEq)]
enum Operators {
    Known,
    Plain,
}

impl Pattern {
    /// A plain example, as `xo.getAllObjects` takes.
    #[must_use]
    pub fn example(json: &Json) -> Self {
        Self::new(json, Operators::Plain)
    }

    /// An example in which an object of the one member `__or`, `__and` (lists) or `__not` stands for an operator, as token
    /// deletion takes.
    #[must_use]
    pub fn with_operators(json: &Json) -> Self {
        Self::new(json, Operators::Known)
    }

    fn new(json: &Json, operators: Operators) -> Self {
        let root = Node::new(json, operators);
        let mut names = Vec::new();
        let is_bound = root.properties(&mut names);
        let properties = is_bound.then(|| names.into_iter().map(Box::from).collect());
        Self { root, properties }
    }

    /// Whether a value matches.
    #[must_use]
    pub fn matches(&self, value: &Value<'_>) -> bool {
        self.root.matches(value)
    }

    /// Whether a JSON text matches. Only the properties that matter are parsed.
    #[must_use]
    pub fn matches_json(&self, json: &str) -> bool {
        tree::parse(json, self.properties.as_deref()).is_some_and(|value| self.matches(&value))
    }

    /// Whether an object matches, if that follows from the few string properties that `known` tells.
    pub fn decide<'a>(&self, known: impl Fn(&str) -> Option<&'a str>) -> Option<bool> {
        self.root.decide(&known)
    }
}

impl Node {
    fn new(json: &Json, operators: Operators) -> Self {
        let list = |items: &[Json]| {
            items
                .iter()
                .map(|item| Self::new(item, operators))
                .collect()
        };
        match json {
            Json::Array(items) => Self::Items(list(items)),
            Json::Object(members) => {
                let mut entries = members.iter();
                let only = entries.next().filter(|_| members.len() == 1);
                match only.filter(|_| operators == Operators::Known) {
                    Some((key, Json::Array(items))) if key == "__or" => Self::Or(list(items)),
                    Some((key, Json::Array(items))) if key == "__and" => Self::And(list(items)),
                    Some((key, item)) if key == "__not" => {
                        Self::Not(Box::new(Self::new(item, operators)))
                    }
                    _ => {
                        let entry = |(key, value): (&String, &Json)| {
                            (key.as_str().into(), Self::new(value, operators))
                        };
                        Self::Members(members.iter().map(entry).collect())
                    }
                }
            }
            scalar => Self::Equal(scalar.clone()),
        }
    }

    fn matches(&self, value: &Value<'_>) -> bool {
        match self {
            Self::Equal(wanted) => match (wanted, value) {
                (Json::Null, Value::Null) => true,
                (Json::Bool(wanted), Value::Bool(found)) => wanted == found,
                (Json::String(wanted), Value::Str(found)) => wanted == found,
                (Json::Number(wanted), Value::Number(found)) => wanted.as_f64() == found.as_f64(),
                _ => false,
            },
            Self::Items(wanted) => match value {
                Value::Array(found) => wanted
                    .iter()
                    .all(|wanted| found.iter().any(|found| wanted.matches(found))),
                _ => false,
            },
            Self::Members(wanted) => match value {
                Value::Object(found) => wanted.iter().all(|(name, wanted)| {
                    found.get(name).is_some_and(|found| wanted.matches(found))
                }),
                // Nothing is asked of it.
                _ => wanted.is_empty() && !value.is_null(),
            },
            Self::And(nodes) => nodes.iter().all(|node| node.matches(value)),
            Self::Or(nodes) => nodes.iter().any(|node| node.matches(value)),
            Self::Not(node) => !node.matches(value),
        }
    }

    fn decide<'a>(&self, known: &impl Fn(&str) -> Option<&'a str>) -> Option<bool> {
        match self {
            Self::Members(wanted) => {
                let decided = wanted.iter().map(|(name, wanted)| {
                    known(name).map(|text| wanted.matches(&Value::from(text)))
                });
                all(decided, true)
            }
            Self::And(nodes) => all(nodes.iter().map(|node| node.decide(known)), true),
            Self::Or(nodes) => all(nodes.iter().map(|node| node.decide(known)), false),
            Self::Not(node) => node.decide(known).map(|decided| !decided),
            Self::Equal(_) | Self::Items(_) => None,
        }
    }

    /// Adds the members of an object that this looks at. Whether that is all that it looks at.
    fn properties<'n>(&'n self, names: &mut Vec<&'n str>) -> bool {
        match self {
            Self::Members(members) => {
                names.extend(members.iter().map(|(name, _)| &**name));
                true
            }
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().all(|node| node.properties(names)),
            Self::Not(node) => node.properties(names),
            Self::Equal(_) | Self::Items(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const VM: &str = r#"{"id": "1", "type": "VM", "CPUs": {"max": 4, "number": 2}, "tags": ["a", "b"], "x": null, "on": true,
        "VGPUs": [{"n": 1}, {"n": 2}]}"#;

    #[test]
    fn an_example_is_matched_deeply_and_in_part() {
        for example in [
            json!({}),
            json!({"type": "VM"}),
            json!({"CPUs": {"number": 2.0}, "on": true}),
            json!({"CPUs": {}}),
            json!({"tags": ["b"]}),
            json!({"tags": []}),
            json!({"VGPUs": [{"n": 2}]}),
            json!({"x": null}),
        ] {
            assert!(Pattern::example(&example).matches_json(VM), "{example}");
        }
        for example in [
            json!({"type": "V"}),
            json!({"CPUs": {"number": "2"}}),
            json!({"tags": ["c"]}),
            json!({"tags": "a"}),
            json!({"missing": null}),
            json!({"__not": {"type": "SR"}}),
            json!("VM"),
            json!(["VM"]),
        ] {
            assert!(!Pattern::example(&example).matches_json(VM), "{example}");
        }
    }

    #[test]
    fn operators_are_known_where_they_are_asked_for() {
        let matches = |json| Pattern::with_operators(&json).matches_json(VM);
        assert!(matches(json!({"type": {"__or": ["SR", "VM"]}})));
        assert!(matches(json!({"__not": {"type": "SR"}})));
        assert!(matches(json!({"__and": [{"type": "VM"}, {"on": true}]})));
        assert!(matches(json!({"tags": {"__not": ["c"]}})));
        assert!(!matches(json!({"__or": []})));
        assert!(!matches(json!({"type": {"__not": "VM"}})));
    }

    #[test]
    fn what_is_known_can_decide() {
        let known = |name: &str| (name == "type").then_some("VM");
        let decide = |json| Pattern::example(&json).decide(known);
        assert_eq!(decide(json!({"type": "VM"})), Some(true));
        assert_eq!(decide(json!({"type": "SR", "on": true})), Some(false));
        assert_eq!(decide(json!({"type": "VM", "on": true})), None);
        assert_eq!(decide(json!({})), Some(true));
    }
}
