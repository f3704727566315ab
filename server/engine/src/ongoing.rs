//! What a restart of the server would interrupt: transfers that run, consoles that are open, tasks.
//!
//! Asking does not stop anything from beginning: who is about to restart asks once more.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;

use crate::Engine;
use crate::transfer::{ByteStream, Outgoing};

/// Tasks of the appliance itself: who restarts it is one of them.
const OWN: &str = "appliance.";

/// Transfers and consoles, by the numbers in which they began.
#[derive(Debug, Default, Clone)]
pub(crate) struct Ongoing(Arc<Mutex<BTreeMap<u64, String>>>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Going {
    all: Ongoing,
    number: u64,
}

impl Ongoing {
    /// It has begun.
    pub(crate) fn begin(&self, name: impl Into<String>) -> Going {
        let mut all = self.0.lock();
        let number = all.last_key_value().map_or(0, |(last, _)| last + 1);
        all.insert(number, name.into());
        Going {
            all: self.clone(),
            number,
        }
    }

    fn names(&self) -> Vec<String> {
        self.0.lock().values().cloned().collect()
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        self.all.0.lock().remove(&self.number);
    }
}

/// A download that is one of them until its last byte, or until nobody wants it any more.
pub(crate) fn watched(mut outgoing: Outgoing, going: Going) -> Outgoing {
    let body: ByteStream = outgoing.body;
    outgoing.body = Box::pin(Watched {
        body,
        _going: going,
    });
    outgoing
}

struct Watched {
    body: ByteStream,
    _going: Going,
}

impl futures_util::Stream for Watched {
    type Item = std::io::Result<bytes::Bytes>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.body.as_mut().poll_next(context)
    }
}

impl Engine {
    /// What a restart would interrupt now, in words.
    pub fn interruptions(&self) -> Vec<String> {
        let mut names = self.ongoing.names();
        for task in self.tasks.running() {
            let text = |name: &str| task.properties.get(name).and_then(Value::as_str);
            let is_own = [text("method"), text("type")];
            if is_own.iter().flatten().any(|name| name.starts_with(OWN)) {
                continue;
            }
            let name = text("name").unwrap_or("a task");
            names.push(match text("objectName") {
                Some(object) => format!("{name} ({object})"),
                None => name.to_owned(),
            });
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, stream};

    use super::*;

    #[tokio::test]
    async fn a_download_goes_on_until_its_last_byte_or_until_it_is_left() {
        let ongoing = Ongoing::default();
        let download = |name: &str| {
            let pieces = [Ok(bytes::Bytes::from_static(b"a")), Ok(bytes::Bytes::new())];
            let outgoing = Outgoing {
                content_type: String::new(),
                file_name: None,
                length: None,
                body: Box::pin(stream::iter(pieces)),
            };
            watched(outgoing, ongoing.begin(name))
        };
        let (mut first, second) = (download("first"), download("second"));
        assert_eq!(ongoing.names(), ["first", "second"]);
        drop(second);
        while first.body.next().await.is_some() {
            assert_eq!(ongoing.names(), ["first"]);
        }
        drop(first);
        assert!(ongoing.names().is_empty());
    }
}
