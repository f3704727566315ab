//! Changes as `all` notifications: `enter` carries whole objects, for new and changed ones alike; `exit` a zero for each that is gone.

use axum::extract::ws::Message;
use bytes::{BufMut, BytesMut};
use xo_engine::{ClientFeed, Round};

use super::frame;

/// The next round of changes as frames. Without a feed: never. `None` when the server stops.
pub(super) async fn next(feed: &mut Option<ClientFeed>) -> Option<Vec<Message>> {
    match feed {
        Some(feed) => feed.next().await.map(|round| messages(&round)),
        None => std::future::pending().await,
    }
}

fn messages(round: &Round) -> Vec<Message> {
    let mut messages = Vec::with_capacity(2);
    if !round.entered.is_empty() {
        let size = round
            .entered
            .iter()
            .map(|o| o.json.len() + 48)
            .sum::<usize>();
        let mut frame = head("enter", size);
        for (i, object) in round.entered.iter().enumerate() {
            key(&mut frame, i, &object.id);
            frame.extend_from_slice(object.json.as_bytes());
        }
        messages.push(tail(frame));
    }
    if !round.exited.is_empty() {
        let mut frame = head("exit", round.exited.len() * 48);
        for (i, object) in round.exited.iter().enumerate() {
            key(&mut frame, i, &object.id);
            frame.put_u8(b'0');
        }
        messages.push(tail(frame));
    }
    messages
}

fn head(kind: &str, size: usize) -> BytesMut {
    let mut frame = BytesMut::with_capacity(size + 96);
    let text = format!(
        "{{\"jsonrpc\":\"2.0\",\"method\":\"all\",\"params\":{{\"type\":\"{kind}\",\"items\":{{"
    );
    frame.extend_from_slice(text.as_bytes());
    frame
}

fn key(frame: &mut BytesMut, i: usize, id: &impl std::fmt::Display) {
    if i > 0 {
        frame.put_u8(b',');
    }
    let quoted = serde_json::Value::String(id.to_string()).to_string();
    frame.extend_from_slice(quoted.as_bytes());
    frame.put_u8(b':');
}

fn tail(mut frame: BytesMut) -> Message {
    frame.extend_from_slice(b"}}}");
    frame::text(frame.freeze())
}
