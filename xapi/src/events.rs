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
        let limits = self.session.limits();
        let args = json!([names, self.token, limits.poll.as_secs_f64()]);
        let reply = self
            .session
            .request_once("event.from", args, limits.of_poll(limits.poll))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// JSON of any shape, with the words that a batch is made of.
    fn json() -> impl Strategy<Value = serde_json::Value> {
        let word = prop_oneof![
            Just("events"),
            Just("token"),
            Just("valid_ref_counts"),
            Just("class"),
            Just("operation"),
            Just("ref"),
            Just("snapshot"),
            Just("vm"),
            Just("pool"),
            Just("add"),
            Just("del"),
            Just("uuid"),
            Just("OpaqueRef:1"),
            Just("7"),
            Just(""),
        ];
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(|b| json!(b)),
            any::<i64>().prop_map(|i| json!(i)),
            any::<f64>().prop_map(|f| json!(f)),
            ".{0,8}".prop_map(|s| json!(s)),
            word.clone().prop_map(|s| json!(s)),
        ];
        leaf.prop_recursive(5, 40, 6, move |inner| {
            let members = proptest::collection::vec((word.clone(), inner.clone()), 0..7);
            prop_oneof![
                proptest::collection::vec(inner, 0..6).prop_map(serde_json::Value::from),
                members.prop_map(|members| {
                    let members = members.into_iter();
                    members.map(|(k, v)| (k.to_owned(), v)).collect()
                }),
            ]
        })
    }

    fn batch(events: &serde_json::Value, counts: &serde_json::Value) -> Reply {
        let answer = json!({"events": events, "token": "1", "valid_ref_counts": counts});
        Reply::of(&answer.to_string())
    }

    proptest! {
        #[test]
        fn no_answer_makes_the_reading_panic(answer in json(), text in ".*") {
            let _ = read(&Reply::of(&answer.to_string()));
            let _ = read(&batch(&answer, &answer));
            let _ = read(&Reply::of(&text));
        }

        #[test]
        fn one_bad_record_spoils_no_batch(snapshot in json()) {
            let event = json!({"class": "vm", "operation": "mod", "ref": "OpaqueRef:1", "snapshot": snapshot});
            let gone = json!({"class": "vm", "operation": "del", "ref": "OpaqueRef:2"});
            let (token, batch) = read(&batch(&json!([event, gone]), &json!({"vm": "2"}))).unwrap();
            prop_assert_eq!(token, "1");
            prop_assert_eq!(batch.changes.len() + batch.unreadable.len(), 2);
            prop_assert!(matches!(batch.changes.last(), Some(Change::Gone(Class::Vm, _))));
            prop_assert_eq!(batch.counts, [(Class::Vm, 2)]);
        }
    }

    #[test]
    fn classes_that_are_not_kept_and_counts_that_are_none_are_passed_over() {
        let event =
            json!({"class": "user", "operation": "mod", "ref": "OpaqueRef:1", "snapshot": {}});
        let counts = json!({"vm": "x", "host": 3, "sr": -1, "message": 9, "user": 1});
        let (_, batch) = read(&batch(&json!([event]), &counts)).unwrap();
        assert!(batch.changes.is_empty() && batch.unreadable.is_empty());
        assert_eq!(batch.counts, [(Class::Host, 3)]);
    }
}
