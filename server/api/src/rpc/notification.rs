//! Changes as `all` notifications: `enter` carries whole objects, for new and changed ones alike; `exit` a zero for each that is gone.

use bytes::Bytes;
use serde_json::{Map, Value};
use xo_engine::{ClientFeed, Pieces, Round};

/// The next round of changes as texts. Without a feed: never. `None` when the server stops.
pub(super) async fn next(feed: &mut Option<ClientFeed>) -> Option<Vec<Pieces>> {
    match feed {
        Some(feed) => feed.next().await.map(messages),
        None => std::future::pending().await,
    }
}

fn messages(round: Round) -> Vec<Pieces> {
    let mut messages = Vec::with_capacity(2);
    if !round.entered.is_empty() {
        messages.push(message("enter", Pieces::by_id(round.entered)));
    }
    if !round.exited.is_empty() {
        let gone = round.exited.iter().map(|o| (o.id.to_string(), 0.into()));
        let items = Value::Object(gone.collect::<Map<_, _>>()).to_string();
        messages.push(message("exit", Pieces::from(Bytes::from(items))));
    }
    messages
}

fn message(kind: &str, items: Pieces) -> Pieces {
    let head = format!(
        "{{\"jsonrpc\":\"2.0\",\"method\":\"all\",\"params\":{{\"type\":\"{kind}\",\"items\":"
    );
    items.between(head, "}}")
}
