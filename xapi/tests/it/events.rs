//! The state of a pool, then its changes.

use std::time::Duration;

use serde_json::json;
use xapi::{Batch, Change, Error, EventFeed, Session};
use xapi_records::Class;
use xo_lab::{Lab, Times};

use crate::support::{DEADLINE, impatient, start, vm};

async fn load(session: &Session) -> EventFeed {
    EventFeed::load(session.clone(), |_| {}).await.unwrap()
}

fn rename(lab: &Lab, vm: &str, name: &str) {
    lab.db().write().set(vm, "name_label", name);
}

fn tells(batch: &Batch, reference: &str) -> bool {
    let mut changes = batch.changes.iter();
    changes.any(|change| match change {
        Change::Set(_, told, _) | Change::Gone(_, told) => told.to_string() == reference,
    })
}

/// Asks until a batch tells of this object.
async fn batch_of(feed: &mut EventFeed, reference: &str) -> Batch {
    let find = async {
        loop {
            let batch = feed.next().await.unwrap();
            if tells(&batch, reference) {
                return batch;
            }
        }
    };
    tokio::time::timeout(DEADLINE, find).await.unwrap()
}

#[tokio::test]
async fn every_class_is_loaded_and_what_changed_since_is_told() {
    let (lab, session) = start().await;
    let halted = vm(&lab, "Halted");
    let mut loads = Vec::new();
    let mut feed = EventFeed::load(session, |load| {
        // As late as possible, and still not missed.
        rename(&lab, &halted, "changed while loading");
        loads.push(load);
    })
    .await
    .unwrap();
    for class in ["VM", "host", "SR", "VDI", "network", "pool"] {
        let load = loads
            .iter()
            .find(|load| load.class == Class::from_name(class).unwrap());
        let told = load.unwrap().records.len();
        assert_eq!(told, lab.db().read().count(class), "{class}");
    }
    batch_of(&mut feed, &halted).await;
}

#[tokio::test]
async fn changes_and_deletions_are_told_with_the_number_of_rows() {
    let (lab, session) = start().await;
    let mut feed = load(&session).await;
    let halted = vm(&lab, "Halted");
    rename(&lab, &halted, "changed");
    let batch = batch_of(&mut feed, &halted).await;
    assert_eq!(batch.unreadable, Vec::<String>::new());
    lab.db().write().destroy(&halted);
    let batch = batch_of(&mut feed, &halted).await;
    assert!(
        batch
            .changes
            .iter()
            .any(|change| matches!(change, Change::Gone(Class::Vm, r) if r.to_string() == halted))
    );
    let vms = lab.db().read().count("VM");
    assert!(batch.counts.contains(&(Class::Vm, vms)), "{batch:?}");
}

#[tokio::test]
async fn a_quiet_poll_ends_by_itself_and_the_next_one_goes_on() {
    let (lab, _) = start().await;
    let session = impatient(&lab.http_url(), |l| l.poll = Duration::from_millis(100)).await;
    let mut feed = load(&session).await;
    // The touch that gave the first token is told.
    feed.next().await.unwrap();
    let quiet = feed.next().await.unwrap();
    assert!(quiet.changes.is_empty(), "{quiet:?}");
    let halted = vm(&lab, "Halted");
    rename(&lab, &halted, "changed");
    batch_of(&mut feed, &halted).await;
}

#[tokio::test]
async fn a_stalled_poll_is_noticed_and_nothing_is_missed() {
    let (lab, _) = start().await;
    let session = impatient(&lab.http_url(), |limits| {
        limits.poll = Duration::from_millis(100);
        limits.poll_margin = Duration::from_millis(200);
    })
    .await;
    let mut feed = load(&session).await;
    feed.next().await.unwrap();
    lab.faults().stall_events(true);
    let halted = vm(&lab, "Halted");
    rename(&lab, &halted, "changed in the stall");
    let error = feed.next().await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    assert!(!EventFeed::is_lost(&error));
    lab.faults().stall_events(false);
    batch_of(&mut feed, &halted).await;
}

#[tokio::test]
async fn a_stall_is_noticed_within_forty_seconds() {
    let limits = xapi::Limits::default();
    let noticed = limits.poll + limits.poll_margin;
    assert_eq!(noticed, Duration::from_secs(40));
    assert!(limits.poll < Duration::from_secs(60), "what proxies bear");
}

#[tokio::test]
async fn a_feed_is_lost_with_its_events_and_with_its_session() {
    let (lab, session) = start().await;
    let mut feed = load(&session).await;
    lab.faults().lose_events(Times::Count(1));
    let error = feed.next().await.unwrap_err();
    assert!(EventFeed::is_lost(&error), "{error}");
    let before = session.reference();
    lab.expire_sessions();
    let error = feed.next().await.unwrap_err();
    assert!(EventFeed::is_lost(&error), "{error}");
    assert_ne!(session.reference(), before, "it is mended already");
    load(&session).await.next().await.unwrap();
}

#[tokio::test]
async fn a_broken_poll_loses_nothing() {
    let (lab, session) = start().await;
    let mut feed = load(&session).await;
    feed.next().await.unwrap();
    lab.faults().drop_connections(Times::Always);
    lab.faults().sever_connections();
    let error = feed.next().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    let halted = vm(&lab, "Halted");
    rename(&lab, &halted, "changed meanwhile");
    lab.faults().clear();
    batch_of(&mut feed, &halted).await;
}

#[tokio::test]
async fn a_class_is_listed_again_when_asked() {
    let (lab, session) = start().await;
    let feed = load(&session).await;
    let listed = feed.reload(Class::Vm).await.unwrap().unwrap();
    assert_eq!(listed.records.len(), lab.db().read().count("VM"));
}

#[tokio::test]
async fn a_barrier_waits_for_its_own_event() {
    let (lab, session) = start().await;
    let host = lab.db().read().all("host")[0].to_string();
    session.barrier("host", &host).await.unwrap();
    let error = session.barrier("host", "OpaqueRef:none").await.unwrap_err();
    assert_eq!(error.code(), Some("HANDLE_INVALID"));
    lab.faults().stall_events(true);
    let held = tokio::time::timeout(Duration::from_millis(200), session.barrier("host", &host));
    assert!(held.await.is_err(), "not before the event comes");
    lab.faults().stall_events(false);
}

#[tokio::test]
async fn a_pool_without_a_pool_is_no_pool() {
    let (lab, session) = start().await;
    let pool = lab.db().read().all("pool")[0].to_string();
    session
        .perform("pool.get_record", json!([pool]))
        .await
        .unwrap();
    lab.db().write().destroy(&pool);
    let error = EventFeed::load(session, |_| {}).await.unwrap_err();
    assert!(matches!(error, Error::Garbage { .. }), "{error}");
}
