//! Export and import.

use serde_json::json;
use xo_engine::Error;
use xo_lab::LabConfig;
use xo_model::ObjectType::VmSnapshot;

use super::{disks, find, shared_sr, text, vm};
use crate::streams::{download, read, upload};
use crate::support::Rig;

#[tokio::test]
async fn what_is_exported_is_imported_as_a_vm_of_its_own() {
    let rig = Rig::start().await;
    let sr = shared_sr(&rig);
    let source = vm(&rig, "Halted");
    for compress in [json!(false), json!("zstd"), json!(true)] {
        let offer = rig
            .call(
                "vm.export",
                json!({ "vm": source.id, "compress": compress }),
            )
            .await
            .unwrap();
        let path = offer["$getFrom"].as_str().unwrap();
        assert!(path.ends_with(".xva") && path.contains("%20-%20"), "{path}");
        let file = read(download(&rig, &offer).await.unwrap()).await;
        assert!(file.len() > 512);
        let offer = rig.call("vm.import", json!({ "sr": sr.id })).await.unwrap();
        let id = upload(&rig, &offer, file, None).await.unwrap();
        let made = find(&rig, &id);
        assert_eq!(text(&made, "name_label"), text(&source, "name_label"));
        assert_ne!(made.id, source.id);
        rig.until("its disks are there", |_| {
            disks(&rig, &rig.now(&made)).len() == disks(&rig, &source).len()
        })
        .await;
        rig.call("vm.delete", json!({ "id": id })).await.unwrap();
    }
}

#[tokio::test]
async fn a_running_vm_is_exported_through_a_snapshot_that_does_not_stay() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Running");
    let snapshots = || rig.inventory().of_kind(VmSnapshot).len();
    let before = snapshots();
    for read_all in [true, false] {
        let offer = rig.call("vm.export", json!({ "vm": vm.id })).await.unwrap();
        let outgoing = download(&rig, &offer).await.unwrap();
        rig.until("the snapshot is there", |_| snapshots() == before + 1)
            .await;
        if read_all {
            assert!(read(outgoing).await.len() > 512);
        } else {
            drop(outgoing);
        }
        rig.until("the snapshot is gone", |_| snapshots() == before)
            .await;
    }
}

#[tokio::test]
async fn what_is_no_xva_is_refused_and_leaves_nothing() {
    let rig = Rig::with(LabConfig {
        vms: 3,
        ..LabConfig::default()
    })
    .await;
    let sr = shared_sr(&rig);
    let vms = || rig.inventory().of_kind(xo_model::ObjectType::Vm).len();
    let before = vms();
    let offer = rig.call("vm.import", json!({ "sr": sr.id })).await.unwrap();
    let error = upload(&rig, &offer, vec![b'x'; 300_000], None)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Pool { code, .. } if code.starts_with("IMPORT_ERROR")),
        "{error}"
    );
    let offer = rig.call("vm.import", json!({ "sr": sr.id })).await.unwrap();
    let parts = upload(
        &rig,
        &offer,
        Vec::new(),
        Some("multipart/form-data; boundary=x"),
    )
    .await;
    assert!(matches!(parts, Err(Error::NotImplemented { .. })));
    for params in [
        json!({ "sr": sr.id, "type": "ova" }),
        json!({ "sr": sr.id, "url": "http://x/y.xva" }),
    ] {
        let error = rig.call("vm.import", params).await.unwrap_err();
        assert!(matches!(error, Error::NotImplemented { .. }), "{error}");
    }
    assert_eq!(vms(), before);
}
