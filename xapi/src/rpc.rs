//! One call over HTTP: JSON-RPC when the host speaks it, XML-RPC for old ones.
//!
//! The answer keeps the bytes as received; callers parse just what they need, once.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

use crate::{Address, ApiError, Error, Proxy, Result, Trust, xml};

/// A whole pool of 10,000 VMs tells about 60 MiB of them; what never ends must not fill the memory.
const MAX_ANSWER: usize = 1 << 30;
/// Answers above this are read on a thread that may block.
const LARGE: usize = 256 * 1024;
/// A host that does not even take the connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The JSON of a result, as received.
#[derive(Debug, Clone)]
pub struct Reply(pub(crate) Bytes);

impl Reply {
    #[cfg(test)]
    pub(crate) fn of(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }

    /// The text of the JSON value.
    pub fn as_str(&self) -> &str {
        // Made from a `str` of serde_json or of a String: always UTF-8.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Reads the value into a type; the error says at which byte it does not fit.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.0)
    }
}

/// The transport of one pool: an HTTP client and the encoding that its hosts understand.
#[derive(Debug, Clone)]
pub(crate) struct Rpc {
    pub(crate) http: reqwest::Client,
    pub(crate) trust: std::sync::Arc<Trust>,
    pub(crate) proxy: Option<Proxy>,
}

/// How calls are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// `POST /jsonrpc`
    Json,
    /// `POST /RPC2`
    Xml,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Failure {
    message: String,
    #[serde(default)]
    data: Option<Json>,
}

impl Rpc {
    pub(crate) fn new(trust: std::sync::Arc<Trust>, proxy: Option<Proxy>) -> Result<Self> {
        let tls = trust.client_config().map_err(|e| unusable(&e))?;
        let mut http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_keepalive(Duration::from_secs(30))
            .http1_only()
            .no_proxy();
        if let Some(proxy) = &proxy {
            http = http.proxy(proxy.for_calls().map_err(|e| unusable(&e))?);
        }
        let http = http.build().map_err(|e| unusable(&e))?;
        Ok(Self { http, trust, proxy })
    }

    /// Calls and waits at most `timeout`. `None` inside `Ok` means: this host does not speak that encoding.
    pub(crate) async fn call(
        &self,
        address: &Address,
        encoding: Encoding,
        method: &str,
        args: &[Json],
        timeout: Duration,
    ) -> Result<Option<Reply>> {
        let (path, kind, body) = match encoding {
            Encoding::Json => {
                let call = json!({"jsonrpc": "2.0", "id": 0, "method": method, "params": args});
                (
                    "/jsonrpc",
                    "application/json",
                    call.to_string().into_bytes(),
                )
            }
            Encoding::Xml => ("/RPC2", "text/xml", xml::encode(method, args)),
        };
        let response = self
            .http
            .post(address.url(path))
            .header(http::header::CONTENT_TYPE, kind)
            .timeout(timeout)
            .body(body)
            .send()
            .await
            .map_err(|e| self.failed(address, method, e))?;
        let status = response.status();
        let is_json = response
            .headers()
            .get(http::header::CONTENT_TYPE)
            .is_some_and(|v| v.as_bytes().starts_with(b"application/json"));
        let garbage = |detail: String| Error::Garbage {
            host: address.authority(),
            method: method.to_owned(),
            detail,
        };
        let body = self.body(address, method, response).await?;
        if encoding == Encoding::Json && !is_json {
            // Hosts that only know XML-RPC take the path for it and choke on the body: 500.
            let speaks_xml =
                status.is_success() || matches!(status.as_u16(), 400 | 404 | 405 | 500 | 501);
            return if speaks_xml {
                Ok(None)
            } else {
                Err(garbage(format!("HTTP status {status}")))
            };
        }
        if !status.is_success() {
            return Err(garbage(format!("HTTP status {status}")));
        }
        let size = body.len();
        let read = move || match encoding {
            Encoding::Json => read_json(&body),
            Encoding::Xml => xml::decode(&body)
                .map(|answer| answer.map(|value| Reply(Bytes::from(value.to_string())))),
        };
        let answer = if size > LARGE {
            let work = tokio::task::spawn_blocking(read);
            work.await.map_err(|e| garbage(e.to_string()))?
        } else {
            read()
        };
        answer.map_err(garbage)?.map_err(Error::Api).map(Some)
    }

