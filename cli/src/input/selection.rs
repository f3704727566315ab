//! The words of `list-objects`: `--<property>` chooses what is shown, `<property>=<value>` chooses objects.

use serde_json::{Map, Value};

use super::{assignment, set_path};
use crate::error::Error;

/// What to list, and what of it to show.
#[derive(Debug, Default, PartialEq)]
pub struct Selection {
    /// Properties to show, as typed; empty means all.
    pub properties: Vec<String>,
    /// Partial object that listed objects must match; empty means all.
    pub filter: Map<String, Value>,
}

/// Reads the words. `a.b=1` matches a nested property.
pub fn parse(words: &[String]) -> Result<Selection, Error> {
    let mut selection = Selection::default();
    for word in words {
        if let Some(property) = word.strip_prefix("--") {
            if property.is_empty() || property.contains('=') {
                return Err(Error::usage(
                    format!("invalid selection `{word}`"),
                    "--<property> shows a property, <property>=<value> selects objects",
                ));
            }
            selection.properties.push(property.to_owned());
        } else {
            let (name, text) = assignment::split(word)?;
            let value = assignment::value(name, text)?;
            set_path::set(&mut selection.filter, name, value)?;
        }
    }
    Ok(selection)
}

/// A property of an object: by its exact name, else by a path of names and indexes joined by dots.
pub fn property<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    object.get(path).or_else(|| {
        path.split('.').try_fold(object, |value, key| match value {
            Value::Array(items) => items.get(key.parse::<usize>().ok()?),
            value => value.get(key),
        })
    })
}

/// The object reduced to the chosen properties, in the order in which they were asked for.
pub fn reduce(object: &Value, properties: &[String]) -> Value {
    let chosen = properties
        .iter()
        .filter_map(|path| Some((path.clone(), property(object, path)?.clone())))
        .collect::<Map<_, _>>();
    Value::Object(chosen)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn properties_and_filters_are_told_apart() {
        let parsed = parse(&words(&[
            "--name_label",
            "type=VM",
            "CPUs.number=json:2",
            "--$pool",
        ]));
        let parsed = parsed.unwrap();
        assert_eq!(parsed.properties, ["name_label", "$pool"]);
        assert_eq!(
            Value::Object(parsed.filter),
            json!({"type": "VM", "CPUs": {"number": 2}})
        );
    }

    #[test]
    fn a_malformed_selection_is_a_usage_error() {
        for word in ["--", "--type=VM", "VM"] {
            assert_eq!(parse(&words(&[word])).unwrap_err().exit_code(), 2, "{word}");
        }
    }

    #[test]
    fn chosen_properties_may_be_nested_and_missing_ones_are_left_out() {
        let object = json!({"id": "1", "CPUs": {"number": 4}, "tags": ["a"], "x.y": 1});
        let chosen = reduce(&object, &words(&["CPUs.number", "tags.0", "nope", "x.y"]));
        assert_eq!(chosen, json!({"CPUs.number": 4, "tags.0": "a", "x.y": 1}));
    }
}
