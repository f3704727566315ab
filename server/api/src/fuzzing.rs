//! Doors for the fuzz targets in `fuzz/`: what clients send, read as it is read from the wire. Not part of the API.

use axum::http::{HeaderMap, HeaderValue, header};

/// A text frame of JSON-RPC.
pub fn frame(text: &str) {
    crate::rpc::fuzz_frame(text);
}

/// A line of cookies.
pub fn cookies(line: &[u8]) {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(line) {
        headers.insert(header::COOKIE, value);
    }
    if let Some(found) = crate::sign_in::cookie(&headers, "token") {
        assert!(!found.is_empty() && !found.contains(';'));
    }
}
