//! Backups of this server and of the appliance's settings: kept ones, another one, up and down, and back.

use axum::http::{Method as Verb, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use xo_engine::Error;

use super::asked::{self, Asked, nothing};
use super::route::{Route, of, optional};
use crate::problem::Problem;
use crate::transfers::{incoming, outgoing_response};

pub(super) fn routes() -> Vec<Route> {
    let of_one = |route: Route| route.admin().reply(404, "No such backup");
    let key = json!({ "type": "string", "description": "the recovery key of the machine that made it; this one's when left out" });
    vec![
        Route::new(Verb::GET, "/appliance/backups", "The backups that are kept, the newest first.", list)
            .admin()
            .reply_json(200, "The backups", json!({ "type": "array", "items": schema() })),
        Route::new(
            Verb::POST,
            "/appliance/backups",
            "Makes a backup of the database, the keys and the appliance's settings. Five are kept.",
            make,
        )
        .admin()
        .reply_json(201, "It is kept", schema())
        .reply(409, "The database is not a file of this server"),
        Route::new(
            Verb::POST,
            "/appliance/backups/actions/upload",
            "Takes a backup that was made here or elsewhere, in place of the one that was uploaded before.",
            upload,
        )
        .admin()
        .stream_body()
        .reply_json(201, "It is kept", schema())
        .reply(400, "It is no backup"),
        of_one(Route::new(
            Verb::GET,
            "/appliance/backups/{id}/file",
            "Downloads a backup. It is encrypted: only the recovery key opens it.",
            download,
        ))
        .reply_with(200, "The file", "application/octet-stream", of("string")),
        of_one(Route::new(Verb::DELETE, "/appliance/backups/{id}", "Removes a backup.", remove))
            .reply(204, "Removed"),
        of_one(Route::new(
            Verb::POST,
            "/appliance/backups/{id}/actions/restore",
            "Looks at the whole backup, and restarts the server with what is in it. The network stays as it is; tokens and sessions are those of the backup, also ones that were revoked since.",
            restore,
        ))
        .body(vec![optional("key", key)])
        .reply_json(200, "The server restarts", restored())
        .reply(400, "It cannot be restored: nothing is changed")
        .reply(422, "The recovery key is another one"),
        Route::new(
            Verb::GET,
            "/appliance/recovery_key",
            "The recovery key, which opens the backups of this machine anywhere. Keep it elsewhere.",
            recovery_key,
        )
        .admin()
        .reply_json(
            200,
            "The key",
            json!({ "type": "object", "properties": { "key": of("string") }, "required": ["key"] }),
        ),
    ]
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "id": of("string"),
            "bytes": of("integer"),
            "madeAt": { "type": "integer", "description": "milliseconds" },
            "version": { "type": ["string", "null"], "description": "of the server that made it; null for an uploaded one" },
            "reason": { "enum": ["asked", "update", "upload"] },
            "before": { "type": ["string", "null"], "description": "the version that was about to be installed" },
        },
        "required": ["id", "bytes", "madeAt", "version", "reason", "before"],
    })
}

/// What a restore answers.
pub(super) fn restored() -> Value {
    json!({
        "type": "object",
        "properties": {
            "madeAt": { "type": "integer", "description": "milliseconds" },
            "version": of("string"),
            "hostname": of("string"),
            "problems": { "type": "array", "items": of("string"), "description": "what the appliance did not take over" },
        },
        "required": ["madeAt", "version", "hostname", "problems"],
    })
}

async fn list(asked: Asked) -> Result<Response, Problem> {
    asked::json(StatusCode::OK, &asked.rest.app.backups.list()?)
}

async fn make(asked: Asked) -> Result<Response, Problem> {
    let made = asked.rest.app.backups.make().await?;
    asked::json(StatusCode::CREATED, &made)
}

async fn upload(mut asked: Asked) -> Result<Response, Problem> {
    let file = incoming(std::mem::take(asked.request.get_mut()));
    let taken = asked.rest.app.backups.take(file).await?;
    asked::json(StatusCode::CREATED, &taken)
}

async fn download(asked: Asked) -> Result<Response, Problem> {
    let id = asked.param("id").to_owned();
    let outgoing = asked.rest.app.backups.open(id).await?;
    Ok(outgoing_response(outgoing, None))
}

async fn remove(asked: Asked) -> Result<Response, Problem> {
    asked.rest.app.backups.remove(asked.param("id"))?;
    Ok(nothing())
}

async fn restore(mut asked: Asked) -> Result<Response, Problem> {
    let body = asked.body().await?;
    let key = match body.get("key") {
        None | Some(Value::Null) => None,
        Some(Value::String(key)) => Some(key.clone()),
        Some(_) => return Err(Error::invalid("key", "must be a string").into()),
    };
    let id = asked.param("id").to_owned();
    let restored = asked.rest.app.backups.restore(id, key).await?;
    asked::json(StatusCode::OK, &restored)
}

async fn recovery_key(asked: Asked) -> Result<Response, Problem> {
    let key = asked.rest.app.backups.recovery_key()?;
    asked::json(StatusCode::OK, &json!({ "key": key }))
}
