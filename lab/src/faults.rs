//! Scripted trouble: what a client must live with in a real pool, made on command.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use crate::failure::Failure;

/// How often a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// Until it is taken back.
    Always,
    /// So many times.
    Count(u32),
}

impl Times {
    /// Uses one up; false when none is left.
    fn take(&mut self) -> bool {
        match self {
            Self::Always => true,
            Self::Count(0) => false,
            Self::Count(left) => {
                *left -= 1;
                true
            }
        }
    }
}

#[derive(Debug)]
struct State {
    drop: Times,
    garbage: Times,
    lost_events: Times,
    stalled: bool,
    latency: Duration,
    master: Option<String>,
    down: Option<IpAddr>,
    failing: HashMap<String, (Failure, Times)>,
    slow: HashMap<String, Duration>,
}

/// The faults of one lab. Each is set at any time, from any thread, and holds until it is used up or taken back.
#[derive(Debug)]
pub struct Faults {
    state: Mutex<State>,
    resumed: Notify,
    severed: watch::Sender<()>,
}

impl Default for Faults {
    fn default() -> Self {
        let none = Times::Count(0);
        Self {
            state: Mutex::new(State {
                drop: none,
                garbage: none,
                lost_events: none,
                stalled: false,
                latency: Duration::ZERO,
                master: None,
                down: None,
                failing: HashMap::new(),
                slow: HashMap::new(),
            }),
            resumed: Notify::new(),
            severed: watch::Sender::new(()),
        }
    }
}

impl Faults {
    /// Connections are closed instead of answering a request.
    pub fn drop_connections(&self, times: Times) {
        self.state.lock().drop = times;
    }

    /// Closes every connection that is open now, whatever goes on there.
    pub fn sever_connections(&self) {
        self.severed.send_modify(|()| {});
    }

    pub(crate) fn severed(&self) -> watch::Receiver<()> {
        self.severed.subscribe()
    }

    /// The host with this address closes every connection at once: it crashed. `None` repairs it. What is open already is closed by
    /// [`Faults::sever_connections`].
    pub fn crash_host(&self, address: Option<IpAddr>) {
        self.state.lock().down = address;
    }

    pub(crate) fn is_down(&self, address: IpAddr) -> bool {
        self.state.lock().down == Some(address)
    }

    /// Requests are answered with bytes that are no answer.
    pub fn answer_garbage(&self, times: Times) {
        self.state.lock().garbage = times;
    }

    /// `event.from` answers `EVENTS_LOST`.
    pub fn lose_events(&self, times: Times) {
        self.state.lock().lost_events = times;
    }

    /// `event.from` does not answer at all, timeout or not, until this is taken back.
    pub fn stall_events(&self, stalled: bool) {
        self.state.lock().stalled = stalled;
        self.resumed.notify_waiters();
    }

    /// Every call takes so much longer.
    pub fn delay_calls(&self, latency: Duration) {
        self.state.lock().latency = latency;
    }

    /// Logins answer `HOST_IS_SLAVE` with this master's address. `None` makes the lab a master again.
    pub fn be_slave_of(&self, master: Option<&str>) {
        self.state.lock().master = master.map(str::to_owned);
    }

    /// A call of this name fails: `Async.VM.start` only as a task, `VM.start` both ways.
    pub fn fail_call(&self, name: &str, failure: Failure, times: Times) {
        self.state
            .lock()
            .failing
            .insert(name.to_owned(), (failure, times));
    }

    /// An operation of this name takes so long; as a task it tells its progress meanwhile. With or without `Async.`.
    pub fn slow_call(&self, name: &str, time: Duration) {
        self.state.lock().slow.insert(name.to_owned(), time);
    }

    /// Takes every fault back.
    pub fn clear(&self) {
        *self.state.lock() = Self::default().state.into_inner();
        self.resumed.notify_waiters();
    }

    pub(crate) fn take_drop(&self) -> bool {
        self.state.lock().drop.take()
    }

    pub(crate) fn take_garbage(&self) -> bool {
        self.state.lock().garbage.take()
    }

    pub(crate) fn take_lost_events(&self) -> bool {
        self.state.lock().lost_events.take()
    }

    pub(crate) fn events_stalled(&self) -> bool {
        self.state.lock().stalled
    }

    /// Waits for a sign that the stall may be over; looks by itself now and then, so that no sign can be missed.
    pub(crate) async fn stall_ends(&self) {
        let _ = tokio::time::timeout(Duration::from_millis(100), self.resumed.notified()).await;
    }

    pub(crate) fn latency(&self) -> Duration {
        self.state.lock().latency
    }

    pub(crate) fn master(&self) -> Option<String> {
        self.state.lock().master.clone()
    }

    pub(crate) fn failure_of(&self, method: &str) -> Option<Failure> {
        let mut state = self.state.lock();
        let bare = method.strip_prefix("Async.").unwrap_or(method);
        let name = [method, bare]
            .into_iter()
            .find(|name| state.failing.contains_key(*name))?;
        let (failure, times) = state.failing.get_mut(name)?;
        times.take().then(|| failure.clone())
    }

    pub(crate) fn delay_of(&self, method: &str) -> Duration {
        let state = self.state.lock();
        let bare = method.strip_prefix("Async.").unwrap_or(method);
        state
            .slow
            .get(method)
            .or_else(|| state.slow.get(bare))
            .copied()
            .unwrap_or_default()
    }
}
