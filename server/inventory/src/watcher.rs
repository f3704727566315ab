//! What keeps one pool's part of the inventory true: connect, load, follow, and when it breaks, try again.
//!
//! Invariant: the wait between two tries grows (`backoff.rs`); all members that were ever seen are asked
//! for the master. What was known stays visible meanwhile. One session serves the connection for its whole life, so that
//! operations that run in it find the pool again too.
//!
//! Invariant: only waits for the network are cut short by a stop; the inventory is never left half written.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use rand::Rng;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use xapi::{Address, Batch, Change, Error, EventFeed, Load, Session, Target, Trust};
use xapi_records::{Class, Id};

use crate::backoff::{self, Backoff};
use crate::connection::Pulse;
use crate::pool::{PoolCache, Refused};
use crate::{Inventory, Settings, State, Status};

const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// Deriving more objects than this takes long enough to be kept off the threads that serve clients.
const LARGE_BATCH: usize = 200;
/// How often in a row a pool may lose our events, or our session, before it is left for a while.
const LOSSES: u32 = 2;

pub(crate) struct Watcher {
    inventory: Arc<Inventory>,
    settings: Settings,
    report: watch::Sender<Status>,
    cancel: CancellationToken,
    members: Vec<Address>,
    session: Option<Session>,
    cache: Option<PoolCache>,
    /// When the pool was last heard of, since the last failure.
    connected: Option<Instant>,
    /// By how many records of a class we know more than the pool counts, though they were just listed.
    excess: HashMap<Class, usize>,
    pub(crate) pulse: Arc<Pulse>,
}

/// Why a watcher no longer follows.
enum Stop {
    Error(Error),
    Duplicate(Id),
    Cancelled,
}

impl From<Error> for Stop {
    fn from(e: Error) -> Self {
        Self::Error(e)
    }
}

impl Watcher {
    pub(crate) fn new(
        inventory: Arc<Inventory>,
        settings: Settings,
        report: watch::Sender<Status>,
        cancel: CancellationToken,
    ) -> Self {
        Self {
            inventory,
            settings,
            report,
            cancel,
            members: Vec::new(),
            session: None,
            cache: None,
            connected: None,
            excess: HashMap::new(),
            pulse: Arc::default(),
        }
    }

    pub(crate) async fn run(mut self) {
        self.keep_connected().await;
        self.cancel.cancelled().await;
        if let Some(cache) = self.cache.take() {
            self.inventory.withdraw(cache);
        }
        self.log_out().await;
    }

    /// Returns only when there is no sense in going on.
    async fn keep_connected(&mut self) {
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
        let mut backoff = Backoff::new();
        let mut told = String::new();
        loop {
            self.connected = None;
            let error = match self.follow(&trust).await {
                Err(Stop::Error(error)) => error,
                Err(Stop::Duplicate(pool)) => {
                    tracing::warn!(%pool, "pool already connected under another connection");
                    self.log_out().await;
                    self.state(State::Duplicate(pool));
                    return;
                }
                Err(Stop::Cancelled) => return,
                Ok(never) => match never {},
            };
            let cause = text(&error);
            if cause == told {
                tracing::debug!(error = %cause, "pool still disconnected");
            } else {
                tracing::warn!(error = %cause, "pool disconnected; it is tried again by itself");
                told = cause;
            }
            if let Some(cache) = &self.cache {
                self.inventory.mark_lost(cache);
            }
            self.state(State::Disconnected(Arc::new(error)));
            let held = self.connected.map(|at| at.elapsed());
            if held.is_some() {
                told.clear();
            }
            let wait = backoff.next(held, rand::rng().random());
            if self.or_stop(tokio::time::sleep(wait)).await.is_err() {
                return;
            }
        }
    }

    /// Connects, loads, and follows until something fails.
    async fn follow(&mut self, trust: &Arc<Trust>) -> Result<std::convert::Infallible, Stop> {
        let session = self.connect(trust).await?;
        let mut feed = self.load(&session).await?;
        let (mut losses, mut failed_before) = (0, false);
        loop {
            match self.or_stop(feed.next()).await? {
                Ok(batch) => {
                    (losses, failed_before) = (0, false);
                    self.apply(&session, &feed, batch).await?;
                }
                // A pool that loses us at once again and again is given time.
                Err(e) if EventFeed::is_lost(&e) && losses < LOSSES => {
                    tracing::info!(error = %e, "events lost: loading again");
                    feed = self.load(&session).await?;
                    losses += 1;
                }
                // One answer that went wrong is no reason to load everything again: the token is still good.
                Err(e @ (Error::Unreachable { .. } | Error::Garbage { .. })) if !failed_before => {
                    tracing::info!(error = %text(&e), "no events: asking again");
                    failed_before = true;
                    self.or_stop(tokio::time::sleep(backoff::FIRST)).await?;
                }
                Err(e) => return Err(e.into()),
            }
        }
    }

    async fn connect(&mut self, trust: &Arc<Trust>) -> Result<Session, Stop> {
        if let Some(session) = self.session.clone() {
            let mut members = vec![self.settings.address.clone()];
            members.extend(self.members.iter().cloned());
            self.or_stop(session.reconnect(&members)).await??;
            return Ok(session);
        }
        let target = Target {
            address: self.settings.address.clone(),
            credentials: self.settings.credentials.clone(),
            trust: Arc::clone(trust),
            proxy: self.settings.proxy.clone(),
            read_only: self.settings.read_only,
            limits: self.settings.limits.clone(),
        };
        let session = self.or_stop(Session::login(&target)).await??;
        Ok(self.session.insert(session).clone())
    }

