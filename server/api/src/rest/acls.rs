//! Access entries: who has which role on what. Xen Orchestra has them over JSON-RPC alone, so that these endpoints are only here.

use axum::http::{Method as Verb, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};
use xo_engine::Error;

use super::asked::{self, Asked, created, nothing};
use super::listing;
use super::route::{Route, made, of, required};
use crate::problem::Problem;

pub(super) fn routes() -> Vec<Route> {
    let list = Route::new(
        Verb::GET,
        "/acls",
        "Lists access entries: a user or group, an object, a role.",
        |asked| async move {
            let mut entries = all(&asked).await?;
            for entry in &mut entries {
                name_type(&asked, entry);
            }
            listing::values(&asked, "acls", entries)
        },
    );
    let permissions = json!({
        "type": "object",
        "additionalProperties": { "type": "array", "items": { "enum": ["view", "operate", "administrate"] } },
    });
    vec![
        listing::documented(list, of("object")).admin(),
        Route::new(
            Verb::POST,
            "/acls",
            "Grants a role on an object to a user or a group; once more is no change.",
            add,
        )
        .admin()
        .body(vec![
            required("subject", of("string")),
            required("object", of("string")),
            required("action", of("string")),
        ])
        .reply_json(201, "Granted", made())
        .reply(404, "No such user, group or object"),
        Route::new(
            Verb::DELETE,
            "/acls/{id}",
            "Takes back what an entry granted.",
            remove,
        )
        .admin()
        .reply(204, "Taken back")
        .reply(404, "No such entry"),
        Route::new(
            Verb::POST,
            "/acls/permissions",
            "Tells what the caller may do with objects, by entries on them and on what holds them.",
            |mut asked| async move {
                let body = asked.body().await?;
                let held = asked.call("acl.getPermissions", body).await?;
                asked::json(StatusCode::OK, &held)
            },
        )
        .body(vec![required(
            "objects",
            json!({ "type": "array", "items": of("string") }),
        )])
        .reply_json(
            200,
            "By the ids of the objects; one that nothing may be done with is left out",
            permissions,
        ),
    ]
}

async fn all(asked: &Asked) -> Result<Vec<Value>, Problem> {
    match asked.call("acl.get", Map::new()).await? {
        Value::Array(entries) => Ok(entries),
        _ => Ok(Vec::new()),
    }
}

/// Tells of what type the object is, as long as there is one.
fn name_type(asked: &Asked, entry: &mut Value) {
    let id = entry.get("object").and_then(Value::as_str);
    let object = id.and_then(|id| asked.engine().fetch(&asked.caller, id, &[]).ok());
    if let (Some(object), Some(members)) = (object, entry.as_object_mut()) {
        members.insert("objectType".into(), json!(object.kind.name()));
    }
}

async fn add(mut asked: Asked) -> Result<Response, Problem> {
    let body = asked.body().await?;
    let object = body.get("object").and_then(Value::as_str);
    // An entry on what nobody knows would wait unseen for an object with that id.
    asked
        .engine()
        .fetch(&asked.caller, object.unwrap_or_default(), &[])?;
    asked.call("acl.add", body.clone()).await?;
    let is_it = |entry: &Value| {
        body.iter()
            .all(|(name, value)| entry.get(name) == Some(value))
    };
    let entry = all(&asked).await?.into_iter().find(is_it);
    let id = entry.as_ref().and_then(|entry| entry.get("id")?.as_str());
    created("acls", id.unwrap_or_default())
}

async fn remove(asked: Asked) -> Result<Response, Problem> {
    let id = asked.param("id");
    let entries = all(&asked).await?.into_iter();
    let found = entries
        .filter_map(|entry| match entry {
            Value::Object(members) => Some(members),
            _ => None,
        })
        .find(|entry| entry.get("id").and_then(Value::as_str) == Some(id));
    let mut entry = found.ok_or_else(|| Error::no_such(id, "access entry"))?;
    entry.remove("id");
    asked.call("acl.remove", entry).await?;
    Ok(nothing())
}
