//! Events: `event.from` waits for changes, `event.inject` makes one. The older `event.register`/`event.next` pair is not
//! served: a client that asks is told so (`MESSAGE_REMOVED`).

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Answer, Call, Env, call_of};
use crate::db::events::{Subscription, Token};
use crate::failure::Failure;
use crate::lab::Inner;
use crate::rpc::Outcome;
use crate::rpc::encode::{Encoder, Format};
use crate::value::{Text, Value};

pub(super) const CALLS: &[Call] = &[
    call_of("event.inject", inject),
    call_of("event.get_current_id", |env| {
        Ok(Value::Int(
            i64::try_from(env.db.generation()).unwrap_or(i64::MAX),
        ))
    }),
    call_of("event.register", removed),
    call_of("event.unregister", removed),
    call_of("event.next", removed),
];

/// The longest that a client may wait.
const LONGEST: Duration = Duration::from_secs(3600);

fn removed(env: &mut Env<'_>) -> Answer {
    Err(Failure::new("MESSAGE_REMOVED", [env.method]))
}

/// `event.inject(class, ref)`: touches the row, returns the token just before.
fn inject(env: &mut Env<'_>) -> Answer {
    let (class, reference) = (env.args.text(0), env.args.text(1));
    let known = env
        .db
        .class_of(&reference)
        .is_some_and(|found| found.eq_ignore_ascii_case(&class));
    if !known {
        return Err(Failure::handle_invalid(&class, &reference));
    }
    let token = Token(env.db.generation());
    env.db.touch(&reference);
    Ok(Value::from(token.text()))
}

/// `event.from(classes, token, timeout)`: what changed since the token, as soon as there is something, at the latest when
/// the timeout has passed.
///
/// # Errors
/// `SESSION_INVALID` when the session ends meanwhile, `EVENTS_LOST` when that fault is set, and those of the parameters.
pub(super) async fn from(
    lab: &Arc<Inner>,
    session: &Text,
    args: &[Value],
    format: Format,
) -> Outcome {
    let subscription = Subscription::parse(args.first().map_or(&[], Value::elements))?;
    let token = Token::parse(args.get(1).map_or("", Value::as_str))?;
    let seconds = match args.get(2) {
        Some(Value::Float(seconds)) if *seconds > 0.0 => *seconds,
        _ => 0.0,
    };
    let timeout = Duration::try_from_secs_f64(seconds)
        .unwrap_or(LONGEST)
        .min(LONGEST);
    let deadline = Instant::now() + timeout;
    let mut changed = lab.store.watch();
    // A host gathers changes before its first look and after each that finds nothing.
    let mut pause = lab.config.coalesce.min(timeout);
    loop {
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        while lab.faults.events_stalled() && lab.store.read().has("session", session) {
            lab.faults.stall_ends().await;
        }
        if lab.faults.take_lost_events() {
            return Err(Failure::bare("EVENTS_LOST"));
        }
        changed.mark_unchanged();
        {
            let db = lab.store.read();
            if !db.has("session", session) {
                return Err(Failure::session_invalid(session));
            }
            let changes = db.changes(&subscription, token);
            if !changes.is_empty() || Instant::now() >= deadline {
                let mut out = Encoder::new(format);
                db.write_changes(&changes, &mut out);
                return Ok(out.out);
            }
        }
        let waited = tokio::time::timeout_at(deadline, changed.changed()).await;
        pause = if waited.is_ok() {
            lab.config.coalesce
        } else {
            Duration::ZERO
        };
    }
}
