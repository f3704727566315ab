//! Disks as files.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use xo_engine::{Error, Incoming, Transfer};
use xo_inventory::Item;
use xo_lab::LabConfig;
use xo_model::ObjectType::{Sr, Vdi};

use crate::streams::{download, read, transfer, upload};
use crate::support::Rig;

const MIB: usize = 1 << 20;

async fn rig() -> (Rig, Arc<Item>) {
    let rig = Rig::with(LabConfig {
        vms: 2,
        ..LabConfig::default()
    })
    .await;
    let sr = rig.one(Sr, |sr| {
        sr.at("shared") == Some(json!(true)) && sr.at("content_type") != Some(json!("iso"))
    });
    (rig, sr)
}

/// Bytes that are not alike, with a hole.
fn content(size: usize) -> Vec<u8> {
    let byte = |at: usize| {
        if at / MIB == 2 {
            0
        } else {
            (at % 251) as u8 ^ (at >> 16) as u8
        }
    };
    (0..size).map(byte).collect()
}

async fn import(
    rig: &Rig,
    sr: &Item,
    kind: &str,
    body: Vec<u8>,
    form: Option<&str>,
) -> Result<Value, Error> {
    let params = json!({ "sr": sr.id, "name": "a disk", "description": "", "type": kind });
    let offer = rig.call("disk.import", params).await?;
    upload(rig, &offer, body, form).await
}

async fn export(rig: &Rig, id: &Value, format: &str) -> Vec<u8> {
    let params = json!({ "id": id, "format": format });
    let offer = rig.call("disk.exportContent", params).await.unwrap();
    read(download(rig, &offer).await.unwrap()).await
}

fn count(rig: &Rig) -> usize {
    rig.lab.db().read().all("VDI").len()
}

#[tokio::test]
async fn what_is_imported_raw_or_as_vhd_or_in_a_form_comes_out_again() {
    let (rig, sr) = rig().await;
    let raw = content(4 * MIB);
    let first = import(&rig, &sr, "raw", raw.clone(), None).await.unwrap();
    let shown = rig.inventory().find(first.as_str().unwrap()).unwrap();
    assert_eq!(shown.at("name_label"), Some(json!("a disk")));
    assert_eq!(shown.at("size"), Some(json!(4 * MIB)));
    assert_eq!(shown.at("$SR"), Some(json!(sr.id)));
    assert_eq!(export(&rig, &first, "raw").await, raw);

    let vhd = export(&rig, &first, "vhd").await;
    assert!(vhd.starts_with(b"conectix"));
    let second = import(&rig, &sr, "vhd", vhd.clone(), None).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(export(&rig, &second, "raw").await, raw);

    let head =
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"d.iso\"\r\n\r\n";
    let form = [head.as_bytes(), &raw, b"\r\n--edge--\r\n"].concat();
    let kind = Some("multipart/form-data; boundary=edge");
    let third = import(&rig, &sr, "iso", form, kind).await.unwrap();
    assert_eq!(export(&rig, &third, "raw").await, raw);
}

#[tokio::test]
async fn a_disk_is_overwritten() {
    let (rig, sr) = rig().await;
    let disk = import(&rig, &sr, "raw", vec![1; 4 * MIB], None)
        .await
        .unwrap();
    let other = content(4 * MIB);
    let params = json!({ "id": disk, "format": "raw" });
    let offer = rig
        .call("disk.importContent", params.clone())
        .await
        .unwrap();
    let done = upload(&rig, &offer, other.clone(), None).await.unwrap();
    assert_eq!(done, json!(true));
    assert_eq!(export(&rig, &disk, "raw").await, other);

    let source = import(&rig, &sr, "raw", vec![9; 4 * MIB], None)
        .await
        .unwrap();
    let vhd = export(&rig, &source, "vhd").await;
    let offer = rig
        .call("disk.importContent", json!({ "id": disk }))
        .await
        .unwrap();
    upload(&rig, &offer, vhd, None).await.unwrap();
    assert_eq!(export(&rig, &disk, "raw").await, vec![9; 4 * MIB]);

    let offer = rig.call("disk.importContent", params).await.unwrap();
    let error = upload(&rig, &offer, vec![0; 5 * MIB], None)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::BadData(told) if told.contains("enlarge")),
        "{error}"
    );
}

#[tokio::test]
async fn an_import_that_fails_leaves_no_disk() {
    let (rig, sr) = rig().await;
    let before = count(&rig);
    rig.fail_next("PUT /import_raw_vdi", "VDI_IO_ERROR");
    let error = import(&rig, &sr, "raw", vec![1; MIB], None)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Pool { code, .. } if code == "VDI_IO_ERROR"),
        "{error}"
    );
    assert_eq!(count(&rig), before);

    let error = import(&rig, &sr, "vhd", vec![1; MIB], None)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::BadData(_)), "{error}");
    let error = import(&rig, &sr, "raw", Vec::new(), None)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::BadData(_)), "{error}");
    for kind in ["vmdk", "qcow2"] {
        let error = import(&rig, &sr, kind, vec![1; MIB], None)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::NotImplemented { .. }), "{error}");
    }
    assert_eq!(count(&rig), before);
}

#[tokio::test]
async fn a_client_that_hangs_up_leaves_no_disk() {
    let (rig, sr) = rig().await;
    let before = count(&rig);
    let params = json!({ "sr": sr.id, "name": "half", "type": "raw" });
    let offer = rig.call("disk.import", params).await.unwrap();
    let Transfer::Send(take) = transfer(&rig, &offer, "$sendTo") else {
        panic!("not an upload")
    };
    let half = stream::iter([Ok(Bytes::from(vec![1; MIB]))]);
    let taking = tokio::spawn(take(Incoming {
        content_type: None,
        length: Some(2 * MIB as u64),
        body: half.chain(stream::pending()).boxed(),
    }));
    let half_there = |inventory: &xo_inventory::Inventory| {
        let disks = inventory.of_kind(Vdi).into_iter();
        disks
            .filter(|disk| disk.at("name_label") == Some(json!("half")))
            .count()
    };
    rig.until("the disk is there", |all| half_there(all) == 1)
        .await;
    taking.abort();
    rig.until("the disk is gone", |all| half_there(all) == 0)
        .await;
    assert_eq!(count(&rig), before);
}

#[tokio::test]
async fn what_the_host_says_of_a_refused_download_is_told() {
    let (rig, sr) = rig().await;
    let disk = import(&rig, &sr, "raw", vec![1; MIB], None).await.unwrap();
    let offer = rig
        .call("disk.exportContent", json!({ "id": disk }))
        .await
        .unwrap();
    rig.fail_next("GET /export_raw_vdi", "VDI_IN_USE");
    let error = download(&rig, &offer).await.err().unwrap();
    assert!(
        matches!(&error, Error::Pool { code, .. } if code == "VDI_IN_USE"),
        "{error}"
    );
}
