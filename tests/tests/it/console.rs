//! A VM's screen through the server.

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use xo_lab::LabConfig;
use xo_tests::client::LIMIT;
use xo_tests::rig::Rig;

async fn token(rig: &Rig) -> String {
    let mut client = rig.client().await.unwrap();
    let token = client.call("token.create", json!({})).await.unwrap();
    token.as_str().unwrap().to_owned()
}

fn request(rig: &Rig, vm: &str, cookie: Option<&str>) -> tungstenite::handshake::client::Request {
    let url = format!("ws://{}/api/consoles/{vm}", rig.http().unwrap());
    let mut request = url.into_client_request().unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", "binary".parse().unwrap());
    if let Some(cookie) = cookie {
        request
            .headers_mut()
            .insert("cookie", format!("token={cookie}").parse().unwrap());
    }
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_vm_shows_its_screen_and_takes_input() {
    let rig = Rig::with_lab(LabConfig::default()).await.unwrap();
    let token = token(&rig).await;
    let vms = rig.objects("VM").await.unwrap();
    let running = vms
        .iter()
        .find(|vm| vm["power_state"] == "Running")
        .unwrap();
    let request = request(&rig, running["id"].as_str().unwrap(), Some(&token));
    let (mut socket, answer) = tokio_tungstenite::connect_async(request).await.unwrap();
    assert_eq!(answer.headers()["sec-websocket-protocol"], "binary");

    // RFB: the server tells its version, the client its own, then the server offers ways to authenticate.
    let mut received = Vec::new();
    let mut answered = false;
    while received.len() < 14 {
        let next = tokio::time::timeout(LIMIT, socket.next())
            .await
            .expect("the screen is silent");
        match next.unwrap().unwrap() {
            Message::Binary(data) => received.extend_from_slice(&data),
            other => panic!("{other:?}"),
        }
        if received.len() >= 12 && !answered {
            answered = true;
            assert_eq!(&received[..4], b"RFB ");
            socket
                .send(Message::binary(received[..12].to_vec()))
                .await
                .unwrap();
        }
    }
    assert_eq!(&received[12..14], [1, 1], "one way to authenticate: none");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_is_shown_only_to_who_may_operate_a_vm_that_runs() {
    let rig = Rig::with_lab(LabConfig::default()).await.unwrap();
    let vms = rig.objects("VM").await.unwrap();
    let running = vms
        .iter()
        .find(|vm| vm["power_state"] == "Running")
        .unwrap();
    let halted = vms.iter().find(|vm| vm["power_state"] == "Halted").unwrap();
    let status = async |request| match tokio_tungstenite::connect_async(request).await {
        Err(tungstenite::Error::Http(answer)) => answer.status().as_u16(),
        other => panic!(
            "not refused: {:?}",
            other.map(|(_, answer)| answer.status())
        ),
    };
    let id = running["id"].as_str().unwrap();
    assert_eq!(status(request(&rig, id, None)).await, 401);
    assert_eq!(status(request(&rig, id, Some("wrong"))).await, 401);
    let admin_token = token(&rig).await;
    let of_halted = request(&rig, halted["id"].as_str().unwrap(), Some(&admin_token));
    assert_eq!(status(of_halted).await, 409);

    let mut admin = rig.client().await.unwrap();
    let stranger = json!({ "email": "ann", "password": "long enough" });
    admin.call("user.create", stranger.clone()).await.unwrap();
    let mut client = rig.stranger().await.unwrap();
    client.call("session.signIn", stranger).await.unwrap();
    let hers = client.call("token.create", json!({})).await.unwrap();
    assert_eq!(status(request(&rig, id, hers.as_str())).await, 403);
    rig.stop().await;
}
