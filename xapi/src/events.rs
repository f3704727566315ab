//! The state of a pool and its changes: everything once, then `event.from` without a pause between two polls.
//!
//! `event.from` tells the present state of what changed, not a log: an object that changed twice comes once, and what was
//! made and destroyed between two polls never comes. When the pool lost track of us, [`EventFeed::load`] is asked
//! again and the caller compares with what it knows.
//!
//! Invariant: a token is never used under another session than the one it was got under: a pool that was restarted or restored
//! may count anew, and a feed that goes on with an old token would be silent for ever.

use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use crate::records::{Class, Record, Ref};
use crate::{Error, Reply, Result, Session};

/// How long XAPI may hold one poll. Shorter than what proxies and NAT tables allow to be silent.
const POLL_SECONDS: f64 = 50.0;
const POLL_TIMEOUT: Duration = Duration::from_secs(80);
/// Answers above this are parsed on a thread of their own.
const LARGE: usize = 256 * 1024;
/// Fetches at once: more only raises the peak of memory.
const PARALLEL_LOADS: usize = 4;

/// Every record of one class.
#[derive(Debug)]
pub struct Load {
    /// Whose records.
    pub class: Class,
    /// All of them.
    pub records: Vec<(Ref, Record)>,
}

/// One change.
#[derive(Debug)]
pub enum Change {
    /// The record as it is now: new or modified.
    Set(Class, Ref, Box<Record>),
    /// It is gone.
    Gone(Class, Ref),
}

/// What one poll told.
#[derive(Debug, Default)]
pub struct Batch {
    /// In XAPI's order: additions, modifications, deletions.
    pub changes: Vec<Change>,
    /// Records that could not be read, each with what was wrong: they are left out.
    pub unreadable: Vec<String>,
    /// How many records of each class there are, to find lost deletions: the pool remembers those only for a while.
    pub counts: Vec<(Class, usize)>,
}

/// The changes of one pool since a token.
#[derive(Debug)]
pub struct EventFeed {
    session: Session,
    classes: Vec<Class>,
    token: String,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    events: Vec<Event<'a>>,
    token: String,
    #[serde(default)]
    valid_ref_counts: HashMap<&'a str, serde_json::Value>,
}

#[derive(Deserialize)]
struct Event<'a> {
    class: &'a str,
    operation: &'a str,
    #[serde(rename = "ref")]
    reference: Ref,
    #[serde(borrow, default)]
    snapshot: Option<&'a RawValue>,
}

impl EventFeed {
    /// Takes a token just before now, then hands every record of every class to `sink`, a class at a time.
    /// What changes meanwhile comes again with the first batch.
    ///
    /// # Errors
    /// Those of the calls. A class that an older pool does not have is skipped.
    pub async fn load(session: Session, mut sink: impl FnMut(Load)) -> Result<Self> {
        use futures_util::{StreamExt, stream};
        let pools: Vec<Ref> = session.call("pool.get_all", json!([])).await?;
        let pool = pools.into_iter().next();
        let pool = pool.ok_or_else(|| session.garbage("pool.get_all", "no pool".into()))?;
        let token = session.call("event.inject", json!(["pool", pool])).await?;
        let mut loads = stream::iter(Class::ALL.iter().copied())
            .map(|class| fetch(&session, class))
            .buffer_unordered(PARALLEL_LOADS);
        let mut classes = Vec::new();
        while let Some(load) = loads.next().await {
            if let Some(load) = load? {
                classes.push(load.class);
                sink(load);
            }
        }
        drop(loads);
        Ok(Self {
            session,
            classes,
            token,
        })
    }

    /// Waits for changes. An empty batch means that nothing happened for a while.
    ///
    /// # Errors
    /// After any error the feed can be asked again, except one that [`EventFeed::is_lost`]: load anew.
    pub async fn next(&mut self) -> Result<Batch> {
        let names: Vec<&str> = self.classes.iter().map(|c| c.name()).collect();
        let args = json!([names, self.token, POLL_SECONDS]);
        let reply = self
            .session
            .request_once("event.from", args, POLL_TIMEOUT)
            .await?;
        let session = self.session.clone();
        let parsed = if reply.as_str().len() > LARGE {
            let work = tokio::task::spawn_blocking(move || read(&reply));
            work.await
                .map_err(|e| session.garbage("event.from", e.to_string()))?
        } else {
            read(&reply)
        };
        let (token, batch) = parsed.map_err(|e| session.garbage("event.from", e.to_string()))?;
        self.token = token;
        Ok(batch)
    }

    /// True when the pool lost track of this feed and everything must be loaded again.
    pub fn is_lost(error: &Error) -> bool {
        matches!(
            error.code(),
            Some(
                "EVENTS_LOST"
                    | "SESSION_INVALID"
                    | "HOST_IS_SLAVE"
                    | "EVENT_FROM_TOKEN_PARSE_FAILURE"
            )
        )
    }

    /// Every record of one class as it is now; what changes meanwhile comes with the next batch. `None` when this pool does not
    /// have the class.
    ///
    /// # Errors
    /// Those of the call.
    pub async fn reload(&self, class: Class) -> Result<Option<Load>> {
        fetch(&self.session, class).await
    }
}

async fn fetch(session: &Session, class: Class) -> Result<Option<Load>> {
    let method = format!("{}.get_all_records", class.name());
    let reply = match session
        .request(&method, json!([]), Duration::from_secs(120))
        .await
    {
        Ok(reply) => reply,
        Err(e) if matches!(e.code(), Some("MESSAGE_METHOD_UNKNOWN" | "MESSAGE_REMOVED")) => {
            return Ok(None);
        }
        Err(e) => return Err(e),
    };
    let work = tokio::task::spawn_blocking(move || xapi_records::parse_all(class, reply.as_str()));
    let records = work
        .await
        .map_err(|e| session.garbage(&method, e.to_string()))?
        .map_err(|e| session.garbage(&method, e.to_string()))?;
    Ok(Some(Load { class, records }))
}

pub(crate) fn read(reply: &Reply) -> Result<(String, Batch), serde_json::Error> {
    let answer: Answer<'_> = serde_json::from_str(reply.as_str())?;
    let mut batch = Batch::default();
    for event in answer.events {
        let Some(class) = Class::from_name(event.class) else {
            continue;
        };
        match event.snapshot {
            Some(snapshot) if event.operation != "del" => {
                match Record::parse(class, snapshot.get()) {
                    Ok(record) => {
                        batch
                            .changes
                            .push(Change::Set(class, event.reference, Box::new(record)));
                    }
                    Err(e) => batch
                        .unreadable
                        .push(format!("{} {}: {e}", event.class, event.reference)),
                }
            }
            _ => batch.changes.push(Change::Gone(class, event.reference)),
        }
    }
    batch.counts = answer.valid_ref_counts.iter().filter_map(count).collect();
    Ok((answer.token, batch))
}

/// Messages are no rows of the database: their number tells nothing.
fn count((name, rows): (&&str, &serde_json::Value)) -> Option<(Class, usize)> {
    let class = Class::from_name(name).filter(|class| *class != Class::Message)?;
    let rows = match rows {
        serde_json::Value::String(text) => text.parse().ok()?,
        number => number.as_u64()?,
    };
    Some((class, usize::try_from(rows).ok()?))
}
