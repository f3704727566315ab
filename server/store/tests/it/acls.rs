//! Permission entries: one per triple, by subject, by object.

use xo_store::{Acl, ErrorKind};

use crate::support::{Lab, NOBODY, on_both};
use crate::users::user;

on_both![
    an_entry_is_there_once_however_often_it_is_added,
    entries_are_found_by_their_subjects,
    an_entry_is_removed_once,
    entries_of_an_object_go_together,
    unfit_entries_are_refused,
];

async fn an_entry_is_there_once_however_often_it_is_added(lab: &Lab) {
    let alice = user(&lab.store, "alice").await;
    let acls = lab.store.acls();
    let first = acls.add(&alice.id, "vm", "operator").await.unwrap();
    let second = acls.add(&alice.id, "vm", "operator").await.unwrap();
    assert_eq!(first, second);
    assert_eq!(first, Acl::new(&alice.id, "vm", "operator"));
    assert_eq!(acls.list().await.unwrap(), [first]);
}

async fn entries_are_found_by_their_subjects(lab: &Lab) {
    let store = &lab.store;
    let (alice, bob) = (user(store, "alice").await, user(store, "bob").await);
    let ops = store.groups().create("ops").await.unwrap();
    let acls = store.acls();
    let mut expected = vec![
        acls.add(&alice.id, "vm", "viewer").await.unwrap(),
        acls.add(&alice.id, "vm", "admin").await.unwrap(),
        acls.add(&ops.id, "vm", "viewer").await.unwrap(),
    ];
    acls.add(&bob.id, "vm", "viewer").await.unwrap();
    expected.sort_by(|a, b| a.id.cmp(&b.id));
    let subjects = [alice.id.clone(), ops.id, alice.id, NOBODY.to_owned()];
    assert_eq!(acls.list_of_subjects(&subjects).await.unwrap(), expected);
    assert_eq!(acls.list_of_subjects(&[]).await.unwrap(), []);
    assert_eq!(acls.list().await.unwrap().len(), 4);
}

async fn an_entry_is_removed_once(lab: &Lab) {
    let alice = user(&lab.store, "alice").await;
    let acls = lab.store.acls();
    acls.add(&alice.id, "vm", "viewer").await.unwrap();
    let kept = acls.add(&alice.id, "vm", "admin").await.unwrap();
    acls.remove(&alice.id, "vm", "viewer").await.unwrap();
    let error = acls.remove(&alice.id, "vm", "viewer").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(acls.list().await.unwrap(), [kept]);
}

async fn entries_of_an_object_go_together(lab: &Lab) {
    let alice = user(&lab.store, "alice").await;
    let acls = lab.store.acls();
    acls.add(&alice.id, "vm-1", "viewer").await.unwrap();
    acls.add(&alice.id, "vm-1", "admin").await.unwrap();
    let kept = acls.add(&alice.id, "vm-2", "admin").await.unwrap();
    assert_eq!(acls.remove_of_object("vm-1").await.unwrap(), 2);
    assert_eq!(acls.remove_of_object("vm-1").await.unwrap(), 0);
    assert_eq!(acls.list().await.unwrap(), [kept]);
}

async fn unfit_entries_are_refused(lab: &Lab) {
    let alice = user(&lab.store, "alice").await;
    let acls = lab.store.acls();
    let error = acls.add(NOBODY, "vm", "viewer").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    for (object, action) in [("", "viewer"), ("vm", ""), ("v\0m", "viewer")] {
        let error = acls.add(&alice.id, object, action).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    assert_eq!(acls.list().await.unwrap(), []);
}
