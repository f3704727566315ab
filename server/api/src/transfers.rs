//! One-shot URLs: `/api/<token>[/<file name>]`. No cookie is asked for: the random path is the secret.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde_json::{Value, json};
use xo_engine::{Error, Incoming, Outgoing, Transfer};

use crate::App;
use crate::rpc::error_json;

pub(crate) async fn serve(
    State(app): State<App>,
    Path(parts): Path<Vec<String>>,
    request: Request,
) -> Response {
    let token = parts.first().map_or("", String::as_str);
    match app.engine.take_transfer(token) {
        None => (
            StatusCode::NOT_FOUND,
            "this address was used already, or never existed\n",
        )
            .into_response(),
        Some(Transfer::Get(start)) => match start().await {
            Ok(outgoing) => outgoing_response(outgoing, parts.get(1)),
            Err(error) => failure(&error),
        },
        Some(Transfer::Send(take)) => match take(incoming(request)).await {
            Ok(result) => answer(
                StatusCode::OK,
                &json!({ "jsonrpc": "2.0", "id": 0, "result": result }),
            ),
            Err(error) => failure(&error),
        },
    }
}

/// A request's body as a stream, with what the client told about it.
pub(crate) fn incoming(request: Request) -> Incoming {
    let text = |name| {
        request
            .headers()
            .get(name)
            .and_then(|v| v.to_str().ok())
            .map(str::to_owned)
    };
    Incoming {
        content_type: text(header::CONTENT_TYPE),
        length: text(header::CONTENT_LENGTH).and_then(|t| t.parse().ok()),
        body: Box::pin(
            request
                .into_body()
                .into_data_stream()
                .map(|piece| piece.map_err(std::io::Error::other)),
        ),
    }
}

/// A download, as an attachment.
pub(crate) fn outgoing_response(outgoing: Outgoing, file_name: Option<&String>) -> Response {
    let mut response = Response::builder().header(header::CONTENT_TYPE, outgoing.content_type);
    let name = outgoing.file_name.as_ref().or(file_name);
    let disposition = match name {
        Some(name) => format!("attachment; filename*=UTF-8''{}", percent(name)),
        None => "attachment".to_owned(),
    };
    response = response.header(header::CONTENT_DISPOSITION, disposition);
    if let Some(length) = outgoing.length {
        response = response.header(header::CONTENT_LENGTH, length);
    }
    response
        .body(Body::from_stream(outgoing.body))
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

fn failure(error: &Error) -> Response {
    let body = json!({ "jsonrpc": "2.0", "id": 0, "error": error_json(error, true) });
    answer(StatusCode::INTERNAL_SERVER_ERROR, &body)
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        body.to_string(),
    )
        .into_response()
}

/// All but unreserved characters, as RFC 5987 wants it.
fn percent(name: &str) -> String {
    name.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                char::from(b).to_string()
            }
            _ => format!("%{b:02X}"),
        })
        .collect()
}
