//! How fast it may go, how far it is, and whether it shall go on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use serde::Serialize;

use super::Error;

/// Time that passes; tests have one that passes when it is waited for.
pub trait Clock: Send + Sync {
    /// Since some moment.
    fn now(&self) -> Duration;

    /// Waits.
    fn sleep(&self, time: Duration);

    /// Milliseconds since 1970, for people.
    fn date_ms(&self) -> i64;
}

/// What of a step is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// Something short.
    Working,
    /// It is found out what there is.
    Looking,
    /// It is found out what the running system has of a release.
    Comparing,
    /// Files come.
    Coming,
    /// All came; it is looked at.
    Checking,
    /// The other slot is written.
    Writing,
    /// It was written whole; it is read back.
    ReadingBack,
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// What is under way.
    pub doing: &'static str,
    /// What of it.
    pub phase: Phase,
    /// Bytes that are done.
    pub done: u64,
    /// Bytes in all, as far as is known.
    pub total: u64,
    /// Bytes a second, of late.
    pub rate: Option<u64>,
    /// Seconds, at that rate.
    pub seconds_left: Option<u64>,
}

impl Progress {
    /// Of a step that has begun, or is about to end.
    pub fn unknown() -> Self {
        Self {
            doing: "a step of an update",
            phase: Phase::Working,
            done: 0,
            total: 0,
            rate: None,
            seconds_left: None,
        }
    }
}

#[derive(Debug)]
struct Run {
    doing: &'static str,
    phase: Phase,
    done: u64,
    total: u64,
    /// From when the rate is counted: the time, and what was done then.
    since: (Duration, u64),
    /// From when it will be counted next.
    next: (Duration, u64),
    /// When somebody was told last how far it is.
    told: Duration,
}

impl Run {
    fn phase(&self) -> Phase {
        let is_over = self.total > 0 && self.done >= self.total;
        match self.phase {
            Phase::Coming if is_over => Phase::Checking,
            Phase::Writing if is_over => Phase::ReadingBack,
            phase => phase,
        }
    }
}

/// No rate is told before.
const SOON: Duration = Duration::from_secs(1);
/// How often it is told how far it is.
const TELL_EVERY: Duration = Duration::from_millis(500);
/// How long each `since` serves.
const OF_LATE: Duration = Duration::from_secs(5);

