//! Users: uniqueness, the first administrator, passwords, preferences, deletion.

use serde_json::{Map, Value, json};
use xo_store::{
    ErrorKind, NewToken, NewUser, PasswordCost, Permission, Secret, Store, StoreError, UserChange,
};

use crate::support::{Lab, NOBODY, NOW, map, on_both};

on_both![
    a_user_comes_back_as_it_was_made,
    a_name_belongs_to_one_user_and_case_counts,
    unfit_values_are_refused,
    of_two_first_administrators_one_gets_in,
    only_the_right_password_signs_in,
    a_cheap_hash_is_renewed_when_its_owner_signs_in,
    the_hash_is_argon2id_and_never_the_password,
    a_change_touches_only_what_it_names,
    a_taken_name_leaves_the_user_unchanged,
    a_user_goes_with_all_that_is_theirs,
    an_unknown_user_is_not_found,
    concurrent_changes_of_preferences_do_not_lose_each_other,
];

pub async fn user(store: &Store, name: &str) -> xo_store::User {
    let new = NewUser {
        name: name.to_owned(),
        password: Some(format!("{name}-password").into()),
        ..NewUser::default()
    };
    store.users().create(new).await.unwrap()
}

async fn a_user_comes_back_as_it_was_made(lab: &Lab) {
    let users = lab.store.users();
    let made = users
        .create(NewUser {
            name: "zoë@example.org".to_owned(),
            password: None,
            permission: Permission::Write,
            preferences: map(json!({ "filters": { "VM": { "a": "b" } }, "gone": null })),
            auth_providers: Some(map(json!({ "ldap": { "id": "cn=zoe" } }))),
        })
        .await
        .unwrap();
    assert_eq!(
        Value::from(made.preferences.clone()),
        json!({ "filters": { "VM": { "a": "b" } } })
    );
    assert!(!made.has_password);
    assert_eq!(users.fetch(&made.id).await.unwrap(), made);
    assert_eq!(
        users.find_by_name("zoë@example.org").await.unwrap(),
        Some(made.clone())
    );
    let other = user(&lab.store, "adam").await;
    assert_eq!(users.list().await.unwrap(), [other, made]);
    assert_eq!(users.count().await.unwrap(), 2);
}

async fn a_name_belongs_to_one_user_and_case_counts(lab: &Lab) {
    let first = user(&lab.store, "alice").await;
    user(&lab.store, "Alice").await;
    let new = NewUser {
        name: "alice".to_owned(),
        ..NewUser::default()
    };
    match lab.store.users().create(new).await.unwrap_err() {
        StoreError::AlreadyExists { id, field, .. } => {
            assert_eq!((id, field), (first.id, "name"));
        }
        other => panic!("{other}"),
    }
    assert_eq!(lab.store.users().count().await.unwrap(), 2);
}

