//! HTTP requests: side channels and the REST API, under the same trust as the WebSocket.

use std::time::Duration;

use reqwest::header::LOCATION;
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use serde_json::Value;

use super::address::Address;
use super::message;
use super::socket::{CONNECT_LIMIT, tls_error};
use super::trust::Trust;
use crate::error::{Error, RpcError};

/// A transfer may rest for long; a peer that is gone is noticed all the same.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(30);
/// Largest refusal that is read: what does not fit is cut.
const MAX_ERROR_BYTES: usize = 64 << 10;

/// A client that follows no redirection (a side channel works once, and a token must not travel) and uses
/// no proxy, as the WebSocket uses none.
pub fn client(address: &Address, trust: &Trust) -> Result<Client, Error> {
    Client::builder()
        .tls_backend_preconfigured((*trust.configuration()).clone())
        .connect_timeout(CONNECT_LIMIT)
        .tcp_keepalive(KEEPALIVE_EVERY)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .user_agent(concat!("xo-cli/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| Error::Connect {
            server: address.to_string(),
            reason: chain(&error),
        })
}

/// Sends a request; no answer is an error, a refusal is not yet one.
pub async fn send(
    request: RequestBuilder,
    address: &Address,
    trust: &Trust,
) -> Result<Response, Error> {
    request.send().await.map_err(|error| {
        let reason = chain(&error);
        if error.is_connect() {
            tls_error(address, trust, &reason)
        } else {
            Error::Transfer { reason }
        }
    })
}

/// Turns a refusal into an error; `method` names the call that opened a side channel.
pub async fn accepted(response: Response, method: Option<&str>) -> Result<Response, Error> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    if status.is_redirection() {
        let location = response
            .headers()
            .get(LOCATION)
            .and_then(|to| to.to_str().ok());
        let message = format!("it redirects to {}", location.unwrap_or("nowhere"));
        return Err(Error::Http { status, message });
    }
    let body = read_capped(response).await;
    if let Some(method) = method
        && let Some(error) = rpc_error(&body)
    {
        return Err(Error::call(method, error));
    }
    Err(Error::Http {
        status,
        message: refusal(status, &body),
    })
}

/// The causes of an error, joined: the outermost one of reqwest says little.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

async fn read_capped(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() >= MAX_ERROR_BYTES {
            body.truncate(MAX_ERROR_BYTES);
            break;
        }
    }
    body
}

fn rpc_error(body: &[u8]) -> Option<RpcError> {
    let Value::Object(response) = serde_json::from_slice(body).ok()? else {
        return None;
    };
    response.get("jsonrpc")?;
    message::outcome(response)?.err()
}

/// What to print of a refused request: the `error` member with its data, else the body as text.
fn refusal(status: StatusCode, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return match text {
            "" => status
                .canonical_reason()
                .unwrap_or("no explanation")
                .to_owned(),
            text => text.to_owned(),
        };
    };
    let member = |name: &str| members.get(name).and_then(Value::as_str);
    let message = member("error")
        .or_else(|| member("detail"))
        .or_else(|| member("title"));
    match (message, members.get("data")) {
        (Some(message), Some(data)) if !data.is_null() => format!("{message}\n{data:#}"),
        (Some(message), _) => message.to_owned(),
        (None, _) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_shows_the_message_of_the_server() {
        let said = |body: &str| refusal(StatusCode::NOT_FOUND, body.as_bytes());
        assert_eq!(
            said(r#"{"error":"no such VM 1","type":"about:blank"}"#),
            "no such VM 1"
        );
        assert_eq!(
            said(r#"{"error":"bad","data":{"a":1}}"#),
            "bad\n{\n  \"a\": 1\n}"
        );
        assert_eq!(said(r#"{"title":"Gone"}"#), "Gone");
        assert_eq!(said("plain\n"), "plain");
        assert_eq!(said(""), "Not Found");
    }
}
