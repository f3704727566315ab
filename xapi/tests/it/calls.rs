//! Calls and their answers, also bad ones.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use xapi::{Error, EventFeed, Session};
use xo_lab::{Failure, Lab, Times};

use crate::front::{Answer, Front, page};
use crate::support::{DEADLINE, impatient, login, small, start, target, vm};

#[tokio::test]
async fn an_error_keeps_the_pools_code_and_parameters() {
    let (lab, session) = start().await;
    let failure = Failure::new(
        "VM_BAD_POWER_STATE",
        ["OpaqueRef:1", "halted", "Größe \"1\""],
    );
    lab.faults().fail_call("VM.start", failure, Times::Always);
    let halted = vm(&lab, "Halted");
    let error = session
        .perform("VM.start", json!([halted, false, false]))
        .await
        .unwrap_err();
    let Error::Api(error) = error else {
        panic!("{error}")
    };
    assert_eq!(error.code, "VM_BAD_POWER_STATE");
    assert_eq!(error.params, ["OpaqueRef:1", "halted", "Größe \"1\""]);
}

#[tokio::test]
async fn a_call_has_a_deadline() {
    let (lab, _) = start().await;
    let session = impatient(&lab.http_url(), |l| l.call = Duration::from_millis(100)).await;
    lab.faults().slow_call("VM.get_all", DEADLINE * 2);
    let began = Instant::now();
    let error = session.perform("VM.get_all", json!([])).await.unwrap_err();
    assert!(
        matches!(&error, Error::Timeout { method, .. } if method == "VM.get_all"),
        "{error}"
    );
    assert!(error.is_connection());
    assert!(began.elapsed() < DEADLINE);
}

#[tokio::test]
async fn garbage_is_told_as_such_and_the_next_call_works() {
    let (lab, session) = start().await;
    lab.faults().answer_garbage(Times::Count(1));
    let error = session.perform("VM.get_all", json!([])).await.unwrap_err();
    assert!(matches!(error, Error::Garbage { .. }), "{error}");
    session.perform("VM.get_all", json!([])).await.unwrap();
}

#[tokio::test]
async fn a_result_of_another_type_is_told_with_the_call() {
    let (_lab, session) = start().await;
    let error = session
        .call::<u64>("VM.get_all", json!([]))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("VM.get_all"), "{error}");
}

#[tokio::test]
async fn what_is_no_xapi_is_told_as_such() {
    let lab = Lab::start(small()).await.unwrap();
    type Wrong = fn() -> Answer;
    let cases: [Wrong; 6] = [
        || page("200 OK", "text/html", "<html>a router</html>"),
        || page("403 Forbidden", "text/html", "no"),
        || page("502 Bad Gateway", "application/json", "{}"),
        || page("200 OK", "application/json", "{\"result\":7"),
        || {
            page(
                "200 OK",
                "application/json",
                "{\"jsonrpc\":\"2.0\",\"id\":0}",
            )
        },
        || page("200 OK", "application/json", "{\"result\":{},\"id\":0}"),
    ];
    for (at, case) in cases.into_iter().enumerate() {
        let front = Front::start(&lab, move |_| case()).await;
        let error = Session::login(&target(&front.url())).await.unwrap_err();
        assert!(matches!(error, Error::Garbage { .. }), "{at}: {error}");
        assert!(error.to_string().contains(&front.authority()), "{error}");
    }
    let front = Front::start(&lab, |_| Answer::Bytes(b"SSH-2.0-OpenSSH_9\r\n".to_vec())).await;
    let error = Session::login(&target(&front.url())).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_told() {
    let (lab, _) = start().await;
    let count = Arc::new(AtomicUsize::new(0));
    let front = Front::start(&lab, move |_| {
        if count.fetch_add(1, Ordering::Relaxed) == 0 {
            return Answer::Pass;
        }
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"result\":";
        Answer::Bytes(head.as_bytes().to_vec())
    })
    .await;
    let session = login(&front.url()).await;
    let error = session.perform("VM.get_all", json!([])).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
}

/// A host that only knows XML-RPC.
async fn old_host(lab: &Lab) -> Front {
    Front::start(lab, |line| {
        if line.contains("/jsonrpc") {
            page("500 Internal Error", "text/html", "<html>no</html>")
        } else {
            Answer::Pass
        }
    })
    .await
}

#[tokio::test]
async fn an_old_host_is_spoken_to_in_xml() {
    let lab = Lab::start(small()).await.unwrap();
    let front = old_host(&lab).await;
    let session = login(&front.url()).await;
    let vms: HashMap<String, Value> = session.call("VM.get_all_records", json!([])).await.unwrap();
    assert_eq!(vms.len(), lab.db().read().count("VM"));
    let error = session
        .perform("VM.get_record", json!(["OpaqueRef:none"]))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "HANDLE_INVALID(VM, OpaqueRef:none)");
    let halted = vm(&lab, "Halted");
    let copy = session
        .run("VM.clone", json!([halted, "ein <Klon> & mehr"]))
        .await
        .unwrap();
    let name: String = session
        .call("VM.get_name_label", json!([copy.reference().unwrap()]))
        .await
        .unwrap();
    assert_eq!(name, "ein <Klon> & mehr");
    lab.expire_sessions();
    session.perform("VM.get_all", json!([])).await.unwrap();
}

#[tokio::test]
async fn the_events_of_an_old_host_are_followed() {
    let lab = Lab::start(small()).await.unwrap();
    let front = old_host(&lab).await;
    let session = login(&front.url()).await;
    let mut records = 0;
    let mut feed = EventFeed::load(session, |load| records += load.records.len())
        .await
        .unwrap();
    assert!(records > 50, "{records}");
    let halted = vm(&lab, "Halted");
    lab.db().write().set(&halted, "name_label", "changed");
    loop {
        let batch = feed.next().await.unwrap();
        assert_eq!(batch.unreadable, Vec::<String>::new());
        let told = batch
            .changes
            .iter()
            .any(|change| matches!(change, xapi::Change::Set(_, r, _) if r.to_string() == halted));
        if told {
            return;
        }
    }
}