    /// The whole body, in one piece of memory, up to a limit.
    async fn body(
        &self,
        address: &Address,
        method: &str,
        mut response: reqwest::Response,
    ) -> Result<Bytes> {
        let announced = response.content_length().unwrap_or_default();
        let mut body = BytesMut::with_capacity(announced.min(MAX_ANSWER as u64) as usize);
        while let Some(piece) = response
            .chunk()
            .await
            .map_err(|e| self.failed(address, method, e))?
        {
            if body.len() + piece.len() > MAX_ANSWER {
                return Err(Error::Garbage {
                    host: address.authority(),
                    method: method.to_owned(),
                    detail: format!("more than {} MiB", MAX_ANSWER >> 20),
                });
            }
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    }

    /// A host, and what we go through to get there.
    pub(crate) fn way(&self, host: String) -> String {
        match &self.proxy {
            Some(proxy) => format!("{host} through the proxy {proxy}"),
            None => host,
        }
    }

    /// Says what a failed request means, with the certificate's story when TLS refused it.
    pub(crate) fn failed(&self, address: &Address, method: &str, error: reqwest::Error) -> Error {
        let host = address.authority();
        if let Some(story) = self.trust.explain(&host, &error) {
            return story;
        }
        if error.is_timeout() && !error.is_connect() {
            return Error::Timeout {
                host,
                method: method.to_owned(),
            };
        }
        Error::Unreachable {
            host: self.way(host),
            source: Box::new(error.without_url()),
        }
    }
}

fn unusable(error: &dyn std::error::Error) -> Error {
    Error::Unreachable {
        host: "TLS set-up".into(),
        source: error.to_string().into(),
    }
}

pub(crate) fn read_json(body: &Bytes) -> Result<Result<Reply, ApiError>, String> {
    let envelope: Envelope<'_> = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    if let Some(error) = envelope.error.filter(|e| e.get() != "null") {
        let (code, data) = match serde_json::from_str::<Failure>(error.get()) {
            Ok(f) => (f.message, f.data.unwrap_or_default()),
            Err(_) => {
                let mut list: Vec<Json> =
                    serde_json::from_str(error.get()).map_err(|e| e.to_string())?;
                if list.is_empty() {
                    return Err("an error without a code".into());
                }
                (text(&list.remove(0)), Json::Array(list))
            }
        };
        let params = match data {
            Json::Array(items) => items.iter().map(text).collect(),
            Json::Null => Vec::new(),
            other => vec![text(&other)],
        };
        return Ok(Err(ApiError { code, params }));
    }
    let result = envelope.result.ok_or("neither a result nor an error")?;
    Ok(Ok(Reply(body.slice_ref(result.get().as_bytes()))))
}

fn text(value: &Json) -> String {
    match value {
        Json::String(s) => s.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_json_error_keep_code_and_parameters() {
        for body in [
            r#"{"jsonrpc":"2.0","error":{"code":1,"message":"HANDLE_INVALID","data":["VM","x"]},"id":1}"#,
            r#"{"error":["HANDLE_INVALID","VM","x"],"result":null,"id":1}"#,
        ] {
            let error = read_json(&Bytes::from(body)).unwrap().unwrap_err();
            assert_eq!(error.to_string(), "HANDLE_INVALID(VM, x)");
        }
    }

    #[test]
    fn a_result_is_handed_out_without_a_copy() {
        let body = Bytes::from(r#"{"jsonrpc":"2.0","result":{"a": 1},"id":1}"#);
        let reply = read_json(&body).unwrap().unwrap();
        assert_eq!(reply.as_str(), r#"{"a": 1}"#);
        assert!(body.as_ptr_range().contains(&reply.as_str().as_ptr()));
    }

    #[test]
    fn garbage_is_told() {
        for body in ["", "[]", "{}", "{\"error\":[]}", "<html>"] {
            assert!(read_json(&Bytes::from(body)).is_err(), "{body}");
        }
    }
}
