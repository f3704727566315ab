//! Calls on tasks.

use super::{Answer, Call, Env, call_of};
use crate::tasks::{self, Owner};
use crate::value::Value;

pub(super) const CALLS: &[Call] = &[
    call_of("task.create", create),
    call_of("task.destroy", |env| {
        tasks::discard(env.db, &env.args.text(0));
        Ok(Value::Void)
    }),
    call_of("task.cancel", |env| {
        tasks::cancel(env.db, &env.args.text(0))?;
        Ok(Value::Void)
    }),
    call_of("task.set_status", set_status),
];

fn create(env: &mut Env<'_>) -> Answer {
    let (label, description) = (env.args.text(0), env.args.text(1));
    Ok(Value::from(tasks::create(
        env.db,
        &label,
        &description,
        Owner::Client,
    )))
}

/// A creator may end its task by hand.
fn set_status(env: &mut Env<'_>) -> Answer {
    let (task, status) = (env.args.text(0), env.args.text(1));
    env.db.set(&task, "status", env.args.get(1).clone());
    if !matches!(&*status, "pending" | "cancelling") {
        env.db
            .set(&task, "finished", Value::Date(crate::date::now()));
    }
    Ok(Value::Void)
}
