//! Tokens: secrets, expiry, clients, uses, deletion.

use serde_json::json;
use xo_store::{ErrorKind, IssuedToken, NewToken, Store, User};

use crate::support::{Lab, NOBODY, NOW, map, on_both};
use crate::users::user;

on_both![
    a_token_comes_back_by_its_secret_and_only_by_it,
    the_secret_is_stored_hashed,
    an_expired_token_does_not_sign_in,
    the_same_client_gets_a_new_secret_in_place_of_the_old,
    a_list_has_the_living_tokens_newest_first,
    a_token_is_deleted_by_id_or_secret_by_its_owner_only,
    other_sessions_of_a_user_can_be_ended,
    a_description_can_be_changed_by_id_or_secret,
    uses_are_noted_by_address,
    unfit_tokens_are_refused,
];

async fn token(store: &Store, user: &User, now_ms: i64, life_ms: i64) -> IssuedToken {
    let new = NewToken {
        user_id: user.id.clone(),
        expires_at_ms: now_ms + life_ms,
        description: None,
        client: None,
    };
    store.tokens().create(new, now_ms).await.unwrap()
}

async fn a_token_comes_back_by_its_secret_and_only_by_it(lab: &Lab) {
    let alice = user(&lab.store, "alice").await;
    let tokens = lab.store.tokens();
    let new = NewToken {
        user_id: alice.id.clone(),
        expires_at_ms: NOW + 1000,
        description: Some("CLI".to_owned()),
        client: Some(map(json!({ "id": "laptop", "os": "Linux" }))),
    };
    let issued = tokens.create(new, NOW).await.unwrap();
    assert_eq!(issued.secret.expose().len(), 43);
    assert_eq!(issued.token.created_at_ms, NOW);
    let found = tokens.find_by_secret(issued.secret.expose(), NOW).await;
    assert_eq!(found.unwrap(), Some(issued.token.clone()));
    for other in [&issued.token.id, "", "x", "a\0b", &"x".repeat(100_000)] {
        let found = tokens.find_by_secret(other, NOW).await.unwrap();
        assert_eq!(found, None);
    }
}

async fn the_secret_is_stored_hashed(lab: &Lab) {
    let alice = user(&lab.store, "alice").await;
    let issued = token(&lab.store, &alice, NOW, 1000).await;
    let stored = lab.text("SELECT secret_hash FROM tokens").await;
    assert_ne!(stored, issued.secret.expose());
    let found = lab.store.tokens().find_by_secret(&stored, NOW).await;
    assert_eq!(found.unwrap(), None);
    assert!(!format!("{issued:?}").contains(issued.secret.expose()));
}

async fn an_expired_token_does_not_sign_in(lab: &Lab) {
    let alice = user(&lab.store, "alice").await;
    let tokens = lab.store.tokens();
    let short = token(&lab.store, &alice, NOW, 1000).await;
    let long = token(&lab.store, &alice, NOW, 5000).await;
    let signs_in = async |issued: &IssuedToken, now_ms| {
        let found = tokens.find_by_secret(issued.secret.expose(), now_ms).await;
        found.unwrap().is_some()
    };
    assert!(signs_in(&short, NOW + 999).await);
    assert!(!signs_in(&short, NOW + 1000).await);
    assert_eq!(tokens.delete_expired(NOW + 999).await.unwrap(), 0);
    assert_eq!(tokens.delete_expired(NOW + 1000).await.unwrap(), 1);
    assert!(!signs_in(&short, NOW).await);
    assert!(signs_in(&long, NOW + 1000).await);
}

async fn the_same_client_gets_a_new_secret_in_place_of_the_old(lab: &Lab) {
    let (alice, bob) = (
        user(&lab.store, "alice").await,
        user(&lab.store, "bob").await,
    );
    let tokens = lab.store.tokens();
    let issue = async |user: &User, client: &str| {
        let new = NewToken {
            user_id: user.id.clone(),
            expires_at_ms: NOW + 1000,
            description: None,
            client: Some(map(json!({ "id": client }))),
        };
        tokens.create(new, NOW).await.unwrap()
    };
    let old = issue(&alice, "laptop").await;
    let phone = issue(&alice, "phone").await;
    let bobs = issue(&bob, "laptop").await;
    let new = issue(&alice, "laptop").await;
    assert_ne!(old.secret, new.secret);
    for (issued, alive) in [(old, false), (phone, true), (bobs, true), (new, true)] {
        let found = tokens.find_by_secret(issued.secret.expose(), NOW).await;
        assert_eq!(found.unwrap().is_some(), alive);
    }
}

