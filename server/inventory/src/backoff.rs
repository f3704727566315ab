//! How long to wait before the next try at a pool that does not answer.
//!
//! Invariant: the waits double from [`FIRST`] to [`LONGEST`], and begin anew only after a connection that held for longer than
//! that: a pool that comes and goes is not stormed.

use std::time::Duration;

pub(crate) const FIRST: Duration = Duration::from_millis(500);
pub(crate) const LONGEST: Duration = Duration::from_secs(15);

/// The waits of one connection.
#[derive(Debug)]
pub(crate) struct Backoff(Duration);

impl Backoff {
    pub(crate) fn new() -> Self {
        Self(FIRST)
    }

    /// The next wait. `held` is how long the connection was there that is lost now, if there was one; `jitter` is from 0 to 1 and
    /// spreads the tries of many connections over 80 % to 120 %.
    pub(crate) fn next(&mut self, held: Option<Duration>, jitter: f64) -> Duration {
        if held.is_some_and(|held| held > LONGEST) {
            self.0 = FIRST;
        }
        let wait = self.0.mul_f64(0.8 + 0.4 * jitter.clamp(0.0, 1.0));
        self.0 = (self.0 * 2).min(LONGEST);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(backoff: &mut Backoff, tries: usize) -> Vec<f64> {
        (0..tries)
            .map(|_| backoff.next(None, 0.5).as_secs_f64())
            .collect()
    }

    #[test]
    fn the_waits_double_from_half_a_second_to_fifteen() {
        assert_eq!(
            waits(&mut Backoff::new(), 8),
            [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]
        );
    }

    #[test]
    fn only_a_connection_that_held_begins_anew() {
        let mut backoff = Backoff::new();
        waits(&mut backoff, 6);
        assert_eq!(backoff.next(Some(Duration::from_secs(14)), 0.5), LONGEST);
        assert_eq!(backoff.next(Some(Duration::from_secs(16)), 0.5), FIRST);
    }

    #[test]
    fn many_connections_do_not_try_at_the_same_moment() {
        assert_eq!(Backoff::new().next(None, 0.0), Duration::from_millis(400));
        assert_eq!(Backoff::new().next(None, 1.0), Duration::from_millis(600));
    }
}
