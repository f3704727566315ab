//! The content of single disks goes in and out, raw, framed and as VHD.

use crate::transfer_support::{Ended, Site};

const MIB: usize = 1 << 20;

/// A disk of this size that nothing was written to.
async fn blank(site: &Site, size: usize) -> String {
    let task = site.task().await;
    let sr = {
        let db = site.lab.db().read();
        let pool = db.all("pool")[0].clone();
        db.reference(&pool, "default_SR")
    };
    let path = format!("/import_raw_vdi?sr_id={sr}&task_id={task}");
    let _ = site
        .http
        .put(site.url(&path))
        .body(vec![0; size])
        .send()
        .await;
    reference(&site.ended(&task).await)
}

fn reference(ended: &Ended) -> String {
    assert_eq!(ended.status, "success", "{ended:?}");
    let value = xva::xmlrpc::parse(ended.result.as_bytes()).unwrap();
    value.as_text().unwrap().to_owned()
}

/// Bytes that are not alike, with holes.
fn pattern(size: usize) -> Vec<u8> {
    let byte = |at: usize| {
        if at / MIB % 3 == 1 {
            0
        } else {
            (at % 251) as u8 ^ (at >> 16) as u8
        }
    };
    (0..size).map(byte).collect()
}

async fn content(site: &Site, disk: &str) -> Vec<u8> {
    site.get(&format!("/export_raw_vdi/?vdi={disk}&format=raw"))
        .await
}

#[tokio::test]
async fn raw_content_comes_back() {
    let site = Site::start().await;
    let disk = blank(&site, 5 * MIB).await;
    assert_eq!(content(&site, &disk).await, vec![0; 5 * MIB]);
    let written = pattern(5 * MIB);
    let ended = site
        .put(
            &format!("/import_raw_vdi?vdi={disk}&format=raw"),
            written.clone(),
        )
        .await;
    assert_eq!(reference(&ended), disk);
    assert_eq!(content(&site, &disk).await, written);
    let uuid = site.lab.db().read().text(&disk, "uuid");
    let url = site.url(&format!("/export_raw_vdi?vdi={uuid}"));
    let reply = site.http.get(url).send().await.unwrap();
    let name = reply.headers()["content-disposition"].to_str().unwrap();
    assert!(name.contains(&format!("{uuid}.raw")), "{name}");
}

#[tokio::test]
async fn a_vhd_goes_out_and_in() {
    let site = Site::start().await;
    let written = pattern(7 * MIB);
    let (from, to) = (blank(&site, 7 * MIB).await, blank(&site, 7 * MIB).await);
    reference(
        &site
            .put(&format!("/import_raw_vdi?vdi={from}"), written.clone())
            .await,
    );
    let vhd = site
        .get(&format!("/export_raw_vdi?vdi={from}&format=vhd"))
        .await;
    assert!(vhd.starts_with(b"conectix") && vhd[vhd.len() - 512..].starts_with(b"conectix"));
    reference(
        &site
            .put(&format!("/import_raw_vdi?vdi={to}&format=vhd"), vhd.clone())
            .await,
    );
    assert_eq!(content(&site, &to).await, written);

    let cut = vhd[..vhd.len() - MIB].to_vec();
    let ended = site
        .put(&format!("/import_raw_vdi?vdi={to}&format=vhd"), cut)
        .await;
    assert_eq!(ended.error[0], "VDI_IO_ERROR");
    let ended = site
        .put(&format!("/import_raw_vdi?vdi={to}&format=vhd"), written)
        .await;
    assert_eq!(ended.error[0], "IMPORT_ERROR");
}

#[tokio::test]
async fn framed_pieces_are_written_where_they_say() {
    let site = Site::start().await;
    let disk = blank(&site, 2 * MIB).await;
    let mut body = Vec::new();
    for (offset, data) in [(MIB as u64 + 7, &b"hello"[..]), (3, b"there")] {
        body.extend_from_slice(&offset.to_le_bytes());
        body.extend_from_slice(&(data.len() as u32).to_le_bytes());
        body.extend_from_slice(data);
    }
    let unfinished = body.clone();
    body.extend_from_slice(&[0; 12]);
    let path = format!("/import_raw_vdi?vdi={disk}&chunked");
    assert_eq!(site.put(&path, unfinished).await.status, "failure");
    reference(&site.put(&path, body).await);
    let now = content(&site, &disk).await;
    assert_eq!(
        (&now[3..8], &now[MIB + 7..MIB + 12]),
        (&b"there"[..], &b"hello"[..])
    );
    assert_eq!(now.iter().filter(|byte| **byte != 0).count(), 10);
}

#[tokio::test]
async fn what_cannot_be_written_is_refused() {
    let site = Site::start().await;
    let disk = blank(&site, MIB).await;
    let path = format!("/import_raw_vdi?vdi={disk}");
    assert_eq!(
        site.put(&path, vec![1; 2 * MIB]).await.error[0],
        "VDI_IO_ERROR"
    );
    let gone = site
        .put("/import_raw_vdi?vdi=OpaqueRef:gone", vec![1; MIB])
        .await;
    assert_eq!(gone.error, ["HANDLE_INVALID", "VDI", "OpaqueRef:gone"]);
    let attached = {
        let vm = site.vm("Running");
        let db = site.lab.db().read();
        db.refs(&vm, "VBDs")
            .iter()
            .find_map(|vbd| db.linked(vbd, "VDI"))
            .unwrap()
    };
    let busy = site
        .put(&format!("/import_raw_vdi?vdi={attached}"), vec![1; MIB])
        .await;
    assert_eq!(busy.error[0], "VDI_IN_USE");
    let qcow = site
        .put(&format!("{path}&format=qcow2"), vec![1; MIB])
        .await;
    assert_eq!(qcow.error[0], "NOT_IMPLEMENTED");
    let probe = site
        .http
        .put(site.url(&path))
        .body("")
        .send()
        .await
        .unwrap();
    assert_eq!(probe.status(), 200);
}

#[tokio::test]
async fn a_clone_keeps_its_content_when_the_origin_is_written() {
    let site = Site::start().await;
    let origin = blank(&site, MIB).await;
    let first = pattern(MIB);
    reference(
        &site
            .put(&format!("/import_raw_vdi?vdi={origin}"), first.clone())
            .await,
    );
    let clone = site.call("VDI.clone", &[&origin]).await;
    reference(
        &site
            .put(&format!("/import_raw_vdi?vdi={origin}"), vec![9; MIB])
            .await,
    );
    assert_eq!(content(&site, &clone).await, first);
    assert_eq!(content(&site, &origin).await, vec![9; MIB]);
}
