//! What changes in a pool is told, and nothing else.

use xo_inventory::Notice;
use xo_model::ObjectType;

use crate::support::{DEADLINE, Told, Watched, is_connected};

#[tokio::test(flavor = "multi_thread")]
async fn a_change_reaches_a_subscriber_and_nothing_else_is_told() {
    let pool = Watched::start().await;
    let mut subscription = pool.inventory.subscribe();
    let (id, vm) = pool.vm("Halted");
    pool.set(&vm, "name_label", "changed");
    assert_eq!(pool.told(&mut subscription).await, Told::entered(&id));
    let known = pool.inventory.get(&id).unwrap();
    assert_eq!(known.at("name_label").unwrap(), "changed");
    assert_eq!(pool.inventory.find(&vm).unwrap().id, id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_touched_but_not_changed_is_not_told() {
    let pool = Watched::start().await;
    let mut subscription = pool.inventory.subscribe();
    {
        let mut db = pool.lab.db().write();
        for class in ["VM", "VDI", "SR", "host", "network"] {
            for reference in db.all(class) {
                db.touch(&reference);
            }
        }
    }
    assert_eq!(pool.told(&mut subscription).await, Told::nothing());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_destroyed_is_told_as_gone() {
    let pool = Watched::start().await;
    let mut subscription = pool.inventory.subscribe();
    let (id, vm) = pool.vm("Halted");
    pool.lab.db().write().destroy(&vm);
    let told = pool.told(&mut subscription).await;
    assert!(told.exited.contains(&id.to_string()), "{told:?}");
    assert!(pool.inventory.get(&id).is_none());
    assert!(pool.inventory.find(&vm).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_subscriber_holds_one_slot_per_object() {
    let pool = Watched::start().await;
    let (mut slow, mut quick) = (pool.inventory.subscribe(), pool.inventory.subscribe());
    let (id, vm) = pool.vm("Halted");
    for i in 0..20 {
        pool.set(&vm, "name_label", &format!("name {i}"));
        pool.told(&mut quick).await;
    }
    let taken = slow.next().await.unwrap();
    let of_vm: Vec<&Notice> = taken.iter().filter(|n| n.object().id == id).collect();
    assert_eq!(of_vm.len(), 1, "{taken:?}");
    assert_eq!(of_vm[0].object().at("name_label").unwrap(), "name 19");
    assert_eq!(
        taken.len(),
        2,
        "the VM, and the pool that carries the marks"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_just_made_is_waited_for() {
    let pool = Watched::start().await;
    let handle = pool.inventory.pool(&pool.pool()).unwrap();
    let (_, vm) = pool.vm("Halted");
    let made = handle
        .session
        .run("VM.clone", serde_json::json!([vm, "copy"]))
        .await
        .unwrap();
    let reference = xapi_records::Ref::parse(made.reference().unwrap());
    let item = pool.inventory.await_object(&reference, DEADLINE).await;
    let item = item.unwrap();
    assert_eq!(item.kind, ObjectType::Vm);
    assert_eq!(item.at("name_label").unwrap(), "copy");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_withdraws_the_objects_and_ends_the_session() {
    let pool = Watched::start().await;
    let mut subscription = pool.inventory.subscribe();
    let known = pool.ids();
    assert!(is_connected(&pool.connection.status().borrow()));
    let Watched {
        lab,
        inventory,
        connection,
    } = pool;
    assert_eq!(lab.db().read().count("session"), 1);
    connection.stop().await;
    assert!(inventory.is_empty());
    assert_eq!(inventory.pool_counts(), (0, 0));
    assert_eq!(lab.db().read().count("session"), 0);
    let told = subscription.next().await.unwrap();
    assert_eq!(told.len(), known.len());
    assert!(told.iter().all(|notice| matches!(notice, Notice::Exit(_))));
}
