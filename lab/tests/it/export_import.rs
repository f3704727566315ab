//! VMs go out and come in as archives that other tools read.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use xo_lab::{Failure, Times};
use xva::xmlrpc::{Value, parse};
use xva::{Checksums, Chunk, Limits, Reader};

use crate::transfer_support::{Site, read_head, write_head};

/// The bytes of all chunks, in one piece.
fn chunks(archive: &[u8]) -> Vec<(String, u64, usize)> {
    let mut reader = Reader::open(archive, Limits::default(), Checksums::Verify).unwrap();
    let mut seen = Vec::new();
    while let Some(Chunk { disk, offset, data }) = reader.next_chunk().unwrap() {
        seen.push((disk.to_owned(), offset, data.len()));
    }
    reader.finish().unwrap();
    seen
}

fn imported(result: &str) -> String {
    let value = parse(result.as_bytes()).unwrap();
    value
        .as_array()
        .and_then(|vms| vms.first())
        .and_then(Value::as_text)
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn an_export_is_an_archive_in_every_compression() {
    let site = Site::start().await;
    let (vm, _) = site.small_vm();
    let mut seen = Vec::new();
    for (compression, magic) in [
        ("false", &b"ova.xml"[..]),
        ("true", b"\x1f\x8b"),
        ("gzip", b"\x1f\x8b"),
        ("zstd", b"\x28\xb5\x2f\xfd"),
    ] {
        let task = site.task().await;
        let path = format!("/export/?ref={vm}&use_compression={compression}&task_id={task}");
        let archive = site.get(&path).await;
        assert!(archive.starts_with(magic), "{compression}");
        assert_eq!(site.ended(&task).await.status, "success");
        seen.push(chunks(&archive));
    }
    assert!(seen[0].len() > 1, "there is content: {seen:?}");
    assert!(seen.iter().all(|chunks| *chunks == seen[0]));
    let db = site.lab.db().read();
    assert!(db.get(&vm, "current_operations").entries().is_empty());
}

#[tokio::test]
async fn an_exported_vm_comes_back_with_its_content() {
    let site = Site::start().await;
    let (vm, disk) = site.small_vm();
    let original = site.get(&format!("/export_raw_vdi?vdi={disk}")).await;
    assert_eq!(original.len(), 8 << 20);
    let archive = site
        .get(&format!("/export?ref={vm}&use_compression=zstd"))
        .await;

    let ended = site.put("/import/", archive).await;
    assert_eq!(ended.status, "success", "{ended:?}");
    let copy = imported(&ended.result);
    assert_ne!(copy, vm);
    let new_disk = {
        let db = site.lab.db().read();
        for field in [
            "name_label",
            "memory_static_max",
            "VCPUs_max",
            "HVM_boot_params",
            "platform",
        ] {
            assert_eq!(db.get(&copy, field), db.get(&vm, field), "{field}");
        }
        assert_ne!(db.text(&copy, "uuid"), db.text(&vm, "uuid"));
        assert_eq!(&*db.text(&copy, "power_state"), "Halted");
        assert!(db.get(&copy, "current_operations").entries().is_empty());
        let allowed = db.refs(&copy, "allowed_operations");
        assert!(
            allowed.iter().any(|operation| &**operation == "start"),
            "{allowed:?}"
        );
        assert!(db.linked(&copy, "metrics").is_some());
        let vifs = db.refs(&copy, "VIFs");
        assert_eq!(vifs.len(), db.refs(&vm, "VIFs").len());
        for (new, old) in vifs.iter().zip(db.refs(&vm, "VIFs")) {
            assert_eq!(
                db.linked(new, "network"),
                db.linked(&old, "network"),
                "matched by name"
            );
            assert_ne!(db.text(new, "MAC"), db.text(&old, "MAC"));
        }
        let vbds = db.refs(&copy, "VBDs");
        assert_eq!(vbds.len(), db.refs(&vm, "VBDs").len());
        let at = db.text(&db.refs(&disk, "VBDs")[0], "userdevice");
        let vbd = vbds
            .iter()
            .find(|vbd| db.text(vbd, "userdevice") == at)
            .unwrap();
        db.linked(vbd, "VDI").unwrap()
    };
    assert_eq!(
        site.get(&format!("/export_raw_vdi?vdi={new_disk}")).await,
        original
    );
    site.call("VM.assert_operation_valid", &[&copy, "start"])
        .await;
}

#[tokio::test]
async fn a_running_vm_is_not_exported() {
    let site = Site::start().await;
    let vm = site.vm("Running");
    let task = site.task().await;
    let url = site.url(&format!("/export?ref={vm}&task_id={task}"));
    assert_eq!(site.http.get(url).send().await.unwrap().status(), 500);
    let ended = site.ended(&task).await;
    assert_eq!(
        ended.error,
        ["VM_BAD_POWER_STATE", &vm, "halted, suspended", "running"]
    );
}

#[tokio::test]
async fn what_is_no_whole_archive_fails_with_the_hosts_code_and_leaves_nothing() {
    let site = Site::start().await;
    let (vm, _) = site.small_vm();
    let archive = site.get(&format!("/export?ref={vm}")).await;
    let counts = || {
        let db = site.lab.db().read();
        ["VM", "VBD", "VDI", "VIF", "network", "VM_metrics"].map(|class| db.count(class))
    };
    let before = counts();
    let at = archive.windows(7).position(|w| w == b".xxhash").unwrap();
    let mut bad_hash = archive.clone();
    bad_hash[at / 512 * 512 + 512] ^= 1;
    let mut dangling = archive.clone();
    let sr = b"<name>network</name><value>Ref:";
    let place = dangling.windows(sr.len()).position(|w| w == sr).unwrap() + sr.len();
    dangling[place] = b'x';
    let mut other = zstd::encode_all(&tar_of("readme")[..], 1).unwrap();
    other.resize(2048, 0);
    for (body, code) in [
        (
            archive[..archive.len() / 2].to_vec(),
            "IMPORT_ERROR_PREMATURE_EOF",
        ),
        (vec![7; 5000], "IMPORT_ERROR_PREMATURE_EOF"),
        (tar_of("readme"), "IMPORT_ERROR_PREMATURE_EOF"),
        (other, "IMPORT_ERROR_UNEXPECTED_FILE"),
        (bad_hash, "IMPORT_ERROR"),
        (dangling, "IMPORT_ERROR_FAILED_TO_FIND_OBJECT"),
        (Vec::new(), "IMPORT_ERROR_PREMATURE_EOF"),
    ] {
        let ended = site.put("/import", body).await;
        assert_eq!(
            (ended.status.as_str(), ended.error[0].as_str()),
            ("failure", code),
            "{ended:?}"
        );
        assert_eq!(counts(), before, "{code}");
    }
}

fn tar_of(name: &str) -> Vec<u8> {
    // A header by hand: the lab itself has no need of a tar writer.
    let mut header = vec![0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[124..135].copy_from_slice(b"00000000000");
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header.resize(2048, 0);
    header
}

#[tokio::test]
async fn a_forced_import_does_not_look_at_checksums() {
    let site = Site::start().await;
    let (vm, _) = site.small_vm();
    let mut archive = site.get(&format!("/export?ref={vm}")).await;
    let at = archive.windows(7).position(|w| w == b".xxhash").unwrap();
    archive[at / 512 * 512 + 512] ^= 1;
    assert_eq!(
        site.put("/import?force=true", archive).await.status,
        "success"
    );
}

#[tokio::test]
async fn an_empty_probe_is_answered_and_does_nothing() {
    let site = Site::start().await;
    let tasks = site.lab.db().read().count("VM");
    let reply = site
        .http
        .put(site.url("/import/"))
        .body("")
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status(), 200);
    assert_eq!(site.lab.db().read().count("VM"), tasks);
}

#[tokio::test]
async fn the_status_comes_before_the_body_and_an_announced_pebibyte_may_end_early() {
    let site = Site::start().await;
    let (vm, _) = site.small_vm();
    let archive = site.get(&format!("/export?ref={vm}")).await;
    for keep in [archive.len(), archive.len() - 1024] {
        let task = site.task().await;
        let mut stream = site.connect().await;
        let target = format!(
            "PUT /import?session_id={}&task_id={task} HTTP/1.1",
            site.session
        );
        let length = format!("content-length: {}", 1_u64 << 50);
        write_head(&mut stream, &[&target, "host: lab", &length]).await;
        let head = read_head(&mut stream).await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let _ = stream.write_all(&archive[..keep]).await;
        drop(stream);
        let ended = site.ended(&task).await;
        assert_eq!(ended.status, "success", "{ended:?}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_fails_the_import() {
    let site = Site::start().await;
    let (vm, _) = site.small_vm();
    let archive = site.get(&format!("/export?ref={vm}")).await;
    let task = site.task().await;
    let mut stream = site.connect().await;
    let target = format!(
        "PUT /import?session_id={}&task_id={task} HTTP/1.1",
        site.session
    );
    let length = format!("content-length: {}", archive.len());
    write_head(&mut stream, &[&target, "host: lab", &length]).await;
    read_head(&mut stream).await;
    stream.write_all(&archive[..1 << 20]).await.unwrap();
    drop(stream);
    assert_eq!(
        site.ended(&task).await.error,
        ["IMPORT_ERROR_PREMATURE_EOF"]
    );
}

#[tokio::test]
async fn chunked_transfer_encoding_is_refused() {
    let site = Site::start().await;
    let task = site.task().await;
    let mut stream = site.connect().await;
    let target = format!(
        "PUT /import?session_id={}&task_id={task} HTTP/1.1",
        site.session
    );
    write_head(
        &mut stream,
        &[&target, "host: lab", "transfer-encoding: chunked"],
    )
    .await;
    assert!(read_head(&mut stream).await.starts_with("HTTP/1.1 403"));
    assert_eq!(
        site.ended(&task).await.error,
        ["IMPORT_ERROR_CANNOT_HANDLE_CHUNKED"]
    );
}

#[tokio::test]
async fn a_transfer_needs_a_session_or_a_password() {
    let site = Site::start().await;
    let (vm, _) = site.small_vm();
    let url = format!("{}/export?ref={vm}", site.lab.http_url());
    let refused = site.http.get(&url).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert!(refused.text().await.unwrap().contains("<html>"));
    let wrong = site
        .http
        .get(&url)
        .basic_auth("root", Some("wrong"))
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), 401);
    let right = site
        .http
        .get(&url)
        .basic_auth("root", Some("lab"))
        .send()
        .await
        .unwrap();
    assert_eq!(right.status(), 200);
    let name = right.headers()["task-id"].to_str().unwrap().to_owned();
    assert!(!chunks(&right.bytes().await.unwrap()).is_empty());
    assert_eq!(site.ended(&name).await.status, "success");
    let cookie = site
        .http
        .get(&url)
        .header("cookie", format!("a=b; session_id={}", site.session));
    assert_eq!(cookie.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn trouble_is_scripted_by_the_verb_and_path() {
    let site = Site::start().await;
    let (vm, _) = site.small_vm();
    let url = site.url(&format!("/export?ref={vm}"));
    let faults = site.lab.faults();
    faults.fail_call(
        "GET /export",
        Failure::new("REDIRECT", ["127.0.0.2"]),
        Times::Count(1),
    );
    let moved = site.http.get(&url).send().await.unwrap();
    assert_eq!(moved.status(), 302);
    let location = moved.headers()["location"].to_str().unwrap();
    assert!(
        location.starts_with("https://127.0.0.2/export?ref="),
        "{location}"
    );
    faults.fail_call(
        "GET /export",
        Failure::bare("RBAC_PERMISSION_DENIED"),
        Times::Count(1),
    );
    assert_eq!(site.http.get(&url).send().await.unwrap().status(), 403);
    faults.fail_call(
        "PUT /import",
        Failure::bare("SR_BACKEND_FAILURE_1"),
        Times::Count(1),
    );
    let archive = site
        .http
        .get(&url)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    let probe = || site.http.put(site.url("/import")).body("").send();
    assert_eq!(
        probe().await.unwrap().status(),
        200,
        "what is scripted for the transfer waits for it"
    );
    let ended = site.put("/import", archive.to_vec()).await;
    assert_eq!(ended.error, ["SR_BACKEND_FAILURE_1"]);
    faults.fail_call(
        "PROBE /import",
        Failure::new("REDIRECT", ["127.0.0.2"]),
        Times::Count(1),
    );
    assert_eq!(probe().await.unwrap().status(), 302);
    assert_eq!(probe().await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_target_sr_is_chosen_and_checked() {
    let site = Site::start().await;
    let (vm, _) = site.small_vm();
    let archive = site.get(&format!("/export?ref={vm}")).await;
    let (iso, other) = {
        let db = site.lab.db().read();
        let iso = db
            .rows("SR")
            .find(|row| db.text(&row.reference, "content_type").as_ref() == "iso");
        let pool = db.all("pool")[0].clone();
        let usual = db.reference(&pool, "default_SR");
        let other = db.rows("SR").find(|row| {
            *row.reference != *usual && db.text(&row.reference, "type").as_ref() == "ext"
        });
        (
            iso.unwrap().reference.clone(),
            other.unwrap().reference.clone(),
        )
    };
    let refused = site
        .put(&format!("/import?sr_id={iso}"), archive.clone())
        .await;
    assert_eq!(refused.error, ["SR_OPERATION_NOT_SUPPORTED", &*iso]);
    let uuid = site.lab.db().read().text(&other, "uuid");
    let ended = site.put(&format!("/import?sr_uuid={uuid}"), archive).await;
    let vm = imported(&ended.result);
    let db = site.lab.db().read();
    let disks: Vec<_> = db
        .refs(&vm, "VBDs")
        .iter()
        .filter_map(|vbd| db.linked(vbd, "VDI"))
        .collect();
    assert!(!disks.is_empty() && disks.iter().all(|vdi| db.reference(vdi, "SR") == other));
}

#[tokio::test]
async fn metadata_is_the_description_alone_with_a_length() {
    let site = Site::start().await;
    let vm = site.vm("Running");
    for query in [format!("ref={vm}"), "all=true".to_owned()] {
        let url = site.url(&format!("/export_metadata?{query}"));
        let reply = site.http.get(url).send().await.unwrap();
        assert_eq!(reply.status(), 200);
        let length = reply.content_length().unwrap();
        let archive = reply.bytes().await.unwrap();
        assert_eq!(archive.len() as u64, length);
        let reader = Reader::open(&archive[..], Limits::default(), Checksums::Verify).unwrap();
        assert!(reader.ova().of_class("VM").count() >= 1);
        assert_eq!(archive.len() % 512, 0);
    }
}

#[tokio::test]
async fn a_cancelled_export_ends_the_stream_and_the_task() {
    let site = Site::start().await;
    let disk = {
        let vm = site.vm("Running");
        let mut db = site.lab.db().write();
        let vbds = db.refs(&vm, "VBDs");
        let disk = vbds.iter().find_map(|vbd| db.linked(vbd, "VDI")).unwrap();
        db.set(&disk, "virtual_size", xo_lab::Value::Int(1 << 40));
        disk
    };
    let task = site.task().await;
    let mut stream = site.connect().await;
    let target = format!(
        "GET /export_raw_vdi?vdi={disk}&session_id={}&task_id={task} HTTP/1.1",
        site.session
    );
    write_head(&mut stream, &[&target, "host: lab"]).await;
    assert!(read_head(&mut stream).await.starts_with("HTTP/1.1 200"));
    site.call("task.cancel", &[&task]).await;
    let mut buffer = vec![0; 1 << 20];
    while matches!(stream.read(&mut buffer).await, Ok(1..)) {}
    assert_eq!(site.ended(&task).await.status, "cancelled");
}
