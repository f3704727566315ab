//! Calls that run as tasks: their result, their failure, and what is left of them.

use std::time::Duration;

use serde_json::json;
use xapi::Error;
use xo_lab::{Failure, Times};

use crate::support::{DEADLINE, impatient, start, until, until_tidy, vm};

#[tokio::test]
async fn the_result_of_a_task_is_read_and_the_task_removed() {
    let (lab, session) = start().await;
    let halted = vm(&lab, "Halted");
    let copy = session
        .run("VM.clone", json!([halted, "copy"]))
        .await
        .unwrap();
    let copy = copy.reference().unwrap().to_owned();
    assert_eq!(&*lab.db().read().text(&copy, "name_label"), "copy");
    let nothing = session
        .run("VM.start", json!([halted, false, false]))
        .await
        .unwrap();
    assert_eq!(nothing.0, "");
    assert_eq!(nothing.reference(), None);
    until_tidy(&lab).await;
}

#[tokio::test]
async fn a_failed_task_tells_the_pools_code_and_parameters() {
    let (lab, session) = start().await;
    let running = vm(&lab, "Running");
    let error = session
        .run("VM.start", json!([running, false, false]))
        .await
        .unwrap_err();
    let Error::Api(error) = error else {
        panic!("{error}")
    };
    assert_eq!(error.code, "VM_BAD_POWER_STATE");
    assert_eq!(error.params[0], running);
    until_tidy(&lab).await;
}

#[tokio::test]
async fn a_task_that_takes_its_time_is_awaited() {
    let (lab, session) = start().await;
    lab.faults()
        .slow_call("VM.start", Duration::from_millis(300));
    let halted = vm(&lab, "Halted");
    session
        .run("VM.start", json!([halted, false, false]))
        .await
        .unwrap();
    let db = lab.db().read();
    assert_eq!(&*db.text(&halted, "power_state"), "Running");
}

#[tokio::test]
async fn a_cancelled_task_is_told_as_cancelled() {
    let (lab, session) = start().await;
    lab.faults().slow_call("VM.start", Duration::from_secs(3));
    let halted = vm(&lab, "Halted");
    let task: String = session
        .call("Async.VM.start", json!([halted, false, false]))
        .await
        .unwrap();
    session.cancel_task(&task).await.unwrap();
    let outcome = tokio::time::timeout(DEADLINE, session.await_task(&task)).await;
    let error = outcome.unwrap().unwrap_err();
    assert_eq!(error.code(), Some("TASK_CANCELLED"));
    until_tidy(&lab).await;
    session.cancel_task(&task).await.unwrap();
}

#[tokio::test]
async fn a_task_that_nobody_waits_for_any_more_goes_on_and_leaves_nothing() {
    let (lab, session) = start().await;
    lab.faults()
        .slow_call("VM.start", Duration::from_millis(400));
    let halted = vm(&lab, "Halted");
    // It may not even have heard of the task yet.
    tokio::select! {
        outcome = session.run("VM.start", json!([halted, false, false])) => panic!("{outcome:?}"),
        () = until(&lab, "the task is there", |db| db.count("task") == 1) => {}
    }
    until_tidy(&lab).await;
    let db = lab.db().read();
    assert_eq!(&*db.text(&halted, "power_state"), "Running");
}

#[tokio::test]
async fn a_task_that_somebody_removes_ends_the_wait() {
    let (lab, session) = start().await;
    let task = session.create_task("mine").await.unwrap();
    let remove = async {
        lab.db().write().destroy(&task);
    };
    let (outcome, ()) = tokio::join!(session.await_task(&task), remove);
    let Err(Error::Api(error)) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(error.code, "HANDLE_INVALID");
    assert_eq!(error.params, ["task", &task]);
}

#[tokio::test]
async fn a_task_survives_a_toolstack_that_restarts() {
    let (lab, _) = start().await;
    let session = impatient(&lab.http_url(), |l| l.retry = Duration::from_millis(50)).await;
    lab.faults()
        .slow_call("VM.start", Duration::from_millis(500));
    let halted = vm(&lab, "Halted");
    let trouble = async {
        until(&lab, "the task is there", |db| db.count("task") == 1).await;
        lab.faults().drop_connections(Times::Count(3));
        lab.faults().sever_connections();
        lab.expire_sessions();
    };
    let run = session.run("VM.start", json!([halted, false, false]));
    let (outcome, ()) = tokio::join!(run, trouble);
    outcome.unwrap();
    until_tidy(&lab).await;
}

#[tokio::test]
async fn a_pool_that_does_not_come_back_ends_the_wait() {
    let (lab, _) = start().await;
    let session = impatient(&lab.http_url(), |limits| {
        limits.retry = Duration::from_millis(20);
        limits.patience = Duration::from_millis(200);
    })
    .await;
    let task = session.create_task("lost").await.unwrap();
    lab.faults().drop_connections(Times::Always);
    let outcome = tokio::time::timeout(DEADLINE, session.await_task(&task)).await;
    let error = outcome.unwrap().unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_call_that_does_not_become_a_task_is_told() {
    let (lab, session) = start().await;
    let failure = Failure::bare("TOO_MANY_PENDING_TASKS");
    lab.faults()
        .fail_call("Async.VM.start", failure, Times::Count(1));
    let halted = vm(&lab, "Halted");
    let error = session
        .run("VM.start", json!([halted, false, false]))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("TOO_MANY_PENDING_TASKS"));
    until_tidy(&lab).await;
}