    async fn load(&mut self, session: &Session) -> Result<EventFeed, Stop> {
        let began = Instant::now();
        let ping = session.request("pool.get_all", serde_json::json!([]), PING_TIMEOUT);
        if self.or_stop(ping).await?.is_ok() {
            self.pulse.took(began.elapsed());
        }
        let mut loads = Vec::new();
        let loading = EventFeed::load(session.clone(), |load| loads.push(load));
        let feed = self.or_stop(loading).await??;
        let cache = match self.inventory.admit(&mut self.cache, &loads) {
            Ok(cache) => cache,
            Err(Refused::Duplicate(pool)) => return Err(Stop::Duplicate(pool)),
            Err(Refused::NoPool) => {
                return Err(Stop::Error(Error::Garbage {
                    host: session.address().authority(),
                    method: "pool.get_all_records".into(),
                    detail: "no pool record".into(),
                }));
            }
        };
        self.off_thread(session, &cache, move |inventory, cache| {
            inventory.reconcile(cache, loads);
        })
        .await?;
        self.excess.clear();
        self.note_members(session, &cache);
        self.inventory.trust_members(&cache, session);
        self.inventory.mark_up(&cache, session);
        self.connected.get_or_insert_with(Instant::now);
        self.pulse.beat();
        self.report_connected(session, &cache);
        tracing::info!(ms = began.elapsed().as_millis() as u64, "pool loaded");
        Ok(feed)
    }

    async fn apply(
        &mut self,
        session: &Session,
        feed: &EventFeed,
        batch: Batch,
    ) -> Result<(), Stop> {
        let received = std::time::Instant::now();
        self.pulse.beat();
        for problem in &batch.unreadable {
            tracing::warn!(problem, "record left out");
        }
        let Some(cache) = self.cache.as_ref().map(PoolCache::alias) else {
            return Ok(());
        };
        let trust_changed = batch
            .changes
            .iter()
            .any(|c| matches!(c, Change::Set(Class::Certificate, ..)));
        let members_changed = batch.changes.iter().any(|c| {
            matches!(
                c,
                Change::Set(Class::Host, ..) | Change::Gone(Class::Host, _)
            )
        });
        let changes = batch.changes;
        if changes.len() > LARGE_BATCH {
            self.off_thread(session, &cache, move |inventory, cache| {
                inventory.apply(cache, changes);
            })
            .await?;
        } else {
            self.inventory.apply(&cache, changes);
        }
        self.inventory.latency.record(received.elapsed());
        if trust_changed {
            self.inventory.trust_members(&cache, session);
            let pins = session.trust().pinned();
            self.report.send_if_modified(|status| {
                let is_new = status.pins != pins;
                status.pins = pins;
                is_new
            });
        }
        if members_changed {
            self.note_members(session, &cache);
        }
        self.find_missed(session, feed, &cache, &batch.counts).await
    }

    /// When we know more records of a class than the pool has, deletions were missed: lists that class again. Where that does not
    /// explain the difference, it is borne.
    async fn find_missed(
        &mut self,
        session: &Session,
        feed: &EventFeed,
        cache: &PoolCache,
        counts: &[(Class, usize)],
    ) -> Result<(), Stop> {
        for &(class, told) in counts {
            let excess = self.inventory.count(cache, class).saturating_sub(told);
            let borne = self.excess.entry(class).or_default();
            *borne = excess.min(*borne);
            if excess <= *borne {
                continue;
            }
            tracing::info!(
                class = class.name(),
                excess,
                "deletions missed: listing again"
            );
            let load: Option<Load> = self.or_stop(feed.reload(class)).await??;
            if let Some(load) = load {
                self.off_thread(session, cache, move |inventory, cache| {
                    inventory.replace(cache, load);
                })
                .await?;
            }
            let left = self.inventory.count(cache, class).saturating_sub(told);
            self.excess.insert(class, left);
        }
        Ok(())
    }

    /// Work on the inventory that takes long; it is always waited for.
    async fn off_thread(
        &self,
        session: &Session,
        cache: &PoolCache,
        work: impl FnOnce(&Inventory, &PoolCache) + Send + 'static,
    ) -> Result<(), Stop> {
        let (inventory, cache) = (Arc::clone(&self.inventory), cache.alias());
        let done = tokio::task::spawn_blocking(move || work(&inventory, &cache)).await;
        done.map_err(|e| {
            Stop::Error(Error::Garbage {
                host: session.address().authority(),
                method: "the records of a pool".into(),
                detail: e.to_string(),
            })
        })
    }

    /// Waits for the network, but not longer than until the stop.
    async fn or_stop<T>(&self, wait: impl Future<Output = T>) -> Result<T, Stop> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Stop::Cancelled),
            done = wait => Ok(done),
        }
    }

    async fn log_out(&mut self) {
        if let Some(session) = self.session.take() {
            session.logout().await;
        }
    }

    fn note_members(&mut self, session: &Session, cache: &PoolCache) {
        let addresses = self.inventory.member_addresses(cache);
        let here = session.address();
        self.members = addresses.iter().map(|host| here.with_host(host)).collect();
    }

    fn report_connected(&self, session: &Session, cache: &PoolCache) {
        self.report.send_modify(|status| {
            if !matches!(status.state, State::Connected) {
                status.state = State::Connected;
                status.since = SystemTime::now();
            }
            status.pool = Some(cache.pool_id().clone());
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

fn text(error: &Error) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
