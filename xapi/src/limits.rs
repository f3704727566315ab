//! How long a pool may be silent, for each kind of wait.
//!
//! The values of `Default` are those that are meant for real pools; others are for tests and for odd networks.

use std::time::Duration;

/// The limits of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// A call, to the end of its answer.
    pub call: Duration,
    /// How long XAPI may hold one poll for events when nothing happens (the `timeout` of `event.from`, `xapi-wire.md` section 3).
    /// Shorter than what proxies and NAT tables allow to be silent.
    pub poll: Duration,
    /// By how much an answer to a poll may be later than that before the pool is taken for lost. XAPI gathers changes for 50 ms; the
    /// rest is for a busy host and for the way of a large answer.
    pub poll_margin: Duration,
    /// A transfer that stands still. A disk may take minutes to be attached; what is silent for longer will not speak again.
    pub stall: Duration,
    /// From the request of a transfer to the head of the answer.
    pub open: Duration,
    /// How long the task of a refused transfer is waited for: it may tell the reason, or never have been heard of.
    pub reason: Duration,
    /// XAPI closes the connection of an upload when it has read enough, then completes what it made.
    pub completion: Duration,
    /// A pool may restart its toolstack or change its master while a task is waited for; the task may survive that.
    pub patience: Duration,
    /// Between two looks for such a task.
    pub retry: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            call: Duration::from_secs(300),
            poll: Duration::from_secs(30),
            poll_margin: Duration::from_secs(10),
            stall: Duration::from_secs(600),
            open: Duration::from_secs(120),
            reason: Duration::from_secs(5),
            completion: Duration::from_secs(60),
            patience: Duration::from_secs(120),
            retry: Duration::from_secs(1),
        }
    }
}

impl Limits {
    /// How long a poll is waited for that XAPI may hold for `held`.
    pub(crate) fn of_poll(&self, held: Duration) -> Duration {
        held + self.poll_margin
    }
}
