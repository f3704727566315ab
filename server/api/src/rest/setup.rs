//! The first visit: how far the set-up is, the code, the first administrator, the lab.

use axum::http::{Method as Verb, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};
use xo_engine::Error;

use super::asked::{self, Asked, nothing};
use super::route::{Route, made, of, required};
use super::{backups, certificate};
use crate::problem::Problem;
use crate::transfers::incoming;

const CODE: &str = "x-xo-setup-code";
const KEY: &str = "x-xo-recovery-key";

pub(super) fn routes() -> Vec<Route> {
    let code = || {
        required(
            "code",
            json!({ "type": "string", "description": "printed where the server was started" }),
        )
    };
    vec![
        Route::new(
            Verb::GET,
            "/setup",
            "How far this server is set up.",
            state,
        )
        .public()
        .reply_json(200, "The state", state_schema()),
        Route::new(
            Verb::POST,
            "/setup/code",
            "Tells whether the setup code is right; a wrong one counts as one with `/setup/admin`.",
            check_code,
        )
        .public()
        .body(vec![code()])
        .reply(204, "It is")
        .reply(
            403,
            "The code is wrong, or an administrator exists already",
        ),
        Route::new(
            Verb::POST,
            "/setup/admin",
            "Makes the first administrator.",
            make_admin,
        )
        .public()
        .body(vec![
            code(),
            required("username", of("string")),
            required("password", json!({ "type": "string", "minLength": 8 })),
        ])
        .reply_json(201, "Made", made())
        .reply(
            403,
            "The code is wrong, or an administrator exists already",
        ),
        Route::new(
            Verb::POST,
            "/setup/restore",
            "Looks at the whole backup that is sent, and restarts the server with what is in it, in place of a first administrator.",
            restore,
        )
        .public()
        .header(
            CODE,
            json!({ "type": "string", "description": "the setup code, printed where the server was started" }),
        )
        .header(
            KEY,
            json!({ "type": "string", "description": "the recovery key of the machine that made the backup" }),
        )
        .stream_body()
        .reply_json(200, "The server restarts", backups::restored())
        .reply(400, "It cannot be restored: nothing is changed")
        .reply(
            403,
            "The code is wrong, or an administrator exists already",
        )
        .reply(422, "The recovery key is another one"),
        Route::new(
            Verb::POST,
            "/setup/lab",
            "Starts a simulated pool inside the server and connects it; the one that is there already stays.",
            start_lab,
        )
        .admin()
        .reply_json(200, "Its connection, one of `/servers`", made())
        .reply(403, "Pools are connected here already"),
    ]
}

fn state_schema() -> Value {
    let mut certificate = certificate::schema();
    certificate["type"] = json!(["object", "null"]);
    certificate["description"] = json!("what this server shows; null when it speaks no TLS itself");
    json!({
        "type": "object",
        "properties": {
            "required": { "type": "boolean", "description": "nobody can sign in yet: an administrator must be made" },
            "version": of("string"),
            "connected": { "type": "boolean", "description": "a pool is connected" },
            "appliance": { "type": "boolean", "description": "this server runs in an appliance: `/appliance` is answered" },
            "certificate": certificate,
            "lab": {
                "enum": ["available", "running", "unavailable"],
                "description": "whether a simulated pool can be started here: only while no pool is",
            },
        },
        "required": ["required", "version", "connected", "appliance", "certificate", "lab"],
    })
}

async fn state(asked: Asked) -> Result<Response, Problem> {
    let host = &asked.rest.app.setup;
    let state = asked.engine().setup_state();
    let view = json!({
        "required": state.required,
        "version": state.version,
        "connected": state.connected,
        "appliance": state.appliance,
        "certificate": host.certificate(),
        "lab": host.lab().await?,
    });
    asked::json(StatusCode::OK, &view)
}

/// A member that must say something.
fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a str, Error> {
    let text = body.get(name).and_then(Value::as_str);
    text.filter(|text| !text.is_empty())
        .ok_or_else(|| Error::invalid(name, "must be a string that is not empty"))
}

async fn check_code(mut asked: Asked) -> Result<Response, Problem> {
    let body = asked.body().await?;
    asked.engine().check_setup_code(text(&body, "code")?)?;
    Ok(nothing())
}

async fn make_admin(mut asked: Asked) -> Result<Response, Problem> {
    let body = asked.body().await?;
    let (code, name) = (text(&body, "code")?, text(&body, "username")?);
    let password = text(&body, "password")?;
    let id = asked
        .engine()
        .create_first_admin(code, name, password)
        .await?;
    asked::created("users", &id)
}

async fn restore(mut asked: Asked) -> Result<Response, Problem> {
    asked.engine().check_setup_code(&asked.header(CODE)?)?;
    let key = asked.header(KEY)?;
    let file = incoming(std::mem::take(asked.request.get_mut()));
    let restored = asked.rest.app.backups.restore_file(file, key).await?;
    asked::json(StatusCode::OK, &restored)
}

async fn start_lab(asked: Asked) -> Result<Response, Problem> {
    let id = asked.rest.app.setup.start_lab().await?;
    asked::json(StatusCode::OK, &json!({ "id": id }))
}
