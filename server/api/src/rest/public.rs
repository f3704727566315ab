//! What may be asked without signing in: is the server there, where are its pages, and the first set-up.

use axum::http::{Method as Verb, StatusCode};
use serde_json::{Value, json};
use xo_engine::Error;

use super::asked;
use super::route::{Route, of, required};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Verb::GET, "/ping", "Tells that the server is there.", |asked| async move {
            let now = asked.engine().now_ms();
            asked::json(StatusCode::OK, &json!({ "result": "pong", "timestamp": now }))
        })
        .public()
        .reply_json(
            200,
            "It is",
            json!({ "type": "object", "properties": { "result": { "const": "pong" }, "timestamp": of("number") } }),
        ),
        Route::new(Verb::GET, "/gui-routes", "Where the web clients are served.", |_| async {
            asked::json(StatusCode::OK, &crate::client::gui_routes())
        })
        .public()
        .reply_json(200, "Paths by name; empty when the server was built without the web client", of("object")),
        Route::new(Verb::GET, "/mcp/status", "Whether MCP is served.", |_| async {
            Err(Error::Unavailable("MCP is not available on this server".into()).into())
        })
        .public()
        .reply(503, "It is not"),
        Route::new(Verb::GET, "/setup", "Whether the server waits for its first administrator.", |asked| async move {
            asked::json(StatusCode::OK, &asked.engine().setup_state())
        })
        .public()
        .reply_json(
            200,
            "The state",
            json!({ "type": "object", "properties": { "required": of("boolean"), "version": of("string"), "connected": of("boolean") } }),
        ),
        Route::new(Verb::POST, "/setup/admin", "Makes the first administrator.", |mut asked| async move {
            let body = asked.body().await?;
            let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
            for name in ["code", "username", "password"] {
                if text(name).is_empty() {
                    return Err(Error::invalid(name, "must be a string that is not empty").into());
                }
            }
            let (code, name, password) = (text("code"), text("username"), text("password"));
            let id = asked.engine().create_first_admin(code, name, password).await?;
            asked::created("users", &id)
        })
        .public()
        .body(vec![
            required("code", json!({ "type": "string", "description": "printed where the server was started" })),
            required("username", of("string")),
            required("password", json!({ "type": "string", "minLength": 8 })),
        ])
        .reply_json(201, "Made", super::route::made())
        .reply(403, "The code is wrong, or an administrator exists already"),
    ]
}
