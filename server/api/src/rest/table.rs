//! The table of all routes: the router and the document are made from it.

use xo_engine::Engine;

use super::route::Route;
use super::{
    accounts, acls, actions, alarms, appliance, backups, certificate, changes, collections, docs,
    events, public, servers, session, setup, stats, streams, tasks,
};

/// Every route that is served. What needs a method that the engine lacks is left out.
pub(super) fn routes(engine: &Engine) -> Vec<Route> {
    [
        public::routes(),
        docs::routes(),
        accounts::routes(),
        acls::routes(),
        alarms::routes(),
        appliance::routes(engine),
        backups::routes(),
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
