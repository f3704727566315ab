//! Several connections, and pools that have something in common.

use std::sync::Arc;

use xapi_records::Id;
use xo_inventory::{Connection, Notice, State};
use xo_lab::{Lab, LabConfig};

use crate::support::{DEADLINE, Told, Watched, connect, is_connected, settings, small, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_under_two_connections_is_watched_by_the_first() {
    let pool = Watched::start().await;
    let mut subscription = pool.inventory.subscribe();
    let second = Connection::start(Arc::clone(&pool.inventory), settings(&pool.lab));
    let status = until(&second, |s| matches!(s.state, State::Duplicate(_))).await;
    assert!(matches!(status.state, State::Duplicate(id) if id == pool.pool()));
    assert_eq!(
        pool.lab.db().read().count("session"),
        1,
        "the second logged out"
    );
    second.stop().await;
    let (id, vm) = pool.vm("Halted");
    pool.set(&vm, "name_label", "still watched");
    assert_eq!(pool.told(&mut subscription).await, Told::entered(&id));
    assert!(is_connected(&pool.connection.status().borrow()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sr_that_two_pools_share_outlives_the_first_pool() {
    let other = LabConfig { seed: 2, ..small() };
    let (first, second) = (Watched::start().await, Lab::start(other).await.unwrap());
    let shared = {
        let db = first.lab.db().read();
        let sr = db.all("SR").into_iter().find(|sr| db.flag(sr, "shared"));
        db.text(&sr.unwrap(), "uuid").to_string()
    };
    {
        let mut db = second.db().write();
        let sr = db.all("SR").into_iter().find(|sr| db.flag(sr, "shared"));
        let sr = sr.unwrap();
        db.set(&sr, "uuid", shared.as_str());
        db.set(&sr, "name_label", "the second's");
    }
    let shared = Id::new(&shared);
    let connection = connect(&first.inventory, settings(&second)).await;
    let theirs = connection.status().borrow().pool.clone().unwrap();
    let item = first.inventory.get(&shared).unwrap();
    assert_eq!(item.pool, first.pool(), "who came first holds it");

    let mut subscription = first.inventory.subscribe();
    let inventory = Arc::clone(&first.inventory);
    first.connection.stop().await;
    let item = inventory.get(&shared).unwrap();
    assert_eq!(item.pool, theirs);
    assert_eq!(item.at("name_label").unwrap(), "the second's");
    let told = subscription.next().await.unwrap();
    let of_sr: Vec<&Notice> = told.iter().filter(|n| n.object().id == shared).collect();
    assert!(matches!(of_sr[..], [Notice::Enter(_)]), "{of_sr:?}");

    tokio::time::timeout(DEADLINE, connection.stop())
        .await
        .unwrap();
    assert!(inventory.get(&shared).is_none());
    let told = subscription.next().await.unwrap();
    assert!(
        told.iter()
            .any(|n| matches!(n, Notice::Exit(item) if item.id == shared))
    );
}
