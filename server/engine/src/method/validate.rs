//! Checks parameters against their schemas and fills in defaults. All that is wrong is told at once.

use serde_json::{Map, Value, json};

use super::Param;
use super::schema::NOT_BLANK;
use crate::error::{Error, ParamError, Result};

pub(super) fn validate(
    declared: &[Param],
    open: bool,
    given: &mut Map<String, Value>,
) -> Result<()> {
    let mut errors = Vec::new();
    for param in declared {
        let rules = param.schema.rules();
        match given.get(param.name) {
            Some(value) => check(rules, value, &format!("/{}", param.name), &mut errors),
            None => match rules.get("default") {
                Some(default) => drop(given.insert(param.name.to_owned(), default.clone())),
                None if !is_optional(rules) => errors.push(missing("", param.name)),
                None => {}
            },
        }
    }
    if !open {
        for name in given
            .keys()
            .filter(|name| !declared.iter().any(|p| p.name == *name))
        {
            errors.push(unknown("", name));
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Error::InvalidParameters(errors))
    }
}

fn is_optional(rules: &Map<String, Value>) -> bool {
    rules.get("optional") == Some(&Value::Bool(true))
}

fn missing(path: &str, name: &str) -> ParamError {
    ParamError {
        path: path.to_owned(),
        keyword: "required",
        params: json!({ "missingProperty": name }),
        message: format!("must have required property '{name}'"),
    }
}

fn unknown(path: &str, name: &str) -> ParamError {
    ParamError {
        path: path.to_owned(),
        keyword: "additionalProperties",
        params: json!({ "additionalProperty": name }),
        message: format!("must not have the property '{name}'"),
    }
}

