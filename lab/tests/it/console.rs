//! A viewer sees a VM's screen move and its own keys.

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::transfer_support::{DEADLINE, Site, read_head, write_head};

const WIDTH: usize = 320;
const HEIGHT: usize = 200;

/// The uuid of a running VM's console and the VM's name.
fn console(site: &Site) -> (String, String) {
    let vm = site.vm("Running");
    let db = site.lab.db().read();
    let console = db.refs(&vm, "consoles")[0].clone();
    (
        db.text(&console, "uuid").to_string(),
        db.text(&vm, "name_label").to_string(),
    )
}

/// Opens the screen and tells its name.
async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(channel: &mut S) -> String {
    let mut version = [0; 12];
    channel.read_exact(&mut version).await.unwrap();
    assert_eq!(&version, b"RFB 003.008\n");
    channel.write_all(&version).await.unwrap();
    let mut offered = [0; 2];
    channel.read_exact(&mut offered).await.unwrap();
    assert_eq!(offered, [1, 1], "one security type: none");
    channel.write_all(&[1]).await.unwrap();
    assert_eq!(channel.read_u32().await.unwrap(), 0, "accepted");
    channel.write_all(&[1]).await.unwrap();
    let mut init = [0; 24];
    channel.read_exact(&mut init).await.unwrap();
    assert_eq!(init[..4], [1, 64, 0, 200], "320 by 200");
    assert_eq!(init[4..8], [32, 24, 0, 1]);
    let mut name = vec![0; u32::from_be_bytes(init[20..].try_into().unwrap()) as usize];
    channel.read_exact(&mut name).await.unwrap();
    String::from_utf8(name).unwrap()
}

/// Asks for the whole screen; gives its pixels.
async fn frame<S: AsyncRead + AsyncWrite + Unpin>(
    channel: &mut S,
    incremental: bool,
    bytes: usize,
) -> Vec<u8> {
    let request = [3, u8::from(incremental), 0, 0, 0, 0, 1, 64, 0, 200];
    channel.write_all(&request).await.unwrap();
    let mut head = [0; 16];
    channel.read_exact(&mut head).await.unwrap();
    assert_eq!(head, [0, 0, 0, 1, 0, 0, 0, 0, 1, 64, 0, 200, 0, 0, 0, 0]);
    let mut pixels = vec![0; WIDTH * HEIGHT * bytes];
    channel.read_exact(&mut pixels).await.unwrap();
    pixels
}

async fn watch<S: AsyncRead + AsyncWrite + Unpin>(channel: &mut S, name: &str) {
    let session = async {
        assert_eq!(handshake(channel).await, name);
        let first = frame(channel, false, 4).await;
        let second = frame(channel, true, 4).await;
        assert_ne!(first, second, "the picture moves");
        // SetEncodings, SetPixelFormat (16 bits, 5-6-5), then a key.
        channel.write_all(&[2, 0, 0, 1, 0, 0, 0, 0]).await.unwrap();
        let format = [
            0, 0, 0, 0, 16, 16, 0, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0, 0, 0, 0,
        ];
        channel.write_all(&format).await.unwrap();
        let white = |pixels: &[u8]| {
            pixels
                .chunks(2)
                .filter(|pixel| *pixel == [255, 255])
                .count()
        };
        let before = white(&frame(channel, false, 2).await);
        channel
            .write_all(&[4, 1, 0, 0, 0, 0, 0, 0x61])
            .await
            .unwrap();
        let after = white(&frame(channel, false, 2).await);
        assert_eq!((before, after > 20), (0, true), "the key is seen: {after}");
    };
    tokio::time::timeout(DEADLINE, session)
        .await
        .expect("the screen should answer");
}

#[tokio::test]
async fn connect_opens_the_screen_in_both_versions_of_http() {
    let site = Site::start().await;
    let (uuid, name) = console(&site);
    for version in ["1.0", "1.1"] {
        let mut stream = site.connect().await;
        let line = format!("CONNECT /console?uuid={uuid} HTTP/{version}");
        let cookie = format!("cookie: session_id={}", site.session);
        write_head(&mut stream, &[&line, "host: lab", &cookie]).await;
        let head = read_head(&mut stream).await;
        assert!(head.starts_with(&format!("HTTP/{version} 200")), "{head}");
        watch(&mut stream, &name).await;
    }
}

#[tokio::test]
async fn a_websocket_carries_the_same_bytes() {
    let site = Site::start().await;
    let (uuid, name) = console(&site);
    let url = format!("ws://lab/console?uuid={uuid}&session_id={}", site.session);
    let mut request = url.into_client_request().unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", "binary".parse().unwrap());
    let stream = site.connect().await;
    let (socket, reply) = tokio_tungstenite::client_async(request, stream)
        .await
        .unwrap();
    assert_eq!(reply.headers()["sec-websocket-protocol"], "binary");
    let (mut sink, mut stream) = socket.split();
    let (mut near, far) = tokio::io::duplex(1 << 20);
    let (mut read, mut write) = tokio::io::split(far);
    let outward = async {
        let mut buffer = vec![0; 4096];
        while let Ok(count @ 1..) = read.read(&mut buffer).await {
            let data = bytes::Bytes::copy_from_slice(&buffer[..count]);
            sink.send(Message::Binary(data)).await.unwrap();
        }
    };
    let inward = async {
        while let Some(Ok(Message::Binary(data))) = stream.next().await {
            write.write_all(&data).await.unwrap();
        }
    };
    tokio::select! {
        () = watch(&mut near, &name) => {}
        () = outward => panic!("the viewer went first"),
        () = inward => panic!("the screen went away"),
    }
}

#[tokio::test]
async fn only_a_running_vm_has_a_screen_and_only_for_who_signed_in() {
    let site = Site::start().await;
    let (uuid, _) = console(&site);
    let (halted, _) = site.small_vm();
    for (query, session, status) in [
        (format!("uuid={uuid}"), "OpaqueRef:none", "401"),
        (format!("ref={halted}"), &*site.session, "404"),
        ("uuid=none".to_owned(), &*site.session, "404"),
    ] {
        let mut stream = site.connect().await;
        let line = format!("CONNECT /console?{query}&session_id={session} HTTP/1.0");
        write_head(&mut stream, &[&line]).await;
        let head = read_head(&mut stream).await;
        assert!(head.starts_with(&format!("HTTP/1.0 {status}")), "{head}");
    }
    let plain = site
        .http
        .get(site.url(&format!("/console?uuid={uuid}")))
        .send()
        .await
        .unwrap();
    assert_eq!(plain.status(), 400);
}