/// Of the step that runs.
pub struct Pace {
    clock: Box<dyn Clock>,
    run: Mutex<Option<Run>>,
    is_stopped: AtomicBool,
    /// Whom it is told.
    listener: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl Pace {
    /// Nothing runs.
    pub fn new(clock: Box<dyn Clock>) -> Self {
        Self {
            clock,
            run: Mutex::default(),
            is_stopped: AtomicBool::new(false),
            listener: OnceLock::new(),
        }
    }

    /// Has this called when a step begins and ends, and now and then in between. Only the first one is.
    pub fn listen(&self, listener: Box<dyn Fn() + Send + Sync>) {
        let _ = self.listener.set(listener);
    }

    fn tell(&self) {
        if let Some(listener) = self.listener.get() {
            listener();
        }
    }

    /// A step begins, unless one runs; it ends when the answer is dropped.
    pub fn begin(&self, doing: &'static str) -> Result<Running<'_>, Error> {
        let mut run = self.lock();
        if let Some(run) = &*run {
            return Err(Error::Busy { doing: run.doing });
        }
        self.is_stopped.store(false, Ordering::Relaxed);
        *run = Some(Run {
            doing,
            phase: Phase::Working,
            done: 0,
            total: 0,
            since: (self.clock.now(), 0),
            next: (self.clock.now(), 0),
            told: self.clock.now(),
        });
        drop(run);
        self.tell();
        Ok(Running(self))
    }

    /// How far it is; nothing when nothing runs.
    pub fn progress(&self) -> Option<Progress> {
        let run = self.lock();
        let run = run.as_ref()?;
        let (since, before) = run.since;
        let elapsed = self.clock.now().saturating_sub(since);
        let rate = u128::from(run.done.saturating_sub(before)) * 1000;
        // The first moment says nothing.
        let rate = rate
            .checked_div(elapsed.as_millis())
            .filter(|_| elapsed >= SOON);
        let rate = rate.and_then(|rate| u64::try_from(rate).ok());
        let left = run.total.saturating_sub(run.done);
        Some(Progress {
            doing: run.doing,
            phase: run.phase(),
            done: run.done,
            total: run.total,
            rate,
            seconds_left: rate.and_then(|rate| left.checked_div(rate)),
        })
    }

    /// Asks the step that runs to end; tells whether one runs.
    pub fn stop(&self) -> bool {
        let run = self.lock();
        if run.is_some() {
            self.is_stopped.store(true, Ordering::Relaxed);
        }
        run.is_some()
    }

    /// Milliseconds since 1970.
    pub fn date_ms(&self) -> i64 {
        self.clock.date_ms()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Run>> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to run.
pub struct Running<'a>(&'a Pace);

impl Running<'_> {
    /// So many bytes more are to be done. The rate is counted from the last time before anything was.
    pub fn expect(&self, bytes: u64) {
        if let Some(run) = &mut *self.0.lock() {
            run.total += bytes;
            if run.done == 0 {
                run.since = (self.0.clock.now(), 0);
                run.next = run.since;
            }
        }
    }

    /// From now on it is this that is under way.
    pub fn enter(&self, phase: Phase) {
        if let Some(run) = &mut *self.0.lock() {
            run.phase = phase;
            // How fast something else went says nothing.
            run.since = (self.0.clock.now(), run.done);
            run.next = run.since;
        }
        self.0.tell();
    }

    /// So many bytes came before this was counted.
    pub fn include(&self, bytes: u64) {
        if let Some(run) = &mut *self.0.lock() {
            run.done += bytes;
            run.total += bytes;
            run.since = (self.0.clock.now(), run.done);
            run.next = run.since;
        }
    }

    /// So many bytes are not to be done after all.
    pub fn spare(&self, bytes: u64) {
        if let Some(run) = &mut *self.0.lock() {
            run.total = run.total.saturating_sub(bytes);
        }
    }

    /// So many bytes are done.
    ///
    /// # Errors
    /// When it shall not go on.
    pub fn advance(&self, bytes: u64) -> Result<(), Error> {
        let mut is_due = false;
        if let Some(run) = &mut *self.0.lock() {
            let before = run.phase();
            run.done += bytes;
            let now = self.0.clock.now();
            is_due = run.phase() != before || now.saturating_sub(run.told) >= TELL_EVERY;
            if is_due {
                run.told = now;
            }
            if now.saturating_sub(run.next.0) >= OF_LATE {
                run.since = run.next;
                run.next = (now, run.done);
            }
        }
        if is_due {
            self.0.tell();
        }
        if self.0.is_stopped.load(Ordering::Relaxed) {
            return Err(Error::Cancelled);
        }
        Ok(())
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        *self.0.lock() = None;
        self.0.tell();
    }
}

/// A limit of bytes a second.
pub struct Limit<'a> {
    pace: &'a Pace,
    bytes_per_second: Option<u64>,
    began: Duration,
    sent: u64,
}

impl<'a> Limit<'a> {
    /// From now on; none without a number.
    pub fn new(pace: &'a Pace, bytes_per_second: Option<u64>) -> Self {
        Self {
            pace,
            bytes_per_second: bytes_per_second.filter(|limit| *limit > 0),
            began: pace.clock.now(),
            sent: 0,
        }
    }

