//! Pool connections: unique hosts, sealed passwords, changes.

use serde_json::json;
use xo_store::{ErrorKind, NewServer, Secret, Server, ServerChange, Store, StoreError};

use crate::support::{Lab, NOBODY, on_both};

on_both![
    a_server_comes_back_as_it_was_made,
    a_host_belongs_to_one_server,
    the_password_is_nowhere_in_clear,
    a_sealed_password_moved_to_another_server_does_not_open,
    another_key_file_costs_the_passwords_and_nothing_else,
    a_change_touches_only_what_it_names,
    another_host_forgets_the_pinned_certificate,
    unfit_values_are_refused,
    a_removed_server_is_gone,
];

const PASSWORD: &str = "correct horse battery staple";

fn new(host: &str) -> NewServer {
    NewServer {
        host: host.to_owned(),
        label: Some("Lab".to_owned()),
        username: "root".to_owned(),
        password: PASSWORD.into(),
        enabled: true,
        read_only: false,
        allow_unauthorized: true,
        http_proxy: None,
    }
}

async fn server(store: &Store, host: &str) -> Server {
    store.servers().create(new(host)).await.unwrap()
}

async fn a_server_comes_back_as_it_was_made(lab: &Lab) {
    let servers = lab.store.servers();
    let first = server(&lab.store, "b.example.org:8443").await;
    let second = server(&lab.store, "[fe80::1]:443").await;
    assert_eq!(servers.fetch(&first.id).await.unwrap(), first);
    assert!(first.enabled && first.allow_unauthorized && !first.read_only);
    let password = servers.password(&first.id).await.unwrap();
    assert_eq!(password.expose(), PASSWORD);
    assert_eq!(servers.list().await.unwrap(), [second, first]);
}

