//! Writes the JSON text of an object, property by property, without an intermediate tree.

use serde::Serialize;

/// A JSON object that is being written into a buffer.
pub(crate) struct Writer<'b> {
    buffer: &'b mut Vec<u8>,
}

impl<'b> Writer<'b> {
    pub(crate) fn new(buffer: &'b mut Vec<u8>) -> Self {
        buffer.clear();
        buffer.push(b'{');
        Self { buffer }
    }

    /// Writes a property. Names are ours and need no escapes.
    pub(crate) fn put(&mut self, name: &str, value: impl Serialize) -> &mut Self {
        let before = self.buffer.len();
        if before > 1 {
            self.buffer.push(b',');
        }
        self.buffer.push(b'"');
        self.buffer.extend_from_slice(name.as_bytes());
        self.buffer.extend_from_slice(b"\":");
        if serde_json::to_writer(&mut *self.buffer, &value).is_err() {
            // Memory always takes it and every key is a string; if that were ever wrong, the property is left out whole.
            self.buffer.truncate(before);
        }
        self
    }

    /// Writes a property unless it is absent.
    pub(crate) fn maybe(&mut self, name: &str, value: Option<impl Serialize>) -> &mut Self {
        if let Some(value) = value {
            self.put(name, value);
        }
        self
    }

    /// Ends the object and copies it out at its exact size.
    pub(crate) fn finish(self) -> Box<str> {
        self.buffer.push(b'}');
        std::str::from_utf8(self.buffer).unwrap_or_default().into()
    }
}
