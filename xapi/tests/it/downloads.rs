//! Bytes that come from a pool.

use std::time::Duration;

use futures_util::StreamExt;
use xapi::data::ByteStream;
use xapi::{Error, Session};
use xo_lab::{Failure, Lab, Times};

use crate::front::{Answer, Front, page};
use crate::support::{
    DEADLINE, disk, impatient, login, member, small_vm, start, until, until_tidy,
};

const MIB: i64 = 1 << 20;

async fn all(body: ByteStream) -> std::io::Result<Vec<u8>> {
    let pieces: Vec<_> = body.collect().await;
    let pieces: Result<Vec<_>, _> = pieces.into_iter().collect();
    Ok(pieces?.concat())
}

async fn export(session: &Session, disk: &str) -> xapi::Result<xapi::Download> {
    let query = [("vdi", disk), ("format", "raw")];
    session
        .download("/export_raw_vdi", &query, Some("export"))
        .await
}

#[tokio::test]
async fn a_vm_is_exported_whole_under_a_task_that_goes_away() {
    let (lab, session) = start().await;
    let vm = small_vm(&lab);
    let download = session
        .download("/export", &[("ref", &vm)], Some("export of a VM"))
        .await
        .unwrap();
    {
        let db = lab.db().read();
        let task = download.task.as_deref().unwrap();
        assert_eq!(&*db.text(task, "name_label"), "export of a VM");
    }
    let archive = all(download.body).await.unwrap();
    assert!(archive.starts_with(b"ova.xml"));
    session
        .finish_download(download.task.as_deref())
        .await
        .unwrap();
    until_tidy(&lab).await;
}

