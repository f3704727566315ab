//! The byte channel to a screen, both ways of opening it.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use xapi::{Error, Session};
use xo_lab::{Failure, Lab, Times};

use crate::front::{Answer, Front, page};
use crate::support::{DEADLINE, login, small, start, vm};

/// The path of a running VM's console.
fn path(lab: &Lab) -> String {
    let db = lab.db().read();
    let console = db.refs(&vm(lab, "Running"), "consoles")[0].clone();
    format!("/console?uuid={}", db.text(&console, "uuid"))
}

/// Opens a console and shakes hands with the screen.
async fn greet(session: &Session, location: &str) {
    let mut console = session.open_console(location).await.unwrap();
    let greet = async {
        let mut banner = Vec::new();
        while banner.len() < 12 {
            banner.extend_from_slice(&console.output.next().await.unwrap().unwrap());
        }
        assert_eq!(banner, b"RFB 003.008\n");
        let answer = Bytes::from_static(b"RFB 003.008\n");
        console.input.send(answer).await.unwrap();
        let kinds = console.output.next().await.unwrap().unwrap();
        assert!(kinds[0] >= 1, "kinds of security: {kinds:?}");
    };
    tokio::time::timeout(DEADLINE, greet).await.unwrap();
}

#[tokio::test]
async fn a_console_opens_by_websocket() {
    let (lab, session) = start().await;
    let refused = Front::start(&lab, |line| {
        assert!(!line.starts_with("CONNECT"), "the WebSocket was taken");
        Answer::Pass
    })
    .await;
    let location = format!("{}{}", refused.url(), path(&lab));
    greet(&session, &location).await;
}

#[tokio::test]
async fn a_console_opens_by_tls() {
    let config = xo_lab::LabConfig {
        https: xo_lab::LabConfig::default().https,
        ..small()
    };
    let lab = Lab::start(config).await.unwrap();
    let session = login(&lab.https_url()).await;
    greet(&session, &format!("{}{}", lab.https_url(), path(&lab))).await;
}

#[tokio::test]
async fn a_console_of_an_old_host_opens_by_connect() {
    let (lab, session) = start().await;
    for status in [
        "200 OK",
        "400 Bad Request",
        "404 Not Found",
        "501 Not Implemented",
    ] {
        let front = Front::start(&lab, move |line| {
            if line.starts_with("GET /console") {
                page(status, "text/html", "<html>what?</html>")
            } else {
                Answer::Pass
            }
        })
        .await;
        greet(&session, &format!("{}{}", front.url(), path(&lab))).await;
    }
}

#[tokio::test]
async fn a_refused_console_tells_the_status() {
    let (lab, session) = start().await;
    let location = format!("{}{}", lab.http_url(), path(&lab));
    let full = Failure::bare("LIMIT");
    lab.faults().fail_call("/console", full, Times::Always);
    let error = session.open_console(&location).await.err().unwrap();
    assert!(
        matches!(error, Error::Status { status: 503, .. }),
        "{error}"
    );
    lab.faults().clear();
    let none = format!("{}/console?uuid=none", lab.http_url());
    let error = session.open_console(&none).await.err().unwrap();
    assert!(
        matches!(error, Error::Status { status: 404, .. }),
        "{error}"
    );
    let error = session.open_console("no URL").await.err().unwrap();
    assert!(matches!(error, Error::Address { .. }), "{error}");
}

#[tokio::test]
async fn an_account_that_may_not_is_not_asked_twice() {
    let (lab, session) = start().await;
    let front = Front::start(&lab, |line| {
        assert!(!line.starts_with("CONNECT"), "one refusal is enough");
        page("403 Forbidden", "text/html", "no")
    })
    .await;
    let location = format!("{}{}", front.url(), path(&lab));
    let error = session.open_console(&location).await.err().unwrap();
    assert!(
        matches!(error, Error::Status { status: 403, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_host_that_answers_connect_with_garbage_is_told() {
    let (lab, session) = start().await;
    for garbage in [&b"\r\n\r\n"[..], b"hello\r\n\r\n", &[b'x'; 40_000]] {
        let front = Front::start(&lab, move |line| {
            if line.starts_with("GET") {
                page("400 Bad Request", "text/html", "")
            } else {
                Answer::Bytes(garbage.to_vec())
            }
        })
        .await;
        let location = format!("{}{}", front.url(), path(&lab));
        let error = session.open_console(&location).await.err().unwrap();
        assert!(matches!(error, Error::Garbage { .. }), "{error}");
    }
}
