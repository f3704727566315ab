//! Groups: names, members from both sides, deletion.

use xo_store::{ErrorKind, Group};

use crate::support::{Lab, NOBODY, on_both};
use crate::users::user;

on_both![
    a_group_and_its_users_know_each_other,
    a_name_belongs_to_one_group,
    members_are_added_and_removed_one_by_one,
    an_unknown_member_leaves_the_group_as_it_was,
    a_group_goes_with_its_permissions_and_its_users_stay,
    an_unknown_group_is_not_found,
];

async fn a_group_and_its_users_know_each_other(lab: &Lab) {
    let store = &lab.store;
    let (alice, bob) = (user(store, "alice").await, user(store, "bob").await);
    let ops = store.groups().create("ops").await.unwrap();
    let dev = store.groups().create("dev").await.unwrap();
    let twice = [bob.id.clone(), alice.id.clone(), bob.id.clone()];
    store.groups().set_users(&ops.id, &twice).await.unwrap();
    let only_bob = [bob.id.clone()];
    let dev = store.groups().set_users(&dev.id, &only_bob).await.unwrap();

    let mut both = [alice.id.clone(), bob.id.clone()];
    both.sort();
    let ops = Group {
        users: both.to_vec(),
        ..ops
    };
    assert_eq!(store.groups().fetch(&ops.id).await.unwrap(), ops);
    let mut groups_of_bob = [ops.id.clone(), dev.id.clone()];
    groups_of_bob.sort();
    for found in store.users().list().await.unwrap() {
        assert_eq!(store.users().fetch(&found.id).await.unwrap(), found);
        let expected = match found.name.as_str() {
            "alice" => std::slice::from_ref(&ops.id),
            _ => &groups_of_bob,
        };
        assert_eq!(found.groups, expected, "{}", found.name);
    }
    assert_eq!(store.groups().list().await.unwrap(), [dev, ops]);
}

async fn a_name_belongs_to_one_group(lab: &Lab) {
    let groups = lab.store.groups();
    let ops = groups.create("ops").await.unwrap();
    let dev = groups.create("dev").await.unwrap();
    for error in [
        groups.create("ops").await.unwrap_err(),
        groups.rename(&dev.id, "ops").await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert!(error.to_string().contains(&ops.id), "{error}");
    }
    groups.rename(&dev.id, "dev").await.unwrap();
    groups.rename(&dev.id, "devs").await.unwrap();
    assert_eq!(groups.fetch(&dev.id).await.unwrap().name, "devs");
    let error = groups.rename(&dev.id, "").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

async fn members_are_added_and_removed_one_by_one(lab: &Lab) {
    let groups = lab.store.groups();
    let alice = user(&lab.store, "alice").await;
    let ops = groups.create("ops").await.unwrap();
    for _ in 0..2 {
        groups.add_user(&ops.id, &alice.id).await.unwrap();
        let users = groups.fetch(&ops.id).await.unwrap().users;
        assert_eq!(users, [alice.id.as_str()]);
    }
    for _ in 0..2 {
        groups.remove_user(&ops.id, &alice.id).await.unwrap();
        assert!(groups.fetch(&ops.id).await.unwrap().users.is_empty());
    }
}

async fn an_unknown_member_leaves_the_group_as_it_was(lab: &Lab) {
    let groups = lab.store.groups();
    let (alice, bob) = (
        user(&lab.store, "alice").await,
        user(&lab.store, "bob").await,
    );
    let ops = groups.create("ops").await.unwrap();
    let ops = groups.set_users(&ops.id, &[alice.id]).await.unwrap();
    let members = [bob.id, NOBODY.to_owned()];
    for error in [
        groups.set_users(&ops.id, &members).await.unwrap_err(),
        groups.add_user(&ops.id, NOBODY).await.unwrap_err(),
    ] {
        assert_eq!(error.to_string(), format!("no such user: {NOBODY}"));
    }
    assert_eq!(groups.fetch(&ops.id).await.unwrap(), ops);
}

async fn a_group_goes_with_its_permissions_and_its_users_stay(lab: &Lab) {
    let store = &lab.store;
    let alice = user(store, "alice").await;
    let ops = store.groups().create("ops").await.unwrap();
    store.groups().add_user(&ops.id, &alice.id).await.unwrap();
    store.acls().add(&ops.id, "vm", "admin").await.unwrap();
    store.groups().delete(&ops.id).await.unwrap();
    assert_eq!(store.users().fetch(&alice.id).await.unwrap(), alice);
    assert_eq!(store.acls().list().await.unwrap(), []);
    assert_eq!(store.groups().list().await.unwrap(), []);
}

async fn an_unknown_group_is_not_found(lab: &Lab) {
    let groups = lab.store.groups();
    let alice = user(&lab.store, "alice").await;
    for error in [
        groups.fetch(NOBODY).await.unwrap_err(),
        groups.delete(NOBODY).await.unwrap_err(),
        groups.rename(NOBODY, "ops").await.unwrap_err(),
        groups.set_users(NOBODY, &[]).await.unwrap_err(),
        groups.add_user(NOBODY, &alice.id).await.unwrap_err(),
        groups.remove_user(NOBODY, &alice.id).await.unwrap_err(),
    ] {
        assert_eq!(error.to_string(), format!("no such group: {NOBODY}"));
    }
}
