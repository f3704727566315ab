//! `list-commands`: the methods of the server with their parameters, from `system.getMethodsInfo`.

use serde_json::{Map, Value};

use crate::arguments::CommonOptions;
use crate::error::Error;
use crate::input::glob::Globs;
use crate::output;
use crate::wire::target::Target;

/// Prints the methods whose names match one of the patterns.
pub async fn run(options: &CommonOptions, patterns: &[String]) -> Result<(), Error> {
    let globs = Globs::new(patterns)?;
    let mut client = Target::resolve(options)?.sign_in().await?;
    let methods = client.call("system.getMethodsInfo", &Map::new()).await?;
    client.close().await;
    let Value::Object(methods) = methods else {
        return Err(Error::Transfer {
            reason: "the server sent no list of methods".into(),
        });
    };
    let mut chosen: Vec<(String, Value)> = methods
        .into_iter()
        .filter(|(name, _)| globs.matches(name))
        .collect();
    chosen.sort_by(|one, other| one.0.cmp(&other.0));
    if options.json {
        return output::json(&Value::Object(chosen.into_iter().collect()));
    }
    if chosen.is_empty() && !patterns.is_empty() {
        output::note("no method matches");
        return Ok(());
    }
    let text: Vec<String> = chosen
        .iter()
        .map(|(name, info)| describe(name, info))
        .collect();
    output::line(&text.join("\n"))
}

/// `name param=<type> [param=<type>]…`, and the description indented below.
fn describe(name: &str, info: &Value) -> String {
    let mut text = name.to_owned();
    let parameters = info.get("params").and_then(Value::as_object);
    for (parameter, schema) in parameters.into_iter().flatten() {
        let shown = if parameter == "*" {
            "<any>=<value>".to_owned()
        } else {
            format!("{parameter}=<{}>", type_name(schema))
        };
        let optional = schema.get("optional") == Some(&Value::Bool(true));
        if optional || parameter == "*" || schema.get("default").is_some() {
            text.push_str(&format!(" [{shown}]"));
        } else {
            text.push_str(&format!(" {shown}"));
        }
    }
    if let Some(description) = info.get("description").and_then(Value::as_str) {
        for line in description.trim().lines() {
            text.push_str(&format!("\n    {}", line.trim()));
        }
    }
    text
}

/// The types that a schema allows, joined by `|`.
fn type_name(schema: &Value) -> String {
    let alternatives = |key: &str| {
        schema.get(key).and_then(Value::as_array).map(|schemas| {
            let mut names: Vec<String> = schemas.iter().map(type_name).collect();
            names.dedup();
            names.join("|")
        })
    };
    match schema.get("type") {
        Some(Value::String(name)) => name.clone(),
        Some(Value::Array(names)) => names
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join("|"),
        _ => match schema.get("enum").and_then(Value::as_array) {
            Some(values) => values.iter().map(literal).collect::<Vec<_>>().join("|"),
            None => alternatives("anyOf")
                .or_else(|| alternatives("oneOf"))
                .unwrap_or_else(|| "any".into()),
        },
    }
}

fn literal(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_method_shows_its_parameters_and_description() {
        let info = json!({
            "description": " Starts a VM\nnow ",
            "params": {
                "id": {"type": "string"},
                "force": {"type": "boolean", "optional": true},
                "delay": {"type": "number", "default": 0},
                "bios": {"enum": ["uefi", "bios"]},
                "size": {"type": ["string", "integer"]},
                "either": {"anyOf": [{"type": "null"}, {"type": "array"}]},
                "what": {},
                "*": {},
            },
        });
        assert_eq!(
            describe("vm.start", &info),
            "vm.start id=<string> [force=<boolean>] [delay=<number>] bios=<uefi|bios> \
             size=<string|integer> either=<null|array> what=<any> [<any>=<value>]\n    \
             Starts a VM\n    now"
        );
        assert_eq!(describe("a.b", &json!({})), "a.b");
    }
}
