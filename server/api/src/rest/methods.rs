//! How a body becomes the parameters of the engine's methods, and how the methods' own schemas become JSON Schema, so that the document
//! says what the engine checks.

use serde_json::{Map, Value, json};
use xo_engine::{Engine, Error, Method};

use super::route::Field;

/// A member of a body, and the parameter that takes it.
pub(super) type Names = (&'static str, &'static str);

/// A method by its name; `None` while nobody wrote it.
pub(super) fn find<'e>(engine: &'e Engine, name: &str) -> Option<&'e Method> {
    engine.methods().find(|method| method.name == name)
}

/// The members of a body as the method declares them.
pub(super) fn fields<N: AsRef<str>>(method: &Method, names: &[(N, &str)]) -> Vec<Field> {
    names
        .iter()
        .map(|(name, param)| field(method, name.as_ref(), param))
        .collect()
}

fn field(method: &Method, name: &str, param: &str) -> Field {
    let dialect = method
        .params
        .iter()
        .flatten()
        .find(|p| p.name == param)
        .map(|p| p.schema.to_json());
    // Parameters of an open method that it does not declare may be anything.
    let dialect = dialect.unwrap_or_else(|| json!({ "optional": true }));
    let is_required = is_required(&dialect);
    Field {
        name: name.into(),
        schema: json_schema(&dialect),
        is_required,
    }
}

fn is_required(dialect: &Value) -> bool {
    dialect.get("optional") != Some(&Value::Bool(true)) && dialect.get("default").is_none()
}

/// From the engine's dialect to JSON Schema: `optional` becomes the absence from `required`, and strings are not empty unless told.
pub(super) fn json_schema(dialect: &Value) -> Value {
    let Value::Object(rules) = dialect else {
        return json!({});
    };
    let mut schema = Map::new();
    for (key, value) in rules {
        match (key.as_str(), value) {
            ("optional", _) => {}
            ("items", value) => drop(schema.insert(key.clone(), json_schema(value))),
            ("additionalProperties", Value::Object(_)) => {
                drop(schema.insert(key.clone(), json_schema(value)));
            }
            ("properties", Value::Object(members)) => {
                let mut properties = Map::new();
                let mut required = Vec::new();
                for (name, rules) in members {
                    if name == "*" {
                        schema.insert("additionalProperties".into(), json_schema(rules));
                        continue;
                    }
                    if is_required(rules) {
                        required.push(json!(name));
                    }
                    properties.insert(name.clone(), json_schema(rules));
                }
                schema.insert("properties".into(), Value::Object(properties));
                if !required.is_empty() {
                    schema.insert("required".into(), Value::Array(required));
                }
            }
            _ => drop(schema.insert(key.clone(), value.clone())),
        }
    }
    let is_plain_string =
        schema.get("type") == Some(&json!("string")) && !schema.contains_key("enum");
    if is_plain_string && !schema.contains_key("minLength") {
        schema.insert("minLength".into(), json!(1));
    }
    if schema.get("minLength") == Some(&json!(0)) {
        schema.shift_remove("minLength");
    }
    Value::Object(schema)
}

/// Renames members to parameters.
pub(super) fn rename<N: AsRef<str>>(
    body: Map<String, Value>,
    names: &[(N, &str)],
) -> Map<String, Value> {
    let to = |name: String| {
        names
            .iter()
            .find(|(n, _)| n.as_ref() == name)
            .map_or(name, |(_, param)| (*param).to_owned())
    };
    body.into_iter()
        .map(|(name, value)| (to(name), value))
        .collect()
}

/// Says what is wrong in the client's words again.
pub(super) fn in_body_names<N: AsRef<str>>(error: Error, names: &[(N, &str)]) -> Error {
    let Error::InvalidParameters(mut errors) = error else {
        return error;
    };
    for error in &mut errors {
        let rest = error.path.trim_start_matches('/');
        let (param, below) = rest
            .split_once('/')
            .map_or((rest, None), |(a, b)| (a, Some(b)));
        if let Some((name, _)) = names.iter().find(|(_, p)| *p == param && !p.is_empty()) {
            let name = name.as_ref();
            error.path =
                below.map_or_else(|| format!("/{name}"), |below| format!("/{name}/{below}"));
        }
    }
    Error::InvalidParameters(errors)
}

#[cfg(test)]
mod tests {
    use xo_engine::schema::{array, object, string, text};

    use super::*;

    #[test]
    fn the_dialect_becomes_json_schema() {
        let dialect = object().properties([
            ("a", string()),
            ("b", text().optional()),
            ("c", array(string()).optional()),
        ]);
        let expected = json!({
            "type": "object",
            "properties": {
                "a": { "type": "string", "minLength": 1 },
                "b": { "type": "string" },
                "c": { "type": "array", "items": { "type": "string", "minLength": 1 } },
            },
            "required": ["a"],
        });
        assert_eq!(json_schema(&dialect.to_json()), expected);
    }

    #[test]
    fn errors_name_what_the_client_sent() {
        let names = [("hostId", "host")];
        let body = json!({ "hostId": "x", "force": true });
        let params = rename(body.as_object().cloned().unwrap(), &names);
        assert_eq!(Value::Object(params), json!({ "host": "x", "force": true }));
        let Error::InvalidParameters(errors) =
            in_body_names(Error::invalid("host", "is odd"), &names)
        else {
            panic!("another error")
        };
        assert_eq!(errors[0].path, "/hostId");
    }
}
