//! Pools that are lost and found: what is known stays, and only what differs is told again.

use std::collections::BTreeSet;
use std::time::Duration;

use xapi::Error;
use xo_inventory::{Connection, State};
use xo_lab::{Failure, LabConfig, Times};
use xo_model::ObjectType;

use crate::support::{
    DEADLINE, Told, Watched, is_connected, is_disconnected, settings, small, until,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_pool_stays_visible_and_comes_back_without_a_flood() {
    let pool = Watched::start().await;
    let mut subscription = pool.inventory.subscribe();
    let (known, id) = (pool.ids(), pool.pool());
    assert_eq!(pool.inventory.lost_since(&id), None);
    pool.lab.faults().drop_connections(Times::Always);
    pool.lab.faults().sever_connections();
    let status = pool.until(is_disconnected).await;
    assert!(
        matches!(&status.state, State::Disconnected(e) if e.is_connection()),
        "{status:?}"
    );
    assert!(pool.inventory.lost_since(&id).is_some());
    assert!(pool.inventory.pool(&id).is_none());
    assert_eq!(pool.inventory.pool_counts(), (0, 1));
    assert_eq!(pool.ids(), known);
    let (changed, vm) = pool.vm("Halted");
    pool.set(&vm, "name_label", "changed meanwhile");
    pool.lab.faults().clear();
    pool.until(is_connected).await;
    assert_eq!(pool.inventory.lost_since(&id), None);
    assert!(pool.inventory.pool(&id).is_some());
    assert_eq!(pool.told(&mut subscription).await, Told::entered(&changed));
    assert_eq!(pool.ids(), known);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_poll_is_asked_again_without_a_loss() {
    let pool = Watched::start().await;
    let mut subscription = pool.inventory.subscribe();
    let since = pool.connection.status().borrow().since;
    pool.lab.faults().sever_connections();
    assert_eq!(pool.told(&mut subscription).await, Told::nothing());
    let status = pool.connection.status().borrow().clone();
    assert!(is_connected(&status));
    assert_eq!(status.since, since);
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_events_lead_to_a_load_without_a_flood() {
    let pool = Watched::start().await;
    let mut subscription = pool.inventory.subscribe();
    // A pool that loses us at once after a load is given time; this one did not.
    pool.told(&mut subscription).await;
    let (id, vm) = pool.vm("Halted");
    pool.lab.faults().lose_events(Times::Count(1));
    pool.set(&vm, "name_label", "changed");
    assert_eq!(pool.told(&mut subscription).await, Told::entered(&id));
    assert!(is_connected(&pool.connection.status().borrow()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_session_is_replaced_without_a_flood() {
    let pool = Watched::start().await;
    let mut subscription = pool.inventory.subscribe();
    let (id, vm) = pool.vm("Halted");
    pool.lab.expire_sessions();
    pool.set(&vm, "name_label", "changed");
    assert_eq!(pool.told(&mut subscription).await, Told::entered(&id));
    assert_eq!(pool.lab.db().read().count("session"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_with_new_references_keeps_its_objects() {
    let pool = Watched::start().await;
    let mut subscription = pool.inventory.subscribe();
    let known = pool.ids();
    let (id, old) = pool.vm("Halted");
    pool.lab.restart_with_new_references();
    let renewed = pool
        .inventory
        .await_state(DEADLINE, |inventory| inventory.find(&old).is_none())
        .await;
    assert!(renewed);
    let told = pool.told(&mut subscription).await;
    assert_eq!(told.exited, BTreeSet::new());
    assert!(told.entered.is_subset(&known), "only what was known");
    assert_eq!(pool.ids(), known);
    let (same, new) = pool.vm("Halted");
    assert_eq!(same, id);
    assert_eq!(pool.inventory.find(&new).unwrap().id, id);
    // The references are all that differed: another load tells nothing.
    pool.lab.faults().lose_events(Times::Count(1));
    assert_eq!(pool.told(&mut subscription).await, Told::nothing());
}

#[tokio::test(flavor = "multi_thread")]
async fn deletions_that_the_events_did_not_tell_are_found_by_counting() {
    let pool = Watched::start().await;
    let mut subscription = pool.inventory.subscribe();
    let known = pool.ids();
    // Only the class in question is listed again: a load of everything would fail.
    let unasked = Failure::new("INTERNAL_ERROR", ["not to be listed"]);
    pool.lab
        .faults()
        .fail_call("VM.get_all_records", unasked, Times::Always);
    let gone = {
        let mut db = pool.lab.db().write();
        let network = db
            .all("network")
            .into_iter()
            .find(|network| db.refs(network, "PIFs").is_empty())
            .unwrap();
        let uuid = db.text(&network, "uuid").to_string();
        db.destroy(&network);
        db.forget_deletions();
        uuid
    };
    // What the poll that waits now is told.
    pool.told(&mut subscription).await;
    let seen = pool
        .inventory
        .await_state(DEADLINE, |inventory| inventory.find(&gone).is_none())
        .await;
    assert!(seen, "the network is still there");
    let left: BTreeSet<String> = known.difference(&pool.ids()).cloned().collect();
    assert!(left.contains(&gone));
    assert_eq!(pool.lab.db().read().count("session"), 1);
    assert!(is_connected(&pool.connection.status().borrow()));
    let host = &pool.inventory.of_kind(ObjectType::Host)[0];
    assert_eq!(host.pool, pool.pool());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_master_is_found_among_the_members_when_the_old_one_is_dead() {
    let pool = Watched::with(LabConfig {
        hosts: 3,
        ..small()
    })
    .await;
    let mut subscription = pool.inventory.subscribe();
    let old: std::net::IpAddr = [127, 0, 0, 1].into();
    {
        let mut db = pool.lab.db().write();
        let (the_pool, hosts) = (db.all("pool")[0].clone(), db.all("host"));
        db.set(&the_pool, "master", &hosts[2]);
    }
    pool.lab.faults().crash_host(Some(old));
    pool.lab.faults().sever_connections();
    let status = pool
        .until(|status| {
            is_connected(status)
                && status
                    .address
                    .as_ref()
                    .is_some_and(|at| at.host == "127.0.0.3")
        })
        .await;
    assert_eq!(status.pool, Some(pool.pool()));
    let told = pool.told(&mut subscription).await;
    assert_eq!(told.exited, BTreeSet::new());
    assert!(told.entered.len() < 5, "only what differs: {told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_that_is_never_answered_is_noticed() {
    let pool = xo_lab::Lab::start(small()).await.unwrap();
    let mut impatient = settings(&pool);
    impatient.limits.poll = Duration::from_millis(100);
    impatient.limits.poll_margin = Duration::from_millis(300);
    let inventory = std::sync::Arc::new(xo_inventory::Inventory::new());
    let connection = crate::support::connect(&inventory, impatient).await;
    pool.faults().stall_events(true);
    let status = until(&connection, is_disconnected).await;
    assert!(
        matches!(&status.state, State::Disconnected(e)
            if matches!(&**e, Error::Timeout { method, .. } if method == "event.from")),
        "{status:?}"
    );
    pool.faults().stall_events(false);
    until(&connection, is_connected).await;
    connection.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_account_is_told_and_a_stop_does_not_wait_for_the_next_try() {
    let lab = xo_lab::Lab::start(small()).await.unwrap();
    let mut wrong = settings(&lab);
    wrong.credentials.password = "wrong".into();
    let inventory = std::sync::Arc::new(xo_inventory::Inventory::new());
    let connection = Connection::start(std::sync::Arc::clone(&inventory), wrong);
    let status = until(&connection, is_disconnected).await;
    assert!(
        matches!(&status.state, State::Disconnected(e)
            if e.code() == Some("SESSION_AUTHENTICATION_FAILED")),
        "{status:?}"
    );
    tokio::time::timeout(DEADLINE, connection.stop())
        .await
        .unwrap();
    assert!(inventory.is_empty());
}
