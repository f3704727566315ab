//! The web client's files, as `web/dist` had them when the server was built.
//!
//! Invariant: what has a hash in its name (`/assets/…`) never changes and is kept for ever; everything else is asked for again each
//! time. Each file was compressed when it was built; nothing is compressed per request.
//!
//! In debug builds the files are read when they are asked for, so that a new build of the client needs none of the server.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use serde_json::{Value, json};

const NOT_BUILT: &str = "web client not built: make web\n";

/// From the best to the worst.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Files;

struct File {
    bytes: Cow<'static, [u8]>,
    hash: [u8; 32],
}

type Find = fn(&str) -> Option<File>;

fn find(path: &str) -> Option<File> {
    let file = Files::get(path)?;
    Some(File {
        hash: file.metadata.sha256_hash(),
        bytes: file.data,
    })
}

/// `GET /`
pub(crate) async fn home(headers: HeaderMap) -> Response {
    answer(find, "index.html", &headers)
        .unwrap_or_else(|| (StatusCode::NOT_FOUND, NOT_BUILT).into_response())
}

/// What the client has at an address that the server itself does not know: one of its files, or the page that shows that address.
pub(crate) fn elsewhere(verb: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
    choose(find, verb, path, headers)
}

/// What `GET /rest/v0/gui-routes` tells.
pub(crate) fn gui_routes() -> Value {
    match find("index.html") {
        Some(_) => json!({ "/": "/" }),
        None => json!({}),
    }
}

fn choose(find: Find, verb: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
    if !matches!(*verb, Method::GET | Method::HEAD) || path.starts_with("/api/") {
        return None;
    }
    let name = path.trim_start_matches('/');
    if CODINGS.iter().all(|(_, ending)| !name.ends_with(ending))
        && let Some(file) = answer(find, name, headers)
    {
        return Some(file);
    }
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok());
    let wants_page = accept.is_some_and(|types| types.contains("text/html"));
    (wants_page && !path.starts_with("/assets/"))
        .then(|| answer(find, "index.html", headers))
        .flatten()
}

fn answer(find: Find, name: &str, headers: &HeaderMap) -> Option<Response> {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let plain = find(name)?;
    let tag = etag(&plain.hash);
    let (coding, file) = CODINGS
        .iter()
        .filter(|(coding, _)| accepts(accepted, coding))
        .find_map(|(coding, ending)| Some((Some(*coding), find(&format!("{name}{ending}"))?)))
        .unwrap_or((None, plain));
    let is_known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|tags| {
            tags.split(',')
                .any(|t| t.trim().trim_start_matches("W/") == tag)
        });
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(match file.bytes {
            Cow::Borrowed(embedded) => Bytes::from_static(embedded),
            Cow::Owned(read) => Bytes::from(read),
        })
        .into_response()
    };
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    // The content is one and the same in every coding, hence the weak tag.
    set(header::ETAG, &format!("W/{tag}"));
    set(header::VARY, "accept-encoding");
    set(header::CACHE_CONTROL, lifetime(name));
    set(header::CONTENT_TYPE, content_type(name));
    if let (Some(coding), false) = (coding, is_known) {
        set(header::CONTENT_ENCODING, coding);
    }
    Some(response)
}

fn accepts(accepted: &str, coding: &str) -> bool {
    accepted.split(',').any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        name.trim() == coding && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

fn etag(hash: &[u8; 32]) -> String {
    let hex: String = hash.iter().take(16).map(|b| format!("{b:02x}")).collect();
    format!("\"{hex}\"")
}

fn lifetime(name: &str) -> &'static str {
    if name.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "webmanifest") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(path: &str) -> Option<File> {
        let text: &'static str = match path {
            "index.html" => "<page>",
            "assets/a-1.js" => "plain",
            "assets/a-1.js.br" => "br",
            "assets/a-1.js.gz" => "gz",
            _ => return None,
        };
        Some(File {
            bytes: text.as_bytes().into(),
            hash: [text.len() as u8; 32],
        })
    }

    async fn get(path: &str, headers: &[(&'static str, &str)]) -> Option<(Response, String)> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let mut response = choose(some, &Method::GET, path, &headers.collect())?;
        let body = std::mem::take(response.body_mut());
        let bytes = axum::body::to_bytes(body, 1000).await.unwrap();
        Some((response, String::from_utf8(bytes.to_vec()).unwrap()))
    }

    #[tokio::test]
    async fn a_file_comes_in_the_best_coding_that_the_browser_takes() {
        for (accepted, expected) in [
            ("gzip, deflate, br, zstd", "br"),
            ("gzip", "gz"),
            ("br;q=0, gzip;q=0.5", "gz"),
            ("", "plain"),
        ] {
            let (answer, text) = get("/assets/a-1.js", &[("accept-encoding", accepted)])
                .await
                .unwrap();
            assert_eq!(text, expected, "{accepted}");
            assert_eq!(answer.headers()["vary"], "accept-encoding");
            assert_eq!(
                answer.headers()["cache-control"],
                "public, max-age=31536000, immutable"
            );
        }
    }

    #[tokio::test]
    async fn a_browser_gets_the_page_at_every_address_of_the_client() {
        let html = [("accept", "text/html,*/*;q=0.8")];
        let (answer, text) = get("/vms/1/console", &html).await.unwrap();
        assert_eq!(text, "<page>");
        assert_eq!(answer.headers()["cache-control"], "no-cache");
        assert!(get("/vms/1", &[("accept", "*/*")]).await.is_none());
        assert!(get("/assets/gone.js", &html).await.is_none());
        assert!(get("/assets/a-1.js.br", &html).await.is_none());
        assert!(get("/api/x", &html).await.is_none());
    }

    #[tokio::test]
    async fn what_the_browser_has_is_not_sent_again() {
        let (answer, _) = get("/assets/a-1.js", &[]).await.unwrap();
        let tag = answer.headers()["etag"].to_str().unwrap().to_owned();
        let (again, text) = get("/assets/a-1.js", &[("if-none-match", &tag)])
            .await
            .unwrap();
        assert_eq!(
            (again.status(), text.as_str()),
            (StatusCode::NOT_MODIFIED, "")
        );
    }
}