async fn a_list_has_the_living_tokens_newest_first(lab: &Lab) {
    let (alice, bob) = (
        user(&lab.store, "alice").await,
        user(&lab.store, "bob").await,
    );
    let tokens = lab.store.tokens();
    let first = token(&lab.store, &alice, NOW, 5000).await.token;
    token(&lab.store, &alice, NOW, 1).await;
    let second = token(&lab.store, &alice, NOW + 2, 5000).await.token;
    let bobs = token(&lab.store, &bob, NOW + 1, 5000).await.token;
    let now_ms = NOW + 2;
    let listed = tokens.list_of_user(&alice.id, now_ms).await.unwrap();
    assert_eq!(listed, [second.clone(), first.clone()]);
    let listed = tokens.list(now_ms).await.unwrap();
    assert_eq!(listed, [second, bobs, first]);
}

async fn a_token_is_deleted_by_id_or_secret_by_its_owner_only(lab: &Lab) {
    let (alice, bob) = (
        user(&lab.store, "alice").await,
        user(&lab.store, "bob").await,
    );
    let tokens = lab.store.tokens();
    let first = token(&lab.store, &alice, NOW, 1000).await;
    let second = token(&lab.store, &alice, NOW, 1000).await;
    let third = token(&lab.store, &alice, NOW, 1000).await;
    let given = [
        first.token.id.clone(),
        second.secret.expose().to_owned(),
        "unknown".to_owned(),
        "a\0b".to_owned(),
    ];
    let delete = async |user: Option<&str>| tokens.delete(&given, user).await.unwrap();
    assert_eq!(delete(Some(&bob.id)).await, 0);
    assert_eq!(tokens.list(NOW).await.unwrap().len(), 3);
    assert_eq!(delete(Some(&alice.id)).await, 2);
    assert_eq!(delete(None).await, 0);
    let listed = tokens.list(NOW).await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&third.token));
    let deleted = tokens.delete(&[third.token.id], None).await.unwrap();
    assert_eq!(deleted, 1);
}

async fn other_sessions_of_a_user_can_be_ended(lab: &Lab) {
    let (alice, bob) = (
        user(&lab.store, "alice").await,
        user(&lab.store, "bob").await,
    );
    let tokens = lab.store.tokens();
    token(&lab.store, &alice, NOW, 1000).await;
    let kept = token(&lab.store, &alice, NOW, 1000).await.token;
    let bobs = token(&lab.store, &bob, NOW, 1000).await.token;
    let ended = tokens.delete_of_user(&alice.id, Some(&kept.id)).await;
    assert_eq!(ended.unwrap(), 1);
    let listed = tokens.list_of_user(&alice.id, NOW).await.unwrap();
    assert_eq!(listed, [kept]);
    assert_eq!(tokens.delete_of_user(&alice.id, None).await.unwrap(), 1);
    assert_eq!(tokens.list(NOW).await.unwrap(), [bobs]);
}

async fn a_description_can_be_changed_by_id_or_secret(lab: &Lab) {
    let alice = user(&lab.store, "alice").await;
    let tokens = lab.store.tokens();
    let issued = token(&lab.store, &alice, NOW, 1000).await;
    for given in [&issued.token.id, issued.secret.expose()] {
        for description in [Some("backup script"), None] {
            tokens.set_description(given, description).await.unwrap();
            let stored = tokens.fetch(given).await.unwrap().description;
            assert_eq!(stored.as_deref(), description);
        }
    }
    let error = tokens.set_description("unknown", None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(!error.to_string().contains("unknown"), "{error}");
}

async fn uses_are_noted_by_address(lab: &Lab) {
    let alice = user(&lab.store, "alice").await;
    let tokens = lab.store.tokens();
    let id = token(&lab.store, &alice, NOW, 1_000_000).await.token.id;
    for (address, at_ms) in [
        ("::1", NOW),
        ("10.0.0.1", NOW + 1),
        ("::1", NOW + 59_999),
        ("10.0.0.1", NOW + 60_001),
    ] {
        tokens.record_use(&id, address, at_ms).await.unwrap();
    }
    let uses = tokens.fetch(&id).await.unwrap().last_uses;
    assert_eq!(uses["::1"], NOW);
    assert_eq!(uses["10.0.0.1"], NOW + 60_001);
    tokens.record_use("unknown", "::1", NOW).await.unwrap();
}

async fn unfit_tokens_are_refused(lab: &Lab) {
    let alice = user(&lab.store, "alice").await;
    let tokens = lab.store.tokens();
    let new = |user_id: &str, description: &str, client: &str| NewToken {
        user_id: user_id.to_owned(),
        expires_at_ms: NOW + 1000,
        description: Some(description.to_owned()),
        client: Some(map(json!({ "id": client }))),
    };
    for (new, kind) in [
        (new(NOBODY, "", "a"), ErrorKind::NotFound),
        (new(&alice.id, "a\0b", "a"), ErrorKind::Invalid),
        (new(&alice.id, "", "a\0b"), ErrorKind::Invalid),
        (new(&alice.id, &"x".repeat(17_000), "a"), ErrorKind::Invalid),
    ] {
        let error = tokens.create(new, NOW).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
    assert_eq!(tokens.list(NOW).await.unwrap(), []);
}
