//! Requests that change something must not come from another site's page, whose browser would add our cookie to them.
//!
//! Browsers say by themselves where a request comes from (`Sec-Fetch-Site`, older ones `Origin`), and no page can change that. Clients
//! that are no browsers send neither and are let through: nobody else's page drives them.

use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};

use crate::problem::Problem;

/// Refuses a change that another site's page asks for.
pub(super) fn check(request: &Parts) -> Result<(), Problem> {
    if request.method.is_safe() || is_own(&request.headers) {
        return Ok(());
    }
    Err(Problem::http(
        StatusCode::FORBIDDEN,
        "refused: this request comes from a page of another site",
    ))
}

fn is_own(headers: &HeaderMap) -> bool {
    if let Some(site) = text(headers, "sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    match text(headers, header::ORIGIN.as_str()) {
        None => true,
        Some(origin) => {
            let from = origin.split_once("://").map(|(_, host)| host);
            from.is_some() && from == text(headers, header::HOST.as_str())
        }
    }
}

/// Whether a script in a page asks, not somebody who typed the address or a program.
pub(super) fn is_by_script(headers: &HeaderMap) -> bool {
    text(headers, "sec-fetch-dest") == Some("empty")
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        is_own(&headers.collect())
    }

    #[test]
    fn only_our_own_pages_and_programs_may_change_things() {
        assert!(own(&[]));
        assert!(own(&[("sec-fetch-site", "same-origin")]));
        assert!(own(&[("sec-fetch-site", "none")]));
        assert!(!own(&[("sec-fetch-site", "cross-site")]));
        assert!(!own(&[("sec-fetch-site", "same-site")]));
        assert!(own(&[
            ("origin", "https://xo.example:8443"),
            ("host", "xo.example:8443")
        ]));
        assert!(!own(&[
            ("origin", "https://evil.example"),
            ("host", "xo.example")
        ]));
        assert!(!own(&[("origin", "null"), ("host", "null")]));
    }
}
