//! From the table to axum's router, and from axum's request to a handler.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{Method as Verb, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use parking_lot::Mutex;
use tower::ServiceExt;
use url::form_urlencoded;
use xo_engine::{Caller, Error};

use super::asked::Asked;
use super::route::{Access, Route};
use super::{BASE, Rest, authenticate, reference, same_origin};
use crate::App;
use crate::problem::Problem;

/// What is served at one path with one verb: the plain route, and the one whose path goes on with `.{format}`.
#[derive(Default, Clone)]
struct Choice {
    plain: Option<Arc<Route>>,
    with_format: Option<Arc<Route>>,
}

pub(super) fn router(rest: &Arc<Rest>, routes: Vec<Route>) -> Router<App> {
    let mut choices: BTreeMap<(String, String), (Verb, Choice)> = BTreeMap::new();
    for route in routes {
        let (path, has_format) = match route.path.strip_suffix(".{format}") {
            Some(path) => (path.to_owned(), true),
            None => (route.path.clone(), false),
        };
        let key = (path, route.verb.to_string());
        let (_, choice) = choices
            .entry(key)
            .or_insert_with(|| (route.verb.clone(), Choice::default()));
        let slot = if has_format {
            &mut choice.with_format
        } else {
            &mut choice.plain
        };
        *slot = Some(Arc::new(route));
    }
    let mut by_path: BTreeMap<String, MethodRouter<App>> = BTreeMap::new();
    for ((path, _), (verb, choice)) in choices {
        let Ok(filter) = MethodFilter::try_from(verb) else {
            continue;
        };
        let rest = Arc::clone(rest);
        let handler = move |params: RawPathParams, request: Request| {
            let params: Vec<(String, String)> = params
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            let (rest, choice) = (Arc::clone(&rest), choice.clone());
            async move {
                let by_script = same_origin::is_by_script(request.headers());
                let reply = serve(rest, choice, params, request).await;
                let mut reply = reply.unwrap_or_else(IntoResponse::into_response);
                if by_script {
                    // The browser would ask for a password in a window of its own, over the page that knows how to ask.
                    reply.headers_mut().remove(header::WWW_AUTHENTICATE);
                }
                reply
            }
        };
        let methods = by_path.remove(&path).unwrap_or_default();
        by_path.insert(path, methods.merge(on(filter, handler)));
    }
    let mut router = Router::new();
    for (path, methods) in by_path {
        router = router.route(&path, methods);
    }
    let router = router.method_not_allowed_fallback(wrong_verb);
    let exact = router.clone().fallback(elsewhere);
    let exact: Router = exact.with_state(rest.app.clone());
    router.fallback(async move |mut request: Request| {
        if let Some(uri) = without_slash(request.uri()) {
            *request.uri_mut() = uri;
        }
        exact.oneshot(request).await
    })
}

/// An address that ends with a slash is the one without it, as clients of Xen Orchestra expect.
fn without_slash(uri: &Uri) -> Option<Uri> {
    let path = uri.path().strip_suffix('/')?.trim_end_matches('/');
    let query = uri.query().map(|query| format!("?{query}"));
    format!("{path}{}", query.unwrap_or_default()).parse().ok()
}

async fn serve(
    rest: Arc<Rest>,
    choice: Choice,
    mut params: Vec<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let mut route = choice.plain;
    if let Some(with_format) = choice.with_format
        && let Some((_, id)) = params.last_mut()
        && let Some((before, format)) = id.clone().rsplit_once('.')
    {
        *id = before.to_owned();
        params.push(("format".into(), format.to_owned()));
        route = Some(with_format);
    }
    let (parts, body) = request.into_parts();
    let Some(route) = route else {
        // The verb is for `{id}.{format}` alone.
        return Ok(refuse_verb(&parts.method, &parts.uri));
    };
    same_origin::check(&parts)?;
    let caller = match route.access {
        Access::Public => Caller::anonymous(crate::app::client_address(&parts.extensions)),
        Access::SignedIn | Access::Admin => {
            if parts.headers.get("x-xo-client").is_some_and(|v| v == "mcp") {
                return Err(
                    Error::Unavailable("MCP is not available on this server".into()).into(),
                );
            }
            authenticate::caller(&rest, &parts).await?
        }
    };
    if route.access == Access::Admin && !rest.app.engine.is_admin(&caller) {
        return Err(Error::Unauthorized {
            permission: "admin".into(),
            object: None,
        }
        .into());
    }
    if let Some(redirect) = me(&route, &caller, &mut params, &parts) {
        return Ok(redirect);
    }
    let query = parts.uri.query().unwrap_or_default();
    let query = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let shape = route.body.clone();
    let request = Mutex::new(Request::from_parts(parts, body));
    (route.run)(Asked {
        rest,
        caller,
        params,
        query,
        shape,
        request,
    })
    .await
}

/// `/users/me` is the caller: reads are sent on to the real address as upstream does; others are answered at once, since bodies get
/// lost on redirections.
fn me(
    route: &Route,
    caller: &Caller,
    params: &mut [(String, String)],
    request: &Parts,
) -> Option<Response> {
    if !route.path.starts_with("/users/{id}") {
        return None;
    }
    let user = caller.user.as_deref()?;
    let (_, id) = params
        .iter_mut()
        .find(|(name, id)| name == "id" && id == "me")?;
    user.clone_into(id);
    if request.method != Verb::GET {
        return None;
    }
    let rest = route.path.strip_prefix("/users/{id}").unwrap_or_default();
    let query = request
        .uri
        .query()
        .map(|q| format!("?{q}"))
        .unwrap_or_default();
    let target = format!("{BASE}/users/{user}{rest}{query}");
    Some((StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, target)]).into_response())
}

async fn elsewhere(request: Request) -> Response {
    not_here(request.method(), request.uri())
}

/// Whoever asks for nothing is shown what there is.
pub(super) fn to_document() -> Response {
    (
        StatusCode::FOUND,
        [(header::LOCATION, format!("{BASE}/docs"))],
    )
        .into_response()
}

/// What Xen Orchestra serves and this server does not yet is told apart from what never existed.
fn not_here(verb: &Verb, uri: &Uri) -> Response {
    let path = uri.path().trim_matches('/');
    if path.is_empty() {
        return to_document();
    }
    refuse(verb, path, || {
        let message = format!("nothing is at {BASE}/{path}; see {BASE}/docs");
        Problem::http(StatusCode::NOT_FOUND, message)
    })
}

async fn wrong_verb(request: Request) -> Response {
    refuse_verb(request.method(), request.uri())
}

fn refuse_verb(verb: &Verb, uri: &Uri) -> Response {
    let path = uri.path().trim_matches('/');
    refuse(verb, path, || {
        let message = format!("{verb} is not served at {BASE}/{path}; see {BASE}/docs");
        Problem::http(StatusCode::METHOD_NOT_ALLOWED, message)
    })
}

fn refuse(verb: &Verb, path: &str, otherwise: impl FnOnce() -> Problem) -> Response {
    if !reference::knows(verb.as_str(), path) {
        return otherwise().into_response();
    }
    let what = format!("{verb} {BASE}/{path}");
    Problem::from(Error::NotImplemented { what }).into_response()
}
