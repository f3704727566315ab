//! Sessions that end, and masters that move.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use xapi::{Error, Session};
use xo_lab::{Failure, Lab, Times};

use crate::support::{login, member, small, start, target, until};

fn sessions(lab: &Lab) -> usize {
    lab.db().read().count("session")
}

fn move_master(lab: &Lab, host: usize) {
    let mut db = lab.db().write();
    let (pool, hosts) = (db.all("pool")[0].clone(), db.all("host"));
    db.set(&pool, "master", &hosts[host]);
}

async fn vms(session: &Session) -> xapi::Result<Vec<String>> {
    session.call("VM.get_all", json!([])).await
}

#[tokio::test]
async fn a_session_is_labelled_with_a_stable_originator() {
    let (lab, session) = start().await;
    let db = lab.db().read();
    assert_eq!(&*db.text(&session.reference(), "originator"), "xoa");
}

#[tokio::test]
async fn calls_that_find_the_session_dead_share_one_login() {
    let (lab, session) = start().await;
    lab.expire_sessions();
    let calls = join_all((0..20).map(|_| vms(&session))).await;
    assert!(calls.iter().all(Result::is_ok), "{calls:?}");
    assert_eq!(sessions(&lab), 1);
}

#[tokio::test]
async fn calls_that_find_the_session_dead_share_a_failed_login() {
    let (lab, session) = start().await;
    lab.expire_sessions();
    // All of them are refused before the login that the first one begins is.
    lab.faults().delay_calls(Duration::from_millis(300));
    let refusal = Failure::new("SESSION_AUTHENTICATION_FAILED", ["root", "no"]);
    lab.faults()
        .fail_call("session.login_with_password", refusal, Times::Count(1));
    for outcome in join_all((0..4).map(|_| vms(&session))).await {
        let error = outcome.unwrap_err();
        assert_eq!(error.code(), Some("SESSION_AUTHENTICATION_FAILED"));
    }
    lab.faults().clear();
    vms(&session).await.unwrap();
}

#[tokio::test]
async fn a_call_logs_in_again_at_most_once() {
    let (lab, session) = start().await;
    let dead = Failure::new("SESSION_INVALID", ["x"]);
    lab.faults().fail_call("VM.get_all", dead, Times::Always);
    let error = vms(&session).await.unwrap_err();
    assert_eq!(error.code(), Some("SESSION_INVALID"));
    assert_eq!(sessions(&lab), 2, "the first one, and one more");
}

#[tokio::test]
async fn after_the_logout_nothing_logs_in_again() {
    let (lab, session) = start().await;
    session.logout().await;
    assert_eq!(sessions(&lab), 0);
    let error = vms(&session).await.unwrap_err();
    assert_eq!(error.code(), Some("SESSION_INVALID"));
    assert_eq!(sessions(&lab), 0);
}

#[tokio::test]
async fn a_login_at_another_member_goes_to_the_master() {
    let lab = Lab::start(small()).await.unwrap();
    let session = login(&member(&lab, "127.0.0.2").to_string()).await;
    assert_eq!(session.address(), member(&lab, "127.0.0.1"));
    vms(&session).await.unwrap();
}

#[tokio::test]
async fn a_call_follows_a_master_that_moved() {
    let (lab, session) = start().await;
    move_master(&lab, 1);
    let calls = join_all((0..5).map(|_| vms(&session))).await;
    assert!(calls.iter().all(Result::is_ok), "{calls:?}");
    assert_eq!(session.address(), member(&lab, "127.0.0.2"));
    assert_eq!(sessions(&lab), 2);
}

#[tokio::test]
async fn members_that_send_each_other_round_end_in_an_error() {
    let lab = Lab::start(small()).await.unwrap();
    lab.faults().be_slave_of(Some("127.0.0.1"));
    let error = Session::login(&target(&lab.http_url())).await.unwrap_err();
    assert_eq!(error.code(), Some("HOST_IS_SLAVE"));
}

#[tokio::test]
async fn a_masters_address_that_is_none_is_not_followed() {
    let lab = Lab::start(small()).await.unwrap();
    for wrong in ["", "root@elsewhere", "elsewhere/path?", "a b"] {
        lab.faults().be_slave_of(Some(wrong));
        let error = Session::login(&target(&lab.http_url())).await.unwrap_err();
        assert!(matches!(error, Error::Garbage { .. }), "{wrong}: {error}");
    }
}

#[tokio::test]
async fn the_master_is_found_among_the_members() {
    let lab = Lab::start(small()).await.unwrap();
    lab.faults().crash_host(Some([127, 0, 0, 1].into()));
    move_master(&lab, 1);
    let members = [member(&lab, "127.0.0.1"), member(&lab, "127.0.0.2")];
    let session = Session::login_among(&target(&lab.http_url()), &members)
        .await
        .unwrap();
    assert_eq!(session.address(), members[1]);
}

#[tokio::test]
async fn when_no_member_answers_the_first_ones_error_is_told() {
    let lab = Lab::start(small()).await.unwrap();
    lab.faults().drop_connections(Times::Always);
    let target = target(&lab.http_url());
    let error = Session::login_among(&target, &[member(&lab, "127.0.0.2")])
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Unreachable { host, .. } if *host == target.address.authority()),
        "{error}"
    );
}

#[tokio::test]
async fn all_clones_move_with_a_session_that_finds_its_pool_again() {
    let (lab, session) = start().await;
    let clone = session.clone();
    move_master(&lab, 1);
    lab.faults().crash_host(Some([127, 0, 0, 1].into()));
    lab.faults().sever_connections();
    let members = [member(&lab, "127.0.0.1"), member(&lab, "127.0.0.2")];
    session.reconnect(&members).await.unwrap();
    assert_eq!(clone.address(), members[1]);
    vms(&clone).await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_told_with_the_pools_code() {
    let lab = Lab::start(small()).await.unwrap();
    let mut wrong = target(&lab.http_url());
    wrong.credentials.password = "secret words".into();
    let error = Session::login(&wrong).await.unwrap_err();
    assert_eq!(error.code(), Some("SESSION_AUTHENTICATION_FAILED"));
    assert!(!format!("{wrong:?} {error:?}").contains("secret words"));
}

#[tokio::test]
async fn a_logout_waits_for_what_cleans_up() {
    let (lab, session) = start().await;
    let task = session.create_task("transfer").await.unwrap();
    let waiting = session.await_task(&task);
    assert!(
        tokio::time::timeout(Duration::from_millis(50), waiting)
            .await
            .is_err()
    );
    session.logout().await;
    until(&lab, "the task goes when it is done", |db| {
        let marks = db.all("task");
        marks.iter().all(|task| {
            db.entry(task, "other_config", "lab:destroy_when_done")
                .is_some()
        })
    })
    .await;
}
