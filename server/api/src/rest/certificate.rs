//! The certificate that this server shows: which one, and another one in its place.

use axum::http::{Method as Verb, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use xo_engine::Error;

use super::asked::{self, Asked};
use super::route::{Route, of, required};
use crate::problem::Problem;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Verb::GET, "/certificate", "The certificate that this server shows.", show)
            .admin()
            .reply_json(200, "The certificate", schema())
            .reply(404, "This server does not speak TLS itself"),
        Route::new(
            Verb::PUT,
            "/certificate",
            "Shows another certificate from now on, also after a restart.",
            replace,
        )
        .admin()
        .body(vec![
            required("certificate", json!({ "type": "string", "description": "PEM: the server's own first, then those that vouch for it" })),
            required("key", json!({ "type": "string", "description": "PEM, without a passphrase" })),
        ])
        .reply_json(200, "The new certificate", schema())
        .reply(403, "This server does not speak TLS itself")
        .reply(422, "They cannot be used: `data.errors` says which and why"),
    ]
}

/// Also part of the set-up's state.
pub(super) fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "fingerprint": { "type": "string", "description": "SHA-256, in hexadecimal with colons" },
            "names": { "type": "array", "items": of("string") },
            "notBefore": { "type": "integer", "description": "milliseconds" },
            "notAfter": { "type": "integer", "description": "milliseconds" },
            "selfSigned": of("boolean"),
        },
    })
}

async fn show(asked: Asked) -> Result<Response, Problem> {
    let certificate = asked.rest.app.setup.certificate().ok_or_else(|| {
        let message =
            "this server does not speak TLS itself: its reverse proxy has the certificate";
        Problem::http(StatusCode::NOT_FOUND, message)
    })?;
    asked::json(StatusCode::OK, &certificate)
}

async fn replace(mut asked: Asked) -> Result<Response, Problem> {
    let body = asked.body().await?;
    let text = |name: &str| {
        let text = body.get(name).and_then(Value::as_str);
        text.map(str::to_owned)
            .ok_or_else(|| Error::invalid(name, "must be a string"))
    };
    let (chain, key) = (text("certificate")?, text("key")?);
    let certificate = asked.rest.app.setup.replace_certificate(chain, key).await?;
    asked::json(StatusCode::OK, &certificate)
}
