//! `host.call_plugin(host, plugin, function, args)`.

use super::{Answer, Call, Env, call_of};
use crate::value::Value;

pub(super) const CALLS: &[Call] = &[call_of("host.call_plugin", call_plugin)];

fn call_plugin(env: &mut Env<'_>) -> Answer {
    let [host, plugin, function] = [0, 1, 2].map(|at| env.args.text(at));
    let answer = env
        .lab
        .plugins
        .call(env.db, &host, &plugin, &function, env.args.get(3))?;
    Ok(Value::from(answer))
}
