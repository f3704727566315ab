//! Alarms: the messages by which pools warn, with what they are about spelled out.

use axum::http::{Method as Verb, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use xo_engine::{Engine, Error, Item, ObjectType, Query};

use super::asked::{self, Asked};
use super::route::{Route, of};
use super::{collections, listing};
use crate::problem::Problem;

const NAMES: [&str; 3] = ["ALARM", "BOND_STATUS_CHANGED", "MULTIPATH_PERIODIC_ALERT"];

pub(super) fn routes() -> Vec<Route> {
    let all = Route::new(Verb::GET, "/alarms", "Lists alarms.", |asked| async move {
        list(&asked, None).await
    });
    let one = Route::new(
        Verb::GET,
        "/alarms/{id}",
        "One alarm.",
        |asked| async move {
            let item =
                asked
                    .engine()
                    .fetch(&asked.caller, asked.param("id"), &[ObjectType::Message])?;
            let view = view(asked.engine(), &item)
                .ok_or_else(|| Error::no_such(asked.param("id"), "alarm"))?;
            asked::json(StatusCode::OK, &view)
        },
    );
    vec![
        listing::documented(all, of("object")),
        one.reply_json(200, "The alarm", of("object"))
            .reply(404, "No such alarm"),
    ]
}

/// All alarms, or those of one object.
pub(super) async fn list(asked: &Asked, about: Option<&Item>) -> Result<Response, Problem> {
    let mut query = Query::kinds(&[ObjectType::Message]);
    if let Some(item) = about {
        query = query.pattern(&json!({ "$object": item.id.to_string() }));
    }
    let messages = asked.engine().query(&asked.caller, &query).await?;
    let alarms = messages
        .iter()
        .filter_map(|message| view(asked.engine(), message))
        .collect();
    listing::values(asked, "alarms", alarms)
}

/// An alarm as clients see it; `None` for other messages.
pub(super) fn view(engine: &Engine, message: &Item) -> Option<Value> {
    let Ok(Value::Object(mut members)) = serde_json::from_str::<Value>(&message.json) else {
        return None;
    };
    let name = members.get("name")?.as_str()?;
    if !NAMES.contains(&name) {
        return None;
    }
    let body = members.get("body").and_then(Value::as_str).map(read_body);
    let about = members
        .shift_remove("$object")
        .and_then(|id| id.as_str().map(str::to_owned))
        .unwrap_or_default();
    let object = match engine.inventory.find(&about) {
        Some(item) => {
            json!({ "type": item.kind.name(), "uuid": about, "href": collections::href(&item) })
        }
        None => json!({ "type": "unknown", "uuid": about }),
    };
    members.insert("body".into(), body.unwrap_or_default());
    // Messages have seconds, alarms milliseconds (rest-api, alarm.service).
    if let Some(seconds) = members.get("time").and_then(Value::as_i64) {
        members.insert("time".into(), json!(seconds.saturating_mul(1000)));
    }
    members.insert("object".into(), object);
    Some(Value::Object(members))
}

/// `value: 0.97`, then `config:` and XML with the name of what is watched; other texts are names themselves.
fn read_body(text: &str) -> Value {
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix("value:"))
        .map(|value| percent(value.trim()));
    let name = text
        .split_once("<name")
        .and_then(|(_, rest)| rest.split_once("value=\""))
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or(text, |(name, _)| name);
    match value {
        Some(value) => json!({ "name": name, "value": value }),
        None => json!({ "name": name }),
    }
}

/// Values are shares of one and told in percent; those that are no numbers are told as they are, since JSON has none for them.
fn percent(value: &str) -> String {
    match value.parse::<f64>() {
        Ok(share) if share.is_finite() => format!("{:.1}", share * 100.0),
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_watched_and_its_value_are_read_from_the_text() {
        let text = "value: 0.97\nconfig:\n<variable>\n  <name value=\"cpu_usage\"/>\n</variable>";
        assert_eq!(
            read_body(text),
            json!({ "name": "cpu_usage", "value": "97.0" })
        );
        assert_eq!(read_body("value: NaN")["value"], "NaN");
        assert_eq!(read_body("eth0 is down"), json!({ "name": "eth0 is down" }));
        assert_eq!(read_body("<name value="), json!({ "name": "<name value=" }));
    }
}
