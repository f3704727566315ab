//! `watch`: changes of objects as the server tells them, until interrupted or disconnected.

use serde_json::{Value, json};

use crate::arguments::CommonOptions;
use crate::error::Error;
use crate::output;
use crate::wire::target::Target;

/// Prints notifications: a line per object on a terminal, a JSON document per notification elsewhere.
pub async fn run(options: &CommonOptions, ndjson: bool) -> Result<(), Error> {
    let as_json = ndjson || options.json || !output::is_terminal();
    let mut client = Target::resolve(options)?.sign_in().await?;
    loop {
        let (method, params) = client.notification().await?;
        if as_json {
            output::line(&json!({"method": method, "params": params}).to_string())?;
        } else {
            for text in describe(&method, &params) {
                output::line(&text)?;
            }
        }
    }
}

/// A line per object of an `all` notification (protocol reference, section 2, "Notifications").
fn describe(method: &str, params: &Value) -> Vec<String> {
    let items = params.get("items").and_then(Value::as_object);
    let (Some(items), "all") = (items, method) else {
        return vec![format!("{method} {params}")];
    };
    let line = |(id, object): (&String, &Value)| {
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        match text("type") {
            None => format!("removed  {id}"),
            Some(kind) => {
                let details = ["name_label", "power_state", "status"].map(text);
                let details = details.into_iter().flatten().collect::<Vec<_>>().join("  ");
                format!("changed  {id}  {kind}  {details}")
                    .trim_end()
                    .replace('\n', " ")
            }
        }
    };
    items.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::describe;

    #[test]
    fn changes_and_removals_have_a_line_each() {
        let entered = json!({"type": "enter", "items": {
            "1": {"type": "VM", "name_label": "web", "power_state": "Running"},
            "2": {"type": "VBD"},
        }});
        assert_eq!(
            describe("all", &entered),
            ["changed  1  VM  web  Running", "changed  2  VBD"]
        );
        let left = json!({"type": "exit", "items": {"1": 0}});
        assert_eq!(describe("all", &left), ["removed  1"]);
        assert_eq!(describe("other", &json!([1])), ["other [1]"]);
    }
}
