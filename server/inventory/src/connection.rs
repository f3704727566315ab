//! One connection to one pool, for as long as it is wanted: how it is asked for and how it tells how it stands.
//!
//! What it does all the time is in `watcher.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::Instrument;
use xapi::{Address, Credentials, Error, Fingerprint, Limits, Proxy, TrustMode};
use xapi_records::Id;

use crate::Inventory;
use crate::watcher::Watcher;

/// How to reach a pool.
#[derive(Debug, Clone)]
pub struct Settings {
    /// For logs: the connection's id.
    pub name: String,
    /// Any member.
    pub address: Address,
    /// The account.
    pub credentials: Credentials,
    /// Which certificates are believed.
    pub trust: TrustMode,
    /// What stands between us and the pool.
    pub proxy: Option<Proxy>,
    /// Refuse whatever would change the pool.
    pub read_only: bool,
    /// How long the pool may be silent.
    pub limits: Limits,
}

/// How a connection stands.
#[derive(Debug, Clone)]
pub enum State {
    /// The first try, or one after a loss, is under way.
    Connecting,
    /// Everything is known and followed.
    Connected,
    /// The last try failed; the next one comes by itself.
    Disconnected(Arc<Error>),
    /// The pool is connected already, under another connection: no more tries.
    Duplicate(Id),
}

/// A connection as it is now.
#[derive(Debug, Clone)]
pub struct Status {
    /// Connecting, connected, ...
    pub state: State,
    /// The pool, once known.
    pub pool: Option<Id>,
    /// The member that answers.
    pub address: Option<Address>,
    /// The certificates that are believed: to be stored.
    pub pins: Vec<Fingerprint>,
    /// When the state began.
    pub since: SystemTime,
}

/// What was last heard of a pool.
#[derive(Debug, Clone, Copy, Default)]
pub struct Heard {
    /// When, in milliseconds since the epoch.
    pub at_ms: Option<i64>,
    /// How long the pool took for the smallest of calls when it was last loaded.
    pub latency_ms: Option<f64>,
}

/// Written by the watcher with every answer; no one is woken for it. Zero: nothing yet.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    at_ms: AtomicI64,
    latency_us: AtomicU64,
}

impl Pulse {
    pub(crate) fn beat(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |d| d.as_millis() as i64);
        self.at_ms.store(now, Ordering::Relaxed);
    }

    pub(crate) fn took(&self, latency: Duration) {
        let us = (latency.as_micros() as u64).max(1);
        self.latency_us.store(us, Ordering::Relaxed);
    }
}

/// A watcher that runs until it is stopped.
#[derive(Debug)]
pub struct Connection {
    pulse: Arc<Pulse>,
    status: watch::Receiver<Status>,
    cancel: DropGuard,
    task: JoinHandle<()>,
}

impl Connection {
    /// Begins to watch. Dropping the connection ends that too, without waiting for it.
    pub fn start(inventory: Arc<Inventory>, settings: Settings) -> Self {
        let (report, status) = watch::channel(Status {
            state: State::Connecting,
            pool: None,
            address: None,
            pins: Vec::new(),
            since: SystemTime::now(),
        });
        let cancel = CancellationToken::new();
        let span = tracing::info_span!("watcher", server = settings.name);
        let pulse = Arc::new(Pulse::default());
        let mut watcher = Watcher::new(inventory, settings, report, cancel.clone());
        watcher.pulse = Arc::clone(&pulse);
        let task = tokio::spawn(watcher.run().instrument(span));
        Self {
            pulse,
            status,
            cancel: cancel.drop_guard(),
            task,
        }
    }

    /// As it is now; also to wait for a change.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// When the pool was last heard of.
    pub fn heard(&self) -> Heard {
        let at_ms = self.pulse.at_ms.load(Ordering::Relaxed);
        let us = self.pulse.latency_us.load(Ordering::Relaxed);
        Heard {
            at_ms: (at_ms > 0).then_some(at_ms),
            latency_ms: (us > 0).then_some(us as f64 / 1000.0),
        }
    }

    /// Ends it: removes the pool's objects and logs out.
    pub async fn stop(self) {
        self.cancel.disarm().cancel();
        if self.task.await.is_err() {
            tracing::error!("a watcher did not end well");
        }
    }
}
