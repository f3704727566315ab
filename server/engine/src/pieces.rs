//! JSON text that is made piece by piece, as fast as it is taken: the full list of a large infrastructure is never held whole.

use std::fmt;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use serde_json::Value;
use xo_inventory::Item;

use crate::{Error, Result};

/// A piece of many objects ends when it has so many bytes: few enough to stay in the processor's cache on their way to the client.
const ENOUGH: usize = 32 * 1024;
/// Room for the object that is the last one of a piece.
const LAST: usize = 4 * 1024;

/// The pieces of one JSON text. All of them together are one value.
pub struct Pieces(Box<dyn Iterator<Item = Bytes> + Send>);

impl Pieces {
    /// Text that is made when it is asked for.
    pub fn new(pieces: impl Iterator<Item = Bytes> + Send + 'static) -> Self {
        Self(Box::new(pieces))
    }

    /// The text between two others.
    pub fn between(self, head: impl Into<Bytes>, tail: impl Into<Bytes>) -> Self {
        let (head, tail) = (std::iter::once(head.into()), std::iter::once(tail.into()));
        Self::new(head.chain(self.0).chain(tail))
    }

    /// `{"<id>": {...}, ...}`
    pub fn by_id(mut items: Vec<Arc<Item>>) -> Self {
        if items.is_empty() {
            return Self::from(Bytes::from_static(b"{}"));
        }
        // As they lie in memory, which is about the order in which they came: by id, each one would be far from the one before.
        items.sort_unstable_by_key(|item| Arc::as_ptr(item).addr());
        let mut opening = b'{';
        Self::of(items, move |item, text| {
            text.put_u8(opening);
            opening = b',';
            item.id.with_str(|id| put_key(text, id));
            text.extend_from_slice(item.json.as_bytes());
        })
        .between(Bytes::new(), Bytes::from_static(b"}"))
    }

    /// One object a line.
    pub fn lines(items: Vec<Arc<Item>>) -> Self {
        Self::of(items, |item, text| {
            text.extend_from_slice(item.json.as_bytes());
            text.put_u8(b'\n');
        })
    }

    /// The text that `write` makes of the items, in pieces of about [`ENOUGH`] bytes. Whoever lets go of a piece before taking the next
    /// gets it in the same memory.
    pub fn of<T: Send + 'static>(
        items: Vec<T>,
        mut write: impl FnMut(T, &mut BytesMut) + Send + 'static,
    ) -> Self {
        let mut items = items.into_iter();
        let mut text = BytesMut::new();
        Self::new(std::iter::from_fn(move || {
            let first = items.next()?;
            text.reserve(ENOUGH.min(1024 * items.len()) + LAST);
            write(first, &mut text);
            while text.len() < ENOUGH
                && let Some(item) = items.next()
            {
                write(item, &mut text);
            }
            Some(text.split().freeze())
        }))
    }

    /// The value, for who needs it whole.
    ///
    /// # Errors
    /// When the text is not JSON, which would be a mistake of ours.
    pub fn into_value(self) -> Result<Value> {
        let whole: Vec<u8> = self.0.flatten().collect();
        serde_json::from_slice(&whole).map_err(Error::internal)
    }
}

impl From<Bytes> for Pieces {
    fn from(text: Bytes) -> Self {
        Self::new(std::iter::once(text))
    }
}

impl Iterator for Pieces {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        self.0.next()
    }
}

impl fmt::Debug for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pieces")
    }
}

/// `"key":`; a uuid, which keys mostly are, has nothing to escape.
fn put_key(text: &mut BytesMut, key: &str) {
    let is_plain = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\';
    if key.bytes().all(is_plain) {
        text.put_u8(b'"');
        text.extend_from_slice(key.as_bytes());
        text.extend_from_slice(b"\":");
    } else {
        text.extend_from_slice(Value::from(key).to_string().as_bytes());
        text.put_u8(b':');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_items_make_bounded_pieces_of_one_text() {
        let numbers: Vec<u32> = (0..60_000).collect();
        let write =
            |n: u32, text: &mut BytesMut| text.extend_from_slice(format!("{n},").as_bytes());
        let pieces: Vec<Bytes> = Pieces::of(numbers.clone(), write).collect();
        assert!(pieces.len() > 2 && pieces.iter().all(|piece| piece.len() < ENOUGH + 8));
        let mut whole = BytesMut::new();
        numbers.into_iter().for_each(|n| write(n, &mut whole));
        assert_eq!(pieces.concat(), whole);
    }

    #[test]
    fn a_piece_that_is_let_go_of_gives_its_memory_to_the_next() {
        let write = |n: u32, text: &mut BytesMut| text.extend_from_slice(&n.to_be_bytes());
        let mut pieces = Pieces::of((0..60_000).collect(), write);
        let mut places = Vec::new();
        while let Some(piece) = pieces.next() {
            places.push(piece.as_ptr().addr());
        }
        places.dedup();
        assert_eq!(places.len(), 1);
    }

    #[test]
    fn keys_are_quoted_as_json_wants_it() {
        for key in ["6503b208-c026-e2bc-854b-a6058ae1f947", "a\"b\\", "é\n", ""] {
            let mut text = BytesMut::new();
            put_key(&mut text, key);
            let expected = format!("{}:", Value::from(key));
            assert_eq!(text, expected.as_bytes());
        }
    }

    #[test]
    fn what_stands_around_comes_first_and_last() {
        let value = Pieces::by_id(Vec::new())
            .between("{\"a\":", "}")
            .into_value()
            .unwrap();
        assert_eq!(value, serde_json::json!({ "a": {} }));
    }
}
