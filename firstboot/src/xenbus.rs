//! XenStore from inside a guest: the small database that the hypervisor shares with each VM, over `/dev/xen/xenbus`.
//!
//! Messages: 16 bytes of header (kind, request, transaction, length of the payload; 32 bits each, the machine's order), then the payload,
//! at most 4096 bytes. Paths that do not begin with a slash are the VM's own (`vm-data/ip`). Facts: Xen's `xs_wire.h` and `docs/misc/xenstore.txt`.
//!
//! Invariant: one request is under way at a time, and its answer is told from events by its kind and its number.

#[doc(hidden)]
pub mod bus;
mod message;

use std::io::{self, Read, Write};
use std::path::Path;

use message::{Kind, Message};

/// The device of Linux guests.
pub const DEVICE: &str = "/dev/xen/xenbus";
/// Events that may come before an answer; more of them means that nobody answers.
const MAX_EVENTS: usize = 10_000;

/// Why XenStore did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It refused; the name is that of the system's error.
    #[error("XenStore refused {what} `{path}`: {code}")]
    Refused {
        /// What was asked: `read`, `write`, `remove`, `list`.
        what: &'static str,
        /// The path.
        path: String,
        /// `ENOENT`, `EACCES`, `EINVAL`, ...
        code: String,
    },
    /// The path or the value cannot be sent.
    #[error("`{path}` cannot be asked of XenStore: {reason}")]
    Unfit {
        /// The path.
        path: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// The device does not work.
    #[error("XenStore cannot be reached: {0}")]
    Device(#[from] io::Error),
    /// What came is no answer.
    #[error("XenStore answered with something else: {0}")]
    Garbage(&'static str),
}

/// An open XenStore.
#[derive(Debug)]
pub struct XenStore<D> {
    device: D,
    last: u32,
}

impl XenStore<std::fs::File> {
    /// Opens the device; `None` where there is no Xen.
    ///
    /// # Errors
    /// [`Error::Device`] when it is there and cannot be opened.
    pub fn open(path: &Path) -> Result<Option<Self>, Error> {
        match std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
        {
            Ok(device) => Ok(Some(Self::on(device))),
            // ENODEV: the driver is there, the hypervisor is not.
            Err(e) if e.kind() == io::ErrorKind::NotFound || e.raw_os_error() == Some(19) => {
                Ok(None)
            }
            Err(e) => Err(e.into()),
        }
    }
}

impl<D: Read + Write> XenStore<D> {
    /// Speaks over any stream of bytes.
    pub fn on(device: D) -> Self {
        Self { device, last: 0 }
    }

    /// The value of a key; `None` when there is no such key.
    ///
    /// # Errors
    /// As [`Error`] says; a value that is no UTF-8 is [`Error::Garbage`].
    pub fn read(&mut self, path: &str) -> Result<Option<String>, Error> {
        match self.ask(Kind::Read, "read", path, &[]) {
            Ok(value) => String::from_utf8(value)
                .map(Some)
                .map_err(|_| Error::Garbage("a value that is no UTF-8 text")),
            Err(Error::Refused { code, .. }) if code == "ENOENT" => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// The names below a key; none when there is no such key.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub fn list(&mut self, path: &str) -> Result<Vec<String>, Error> {
        let names = match self.ask(Kind::Directory, "list", path, &[]) {
            Ok(names) => names,
            Err(Error::Refused { code, .. }) if code == "ENOENT" => return Ok(Vec::new()),
            Err(e) => return Err(e),
        };
        names
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty())
            .map(|name| {
                String::from_utf8(name.to_vec())
                    .map_err(|_| Error::Garbage("a name that is no UTF-8 text"))
            })
            .collect()
    }

    /// Writes a key, with those above it.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub fn write(&mut self, path: &str, value: &str) -> Result<(), Error> {
        self.ask(Kind::Write, "write", path, value.as_bytes())
            .map(drop)
    }

    /// Removes a key and all below it; one that is not there is no error.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub fn remove(&mut self, path: &str) -> Result<(), Error> {
        match self.ask(Kind::Remove, "remove", path, &[]) {
            Err(Error::Refused { code, .. }) if code == "ENOENT" => Ok(()),
            other => other.map(drop),
        }
    }

    fn ask(
        &mut self,
        kind: Kind,
        what: &'static str,
        path: &str,
        rest: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let unfit = |reason| Error::Unfit {
            path: path.to_owned(),
            reason,
        };
        if path.is_empty() || path.contains('\0') {
            return Err(unfit("a path is text without NUL"));
        }
        let mut payload = path.as_bytes().to_vec();
        payload.push(0);
        payload.extend_from_slice(rest);
        self.last = self.last.wrapping_add(1);
        let asked = Message::new(kind, self.last, payload)
            .ok_or_else(|| unfit("path and value together are longer than 4096 bytes"))?;
        self.device.write_all(&asked.to_bytes())?;
        self.device.flush()?;
        for _ in 0..MAX_EVENTS {
            let answer = Message::read(&mut self.device)?;
            if answer.is_event() {
                continue;
            }
            if answer.request != self.last {
                return Err(Error::Garbage("the answer to another request"));
            }
            return match answer.kind {
                Some(Kind::Error) => Err(Error::Refused {
                    what,
                    path: path.to_owned(),
                    code: answer.error_name(),
                }),
                Some(answered) if answered == kind => Ok(answer.payload),
                _ => Err(Error::Garbage("an answer of another kind")),
            };
        }
        Err(Error::Garbage("events without end"))
    }
}
