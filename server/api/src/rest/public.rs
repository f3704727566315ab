//! What may be asked without signing in: is the server there, and where are its pages. The first set-up has a file of its own.

use axum::http::{Method as Verb, StatusCode};
use serde_json::json;
use xo_engine::Error;

use super::asked;
use super::route::{Route, of};

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
    ]
}