async fn unfit_values_are_refused(lab: &Lab) {
    for name in ["", " alice", "alice\n", "al\0ice", &"x".repeat(513)] {
        let new = NewUser {
            name: name.to_owned(),
            ..NewUser::default()
        };
        let error = lab.store.users().create(new).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{name:?}: {error}");
    }
    for password in ["", &"x".repeat(1025)] {
        let new = NewUser {
            name: "alice".to_owned(),
            password: Some(password.into()),
            ..NewUser::default()
        };
        let error = lab.store.users().create(new).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    assert_eq!(lab.store.users().find("al\0ice").await.unwrap(), None);
    assert_eq!(lab.store.users().find_by_name("al\0").await.unwrap(), None);
    assert_eq!(lab.store.users().count().await.unwrap(), 0);
}

async fn of_two_first_administrators_one_gets_in(lab: &Lab) {
    let other = lab.open_again().await;
    let (a, b) = tokio::join!(
        lab.store.users().create_first_admin("alice", "one".into()),
        other.users().create_first_admin("bob", "two".into()),
    );
    let (admin, error) = match (a, b) {
        (Ok(admin), Err(error)) | (Err(error), Ok(admin)) => (admin, error),
        both => panic!("{both:?}"),
    };
    assert_eq!(admin.permission, Permission::Admin);
    assert!(matches!(error, StoreError::SetupDone), "{error}");
    assert_eq!(lab.store.users().list().await.unwrap(), [admin]);
    other.close().await;
}

async fn only_the_right_password_signs_in(lab: &Lab) {
    let users = lab.store.users();
    let alice = user(&lab.store, "alice").await;
    users
        .create(NewUser {
            name: "ldap-only".to_owned(),
            ..NewUser::default()
        })
        .await
        .unwrap();
    let sign_in = async |name: &str, password: &str| {
        users
            .verify_password(name, &Secret::from(password))
            .await
            .unwrap()
    };
    assert_eq!(sign_in("alice", "alice-password").await, Some(alice));
    for (name, password) in [
        ("alice", "alice-passwor"),
        ("alice", ""),
        ("alice", &"x".repeat(5000)),
        ("Alice", "alice-password"),
        ("ldap-only", ""),
        ("nobody", "alice-password"),
        ("al\0ice", "alice-password"),
    ] {
        assert_eq!(sign_in(name, password).await, None, "{name:?}");
    }
}

async fn a_cheap_hash_is_renewed_when_its_owner_signs_in(lab: &Lab) {
    let alice = user(&lab.store, "alice").await;
    let mut config = lab.config.clone();
    config.password_cost = PasswordCost {
        memory_kib: 64,
        passes: 2,
        lanes: 1,
    };
    let dearer = Store::open(&config).await.unwrap();
    let hash = "SELECT password_hash FROM users WHERE name = 'alice'";
    for (password, signed_in, cost) in [
        ("wrong", None, "$m=8,t=1,p=1$"),
        ("alice-password", Some(&alice), "$m=64,t=2,p=1$"),
        ("alice-password", Some(&alice), "$m=64,t=2,p=1$"),
    ] {
        let found = dearer
            .users()
            .verify_password("alice", &password.into())
            .await
            .unwrap();
        assert_eq!(found.as_ref(), signed_in);
        let stored = lab.text(hash).await;
        assert!(stored.contains(cost), "{stored}");
    }
    dearer.close().await;
}

async fn the_hash_is_argon2id_and_never_the_password(lab: &Lab) {
    let alice = user(&lab.store, "alice").await;
    let stored = lab.text("SELECT password_hash FROM users").await;
    assert!(stored.starts_with("$argon2id$v=19$"), "{stored}");
    assert!(!format!("{alice:?}").contains("argon2"));
}

async fn a_change_touches_only_what_it_names(lab: &Lab) {
    let users = lab.store.users();
    let alice = users
        .create(NewUser {
            name: "alice".to_owned(),
            password: Some("old".into()),
            permission: Permission::Admin,
            preferences: map(json!({ "a": 1, "b": 2 })),
            auth_providers: Some(map(json!({ "oidc": { "id": "1" } }))),
        })
        .await
        .unwrap();
    let changed = users
        .update(
            &alice.id,
            UserChange {
                preferences: Some(map(json!({ "a": null, "c": [3] }))),
                ..UserChange::default()
            },
        )
        .await
        .unwrap();
    assert_eq!(
        Value::from(changed.preferences.clone()),
        json!({ "b": 2, "c": [3] })
    );
    let expected = xo_store::User {
        preferences: changed.preferences.clone(),
        ..alice.clone()
    };
    assert_eq!(users.fetch(&alice.id).await.unwrap(), expected);

    users
        .update(
            &alice.id,
            UserChange {
                name: Some("bob".to_owned()),
                password: Some("new".into()),
                permission: Some(Permission::None),
                auth_providers: Some(None),
                ..UserChange::default()
            },
        )
        .await
        .unwrap();
    let bob = users.verify_password("bob", &"new".into()).await.unwrap();
    let bob = bob.unwrap();
    assert_eq!(bob.id, alice.id);
    assert_eq!(bob.permission, Permission::None);
    assert_eq!(bob.auth_providers, None);
    let old = users.verify_password("bob", &"old".into()).await.unwrap();
    assert_eq!(old, None);
}

async fn a_taken_name_leaves_the_user_unchanged(lab: &Lab) {
    let users = lab.store.users();
    user(&lab.store, "alice").await;
    let bob = user(&lab.store, "bob").await;
    let error = users
        .update(
            &bob.id,
            UserChange {
                name: Some("alice".to_owned()),
                permission: Some(Permission::Admin),
                ..UserChange::default()
            },
        )
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(users.fetch(&bob.id).await.unwrap(), bob);
    let same_name = UserChange {
        name: Some("bob".to_owned()),
        ..UserChange::default()
    };
    assert_eq!(users.update(&bob.id, same_name).await.unwrap(), bob);
}

async fn a_user_goes_with_all_that_is_theirs(lab: &Lab) {
    let store = &lab.store;
    let (alice, bob) = (user(store, "alice").await, user(store, "bob").await);
    let group = store.groups().create("both").await.unwrap();
    let members = [alice.id.clone(), bob.id.clone()];
    store.groups().set_users(&group.id, &members).await.unwrap();
    let mut secrets = Vec::new();
    for user in [&alice, &bob] {
        let new = NewToken {
            user_id: user.id.clone(),
            expires_at_ms: NOW + 1000,
            description: None,
            client: None,
        };
        secrets.push(store.tokens().create(new, NOW).await.unwrap().secret);
        store.acls().add(&user.id, "vm", "viewer").await.unwrap();
    }
    store.users().delete(&alice.id).await.unwrap();

    assert_eq!(store.users().find(&alice.id).await.unwrap(), None);
    let group = store.groups().fetch(&group.id).await.unwrap();
    assert_eq!(group.users, [bob.id.as_str()]);
    let token = async |secret: &Secret| {
        let found = store.tokens().find_by_secret(secret.expose(), NOW).await;
        found.unwrap().map(|token| token.user_id)
    };
    assert_eq!(token(&secrets[0]).await, None);
    assert_eq!(token(&secrets[1]).await, Some(bob.id.clone()));
    let acls = store.acls().list().await.unwrap();
    let subjects = acls.iter().map(|acl| &acl.subject).collect::<Vec<_>>();
    assert_eq!(subjects, [&bob.id]);
}

async fn an_unknown_user_is_not_found(lab: &Lab) {
    let users = lab.store.users();
    for error in [
        users.fetch(NOBODY).await.unwrap_err(),
        users.delete(NOBODY).await.unwrap_err(),
        users
            .update(NOBODY, UserChange::default())
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.to_string(), format!("no such user: {NOBODY}"));
    }
}

async fn concurrent_changes_of_preferences_do_not_lose_each_other(lab: &Lab) {
    let alice = user(&lab.store, "alice").await;
    let other = lab.open_again().await;
    let mut changes = Vec::new();
    for number in 0..20 {
        let store = if number % 2 == 0 { &lab.store } else { &other }.clone();
        let id = alice.id.clone();
        changes.push(tokio::spawn(async move {
            let mut preferences = Map::new();
            preferences.insert(number.to_string(), Value::from(number));
            let change = UserChange {
                preferences: Some(preferences),
                ..UserChange::default()
            };
            store.users().update(&id, change).await.unwrap();
        }));
    }
    for change in changes {
        change.await.unwrap();
    }
    let alice = lab.store.users().fetch(&alice.id).await.unwrap();
    assert_eq!(alice.preferences.len(), 20);
    other.close().await;
}
