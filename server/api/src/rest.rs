//! The REST API at `/rest/v0` (`xo-protocol.md` section 6).
//!
//! One table of routes ([`table::routes`]) says everything: verb, path, who may ask, parameters, body, answers, and what runs. The
//! router and the OpenAPI document are both made from it, so they cannot drift apart.
//!
//! Choice: JSON is compact. Upstream prints it with two spaces; no known client depends on that, and large lists are a third smaller.

mod accounts;
mod acls;
mod actions;
mod alarms;
mod appliance;
mod asked;
mod authenticate;
mod backups;
mod certificate;
mod changes;
mod collections;
mod dispatch;
mod docs;
mod events;
mod listing;
mod methods;
mod openapi;
mod public;
mod reference;
mod route;
mod same_origin;
mod servers;
mod session;
mod setup;
mod stats;
mod streams;
mod table;
mod tasks;

use std::sync::Arc;

use axum::Router;
use axum::response::Response;

use crate::App;
use crate::rate::Limits;

/// What handlers share.
pub(crate) struct Rest {
    app: App,
    limits: Arc<Limits>,
    events: events::Clients,
    document: bytes::Bytes,
}

/// All routes, to be nested at `/rest/v0`.
pub(crate) fn router(app: App, limits: &Arc<Limits>) -> Router<App> {
    let routes = table::routes(&app.engine);
    let document = openapi::document(&routes, &app.engine).to_string().into();
    let rest = Arc::new(Rest {
        app,
        limits: Arc::clone(limits),
        events: events::Clients::default(),
        document,
    });
    dispatch::router(&rest, routes)
}

/// The API's own address with a slash, which is none of a nested router's.
pub(crate) async fn root() -> Response {
    dispatch::to_document()
}

/// Where this API is mounted; links in answers begin with it.
const BASE: &str = "/rest/v0";
