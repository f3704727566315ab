//! Slows down whoever guesses passwords: per user name and per address, each failure doubles the wait.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::{Error, Result};

/// After the first failure, as the reference's `throttlingDelay`.
const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// One address may serve many people: it is slowed down only after this many failures.
const FREE_PER_ADDRESS: u32 = 10;
const FORGET_AFTER: Duration = Duration::from_secs(15 * 60);
const MAX_ENTRIES: usize = 10_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    User(String),
    Address(IpAddr),
}

#[derive(Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

/// The recent failures.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<HashMap<Key, Failures>>);

impl Throttle {
    /// Refuses when a failure is too recent.
    pub(crate) fn check(&self, user: &str, from: Option<IpAddr>, now: Instant) -> Result<()> {
        let failures = self.0.lock();
        let wait = keys(user, from)
            .filter_map(|key| {
                let entry = failures.get(&key)?;
                (entry.last + wait_after(&key, entry.count)).checked_duration_since(now)
            })
            .max();
        match wait {
            Some(retry_after) if !retry_after.is_zero() => Err(Error::Throttled { retry_after }),
            _ => Ok(()),
        }
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, user: &str, from: Option<IpAddr>, now: Instant) {
        let mut failures = self.0.lock();
        if failures.len() >= MAX_ENTRIES {
            failures.retain(|_, f| now.duration_since(f.last) < FORGET_AFTER);
        }
        for key in keys(user, from) {
            let entry = failures.entry(key).or_insert(Failures {
                count: 0,
                last: now,
            });
            if now.duration_since(entry.last) > FORGET_AFTER {
                entry.count = 0;
            }
            entry.count += 1;
            entry.last = now;
        }
    }

    /// Forgets the failures of a user who got in.
    pub(crate) fn succeeded(&self, user: &str) {
        self.0.lock().remove(&Key::User(user.to_owned()));
    }
}

/// Loopback is no address of anybody: behind a reverse proxy it is everybody's.
fn keys(user: &str, from: Option<IpAddr>) -> impl Iterator<Item = Key> {
    let from = from.filter(|address| !address.to_canonical().is_loopback());
    [Some(Key::User(user.to_owned())), from.map(Key::Address)]
        .into_iter()
        .flatten()
}

fn wait_after(key: &Key, count: u32) -> Duration {
    let steps = match key {
        Key::User(_) => count.saturating_sub(1),
        Key::Address(_) if count < FREE_PER_ADDRESS => return Duration::ZERO,
        Key::Address(_) => count - FREE_PER_ADDRESS,
    };
    FIRST_WAIT
        .saturating_mul(1 << steps.min(5))
        .min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_doubles_the_wait_and_success_ends_it() {
        let throttle = Throttle::default();
        let start = Instant::now();
        throttle.failed("ann", None, start);
        assert!(
            throttle
                .check("ann", None, start + Duration::from_secs(1))
                .is_err()
        );
        assert!(throttle.check("bob", None, start).is_ok());
        assert!(
            throttle
                .check("ann", None, start + Duration::from_secs(2))
                .is_ok()
        );
        throttle.failed("ann", None, start);
        assert!(
            throttle
                .check("ann", None, start + Duration::from_secs(3))
                .is_err()
        );
        throttle.succeeded("ann");
        assert!(throttle.check("ann", None, start).is_ok());
    }

    #[test]
    fn nobody_waits_for_what_others_did_behind_a_reverse_proxy() {
        let throttle = Throttle::default();
        let now = Instant::now();
        let from = Some(IpAddr::from([127, 0, 0, 1]));
        for i in 0..20 {
            throttle.failed(&format!("user{i}"), from, now);
        }
        assert!(throttle.check("other", from, now).is_ok());
        assert!(throttle.check("user3", from, now).is_err());
    }

    #[test]
    fn an_address_that_tries_many_names_is_slowed_down_too() {
        let throttle = Throttle::default();
        let now = Instant::now();
        let from = Some(IpAddr::from([10, 0, 0, 9]));
        for i in 0..10 {
            throttle.failed(&format!("user{i}"), from, now);
        }
        assert!(throttle.check("other", from, now).is_err());
        assert!(
            throttle
                .check("other", Some(IpAddr::from([10, 0, 0, 8])), now)
                .is_ok()
        );
    }
}
