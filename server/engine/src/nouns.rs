//! All operations, a file per noun; the same noun has the same name in the API.

mod acl;
mod appliance;
mod cloud_config;
mod disk;
mod entry;
mod group;
mod host;
mod made;
mod message;
mod network;
mod pbd;
mod pif;
mod pool;
mod role;
mod server;
mod session;
mod sr;
mod stats;
mod system;
mod tag;
mod task;
mod token;
mod user;
mod vbd;
mod vdi;
mod vif;
mod vm;
mod xo;

use crate::Method;

/// Every method of the server.
pub(crate) fn methods() -> Vec<Method> {
    [
        acl::methods(),
        appliance::methods(),
        cloud_config::methods(),
        disk::methods(),
        group::methods(),
        host::methods(),
        message::methods(),
        network::methods(),
        pbd::methods(),
        pif::methods(),
        pool::methods(),
        role::methods(),
        server::methods(),
        session::methods(),
        sr::methods(),
        stats::methods(),
        system::methods(),
        tag::methods(),
        task::methods(),
        token::methods(),
        user::methods(),
        vbd::methods(),
        vdi::methods(),
        vif::methods(),
        vm::methods(),
        xo::methods(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
