//! Who asks for a transfer: a session in the query or in a cookie, or Basic authentication, which opens a session for the
//! request (reference: wire facts, section 2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Incoming;
use hyper::{Request, StatusCode};

use super::{Reply, query, refusal};
use crate::lab::Inner;
use crate::value::Text;

/// The session of a request.
///
/// # Errors
/// HTTP 401 when there is none, or it is not valid.
// A refusal is a whole answer; it is made once per refused request.
#[allow(clippy::result_large_err)]
pub fn session(lab: &Inner, request: &Request<Incoming>) -> Result<Text, Reply> {
    let named = query(request)
        .remove("session_id")
        .or_else(|| cookie(request));
    if let Some(session) = named {
        let known = lab.store.read().has("session", &session);
        return if known {
            Ok(Text::from(session))
        } else {
            Err(unauthorised())
        };
    }
    let (user, password) = basic(request).ok_or_else(unauthorised)?;
    if user != lab.config.user || password != lab.config.password {
        return Err(unauthorised());
    }
    Ok(lab.open_session("HTTP Basic", true))
}

fn unauthorised() -> Reply {
    let mut reply = refusal(StatusCode::UNAUTHORIZED, "Please sign in.");
    let challenge = http::HeaderValue::from_static("Basic realm=\"XenServer API\"");
    reply
        .headers_mut()
        .insert(http::header::WWW_AUTHENTICATE, challenge);
    reply
}

fn cookie(request: &Request<Incoming>) -> Option<String> {
    let cookies = request.headers().get(http::header::COOKIE)?.to_str().ok()?;
    let found = cookies
        .split(';')
        .find_map(|cookie| cookie.trim().strip_prefix("session_id="));
    found.map(str::to_owned)
}

fn basic(request: &Request<Incoming>) -> Option<(String, String)> {
    let header = request
        .headers()
        .get(http::header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    let decoded = STANDARD
        .decode(header.strip_prefix("Basic ")?.trim())
        .ok()?;
    let text = String::from_utf8(decoded).ok()?;
    text.split_once(':')
        .map(|(user, password)| (user.to_owned(), password.to_owned()))
}
