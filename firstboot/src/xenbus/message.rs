//! One message of XenStore's wire.

use std::io::{self, Read};

/// The longest payload that XenStore takes, in bytes.
const MAX_PAYLOAD: usize = 4096;
const WATCH_EVENT: u32 = 15;

/// The kinds of messages that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Directory = 1,
    Read = 2,
    Write = 11,
    Remove = 13,
    Error = 16,
}

impl Kind {
    fn of(number: u32) -> Option<Self> {
        [
            Self::Directory,
            Self::Read,
            Self::Write,
            Self::Remove,
            Self::Error,
        ]
        .into_iter()
        .find(|kind| *kind as u32 == number)
    }
}

/// A message, with its transaction left out: none is used.
#[derive(Debug)]
pub(super) struct Message {
    number: u32,
    /// `None` for a kind that is not known here.
    pub(super) kind: Option<Kind>,
    pub(super) request: u32,
    pub(super) payload: Vec<u8>,
}

impl Message {
    /// `None` when the payload is too long.
    pub(super) fn new(kind: Kind, request: u32, payload: Vec<u8>) -> Option<Self> {
        (payload.len() <= MAX_PAYLOAD).then_some(Self {
            number: kind as u32,
            kind: Some(kind),
            request,
            payload,
        })
    }

    /// As it goes over the wire, in one piece: the device wants whole messages.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let length = u32::try_from(self.payload.len()).unwrap_or(u32::MAX);
        let header = [self.number, self.request, 0, length];
        let mut bytes: Vec<u8> = header.iter().flat_map(|n| n.to_ne_bytes()).collect();
        bytes.extend_from_slice(&self.payload);
        bytes
    }

    pub(super) fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut number = || -> io::Result<u32> {
            let mut bytes = [0; 4];
            from.read_exact(&mut bytes)?;
            Ok(u32::from_ne_bytes(bytes))
        };
        let (kind, request, _transaction, length) = (number()?, number()?, number()?, number()?);
        if length as usize > MAX_PAYLOAD {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("a message of {length} bytes; 4096 is the most"),
            ));
        }
        let mut payload = vec![0; length as usize];
        from.read_exact(&mut payload)?;
        Ok(Self {
            number: kind,
            kind: Kind::of(kind),
            request,
            payload,
        })
    }

    pub(super) fn is_event(&self) -> bool {
        self.number == WATCH_EVENT
    }

    /// The name of the error, without its NUL.
    pub(super) fn error_name(&self) -> String {
        let name = self.payload.strip_suffix(b"\0").unwrap_or(&self.payload);
        String::from_utf8_lossy(name).into_owned()
    }
}
