//! Downloads and uploads at the one-shot addresses that methods answer.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde_json::Value;
use xo_engine::{Error, Incoming, Outgoing, Transfer};

use crate::support::Rig;

/// What waits at the address under `key`.
pub fn transfer(rig: &Rig, offer: &Value, key: &str) -> Transfer {
    let path = offer[key]
        .as_str()
        .unwrap_or_else(|| panic!("{offer} has no {key}"));
    let token = path.trim_start_matches("/api/").split('/').next().unwrap();
    rig.engine
        .take_transfer(token)
        .expect("the transfer is gone")
}

/// Opens what a method offered for download.
pub async fn download(rig: &Rig, offer: &Value) -> Result<Outgoing, Error> {
    match transfer(rig, offer, "$getFrom") {
        Transfer::Get(start) => start().await,
        Transfer::Send(_) => panic!("not a download"),
    }
}

/// All of it.
pub async fn read(outgoing: Outgoing) -> Vec<u8> {
    let pieces: Vec<Bytes> = outgoing.body.map(|piece| piece.unwrap()).collect().await;
    pieces.concat()
}

/// Sends a body to where a method told.
pub async fn upload(
    rig: &Rig,
    offer: &Value,
    body: Vec<u8>,
    kind: Option<&str>,
) -> Result<Value, Error> {
    let Transfer::Send(take) = transfer(rig, offer, "$sendTo") else {
        panic!("not an upload")
    };
    let length = Some(body.len() as u64);
    let pieces: Vec<_> = body
        .chunks(100_000)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    let body = Box::pin(stream::iter(pieces));
    take(Incoming {
        content_type: kind.map(str::to_owned),
        length,
        body,
    })
    .await
}
