//! Doors for the fuzz targets in `fuzz/`: what a pool sends, read as it is read from the wire. Not part of the client.

use bytes::Bytes;

use crate::{Reply, events, rpc, xml};

/// An answer to `event.from`, as JSON and as XML.
pub fn event_reply(body: &[u8]) {
    let json = rpc::read_json(&Bytes::copy_from_slice(body));
    let xml = xml::decode(body).map(|a| a.map(|value| Reply(Bytes::from(value.to_string()))));
    for answer in [json, xml] {
        if let Ok(Ok(reply)) = answer {
            let _ = events::read(&reply);
        }
    }
}
