//! Who sends a request: a token in the cookie `authenticationToken` (or `token`), or HTTP Basic; ours besides: `Bearer <token>`.

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use xo_engine::{Caller, Credentials, Error};

use super::Rest;
use crate::app::client_address;
use crate::problem::Problem;
use crate::sign_in::cookie;

/// The caller of a route that asks for one.
pub(super) async fn caller(rest: &Rest, request: &Parts) -> Result<Caller, Problem> {
    let from = client_address(&request.extensions);
    let headers = &request.headers;
    let token = cookie(headers, "authenticationToken").or_else(|| cookie(headers, "token"));
    let credentials = match (token, headers.get(AUTHORIZATION)) {
        (Some(_), Some(_)) => {
            return Err(Problem::bad_request(
                "send a token or an Authorization header, not both",
            ));
        }
        (Some(token), None) => Credentials::Token(token),
        (None, Some(value)) => value
            .to_str()
            .ok()
            .and_then(|value| read(value, otp(request)))
            .ok_or_else(|| {
                Problem::bad_request(
                    "the Authorization header must be `Basic` with base64 of name:password",
                )
            })?,
        (None, None) => return Err(Error::NotSignedIn.into()),
    };
    let caller = rest.app.engine.authenticate(credentials, from).await?;
    if let Some(user) = &caller.user {
        rest.limits.user(user, from)?;
    }
    Ok(caller)
}

/// The password may have colons, unlike upstream.
fn read(value: &str, otp: Option<String>) -> Option<Credentials> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Credentials::Token(rest.trim().to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    Some(Credentials::Password {
        name: name.into(),
        password: password.into(),
        otp,
    })
}

/// `?otp=`, beside HTTP Basic.
fn otp(request: &Parts) -> Option<String> {
    let query = request.uri.query().unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs
        .find(|(name, _)| name == "otp")
        .map(|(_, code)| code.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_keeps_its_colons() {
        let value = format!("basic {}", STANDARD.encode("ann:a:b"));
        let Some(Credentials::Password { name, password, .. }) = read(&value, None) else {
            panic!("not read")
        };
        assert_eq!((name.as_str(), password.as_str()), ("ann", "a:b"));
    }

    #[test]
    fn what_is_no_basic_is_refused() {
        for text in ["", "Basic", "Basic !", "Digest x", "Basic YW5u"] {
            assert!(read(text, None).is_none(), "{text}");
        }
    }
}
