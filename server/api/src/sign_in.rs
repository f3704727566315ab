//! The sign-in page and its cookies (`xo-protocol.md` section 4).
//!
//! Choices: the `token` cookie is readable by scripts, since clients read it to call `session.signIn`; it is SameSite=Lax, and Secure
//! over TLS. Upstream has no CSRF token; SameSite and `rest/same_origin.rs` do that work here. The web client signs in by
//! `POST /rest/v0/session` and uses none of these pages.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use xo_engine::{Caller, Credentials, Error};

use crate::App;
use crate::app::{client_address, see_other};
use crate::client;

const SESSION_VALIDITY: &str = "10 hours";
const REMEMBERED_VALIDITY: &str = "30 days";
const REMEMBERED_SECONDS: u64 = 30 * 24 * 3600;
/// The cookie between the password and the code.
const HELD: &str = "signin";
const HELD_SECONDS: u64 = 300;
/// After its key: the browser is to be remembered.
const REMEMBER: &str = ".remember";
const TEN_YEARS: u64 = 10 * 365 * 24 * 3600;

#[derive(Deserialize)]
pub(crate) struct PageQuery {
    token: Option<String>,
    #[serde(default)]
    error: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct LocalForm {
    username: String,
    password: String,
    #[serde(rename = "remember-me")]
    remember: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct OtpForm {
    otp: String,
}

/// `GET /signin`; with `?token=` it takes the token over into a cookie.
pub(crate) async fn page(
    State(app): State<App>,
    Query(query): Query<PageQuery>,
    extensions: Extensions,
) -> Response {
    if let Some(token) = query.token {
        let credentials = Credentials::Token(token.clone());
        return match app
            .engine
            .sign_in(credentials, client_address(&extensions))
            .await
        {
            Ok(_) => with_cookie(see_other("/").into_response(), &app, "token", &token, None),
            Err(_) => see_other("/signin?error=token").into_response(),
        };
    }
    if app.engine.setup_state().required {
        return Html(include_str!("sign_in/setup.html")).into_response();
    }
    let message = match query.error.as_deref() {
        None => "",
        Some("token") => "<p role=alert>This token is not valid any more.</p>",
        Some("wait") => "<p role=alert>Too many failed sign-ins: wait a moment and try again.</p>",
        Some(_) => "<p role=alert>Wrong user name or password.</p>",
    };
    Html(include_str!("sign_in/page.html").replace("<!--message-->", message)).into_response()
}

/// `POST /signin/local`
pub(crate) async fn local(
    State(app): State<App>,
    extensions: Extensions,
    headers: HeaderMap,
    Form(form): Form<LocalForm>,
) -> Response {
    let from = client_address(&extensions);
    let credentials = Credentials::Password {
        name: form.username,
        password: form.password,
        otp: None,
    };
    let remember = form.remember.is_some();
    match app.engine.sign_in(credentials.clone(), from).await {
        Ok(sign_in) => enter(&app, &sign_in.caller, &headers, remember).await,
        Err(Error::OtpRequired) => {
            let key = app.engine.hold_sign_in(credentials);
            let kept = format!("{key}{}", if remember { REMEMBER } else { "" });
            let response = see_other("/signin-otp").into_response();
            with_cookie(response, &app, HELD, &kept, Some(HELD_SECONDS))
        }
        Err(Error::Throttled { .. }) => see_other("/signin?error=wait").into_response(),
        Err(_) => see_other("/signin?error=credentials").into_response(),
    }
}

/// `GET /signin-otp`: asks those whose password was right for their code.
pub(crate) async fn otp_page(Query(query): Query<PageQuery>) -> Response {
    let message = match query.error.as_deref() {
        None => "",
        Some("wait") => "<p role=alert>Too many failed sign-ins: wait a moment and try again.</p>",
        Some(_) => "<p role=alert>This code is wrong, too old, or was used already.</p>",
    };
    Html(include_str!("sign_in/otp.html").replace("<!--message-->", message)).into_response()
}

/// `POST /signin-otp`
pub(crate) async fn otp(
    State(app): State<App>,
    extensions: Extensions,
    headers: HeaderMap,
    Form(form): Form<OtpForm>,
) -> Response {
    let kept = cookie(&headers, HELD).unwrap_or_default();
    let (key, remember) = match kept.strip_suffix(REMEMBER) {
        Some(key) => (key, true),
        None => (kept.as_str(), false),
    };
    let Some(credentials) = app.engine.held_sign_in(key, &form.otp) else {
        return see_other("/signin").into_response();
    };
    let from = client_address(&extensions);
    match app.engine.sign_in(credentials, from).await {
        Ok(sign_in) => {
            app.engine.forget_sign_in(key);
            let response = enter(&app, &sign_in.caller, &headers, remember).await;
            with_cookie(response, &app, HELD, "", Some(0))
        }
        Err(Error::Throttled { .. }) => see_other("/signin-otp?error=wait").into_response(),
        Err(_) => see_other("/signin-otp?error=code").into_response(),
    }
}

/// To where the browser wanted to go, with a token.
async fn enter(app: &App, caller: &Caller, headers: &HeaderMap, remember: bool) -> Response {
    let Ok(session) = begin(app, caller, headers, remember).await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let target = cookie(headers, "return").unwrap_or_else(|| "/".into());
    session.give(app, see_other(&target).into_response())
}

/// A token of a browser, not yet given to it.
pub(crate) struct Session {
    secret: String,
    client: String,
    remember: bool,
}

/// Makes a token for whoever signed in with a browser; it replaces the one that this browser had.
pub(crate) async fn begin(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    remember: bool,
) -> Result<Session, Error> {
    let client = cookie(headers, "clientId").unwrap_or_else(new_client_id);
    let agent = headers
        .get("user-agent")
        .and_then(|v| v.to_str().ok())
        .unwrap_or("a browser");
    let validity = if remember {
        REMEMBERED_VALIDITY
    } else {
        SESSION_VALIDITY
    };
    let mut params = serde_json::Map::new();
    params.insert("expiresIn".into(), json!(validity));
    params.insert(
        "description".into(),
        json!(agent.chars().take(200).collect::<String>()),
    );
    params.insert("client".into(), json!({ "id": client }));
    let (_, secret) = app.engine.create_token(caller, &params).await?;
    Ok(Session {
        secret,
        client,
        remember,
    })
}

impl Session {
    /// Sets the cookies.
    pub(crate) fn give(&self, app: &App, response: Response) -> Response {
        let age = self.remember.then_some(REMEMBERED_SECONDS);
        let response = with_cookie(response, app, "token", &self.secret, age);
        with_cookie(response, app, "clientId", &self.client, Some(TEN_YEARS))
    }
}

/// Makes the browser forget its token.
pub(crate) fn forget(app: &App, response: Response) -> Response {
    with_cookie(response, app, "token", "", Some(0))
}

/// `GET /signout`: forgets the cookie; the token itself lives on.
pub(crate) async fn sign_out(State(app): State<App>) -> Response {
    forget(&app, see_other("/").into_response())
}

/// Any other address: the web client's own, if a browser asks for a page; else nothing is there, but only those who are signed in are
/// told so.
pub(crate) async fn elsewhere(
    State(app): State<App>,
    verb: Method,
    uri: Uri,
    headers: HeaderMap,
    extensions: Extensions,
) -> Response {
    if let Some(answer) = client::elsewhere(&verb, uri.path(), &headers) {
        return answer;
    }
    if uri.path().starts_with("/api/") || is_signed_in(&app, &headers, &extensions).await {
        return (StatusCode::NOT_FOUND, "nothing is here\n").into_response();
    }
    let response = (StatusCode::FOUND, [("location", "/signin")]).into_response();
    with_cookie(response, &app, "return", uri.path(), Some(600))
}

async fn is_signed_in(app: &App, headers: &HeaderMap, extensions: &Extensions) -> bool {
    let Some(token) = cookie(headers, "token") else {
        return false;
    };
    app.engine
        .sign_in(Credentials::Token(token), client_address(extensions))
        .await
        .is_ok()
}

/// The value of a cookie that the client sent.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

fn with_cookie(
    mut response: Response,
    app: &App,
    name: &str,
    value: &str,
    age: Option<u64>,
) -> Response {
    let mut cookie = format!("{name}={value}; Path=/; SameSite=Lax");
    if let Some(age) = age {
        cookie.push_str(&format!("; Max-Age={age}"));
    }
    if app.secure_cookies {
        cookie.push_str("; Secure");
    }
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

fn new_client_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}
