//! Storage repositories and the links that plug them in on hosts.

use std::sync::Arc;

use serde_json::json;
use xo_engine::Error;
use xo_inventory::Item;
use xo_lab::LabConfig;
use xo_model::ObjectType::{Pbd, Sr};

use crate::support::Rig;

/// Two shared repositories on two hosts, without VMs that would hold them.
async fn rig() -> Rig {
    Rig::with(LabConfig {
        vms: 0,
        ..LabConfig::default()
    })
    .await
}

fn shared(rig: &Rig) -> Arc<Item> {
    rig.one(Sr, |sr| {
        sr.at("shared") == Some(json!(true))
            && sr.at("$PBDs").unwrap().as_array().unwrap().len() == 2
    })
}

fn attached(rig: &Rig, sr: &Item) -> Vec<bool> {
    let pbds = rig.inventory().of_kind(Pbd).into_iter();
    let mine = pbds.filter(|pbd| pbd.at("SR") == Some(json!(sr.id)));
    mine.map(|pbd| pbd.at("attached") == Some(json!(true)))
        .collect()
}

#[tokio::test]
async fn a_repository_is_renamed_and_scanned() {
    let rig = rig().await;
    let sr = shared(&rig);
    let change = json!({ "id": sr.id, "name_label": "fast", "name_description": "flash" });
    rig.call("sr.set", change).await.unwrap();
    rig.until_is(&sr, "name_label", json!("fast")).await;
    rig.until_is(&sr, "name_description", json!("flash")).await;
    rig.call("sr.scan", json!({ "id": sr.id })).await.unwrap();
}

#[tokio::test]
async fn a_repository_is_unplugged_everywhere_and_plugged_again() {
    let rig = rig().await;
    let sr = shared(&rig);
    assert_eq!(attached(&rig, &sr), [true, true]);
    rig.call("sr.disconnectAllPbds", json!({ "id": sr.id }))
        .await
        .unwrap();
    rig.until("it is unplugged", |_| attached(&rig, &sr) == [false, false])
        .await;
    let one = rig.one(Pbd, |pbd| pbd.at("SR") == Some(json!(sr.id)));
    rig.call("pbd.connect", json!({ "id": one.id }))
        .await
        .unwrap();
    rig.until_is(&one, "attached", json!(true)).await;
    rig.call("sr.connectAllPbds", json!({ "id": sr.id }))
        .await
        .unwrap();
    rig.until("it is plugged", |_| attached(&rig, &sr) == [true, true])
        .await;
}

#[tokio::test]
async fn a_plugged_repository_is_unplugged_and_forgotten() {
    let rig = rig().await;
    let sr = shared(&rig);
    rig.call("sr.forget", json!({ "id": sr.id })).await.unwrap();
    rig.until("it is gone", |inventory| inventory.get(&sr.id).is_none())
        .await;
    assert!(attached(&rig, &sr).is_empty());
}

#[tokio::test]
async fn a_repository_that_cannot_be_removed_is_plugged_again() {
    let rig = rig().await;
    let sr = shared(&rig);
    for (method, call) in [
        ("sr.forget", "Async.SR.forget"),
        ("sr.destroy", "Async.SR.destroy"),
    ] {
        rig.fail_next(call, "SR_NOT_EMPTY");
        let refused = rig.call(method, json!({ "id": sr.id })).await;
        assert!(
            matches!(&refused, Err(Error::Pool { code, .. }) if code == "SR_NOT_EMPTY"),
            "{refused:?}"
        );
        rig.until("it is plugged again", |_| {
            attached(&rig, &sr) == [true, true]
        })
        .await;
    }
}

#[tokio::test]
async fn a_link_is_deleted_only_when_it_is_unplugged() {
    let rig = rig().await;
    let sr = shared(&rig);
    let pbd = rig.one(Pbd, |pbd| pbd.at("SR") == Some(json!(sr.id)));
    let refused = rig.call("pbd.delete", json!({ "id": pbd.id })).await;
    let text = refused.expect_err("it is plugged").to_string();
    assert!(text.contains("pbd.disconnect"), "{text}");
    rig.call("pbd.disconnect", json!({ "id": pbd.id }))
        .await
        .unwrap();
    rig.until_is(&pbd, "attached", json!(false)).await;
    rig.call("pbd.delete", json!({ "id": pbd.id }))
        .await
        .unwrap();
    rig.until("it is gone", |inventory| inventory.get(&pbd.id).is_none())
        .await;
}
