//! Signing in and out with a browser: the web client's form, which answers in JSON what the page at `/signin` answers in redirections.
//!
//! Invariant: the token goes into the cookie only; it is never part of an answer's body.

use axum::http::{HeaderMap, Method as Verb, StatusCode};
use axum::response::Response;
use serde_json::Value;
use xo_engine::{Credentials, Error};

use super::asked::{self, Asked, nothing};
use super::route::{Route, of, optional, required};
use crate::problem::Problem;
use crate::sign_in;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Verb::POST,
            "/session",
            "Signs in: sets the cookie `token`.",
            begin,
        )
        .public()
        .body(vec![
            required("username", of("string")),
            required("password", of("string")),
            optional("remember", of("boolean")),
            optional("otp", of("string")),
        ])
        .reply_json(201, "Signed in: the user", of("object"))
        .reply(401, "Wrong user name or password; `data.required` is `otp` when only the one-time password is missing")
        .reply(
            429,
            "Too many failures: `retry-after` tells how long to wait",
        ),
        Route::new(
            Verb::DELETE,
            "/session",
            "Signs out: the token in the cookie is no longer valid.",
            end,
        )
        .public()
        .reply(204, "Signed out"),
    ]
}

fn headers(asked: &Asked) -> HeaderMap {
    asked.request.lock().headers().clone()
}

async fn begin(mut asked: Asked) -> Result<Response, Problem> {
    let body = asked.body().await?;
    let text = |name: &str| {
        let value = body.get(name).and_then(Value::as_str);
        value
            .map(str::to_owned)
            .ok_or_else(|| Error::invalid(name, "must be a string"))
    };
    let credentials = Credentials::Password {
        name: text("username")?,
        password: text("password")?,
        otp: body.get("otp").and_then(Value::as_str).map(str::to_owned),
    };
    let remember = body.get("remember").and_then(Value::as_bool) == Some(true);
    let app = &asked.rest.app;
    let signed_in = app
        .engine
        .sign_in(credentials, asked.caller.address)
        .await?;
    let session = sign_in::begin(app, &signed_in.caller, &headers(&asked), remember).await?;
    let response = asked::json(StatusCode::CREATED, &signed_in.user)?;
    Ok(session.give(app, response))
}

async fn end(asked: Asked) -> Result<Response, Problem> {
    if let Some(token) = sign_in::cookie(&headers(&asked), "token") {
        asked.engine().revoke_token(&token).await?;
    }
    Ok(sign_in::forget(&asked.rest.app, nothing()))
}
