//! Bytes that go to a pool.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde_json::json;
use xapi::data::ByteStream;
use xapi::{Error, Result, Session, TaskValue, Upload};
use xo_lab::db::Db;
use xo_lab::{Failure, Times};

use crate::front::{Answer, Front};
use crate::support::{DEADLINE, disk, impatient, member, small_vm, start, until, until_tidy};

const MIB: usize = 1 << 20;

/// So many bytes in pieces.
fn bytes(count: usize) -> ByteStream {
    const PIECE: usize = 64 << 10;
    let pieces = (0..count.div_ceil(PIECE)).map(move |at| {
        let length = PIECE.min(count - at * PIECE);
        Ok(Bytes::from(vec![(at % 251) as u8 + 1; length]))
    });
    stream::iter(pieces.collect::<Vec<_>>()).boxed()
}

async fn import(
    session: &Session,
    disk: &str,
    body: ByteStream,
    length: Option<usize>,
) -> Result<TaskValue> {
    let upload = Upload {
        body,
        length: length.map(|length| length as u64),
    };
    let query = [("vdi", disk), ("format", "raw")];
    let sent = session.upload("/import_raw_vdi", &query, "import", upload);
    tokio::time::timeout(DEADLINE, sent).await.unwrap()
}

async fn content(session: &Session, disk: &str) -> Vec<u8> {
    let download = session
        .download("/export_raw_vdi", &[("vdi", disk)], None)
        .await
        .unwrap();
    let pieces: Vec<_> = download.body.map(|piece| piece.unwrap()).collect().await;
    pieces.concat()
}

async fn written(session: &Session, disk: &str, count: usize) -> bool {
    let expected: Vec<_> = bytes(count).map(|piece| piece.unwrap()).collect().await;
    content(session, disk).await == expected.concat()
}

#[tokio::test]
async fn a_disk_is_written_and_the_task_tells_which() {
    let (lab, session) = start().await;
    let disk = disk(&lab, &session, 2 * MIB as i64).await;
    let value = import(&session, &disk, bytes(2 * MIB), Some(2 * MIB)).await;
    assert_eq!(value.unwrap().reference(), Some(&*disk));
    assert!(written(&session, &disk, 2 * MIB).await);
    until_tidy(&lab).await;
}

#[tokio::test]
async fn a_vm_of_unknown_length_is_imported() {
    let (lab, session) = start().await;
    let vm = small_vm(&lab);
    let archive = session
        .download("/export", &[("ref", &vm)], None)
        .await
        .unwrap();
    let upload = Upload {
        body: archive.body,
        length: None,
    };
    let sent = session.upload("/import", &[], "import of a VM", upload);
    let value = tokio::time::timeout(DEADLINE, sent).await.unwrap().unwrap();
    let copy = value.reference().unwrap();
    assert_ne!(copy, vm);
    let db = lab.db().read();
    assert_eq!(db.text(copy, "name_label"), db.text(&vm, "name_label"));
}

#[tokio::test]
async fn an_upload_goes_to_the_member_that_serves_it() {
    let (lab, session) = start().await;
    let disk = disk(&lab, &session, MIB as i64).await;
    let other = member(&lab, "127.0.0.2").to_string();
    let redirect = Failure::new("REDIRECT", [&*other]);
    lab.faults()
        .fail_call("PROBE /import_raw_vdi", redirect, Times::Count(1));
    import(&session, &disk, bytes(MIB), Some(MIB))
        .await
        .unwrap();
    assert!(written(&session, &disk, MIB).await);
}

#[tokio::test]
async fn the_tasks_own_error_is_told() {
    let (lab, session) = start().await;
    let disk = disk(&lab, &session, MIB as i64).await;
    let failure = Failure::new("SR_BACKEND_FAILURE_44", ["", "no room", ""]);
    lab.faults()
        .fail_call("PUT /import_raw_vdi", failure, Times::Count(1));
    let error = import(&session, &disk, bytes(MIB), Some(MIB))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("SR_BACKEND_FAILURE_44"));
    until_tidy(&lab).await;
}

#[tokio::test]
async fn a_refused_upload_is_told_before_a_byte_is_taken() {
    let (lab, session) = start().await;
    let disk = disk(&lab, &session, MIB as i64).await;
    let refusal = Failure::bare("RBAC_PERMISSION_DENIED");
    lab.faults()
        .fail_call("PROBE /import_raw_vdi", refusal, Times::Count(1));
    let untouched = stream::poll_fn(|_| panic!("the source is asked")).boxed();
    let error = import(&session, &disk, untouched, Some(MIB))
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Status { status: 403, .. }),
        "{error}"
    );
    until_tidy(&lab).await;
}