fn check(rules: &Map<String, Value>, value: &Value, path: &str, errors: &mut Vec<ParamError>) {
    let mut fail = |keyword, params, message: String| {
        errors.push(ParamError {
            path: path.to_owned(),
            keyword,
            params,
            message,
        });
    };
    if let Some(expected) = rules.get("type") {
        let names: Vec<&str> = match expected {
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        if !names.iter().any(|name| is_a(value, name)) {
            let message = format!("must be {}, got {}", names.join(" or "), kind(value));
            return fail("type", json!({ "type": expected }), message);
        }
    }
    if let Some(Value::Array(allowed)) = rules.get("enum")
        && !allowed.contains(value)
    {
        let list = allowed
            .iter()
            .map(Value::to_string)
            .collect::<Vec<_>>()
            .join(", ");
        return fail(
            "enum",
            json!({ "allowedValues": allowed }),
            format!("must be one of {list}"),
        );
    }
    match value {
        Value::String(text) => {
            let length = text.chars().count() as u64;
            let free = rules.contains_key("enum") || rules.get("type").is_none();
            let min = rules
                .get("minLength")
                .and_then(Value::as_u64)
                .unwrap_or(u64::from(!free));
            if length < min {
                fail(
                    "minLength",
                    json!({ "limit": min }),
                    "must not be empty".into(),
                );
            }
            let wants_more = rules.get("pattern") == Some(&json!(NOT_BLANK));
            if wants_more && length > 0 && text.trim().is_empty() {
                fail(
                    "pattern",
                    json!({ "pattern": NOT_BLANK }),
                    "must not be only blanks".into(),
                );
            }
            if let Some(max) = rules
                .get("maxLength")
                .and_then(Value::as_u64)
                .filter(|m| length > *m)
            {
                let message = format!("must not have more than {max} characters");
                fail("maxLength", json!({ "limit": max }), message);
            }
        }
        Value::Number(number) => {
            let least = rules.get("minimum").and_then(Value::as_f64);
            if let Some(min) = least.filter(|m| number.as_f64().is_some_and(|n| n < *m)) {
                fail(
                    "minimum",
                    json!({ "limit": min }),
                    format!("must be >= {min}"),
                );
            }
            let most = rules.get("maximum").and_then(Value::as_f64);
            if let Some(max) = most.filter(|m| number.as_f64().is_some_and(|n| n > *m)) {
                fail(
                    "maximum",
                    json!({ "limit": max }),
                    format!("must be <= {max}"),
                );
            }
        }
        Value::Array(items) => {
            let least = rules.get("minItems").and_then(Value::as_u64);
            if let Some(min) = least.filter(|m| (items.len() as u64) < *m) {
                let message = format!("must have at least {min} items");
                fail("minItems", json!({ "limit": min }), message);
            }
            if let Some(Value::Object(rules)) = rules.get("items") {
                for (i, item) in items.iter().enumerate() {
                    check(rules, item, &format!("{path}/{i}"), errors);
                }
            }
        }
        Value::Object(members) => check_members(rules, members, path, errors),
        Value::Null | Value::Bool(_) => {}
    }
}

fn check_members(
    rules: &Map<String, Value>,
    members: &Map<String, Value>,
    path: &str,
    errors: &mut Vec<ParamError>,
) {
    let empty = Map::new();
    let declared = match rules.get("properties") {
        Some(Value::Object(declared)) => declared,
        _ => &empty,
    };
    for (name, rules) in declared.iter().filter(|(name, _)| *name != "*") {
        let Value::Object(rules) = rules else {
            continue;
        };
        match members.get(name) {
            Some(value) => check(rules, value, &format!("{path}/{name}"), errors),
            None if !is_optional(rules) => errors.push(missing(path, name)),
            None => {}
        }
    }
    let others = declared
        .get("*")
        .or_else(|| rules.get("additionalProperties"));
    let closed = !declared.is_empty() && others.is_none() || others == Some(&Value::Bool(false));
    for (name, value) in members
        .iter()
        .filter(|(name, _)| !declared.contains_key(*name))
    {
        match others {
            Some(Value::Object(rules)) => check(rules, value, &format!("{path}/{name}"), errors),
            _ if closed => errors.push(unknown(path, name)),
            _ => {}
        }
    }
}

fn is_a(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.as_f64().is_some_and(|n| n.fract() == 0.0),
        "number" => value.is_number(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        _ => false,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::schema::{
        array, boolean, integer, label, object, one_of, string, text, types,
    };

    fn run(params: Vec<(&'static str, crate::Schema)>, given: Value) -> Result<Value, Vec<String>> {
        let declared: Vec<_> = params
            .into_iter()
            .map(|(name, schema)| Param { name, schema })
            .collect();
        let Value::Object(mut given) = given else {
            unreachable!()
        };
        match validate(&declared, false, &mut given) {
            Ok(()) => Ok(Value::Object(given)),
            Err(Error::InvalidParameters(errors)) => Err(errors
                .into_iter()
                .map(|e| format!("{} {}", e.path, e.keyword))
                .collect()),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let params = vec![
            ("id", string()),
            ("force", boolean().optional()),
            ("mode", one_of(&["a", "b"])),
            ("size", types(&["integer", "string"])),
            ("list", array(string())),
        ];
        let given = json!({"force": "yes", "mode": "c", "size": 1.5, "list": ["", 2], "more": 1});
        let errors = run(params, given).unwrap_err();
        assert_eq!(
            errors,
            [
                " required",
                "/force type",
                "/mode enum",
                "/size type",
                "/list/0 minLength",
                "/list/1 type",
                " additionalProperties"
            ]
        );
    }

    #[test]
    fn a_name_says_something_and_a_number_stays_within_its_limits() {
        let params = || {
            let number = types(&["integer", "null"]).optional().min(0).max(5);
            vec![("s", label()), ("n", number)]
        };
        for good in [
            json!({"s": " a "}),
            json!({"s": "a", "n": null}),
            json!({"s": "a", "n": 5}),
        ] {
            run(params(), good).unwrap();
        }
        let refused = |given| run(params(), given).unwrap_err();
        assert_eq!(
            refused(json!({"s": "  ", "n": 6})),
            ["/s pattern", "/n maximum"]
        );
        assert_eq!(
            refused(json!({"s": "", "n": -1})),
            ["/s minLength", "/n minimum"]
        );
        assert_eq!(refused(json!({"s": "ä".repeat(256)})), ["/s maxLength"]);
        run(params(), json!({"s": "ä".repeat(255)})).unwrap();
    }

    #[test]
    fn defaults_are_filled_in_and_empty_text_is_taken_only_where_told() {
        let params = || vec![("n", integer().default(7)), ("d", text().optional())];
        assert_eq!(
            run(params(), json!({"d": ""})).unwrap(),
            json!({"d": "", "n": 7})
        );
        assert_eq!(
            run(vec![("s", string())], json!({"s": ""})).unwrap_err(),
            ["/s minLength"]
        );
    }

    #[test]
    fn members_of_an_object_are_closed_only_when_some_are_declared() {
        let free = || vec![("o", object())];
        assert!(run(free(), json!({"o": {"x": 1}})).is_ok());
        let closed = vec![("o", object().properties([("a", integer())]))];
        assert_eq!(
            run(closed, json!({"o": {"x": 1}})).unwrap_err(),
            ["/o required", "/o additionalProperties"]
        );
        let open = vec![(
            "o",
            object().properties([("*", types(&["boolean", "null"]))]),
        )];
        assert_eq!(
            run(open, json!({"o": {"x": 1, "y": null}})).unwrap_err(),
            ["/o/x type"]
        );
    }
}