async fn a_host_belongs_to_one_server(lab: &Lab) {
    let servers = lab.store.servers();
    let first = server(&lab.store, "a").await;
    let second = server(&lab.store, "b").await;
    let to_a = ServerChange {
        host: Some("a".to_owned()),
        ..ServerChange::default()
    };
    for error in [
        servers.create(new("a")).await.unwrap_err(),
        servers.update(&second.id, to_a.clone()).await.unwrap_err(),
    ] {
        match error {
            StoreError::AlreadyExists { id, field, .. } => {
                assert_eq!((id, field), (first.id.clone(), "host"));
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(servers.update(&first.id, to_a).await.unwrap(), first);
    assert_eq!(servers.list().await.unwrap(), [first, second]);
}

async fn the_password_is_nowhere_in_clear(lab: &Lab) {
    let server = server(&lab.store, "a").await;
    let sealed = lab.text("SELECT sealed_password FROM servers").await;
    assert!(!sealed.contains("horse"), "{sealed}");
    assert!(!format!("{:?} {:?}", new("a"), server).contains("horse"));
    lab.store.close().await;
    for file in std::fs::read_dir(lab.folder()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(5).any(|window| window == b"horse"));
    }
}

async fn a_sealed_password_moved_to_another_server_does_not_open(lab: &Lab) {
    let victim = server(&lab.store, "victim").await;
    let thief = server(&lab.store, "thief").await;
    lab.execute(&format!(
        "UPDATE servers SET sealed_password = \
         (SELECT sealed_password FROM servers WHERE id = '{}') WHERE id = '{}'",
        victim.id, thief.id
    ))
    .await;
    let servers = lab.store.servers();
    let error = servers.password(&thief.id).await.unwrap_err();
    assert!(matches!(error, StoreError::Unsealable { .. }), "{error}");
    let password = servers.password(&victim.id).await.unwrap();
    assert_eq!(password.expose(), PASSWORD);
}

async fn another_key_file_costs_the_passwords_and_nothing_else(lab: &Lab) {
    let server = server(&lab.store, "a").await;
    let mut config = lab.config.clone();
    config.key_file = lab.folder().join("other-key");
    let other = Store::open(&config).await.unwrap();
    assert_eq!(other.servers().fetch(&server.id).await.unwrap(), server);
    let error = other.servers().password(&server.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("set the password again"));
    let change = ServerChange {
        password: Some("new".into()),
        ..ServerChange::default()
    };
    other.servers().update(&server.id, change).await.unwrap();
    let password = other.servers().password(&server.id).await.unwrap();
    assert_eq!(password, Secret::from("new"));
    other.close().await;
}

async fn a_change_touches_only_what_it_names(lab: &Lab) {
    let servers = lab.store.servers();
    let before = server(&lab.store, "a").await;
    let seen = ServerChange {
        fingerprint: Some(Some("AA:BB".to_owned())),
        pool_id: Some(Some(NOBODY.to_owned())),
        pool_name: Some(Some("Pool".to_owned())),
        error: Some(Some(json!({ "code": "ECONNREFUSED" }))),
        read_only: Some(true),
        enabled: Some(false),
        label: Some(None),
        http_proxy: Some(Some("http://proxy:3128".to_owned())),
        ..ServerChange::default()
    };
    let expected = Server {
        fingerprint: Some("AA:BB".to_owned()),
        pool_id: Some(NOBODY.to_owned()),
        pool_name: Some("Pool".to_owned()),
        error: Some(json!({ "code": "ECONNREFUSED" })),
        read_only: true,
        enabled: false,
        label: None,
        http_proxy: Some("http://proxy:3128".to_owned()),
        ..before
    };
    let changed = servers.update(&expected.id, seen).await.unwrap();
    assert_eq!(changed, expected);
    assert_eq!(servers.fetch(&expected.id).await.unwrap(), expected);
    let password = servers.password(&expected.id).await.unwrap();
    assert_eq!(password.expose(), PASSWORD);

    let cleared = ServerChange {
        error: Some(None),
        ..ServerChange::default()
    };
    let expected = Server {
        error: None,
        ..expected
    };
    let changed = servers.update(&expected.id, cleared).await.unwrap();
    assert_eq!(changed, expected);
    assert_eq!(servers.fetch(&expected.id).await.unwrap(), expected);
}

async fn another_host_forgets_the_pinned_certificate(lab: &Lab) {
    let servers = lab.store.servers();
    let server = server(&lab.store, "a").await;
    let change = |host: &str, fingerprint: Option<&str>| ServerChange {
        host: Some(host.to_owned()),
        fingerprint: fingerprint.map(|fingerprint| Some(fingerprint.to_owned())),
        ..ServerChange::default()
    };
    for (host, given, expected) in [
        ("a", Some("1"), Some("1")),
        ("a", None, Some("1")),
        ("b", None, None),
        ("c", Some("2"), Some("2")),
    ] {
        let change = change(host, given);
        let changed = servers.update(&server.id, change).await.unwrap();
        assert_eq!(changed.fingerprint.as_deref(), expected, "{host}");
    }
}

async fn unfit_values_are_refused(lab: &Lab) {
    let servers = lab.store.servers();
    for server in [
        new(""),
        new("a\0b"),
        NewServer {
            username: String::new(),
            ..new("a")
        },
        NewServer {
            label: Some("a\0b".to_owned()),
            ..new("a")
        },
    ] {
        let error = servers.create(server).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    assert_eq!(servers.list().await.unwrap(), []);
}

async fn a_removed_server_is_gone(lab: &Lab) {
    let servers = lab.store.servers();
    let server = server(&lab.store, "a").await;
    servers.delete(&server.id).await.unwrap();
    for error in [
        servers.fetch(&server.id).await.unwrap_err(),
        servers.password(&server.id).await.unwrap_err(),
        servers.delete(&server.id).await.unwrap_err(),
        servers
            .update(&server.id, ServerChange::default())
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.to_string(), format!("no such server: {}", server.id));
    }
    servers.create(new("a")).await.unwrap();
}
