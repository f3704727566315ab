//! `/metrics` in Prometheus' text form, for administrators and for scrapers on this machine.

use std::net::IpAddr;

use axum::extract::State;
use axum::http::{Extensions, HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::App;
use crate::app::client_address;

pub(crate) async fn text(
    State(app): State<App>,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    let is_local = client_address(&extensions).is_none_or(|a: IpAddr| a.is_loopback());
    // What a reverse proxy passes on comes from elsewhere.
    let is_passed_on = headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded");
    if !is_local || is_passed_on {
        return (
            StatusCode::FORBIDDEN,
            "metrics are told on the loopback address only\n",
        )
            .into_response();
    }
    let mut text = app.engine.metrics();
    text.push_str(&(app.metrics)());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
