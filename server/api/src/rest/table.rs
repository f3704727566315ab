//! The table of all routes: the router and the document are made from it.

use xo_engine::Engine;

use super::route::Route;
use super::{
    accounts, actions, alarms, appliance, certificate, changes, collections, docs, events, public,
    servers, session, setup, stats, streams, tasks,
};

/// Every route that is served. What needs a method that the engine lacks is left out.
pub(super) fn routes(engine: &Engine) -> Vec<Route> {
    [
        public::routes(),
        docs::routes(),
        accounts::routes(),
        alarms::routes(),
        appliance::routes(engine),
        certificate::routes(),
        collections::routes(),
        actions::routes(engine),
        changes::routes(engine),
        events::routes(),
        servers::routes(engine),
        session::routes(),
        setup::routes(),
        stats::routes(engine),
        streams::routes(engine),
        tasks::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// First parts of paths that Xen Orchestra serves and this server does not yet: 501 instead of 404.
pub(super) const NOT_YET: &[&str] = &[
    "acl-privileges",
    "acl-roles",
    "backup",
    "backup-archives",
    "backup-jobs",
    "backup-logs",
    "backup-repositories",
    "dashboard",
    "plugins",
    "proxies",
    "restore",
    "restore-logs",
    "schedules",
];

/// Ends of such paths.
pub(super) const NOT_YET_ENDINGS: &[&str] = &[
    "/acl-privileges",
    "/acl-roles",
    "/actions/add_host",
    "/actions/emergency_shutdown",
    "/actions/management_reconfigure",
    "/actions/rolling_reboot",
    "/actions/rolling_update",
    "/audit.txt",
    "/backup-jobs",
    "/dashboard",
    "/logs.tgz",
    "/missing_patches",
    "/smt",
];
