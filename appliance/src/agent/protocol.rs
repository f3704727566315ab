//! What goes over the socket: a request is a line of JSON, and so is its answer. A connection may carry several, one after the other.
//!
//! A file comes in the same way: pieces behind the request's line, of which all are read before it is answered.
//!
//! An answer `{"stream": name}` is followed by pieces: four bytes of length (big endian), then that many bytes. A piece without bytes ends
//! the stream; a connection that ends without it broke off.

use std::io::{self, BufRead, Read, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The longest line, in bytes.
pub const LINE_LIMIT: usize = 256 * 1024;
/// The longest piece of a stream, in bytes.
pub const PIECE_LIMIT: usize = 64 * 1024;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// One of the table's.
    pub verb: String,
    /// What it takes.
    #[serde(default)]
    pub params: Map<String, Value>,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Done.
    Ok(Value),
    /// Not done.
    Error(Fault),
    /// Done, and a file of this name follows in pieces.
    Stream(String),
}

/// Which kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// The request does not fit; `field` says where.
    Invalid,
    /// There is no such verb, or it is not built yet.
    NotImplemented,
    /// Not for this caller, or the typed word is wrong.
    Forbidden,
    /// Not now: it is over, or something else was first.
    Conflict,
    /// Too many ask at once: try again.
    Busy,
    /// A file that was sent is not what it is to be.
    WrongFile,
    /// It was tried and did not work.
    Failed,
}

/// Why something was not done, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// For programs.
    pub kind: Kind,
    /// For people.
    pub message: String,
    /// The parameter that does not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl Fault {
    /// Of any kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            field: None,
        }
    }

    /// A parameter that does not fit.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self {
            field: Some(field.to_owned()),
            ..Self::new(Kind::Invalid, message)
        }
    }

    /// It did not work.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }
}

/// Reads one line; `None` at the end of the connection.
///
/// # Errors
/// Also for a line that is too long or broken off.
pub fn read_line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut limited = input.take(LINE_LIMIT as u64);
    if limited.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.pop() == Some(b'\n') {
        return Ok(Some(line));
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidData,
        format!("a line broke off, or has more than {LINE_LIMIT} bytes"),
    ))
}

/// Writes one line.
///
/// # Errors
/// The system's.
pub fn write_line(output: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}

/// Writes a stream in pieces. Whoever does not call [`Pieces::end`] breaks it off.
pub struct Pieces<W>(W);

impl<W: Write> Pieces<W> {
    /// Onto the socket, after the answer's line.
    pub fn new(output: W) -> Self {
        Self(output)
    }

    /// Says that it is whole.
    ///
    /// # Errors
    /// The system's.
    pub fn end(mut self) -> io::Result<()> {
        self.0.write_all(&[0; 4])?;
        self.0.flush()
    }
}

impl<W: Write> Write for Pieces<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = bytes.get(..PIECE_LIMIT).unwrap_or(bytes);
        // An empty piece would be the end.
        if !piece.is_empty() {
            let length = u32::try_from(piece.len()).map_err(io::Error::other)?;
            self.0.write_all(&length.to_be_bytes())?;
            self.0.write_all(piece)?;
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Reads a stream in pieces, until its end; one that breaks off is an error.
pub struct Incoming<R> {
    input: R,
    left: usize,
    is_over: bool,
}

impl<R: Read> Incoming<R> {
    /// From the socket, behind the request's line.
    pub fn new(input: R) -> Self {
        Self {
            input,
            left: 0,
            is_over: false,
        }
    }
}

impl<R: Read> Read for Incoming<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !self.is_over {
            let mut length = [0; 4];
            self.input.read_exact(&mut length)?;
            self.left = u32::from_be_bytes(length) as usize;
            if self.left > PIECE_LIMIT {
                let what = format!(
                    "a piece of {} bytes: expected at most {PIECE_LIMIT}",
                    self.left
                );
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
            self.is_over = self.left == 0;
        }
        let count = buffer.len().min(self.left);
        let Some(room) = buffer.get_mut(..count).filter(|room| !room.is_empty()) else {
            return Ok(0);
        };
        let count = self.input.read(room)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= count;
        Ok(count)
    }
}

/// Copies a stream's bytes until its end.
///
/// # Errors
/// When it broke off, or pieces are too long.
pub fn copy_pieces(input: &mut impl Read, output: &mut impl Write) -> io::Result<u64> {
    let total = io::copy(&mut Incoming::new(input), output)?;
    output.flush()?;
    Ok(total)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_told_apart_by_one_word() {
        let fault = Fault::invalid("gateways", "is odd");
        for (answer, text) in [
            (Answer::Ok(json!(1)), r#"{"ok":1}"#),
            (
                Answer::Error(fault),
                r#"{"error":{"kind":"invalid","message":"is odd","field":"gateways"}}"#,
            ),
            (Answer::Stream("a".into()), r#"{"stream":"a"}"#),
        ] {
            assert_eq!(serde_json::to_string(&answer).unwrap(), text);
            assert_eq!(serde_json::from_str::<Answer>(text).unwrap(), answer);
        }
    }

    #[test]
    fn a_line_that_is_too_long_or_broken_off_is_refused() {
        let long = vec![b'x'; LINE_LIMIT + 1];
        for bytes in [&long[..], b"{\"verb\""] {
            let mut bytes = bytes;
            assert!(read_line(&mut bytes).is_err());
        }
        let mut two: &[u8] = b"one\n\n";
        assert_eq!(read_line(&mut two).unwrap().unwrap(), b"one");
        assert_eq!(read_line(&mut two).unwrap().unwrap(), b"");
        assert!(read_line(&mut two).unwrap().is_none());
    }

    #[test]
    fn a_stream_without_its_end_broke_off() {
        let mut sent = Vec::new();
        Pieces::new(&mut sent).write_all(b"abc").unwrap();
        assert!(copy_pieces(&mut &sent[..], &mut Vec::new()).is_err());
        let huge = u32::MAX.to_be_bytes();
        assert!(copy_pieces(&mut &huge[..], &mut Vec::new()).is_err());
    }

    proptest! {
        #[test]
        fn what_is_sent_in_pieces_arrives(content in proptest::collection::vec(any::<u8>(), 0..200_000)) {
            let mut sent = Vec::new();
            let mut pieces = Pieces::new(&mut sent);
            pieces.write_all(&content).unwrap();
            pieces.end().unwrap();
            let mut got = Vec::new();
            prop_assert_eq!(copy_pieces(&mut &sent[..], &mut got).unwrap(), content.len() as u64);
            prop_assert_eq!(got, content);
        }
    }
}
