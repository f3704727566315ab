//! The tar layer: headers as XAPI reads and writes them (xva.md section 2), over the `tar` crate's header type.
//!
//! `tar::Archive` is not used for reading: it lends its entries, while the reader hands chunks out over many calls,
//! and it accepts what XAPI does not (base-256 numbers).

use std::io::{self, Read, Write};

use tar::{EntryType, Header, PaxExtensions};

use crate::error::{Error, Place};

/// The unit of a tar stream in bytes.
pub(crate) const BLOCK: usize = 512;
/// The largest long name or pax record that is read.
const EXTENSION_LIMIT: u64 = 64 << 10;

/// A file in the archive; its content follows.
pub(crate) struct Entry {
    pub name: String,
    pub size: u64,
}

/// Walks the entries of a decompressed stream and knows where it is.
pub(crate) struct Entries<R> {
    inner: R,
    place: Place,
    /// Where padding was first found that is not zeros.
    stray: Option<Place>,
}

impl<R: Read> Entries<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self {
            inner,
            place: Place::default(),
            stray: None,
        }
    }

    /// Where padding was first found that is not zeros: XAPI does not mind, but no writer leaves it so.
    pub(crate) fn stray_padding(&self) -> Option<&Place> {
        self.stray.as_ref()
    }

    pub(crate) fn place(&self) -> Place {
        self.place.clone()
    }

    pub(crate) fn inner_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    /// The next file; `None` at the two zero blocks. `expected` words what is due, for the error.
    pub(crate) fn next(&mut self, expected: &str) -> Result<Option<Entry>, Error> {
        let mut long_name = None;
        let mut long_size = None;
        self.place.entry = None;
        loop {
            let mut block = [0; BLOCK];
            self.fill(&mut block, expected)?;
            if block == [0; BLOCK] {
                self.fill(&mut block, expected)?;
                if block == [0; BLOCK] {
                    return Ok(None);
                }
            }
            let header = Header::from_byte_slice(&block);
            let size = self.check(header)?;
            match header.entry_type() {
                EntryType::XHeader => {
                    let records = self.extension(size)?;
                    for record in PaxExtensions::new(&records).flatten() {
                        match (record.key(), record.value()) {
                            (Ok("path"), Ok(path)) => long_name = Some(path.to_owned()),
                            (Ok("size"), Ok(size)) => long_size = size.parse().ok(),
                            _ => {}
                        }
                    }
                }
                EntryType::XGlobalHeader => {
                    self.extension(size)?;
                }
                EntryType::GNULongName => {
                    let name = self.extension(size)?;
                    let name = name.split(|b| *b == 0).next().unwrap_or_default();
                    long_name = Some(String::from_utf8_lossy(name).into_owned());
                }
                _ => {
                    let name = long_name.unwrap_or_else(|| {
                        String::from_utf8_lossy(&header.path_bytes()).into_owned()
                    });
                    self.place.entry = Some(name.clone());
                    return Ok(Some(Entry {
                        name,
                        size: long_size.unwrap_or(size),
                    }));
                }
            }
        }
    }

    /// Checks a header and gives the size of its content.
    fn check(&self, header: &Header) -> Result<u64, Error> {
        let fail = |reason: &str| Error::Header {
            place: self.place(),
            reason: reason.into(),
        };
        let old = header.as_old();
        if !checksum_matches(header.as_bytes()) {
            return Err(fail("its checksum does not match"));
        }
        octal(&old.size).ok_or_else(|| fail("its size is no octal number; XAPI reads nothing else"))
    }

    fn extension(&mut self, size: u64) -> Result<Vec<u8>, Error> {
        let mut content = Vec::new();
        self.content(size, EXTENSION_LIMIT, "a tar extension", &mut content)?;
        Ok(content)
    }

    /// Reads the content of the current entry and its padding into `out`, replacing what is there.
    pub(crate) fn content(
        &mut self,
        size: u64,
        limit: u64,
        what: &'static str,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        if size > limit {
            return Err(Error::TooLarge {
                place: self.place(),
                what,
                size,
                limit,
            });
        }
        out.clear();
        out.resize(size as usize, 0);
        self.fill(out, what)?;
        let mut padding = [0; BLOCK];
        let padding = &mut padding[..(BLOCK - size as usize % BLOCK) % BLOCK];
        self.fill(padding, "the padding of the entry")?;
        if self.stray.is_none() && padding.iter().any(|byte| *byte != 0) {
            self.stray = Some(self.place());
        }
        Ok(())
    }

    /// Fills the buffer or says what is cut.
    fn fill(&mut self, mut buf: &mut [u8], expected: &str) -> Result<(), Error> {
        while !buf.is_empty() {
            let count = match self.inner.read(buf) {
                Ok(0) => return Err(self.truncated(expected)),
                Ok(count) => count,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(self.truncated(expected));
                }
                Err(source) => {
                    return Err(Error::Read {
                        place: self.place(),
                        source,
                    });
                }
            };
            self.place.offset += count as u64;
            buf = buf.split_at_mut(count).1;
        }
        Ok(())
    }

    fn truncated(&self, expected: &str) -> Error {
        Error::Truncated {
            place: self.place(),
            expected: expected.to_owned(),
        }
    }
}

/// Whether a block is a tar header that XAPI would take for one.
pub(crate) fn is_header(block: &[u8; BLOCK]) -> bool {
    block != &[0; BLOCK] && checksum_matches(block)
}

fn checksum_matches(block: &[u8; BLOCK]) -> bool {
    let header = Header::from_byte_slice(block);
    let field = &header.as_old().cksum;
    let bytes: u64 = block.iter().map(|b| u64::from(*b)).sum();
    let own: u64 = field.iter().map(|b| u64::from(*b)).sum();
    octal(field) == Some(bytes - own + 8 * u64::from(b' '))
}

/// An octal number between NUL and space padding; an empty field is 0. GNU's base-256 is not understood, as in XAPI.
fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?;
    let text = text.trim_matches(|c| c == '\0' || c == ' ');
    if text.is_empty() {
        Some(0)
    } else if text.bytes().all(|byte| byte.is_ascii_digit()) {
        u64::from_str_radix(text, 8).ok()
    } else {
        None
    }
}

/// Writes one file: a ustar header with mode 0400 and owner, group and time 0, the content and its padding.
pub(crate) fn write_entry(out: &mut impl Write, name: &str, content: &[u8]) -> io::Result<()> {
    let mut header = Header::new_ustar();
    let field = &mut header.as_old_mut().name;
    match field.get_mut(..name.len()) {
        Some(start) => start.copy_from_slice(name.as_bytes()),
        None => {
            return Err(io::Error::other(
                "the name of a tar entry is longer than 100 bytes",
            ));
        }
    }
    header.set_mode(0o400);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(content.len() as u64);
    header.set_entry_type(EntryType::Regular);
    header.set_cksum();
    out.write_all(header.as_bytes())?;
    out.write_all(content)?;
    out.write_all(&[0; BLOCK][..(BLOCK - content.len() % BLOCK) % BLOCK])
}