    /// Waits until so many bytes more were allowed to come.
    pub fn wait(&mut self, bytes: u64) {
        let Some(limit) = self.bytes_per_second else {
            return;
        };
        self.sent += bytes;
        let millis = u128::from(self.sent) * 1000 / u128::from(limit);
        let due = Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX));
        let elapsed = self.pace.clock.now().saturating_sub(self.began);
        if due > elapsed {
            self.pace.clock.sleep(due - elapsed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    struct Manual(Arc<Mutex<Duration>>);

    impl Clock for Manual {
        fn now(&self) -> Duration {
            *self.0.lock().unwrap()
        }

        fn sleep(&self, time: Duration) {
            *self.0.lock().unwrap() += time;
        }

        fn date_ms(&self) -> i64 {
            0
        }
    }

    fn pace() -> (Pace, Arc<Mutex<Duration>>) {
        let time = Arc::new(Mutex::new(Duration::ZERO));
        (Pace::new(Box::new(Manual(Arc::clone(&time)))), time)
    }

    #[test]
    fn progress_tells_rate_and_time_left() {
        let (pace, time) = pace();
        assert_eq!(pace.progress(), None);
        let run = pace.begin("a download").unwrap();
        assert_eq!(pace.progress().unwrap().phase, Phase::Working);
        run.enter(Phase::Coming);
        run.expect(5000);
        run.include(300);
        assert_eq!(pace.progress().unwrap().rate, None);
        run.advance(1000).unwrap();
        *time.lock().unwrap() += Duration::from_secs(2);
        let progress = pace.progress().unwrap();
        assert_eq!((progress.done, progress.total), (1300, 5300));
        assert_eq!(progress.phase, Phase::Coming);
        assert_eq!(progress.rate, Some(500));
        assert_eq!(progress.seconds_left, Some(8));
        // What was fast or slow long ago does not count.
        for _ in 0..4 {
            *time.lock().unwrap() += Duration::from_secs(5);
            run.advance(500).unwrap();
        }
        assert_eq!(pace.progress().unwrap().rate, Some(100));
        run.spare(2000);
        assert_eq!(pace.progress().unwrap().seconds_left, Some(0));
        assert_eq!(pace.progress().unwrap().phase, Phase::Checking);
        run.enter(Phase::Writing);
        assert_eq!(pace.progress().unwrap().phase, Phase::ReadingBack);
    }

    #[test]
    fn who_listens_is_told_of_beginnings_ends_and_phases_and_not_of_every_byte() {
        let (pace, time) = pace();
        let told = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&told);
        pace.listen(Box::new(move || *counted.lock().unwrap() += 1));
        let count = || std::mem::take(&mut *told.lock().unwrap());
        let run = pace.begin("a download").unwrap();
        run.enter(Phase::Coming);
        assert_eq!(count(), 2);
        run.expect(1000);
        for _ in 0..100 {
            run.advance(1).unwrap();
        }
        assert_eq!(count(), 0);
        *time.lock().unwrap() += TELL_EVERY;
        run.advance(1).unwrap();
        run.advance(1).unwrap();
        assert_eq!(count(), 1);
        run.advance(898).unwrap();
        assert_eq!(count(), 1, "all came");
        drop(run);
        assert_eq!(count(), 1);
    }

    #[test]
    fn one_step_at_a_time_and_it_ends_when_it_is_told_to() {
        let (pace, _) = pace();
        assert!(!pace.stop());
        let run = pace.begin("a download").unwrap();
        let second = pace.begin("another").err().unwrap();
        assert!(matches!(
            second,
            Error::Busy {
                doing: "a download"
            }
        ));
        run.advance(1).unwrap();
        assert!(pace.stop());
        assert!(matches!(run.advance(1), Err(Error::Cancelled)));
        drop(run);
        let run = pace.begin("another").unwrap();
        run.advance(1).unwrap();
    }

    #[test]
    fn a_limit_makes_it_wait_as_long_as_the_bytes_may_take() {
        let (pace, time) = pace();
        let mut limit = Limit::new(&pace, Some(1000));
        limit.wait(500);
        assert_eq!(*time.lock().unwrap(), Duration::from_millis(500));
        *time.lock().unwrap() += Duration::from_secs(10);
        limit.wait(1500);
        assert_eq!(*time.lock().unwrap(), Duration::from_millis(10_500));
        Limit::new(&pace, None).wait(u64::MAX);
        assert_eq!(*time.lock().unwrap(), Duration::from_millis(10_500));
    }
}
