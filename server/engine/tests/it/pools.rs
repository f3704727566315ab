//! The pool: settings, defaults, the master.

use serde_json::json;
use xo_engine::Error;
use xo_model::ObjectType::{Host, Network, Pool, Sr};

use crate::support::Rig;

#[tokio::test]
async fn settings_of_a_pool_are_set_and_taken_away() {
    let rig = Rig::start().await;
    let pool = rig.one(Pool, |_| true);
    let network = rig.one(Network, |_| true);
    let sr = rig.one(Sr, |sr| sr.at("shared") == Some(json!(true)));
    let change = json!({
        "id": pool.id, "name_label": "north", "name_description": "", "auto_poweron": true,
        "migrationCompression": true, "migrationNetwork": network.id, "backupNetwork": network.id,
        "suspendSr": sr.id, "crashDumpSr": sr.id,
    });
    rig.call("pool.set", change).await.unwrap();
    rig.until_is(&pool, "name_label", json!("north")).await;
    rig.until_is(&pool, "auto_poweron", json!(true)).await;
    rig.until_is(&pool, "migrationCompression", json!(true))
        .await;
    rig.until_is(&pool, "suspendSr", json!(sr.id)).await;
    rig.until_is(&pool, "crashDumpSr", json!(sr.id)).await;
    let setting = |key: &str| rig.now(&pool).at("otherConfig").unwrap()[key].clone();
    rig.until("the network is set", |_| {
        setting("xo:migrationNetwork") == json!(network.id)
    })
    .await;
    let change = json!({
        "id": pool.id, "migrationNetwork": null, "backupNetwork": null, "suspendSr": null,
    });
    rig.call("pool.set", change).await.unwrap();
    rig.until_is(&pool, "suspendSr", json!(null)).await;
    rig.until("the networks are unset", |_| {
        setting("xo:migrationNetwork").is_null() && setting("xo:backupNetwork").is_null()
    })
    .await;
}

#[tokio::test]
async fn a_repository_becomes_the_default_and_a_host_the_master() {
    let rig = Rig::start().await;
    let pool = rig.one(Pool, |_| true);
    let sr = rig.one(Sr, |sr| {
        Some(json!(sr.id)) != pool.at("default_SR") && sr.at("shared") == Some(json!(true))
    });
    rig.call("pool.setDefaultSr", json!({ "sr": sr.id }))
        .await
        .unwrap();
    rig.until_is(&pool, "default_SR", json!(sr.id)).await;
    let host = rig.one(Host, |host| Some(json!(host.id)) != pool.at("master"));
    rig.call("pool.setPoolMaster", json!({ "host": host.id }))
        .await
        .unwrap();
    assert_eq!(rig.now(&pool).at("master"), Some(json!(host.id)));
}

#[tokio::test]
async fn a_host_that_is_down_does_not_become_the_master() {
    let rig = Rig::start().await;
    let pool = rig.one(Pool, |_| true);
    let host = rig.one(Host, |host| Some(json!(host.id)) != pool.at("master"));
    rig.call("host.stop", json!({ "id": host.id }))
        .await
        .unwrap();
    let refused = rig
        .call("pool.setPoolMaster", json!({ "host": host.id }))
        .await;
    assert!(
        matches!(&refused, Err(Error::Pool { code, .. }) if code == "HOST_OFFLINE"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_read_only_connection_changes_nothing() {
    let rig = Rig::start().await;
    let server = rig.call("server.getAll", json!({})).await.unwrap()[0]["id"].clone();
    let set = async |read_only: bool| {
        let change = json!({ "id": server, "readOnly": read_only });
        rig.call("server.set", change).await.unwrap();
        rig.engine
            .await_connected(server.as_str().unwrap())
            .await
            .unwrap();
    };
    set(true).await;
    let pool = rig.one(Pool, |_| true);
    let change = json!({ "id": pool.id, "name_label": "north" });
    let refused = rig.call("pool.set", change.clone()).await.unwrap_err();
    let words = refused.to_string();
    assert!(matches!(refused, Error::Forbidden { .. }), "{words}");
    assert!(words.contains("readOnly=false"), "{words}");
    assert_eq!(rig.now(&pool).at("name_label"), pool.at("name_label"));
    set(false).await;
    rig.call("pool.set", change).await.unwrap();
    assert_eq!(rig.now(&pool).at("name_label"), Some(json!("north")));
}

#[tokio::test]
async fn a_change_is_seen_by_the_next_read() {
    let rig = Rig::start().await;
    for (kind, method) in [(Sr, "sr.set"), (Network, "network.set"), (Host, "host.set")] {
        let object = rig.one(kind, |_| true);
        for name in ["one", "two"] {
            let change = json!({ "id": object.id, "name_label": name });
            rig.call(method, change).await.unwrap();
            let now = rig.now(&object).at("name_label");
            assert_eq!(now, Some(json!(name)), "{method}");
        }
        let tag = json!({ "id": object.id, "tag": "new" });
        rig.call("tag.add", tag).await.unwrap();
        let tags = rig.now(&object).at("tags").unwrap();
        assert!(tags.as_array().unwrap().contains(&json!("new")), "{kind}");
    }
}

#[tokio::test]
async fn a_tag_has_a_colour_until_it_is_taken_away() {
    let rig = Rig::start().await;
    let configured = async || rig.call("tag.getAllConfigured", json!({})).await.unwrap();
    for (colour, shown) in [
        (
            json!("1A2b3c"),
            json!([{ "id": "prod", "color": "#1A2b3c" }]),
        ),
        (
            json!("#ffffff"),
            json!([{ "id": "prod", "color": "#ffffff" }]),
        ),
        (json!(null), json!([])),
    ] {
        let set = json!({ "id": "prod", "color": colour });
        rig.call("tag.set", set).await.unwrap();
        assert_eq!(configured().await, shown);
    }
    let wrong = json!({ "id": "prod", "color": "red" });
    assert!(rig.call("tag.set", wrong).await.is_err());
}
