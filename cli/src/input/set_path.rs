//! Assignment by path, `a.b[0].c=x`: how flat words become nested JSON bodies.
//!
//! Invariant: a number makes an array only where nothing exists yet, and an index is bounded, so that a
//! typing error cannot ask for gigabytes.

use serde_json::{Map, Value};

use crate::error::Error;

const MAX_INDEX: usize = 10_000;

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
}

/// Sets `path` inside `root` to `value`, making the objects and arrays on the way.
pub fn set(root: &mut Map<String, Value>, path: &str, value: Value) -> Result<(), Error> {
    let steps = parse(path)?;
    let Some((Step::Key(first), rest)) = steps.split_first() else {
        return Err(invalid(path, "it must start with a name"));
    };
    let mut slot = root.entry(first.clone()).or_insert(Value::Null);
    for step in rest {
        slot = descend(slot, step)
            .ok_or_else(|| invalid(path, "a part of it was already given another kind of value"))?;
    }
    *slot = value;
    Ok(())
}

fn descend<'a>(slot: &'a mut Value, step: &Step) -> Option<&'a mut Value> {
    if slot.is_null() {
        *slot = match step {
            Step::Key(_) => Value::Object(Map::new()),
            Step::Index(_) => Value::Array(Vec::new()),
        };
    }
    match (slot, step) {
        (Value::Object(map), Step::Key(key)) => Some(map.entry(key.clone()).or_insert(Value::Null)),
        (Value::Object(map), Step::Index(index)) => {
            Some(map.entry(index.to_string()).or_insert(Value::Null))
        }
        (Value::Array(items), Step::Index(index)) => {
            if items.len() <= *index {
                items.resize(index + 1, Value::Null);
            }
            items.get_mut(*index)
        }
        _ => None,
    }
}

fn parse(path: &str) -> Result<Vec<Step>, Error> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (key, brackets) = part.find('[').map_or((part, ""), |at| part.split_at(at));
        match key.parse::<usize>() {
            Ok(index) if !steps.is_empty() => steps.push(checked_index(path, index)?),
            _ if !key.is_empty() => steps.push(Step::Key(key.to_owned())),
            _ => return Err(invalid(path, "a name is empty")),
        }
        for bracket in brackets.split_terminator(']') {
            let inner = bracket.strip_prefix('[').unwrap_or_default();
            let index = inner
                .parse()
                .map_err(|_| invalid(path, "an index is not a number"))?;
            steps.push(checked_index(path, index)?);
        }
        if !brackets.is_empty() && !brackets.ends_with(']') {
            return Err(invalid(path, "a bracket is not closed"));
        }
    }
    Ok(steps)
}

fn checked_index(path: &str, index: usize) -> Result<Step, Error> {
    if index > MAX_INDEX {
        return Err(invalid(path, "an index is too large"));
    }
    Ok(Step::Index(index))
}

fn invalid(path: &str, why: &str) -> Error {
    Error::usage(
        format!("invalid parameter name `{path}`: {why}"),
        "paths are written a.b[0].c",
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn body(assignments: &[(&str, Value)]) -> Result<Value, Error> {
        let mut root = Map::new();
        for (path, value) in assignments {
            set(&mut root, path, value.clone())?;
        }
        Ok(Value::Object(root))
    }

    #[test]
    fn paths_make_the_objects_and_arrays_that_they_need() {
        let made = body(&[
            ("name", json!("x")),
            ("a.b[1].c", json!(1)),
            ("a.b[0]", json!("first")),
            ("list.0", json!(true)),
            ("grid[0][1]", json!(2)),
        ]);
        assert_eq!(
            made.unwrap(),
            json!({"name": "x", "a": {"b": ["first", {"c": 1}]}, "list": [true], "grid": [[null, 2]]})
        );
    }

    #[test]
    fn an_index_is_a_key_where_an_object_stands() {
        let made = body(&[("a.b", json!(1)), ("a.0", json!(2))]).unwrap();
        assert_eq!(made, json!({"a": {"b": 1, "0": 2}}));
    }

    #[test]
    fn bad_paths_are_refused() {
        for path in [
            "", ".a", "a..b", "a[", "a[x]", "a[0", "[0]", "a[1]b", "a[99999]",
        ] {
            assert!(body(&[(path, json!(1))]).is_err(), "{path} was accepted");
        }
        assert!(body(&[("a", json!("text")), ("a.b", json!(1))]).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_either_set_or_refused(path in "[a-c0-6.\\[\\]]{0,12}") {
            let mut root = Map::new();
            if set(&mut root, &path, json!(7)).is_ok() {
                prop_assert!(Value::Object(root).to_string().contains('7'));
            } else {
                prop_assert!(root.values().all(Value::is_null));
            }
        }
    }
}
