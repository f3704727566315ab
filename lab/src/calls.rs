//! Every call that a client can make: the table of what is written by hand, one file per noun, and the way from a
//! request to its handler. What the table does not name is generic (`calls/generic.rs`) or answered `NOT_IMPLEMENTED`.

mod args;
mod event;
mod generic;
mod host;
mod message;
mod network;
mod others;
mod pbd;
mod pif;
mod plugin;
mod pool;
mod run;
mod session;
mod sr;
mod system;
mod task;
mod vbd;
mod vdi;
mod vif;
mod vm;

use std::collections::HashMap;
use std::sync::Arc;

pub use args::Args;
pub use run::call;

use crate::db::Db;
use crate::failure::Failure;
use crate::lab::Inner;
use crate::value::{Text, Value};

/// What a handler answers.
pub type Answer = Result<Value, Failure>;

/// What a handler works with: the whole database, locked for it, and the checked parameters.
pub struct Env<'a> {
    /// The pool's state.
    pub db: &'a mut Db,
    /// The lab.
    pub lab: &'a Arc<Inner>,
    /// Who calls.
    pub session: &'a Text,
    /// The task of an asynchronous call.
    pub task: Option<&'a Text>,
    /// The full name of the method.
    pub method: &'a str,
    /// Parameters without the session, of the types that the model asks for; references exist or are null, the first
    /// one exists.
    pub args: Args<'a>,
}

/// A handler. It holds the database, so it never waits.
pub type Handler = fn(&mut Env<'_>) -> Answer;

/// An entry of the table of calls.
pub struct Call {
    name: &'static str,
    run: Handler,
    operation: Option<&'static str>,
}

/// A call without a name in `current_operations`.
const fn call_of(name: &'static str, run: Handler) -> Call {
    Call {
        name,
        run,
        operation: None,
    }
}

/// A call that takes time, shows in the `current_operations` of its first parameter, and must be allowed there.
const fn operation(name: &'static str, operation: &'static str, run: Handler) -> Call {
    Call {
        name,
        run,
        operation: Some(operation),
    }
}

/// The table of calls by name.
pub struct Calls {
    by_name: HashMap<&'static str, &'static Call>,
}

impl Calls {
    /// All that is written by hand.
    #[must_use]
    pub fn new() -> Self {
        let tables: &[&'static [Call]] = &[
            session::CALLS,
            plugin::CALLS,
            event::CALLS,
            task::CALLS,
            vm::CALLS,
            vm::copies::CALLS,
            vm::resources::CALLS,
            vm::migration::CALLS,
            vm::questions::CALLS,
            host::CALLS,
            message::CALLS,
            network::CALLS,
            others::CALLS,
            pbd::CALLS,
            pif::CALLS,
            pool::CALLS,
            sr::CALLS,
            vbd::CALLS,
            vdi::CALLS,
            vif::CALLS,
        ];
        let by_name = tables
            .iter()
            .flat_map(|table| table.iter())
            .map(|c| (c.name, c))
            .collect();
        Self { by_name }
    }

    fn find(&self, name: &str) -> Option<&'static Call> {
        self.by_name.get(name).copied()
    }

    /// The method may be called with `Async.` in front: what only reads may not, nor what must answer at once.
    fn is_asynchronous(&self, name: &str) -> bool {
        !matches!(
            name.split_once('.'),
            Some(("session" | "event" | "task", _))
        ) && (self.find(name).is_some()
            || crate::schema::Schema::get()
                .method(name)
                .is_some_and(|method| method.kind == crate::schema::Kind::Own))
    }

    /// The names in the table.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.by_name.keys().copied()
    }
}

impl Default for Calls {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Calls;
    use crate::schema::Schema;

    #[test]
    fn every_handler_belongs_to_a_method_of_the_model() {
        let strangers: Vec<&str> = Calls::new()
            .names()
            .filter(|name| Schema::get().method(name).is_none())
            .collect();
        assert!(strangers.is_empty(), "{strangers:?}");
    }
}
