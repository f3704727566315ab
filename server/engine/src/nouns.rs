//! All operations, a file per noun; the same noun has the same name in the API.

mod acl;
mod group;
mod message;
mod role;
mod server;
mod session;
mod stats;
mod system;
mod tag;
mod task;
mod token;
mod user;
mod vm;
mod xo;

use crate::Method;

/// Every method of the server.
pub(crate) fn methods() -> Vec<Method> {
    [
        acl::methods(),
        group::methods(),
        message::methods(),
        role::methods(),
        server::methods(),
        session::methods(),
        stats::methods(),
        system::methods(),
        tag::methods(),
        task::methods(),
        token::methods(),
        user::methods(),
        vm::methods(),
        xo::methods(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
