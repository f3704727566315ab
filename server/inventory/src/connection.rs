//! One connection to one pool, for as long as it is wanted: connect, load, follow, and when it breaks, try again.
//!
//! Invariant: the wait between two tries grows from 0.5 s to 15 s, with jitter; all members that were ever seen are tried
//! for the master. What was known stays visible meanwhile.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rand::Rng;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use xapi::{
    Address, Batch, Change, Credentials, Error, EventFeed, Fingerprint, Session, Target, Trust,
    TrustMode,
};
use xapi_records::{Class, Id};

use crate::Inventory;
use crate::pool::{PoolCache, Refused};

const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(15);

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

/// A watcher that runs until it is stopped.
#[derive(Debug)]
pub struct Connection {
    status: watch::Receiver<Status>,
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Connection {
    /// Begins to watch.
    pub fn start(inventory: Arc<Inventory>, settings: Settings) -> Self {
        let (report, status) = watch::channel(Status {
            state: State::Connecting,
            pool: None,
            address: None,
            pins: Vec::new(),
            since: SystemTime::now(),
        });
        let cancel = CancellationToken::new();
        let watcher = Watcher {
            inventory,
            settings,
            report,
            members: Vec::new(),
        };
        let task = tokio::spawn(watcher.run(cancel.clone()));
        Self {
            status,
            cancel,
            task,
        }
    }

    /// As it is now; also to wait for a change.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Ends it: logs out and removes the pool's objects.
    pub async fn stop(self) {
        self.cancel.cancel();
        if self.task.await.is_err() {
            tracing::error!("a watcher did not end well");
        }
    }
}

struct Watcher {
    inventory: Arc<Inventory>,
    settings: Settings,
    report: watch::Sender<Status>,
    members: Vec<Address>,
}

impl Watcher {
    async fn run(mut self, cancel: CancellationToken) {
        let mut cache = None;
        tokio::select! {
            () = cancel.cancelled() => {}
            () = self.keep_connected(&mut cache) => cancel.cancelled().await,
        }
        if let Some(cache) = cache {
            let session = self.inventory.withdraw(cache);
            if let Some(session) = session {
                session.logout().await;
            }
        }
    }