#[tokio::test]
async fn a_disk_of_unknown_length_is_read_to_its_end() {
    let (lab, session) = start().await;
    let disk = disk(&lab, &session, 3 * MIB).await;
    let download = export(&session, &disk).await.unwrap();
    assert_eq!(download.length, None);
    assert_eq!(
        download.content_type.as_deref(),
        Some("application/octet-stream")
    );
    assert_eq!(all(download.body).await.unwrap().len() as i64, 3 * MIB);
    session
        .finish_download(download.task.as_deref())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_download_that_is_dropped_cancels_its_task_and_leaves_nothing() {
    let (lab, session) = start().await;
    let disk = disk(&lab, &session, 512 * MIB).await;
    let mut download = export(&session, &disk).await.unwrap();
    download.body.next().await.unwrap().unwrap();
    let task = download.task.clone().unwrap();
    drop(download);
    until(&lab, "the task goes", |db| !db.has("task", &task)).await;
    until_tidy(&lab).await;
}

#[tokio::test]
async fn a_download_follows_the_redirection_to_another_member() {
    let (lab, session) = start().await;
    let disk = disk(&lab, &session, MIB).await;
    let other = member(&lab, "127.0.0.2").to_string();
    let redirect = Failure::new("REDIRECT", [&*other]);
    lab.faults()
        .fail_call("GET /export_raw_vdi", redirect, Times::Count(1));
    let download = export(&session, &disk).await.unwrap();
    assert_eq!(all(download.body).await.unwrap().len() as i64, MIB);
}

#[tokio::test]
async fn redirections_in_a_circle_end() {
    let (lab, session) = start().await;
    let disk = disk(&lab, &session, MIB).await;
    let redirect = Failure::new("REDIRECT", [&*lab.http_url()]);
    lab.faults()
        .fail_call("GET /export_raw_vdi", redirect, Times::Always);
    let error = export(&session, &disk).await.err().unwrap();
    assert!(error.to_string().contains("circle"), "{error}");
    until_tidy(&lab).await;
}

#[tokio::test]
async fn a_refused_download_tells_the_status_and_leaves_nothing() {
    let (lab, session) = start().await;
    let disk = disk(&lab, &session, MIB).await;
    let refusal = Failure::bare("RBAC_PERMISSION_DENIED");
    lab.faults()
        .fail_call("GET /export_raw_vdi", refusal, Times::Count(1));
    let error = export(&session, &disk).await.err().unwrap();
    assert!(
        matches!(&error, Error::Status { status: 403, path, .. } if path == "/export_raw_vdi"),
        "{error}"
    );
    until_tidy(&lab).await;
}

/// A session through a front whose exports answer this.
async fn fronted(
    lab: &Lab,
    answer: impl Fn() -> Answer + Send + Sync + 'static,
) -> (Front, Session) {
    let front = Front::start(lab, move |line| {
        if line.contains("/export") {
            answer()
        } else {
            Answer::Pass
        }
    })
    .await;
    let session = impatient(&front.url(), |limits| {
        limits.stall = Duration::from_millis(200);
        limits.open = Duration::from_millis(200);
    })
    .await;
    (front, session)
}

#[tokio::test]
async fn an_error_inside_a_200_body_is_found() {
    let (lab, _) = start().await;
    let hidden = "HTTP/1.1 500 Internal Error\r\ncontent-length: 0\r\n\r\n";
    let (_front, session) = fronted(&lab, move || {
        page("200 OK", "application/octet-stream", hidden)
    })
    .await;
    let error = export(&session, "OpaqueRef:x").await.err().unwrap();
    assert_eq!(error.code(), Some("HTTP_ERROR_IN_BODY"));
    assert!(error.to_string().contains("500 Internal Error"), "{error}");
    until_tidy(&lab).await;
}

#[tokio::test]
async fn a_host_that_stops_sending_is_not_waited_for_for_ever() {
    let (lab, _) = start().await;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n\r\nsome bytes";
    let (_front, session) = fronted(&lab, move || Answer::Hang(head.into())).await;
    let download = export(&session, "OpaqueRef:x").await.unwrap();
    let read = tokio::time::timeout(DEADLINE, all(download.body)).await;
    let error = read.unwrap().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    until_tidy(&lab).await;
}

#[tokio::test]
async fn a_host_that_does_not_begin_to_answer_is_not_waited_for_for_ever() {
    let (lab, _) = start().await;
    let (_front, session) = fronted(&lab, || Answer::Hang(Vec::new())).await;
    let opened = tokio::time::timeout(DEADLINE, export(&session, "OpaqueRef:x")).await;
    let error = opened.unwrap().err().unwrap();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    until_tidy(&lab).await;
}

#[tokio::test]
async fn a_body_that_breaks_off_is_an_error() {
    let (lab, _) = start().await;
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nsome bytes";
    let (_front, session) = fronted(&lab, move || Answer::Bytes(cut.into())).await;
    let download = export(&session, "OpaqueRef:x").await.unwrap();
    assert_eq!(download.length, Some(1000));
    assert!(all(download.body).await.is_err());
    until_tidy(&lab).await;
}

#[tokio::test]
async fn the_tasks_failure_tells_that_what_was_read_is_not_the_whole() {
    let (lab, session) = start().await;
    let task = session.create_task("export").await.unwrap();
    session
        .perform(
            "task.set_error_info",
            serde_json::json!([task, ["VDI_IO_ERROR", "disk"]]),
        )
        .await
        .unwrap();
    session
        .perform("task.set_status", serde_json::json!([task, "failure"]))
        .await
        .unwrap();
    let error = session.finish_download(Some(&task)).await.unwrap_err();
    assert_eq!(error.code(), Some("VDI_IO_ERROR"));
    until_tidy(&lab).await;
}

#[tokio::test]
async fn each_member_tells_its_own_statistics() {
    let (lab, session) = start().await;
    let query = [("start", "0"), ("host", "true"), ("json", "true")];
    let download = session
        .download_from("127.0.0.2", "/rrd_updates", &query)
        .await
        .unwrap();
    assert!(!all(download.body).await.unwrap().is_empty());
    let none = login(&lab.http_url())
        .await
        .download_from("127.0.0.1", "/nothing", &[])
        .await;
    let error = none.err().unwrap();
    assert!(
        matches!(error, Error::Status { status: 404, .. }),
        "{error}"
    );
}