#[tokio::test]
async fn an_upload_that_is_too_short_fails() {
    let (lab, _) = start().await;
    let session = impatient(&lab.http_url(), |l| l.completion = Duration::from_secs(1)).await;
    let disk = disk(&lab, &session, MIB as i64).await;
    let error = import(&session, &disk, bytes(MIB / 2), Some(MIB)).await;
    assert!(error.is_err(), "{error:?}");
    until_tidy(&lab).await;
}

#[tokio::test]
async fn a_source_that_fails_is_told_as_the_source_and_cancels_the_task() {
    let (lab, session) = start().await;
    let disk = disk(&lab, &session, 8 * MIB as i64).await;
    let broken = bytes(MIB)
        .chain(stream::once(async {
            Err(std::io::Error::other("the other pool went away"))
        }))
        .boxed();
    let error = import(&session, &disk, broken, Some(8 * MIB))
        .await
        .unwrap_err();
    let Error::Source(source) = error else {
        panic!("{error}")
    };
    assert_eq!(source.to_string(), "the other pool went away");
    until_tidy(&lab).await;
}

#[tokio::test]
async fn a_source_that_stands_still_ends_the_upload() {
    let (lab, _) = start().await;
    let session = impatient(&lab.http_url(), |l| l.stall = Duration::from_millis(200)).await;
    let disk = disk(&lab, &session, 8 * MIB as i64).await;
    let silent = bytes(MIB).chain(stream::pending()).boxed();
    let error = import(&session, &disk, silent, Some(8 * MIB))
        .await
        .unwrap_err();
    let text = format!("{error:?}");
    assert!(
        text.contains("nothing came from the sender") || text.contains("takes no more"),
        "{text}"
    );
    until_tidy(&lab).await;
}

#[tokio::test]
async fn a_host_that_takes_no_more_ends_the_upload() {
    let (lab, session) = start().await;
    let disk = disk(&lab, &session, 64 * MIB as i64).await;
    let is_asked = AtomicBool::new(false);
    let front = Front::start(&lab, move |line| {
        // The first PUT only asks for the host.
        if line.starts_with("PUT") && is_asked.swap(true, Ordering::Relaxed) {
            Answer::Hang(Vec::new())
        } else {
            Answer::Pass
        }
    })
    .await;
    let session = impatient(&front.url(), |limits| {
        limits.stall = Duration::from_millis(300);
        limits.reason = Duration::from_millis(300);
    })
    .await;
    let error = import(&session, &disk, bytes(64 * MIB), Some(64 * MIB))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Timeout { method, .. } if method.contains("no more data")),
        "{error}"
    );
    until_tidy(&lab).await;
}

#[tokio::test]
async fn an_upload_that_is_dropped_cancels_its_task_and_leaves_nothing() {
    let (lab, session) = start().await;
    let disk = disk(&lab, &session, 8 * MIB as i64).await;
    let silent = bytes(MIB).chain(stream::pending()).boxed();
    let sending = import(&session, &disk, silent, Some(8 * MIB));
    let begun = until(&lab, "the upload has a task", has_upload);
    tokio::select! {
        outcome = sending => panic!("{outcome:?}"),
        () = begun => {}
    }
    until(&lab, "the task goes", |db| !has_upload(db)).await;
    until_tidy(&lab).await;
}

fn has_upload(db: &Db) -> bool {
    find_upload(db).is_some()
}

#[tokio::test]
async fn a_task_that_somebody_cancels_ends_the_upload() {
    let (lab, session) = start().await;
    let disk = disk(&lab, &session, 64 * MIB as i64).await;
    let other = crate::support::login(&lab.http_url()).await;
    let slow = stream::repeat_with(|| Ok(Bytes::from(vec![7; 1024])))
        .then(|piece| async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            piece
        })
        .boxed();
    let cancel = async {
        until(&lab, "the host works on the upload", |db| {
            let task = find_upload(db);
            task.is_some_and(|task| !db.get(&task, "allowed_operations").elements().is_empty())
        })
        .await;
        let task = find_upload(&lab.db().read()).unwrap();
        other.perform("task.cancel", json!([task])).await.unwrap();
    };
    let sending = import(&session, &disk, slow, Some(64 * MIB));
    let (outcome, ()) = tokio::join!(sending, cancel);
    assert_eq!(outcome.unwrap_err().code(), Some("TASK_CANCELLED"));
    until_tidy(&lab).await;
}

fn find_upload(db: &Db) -> Option<String> {
    let mut tasks = db.all("task").into_iter();
    let task = tasks.find(|task| &*db.text(task, "name_label") == "import");
    task.map(|task| task.to_string())
}