    /// Returns only when there is no sense in going on.
    async fn keep_connected(&mut self, cache: &mut Option<PoolCache>) {
        let trust = match Trust::new(&self.settings.trust) {
            Ok(trust) => trust,
            Err(e) => {
                let source = Box::new(e);
                let host = self.settings.address.authority();
                self.state(State::Disconnected(Arc::new(Error::Unreachable {
                    host,
                    source,
                })));
                return;
            }
        };
        let mut wait = FIRST_WAIT;
        loop {
            let began = std::time::Instant::now();
            let error = match self.follow(&trust, cache).await {
                Err(Stop::Error(error)) => error,
                Err(Stop::Duplicate(pool)) => {
                    tracing::warn!(server = self.settings.name, %pool, "pool already connected");
                    self.state(State::Duplicate(pool));
                    return;
                }
                Ok(never) => match never {},
            };
            tracing::warn!(server = self.settings.name, error = %text(&error), "pool disconnected");
            if let Some(cache) = cache {
                self.inventory.mark_lost(cache);
            }
            self.state(State::Disconnected(Arc::new(error)));
            if began.elapsed() > LONGEST_WAIT {
                wait = FIRST_WAIT;
            }
            let jitter = rand::rng().random_range(0.8..1.2);
            tokio::time::sleep(wait.mul_f64(jitter)).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// Connects, loads, and follows until something fails.
    async fn follow(
        &mut self,
        trust: &Arc<Trust>,
        cache: &mut Option<PoolCache>,
    ) -> Result<std::convert::Infallible, Stop> {
        let session = self.login(trust).await?;
        let mut feed = self.load(&session, cache).await?;
        self.report_connected(&session, cache.as_ref());
        loop {
            match feed.next().await {
                Ok(batch) => {
                    let received = std::time::Instant::now();
                    for problem in &batch.unreadable {
                        tracing::warn!(server = self.settings.name, problem, "record left out");
                    }
                    let lost_some = self.apply(cache, batch);
                    self.inventory.latency.record(received.elapsed());
                    if lost_some {
                        feed = self.load(&session, cache).await?;
                    }
                }
                Err(e) if EventFeed::is_lost(&e) => {
                    tracing::info!(server = self.settings.name, error = %e, "events lost: loading again");
                    feed = self.load(&session, cache).await?;
                }
                Err(e) => {
                    session.logout().await;
                    return Err(e.into());
                }
            }
        }
    }

    /// True when the numbers show that a deletion was missed.
    fn apply(&self, cache: &mut Option<PoolCache>, batch: Batch) -> bool {
        let Some(cache) = cache else { return false };
        let trust_changed = batch
            .changes
            .iter()
            .any(|c| matches!(c, Change::Set(Class::Certificate, ..)));
        let task_count = batch.task_count;
        self.inventory.apply(cache, batch.changes);
        if trust_changed {
            self.inventory.trust_members(cache);
        }
        task_count.is_some_and(|n| n < self.inventory.task_count(cache))
    }

    async fn login(&mut self, trust: &Arc<Trust>) -> Result<Session, Error> {
        let first = self.settings.address.clone();
        let mut candidates = vec![first.clone()];
        candidates.extend(self.members.iter().filter(|a| **a != first).cloned());
        let mut failure = None;
        for address in candidates {
            let target = Target {
                address,
                credentials: self.settings.credentials.clone(),
                trust: Arc::clone(trust),
            };
            match Session::login(&target).await {
                Ok(session) => return Ok(session),
                // Another member may know a new master; a refused account is refused by all.
                Err(e) if e.is_connection() => failure = failure.or(Some(e)),
                Err(e) => return Err(e),
            }
        }
        Err(failure.unwrap_or_else(|| Error::Timeout {
            host: first.authority(),
            method: "session.login_with_password".into(),
        }))
    }

    async fn load(
        &mut self,
        session: &Session,
        cache: &mut Option<PoolCache>,
    ) -> Result<EventFeed, Stop> {
        let began = std::time::Instant::now();
        let mut loads = Vec::new();
        let feed = EventFeed::load(session.clone(), |load| loads.push(load)).await?;
        let (inventory, known) = (Arc::clone(&self.inventory), cache.take());
        let taking = session.clone();
        // Deriving tens of thousands of objects takes long enough to be kept off the threads that serve clients.
        let work = tokio::task::spawn_blocking(move || inventory.reconcile(known, &taking, loads));
        let outcome = work.await.map_err(|e| Error::Garbage {
            host: session.address().authority(),
            method: "load".into(),
            detail: e.to_string(),
        })?;
        match outcome {
            Ok(loaded) => {
                self.members = self
                    .inventory
                    .member_addresses(&loaded)
                    .iter()
                    .map(|host| session.address().with_host(host))
                    .collect();
                self.inventory.trust_members(&loaded);
                *cache = Some(loaded);
            }
            Err(Refused::Duplicate(pool)) => {
                session.logout().await;
                return Err(Stop::Duplicate(pool));
            }
            Err(Refused::NoPool) => {
                return Err(Stop::Error(Error::Garbage {
                    host: session.address().authority(),
                    method: "pool.get_all_records".into(),
                    detail: "no pool record".into(),
                }));
            }
        }
        tracing::info!(
            server = self.settings.name,
            ms = began.elapsed().as_millis() as u64,
            "pool loaded"
        );
        Ok(feed)
    }

    fn report_connected(&self, session: &Session, cache: Option<&PoolCache>) {
        self.report.send_modify(|status| {
            status.state = State::Connected;
            status.since = SystemTime::now();
            status.pool = cache.map(|c| c.pool_id().clone());
            status.address = Some(session.address());
            status.pins = session.trust().pinned();
        });
    }

    fn state(&self, state: State) {
        self.report.send_modify(|status| {
            let repeated = matches!(
                (&status.state, &state),
                (State::Disconnected(_), State::Disconnected(_))
            );
            status.state = state;
            if !repeated {
                status.since = SystemTime::now();
            }
        });
    }
}

enum Stop {
    Error(Error),
    Duplicate(Id),
}

impl From<Error> for Stop {
    fn from(e: Error) -> Self {
        Self::Error(e)
    }
}

fn text(error: &Error) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
