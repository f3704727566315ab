//! Wakes whoever shows updates when they stand otherwise than before.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Params;
use crate::agent::protocol::Fault;
use crate::agent::{Agent, lock, status, verbs};

/// Whoever waits asks again then.
const LONGEST: Duration = Duration::from_secs(25);

/// How often updates changed.
#[derive(Debug)]
pub(super) struct Changes {
    /// It begins with the time, so that another run of the agent counts otherwise.
    count: Mutex<i64>,
    changed: Condvar,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            count: Mutex::new(status::now_ms()),
            changed: Condvar::new(),
        }
    }
}

impl Changes {
    /// They stand otherwise now.
    pub(super) fn tell(&self) {
        *lock(&self.count) += 1;
        self.changed.notify_all();
    }

    /// Waits until they stand otherwise than at this count, for so long at most; answers the count.
    fn wait(&self, seen: Option<i64>, longest: Duration) -> i64 {
        let count = lock(&self.count);
        let waited = self
            .changed
            .wait_timeout_while(count, longest, |count| seen == Some(*count));
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    seen: Option<i64>,
}

/// Answers when updates stand otherwise than at the count that was seen, or after a while; at once without one.
pub(in crate::agent) fn wait(agent: &Agent, params: Params) -> Result<Value, Fault> {
    let Seen { seen } = verbs::read(params)?;
    agent.updates.engine()?;
    Ok(json!({ "count": agent.updates.changes.wait(seen, LONGEST) }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn who_waits_is_woken_by_a_change_and_told_at_once_of_one_that_was_missed() {
        let changes = Arc::new(Changes::default());
        let first = changes.wait(None, LONGEST);
        assert_eq!(changes.wait(Some(first), Duration::ZERO), first);
        let waiting = Arc::clone(&changes);
        let waits = std::thread::spawn(move || waiting.wait(Some(first), LONGEST));
        changes.tell();
        assert_eq!(waits.join().unwrap(), first + 1);
        assert_eq!(changes.wait(Some(first), LONGEST), first + 1);
    }
}
