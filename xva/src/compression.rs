//! The wrapping of the tar stream: none, gzip or zstd, told apart by XAPI's rule (xva.md section 1): the first
//! 512 bytes are tried as a tar header, then by magic number.

use std::io::{self, BufReader, Chain, Cursor, Read, Write};

use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use crate::entry::{BLOCK, is_header};
use crate::error::{Error, Place};

/// How the tar stream is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Plain tar.
    #[default]
    None,
    /// One or more gzip members.
    Gzip,
    /// One or more zstd frames.
    Zstd,
}

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// The largest window that is decoded, as a power of two: 128 MiB, what `zstd -19` and `--long` need.
const ZSTD_WINDOW_LOG: u32 = 27;

type Peeked<R> = Chain<Cursor<Vec<u8>>, R>;

/// The decompressed stream.
pub(crate) enum Source<R: Read> {
    Plain(Peeked<R>),
    Gzip(Box<MultiGzDecoder<Peeked<R>>>),
    Zstd(Box<zstd::Decoder<'static, BufReader<Peeked<R>>>>),
}

impl<R: Read> Source<R> {
    pub(crate) fn detect(mut inner: R) -> Result<Self, Error> {
        let mut head = Vec::with_capacity(BLOCK);
        let fault = |source| Error::Read {
            place: Place::default(),
            source,
        };
        inner
            .by_ref()
            .take(BLOCK as u64)
            .read_to_end(&mut head)
            .map_err(fault)?;
        let whole = <&[u8; BLOCK]>::try_from(head.as_slice()).ok();
        if whole.is_some_and(is_header) {
            return Ok(Self::Plain(Cursor::new(head).chain(inner)));
        }
        if head.starts_with(&ZSTD_MAGIC) {
            let mut decoder = zstd::Decoder::new(Cursor::new(head).chain(inner)).map_err(fault)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(fault)?;
            return Ok(Self::Zstd(Box::new(decoder)));
        }
        if head.starts_with(&GZIP_MAGIC) {
            let decoder = MultiGzDecoder::new(Cursor::new(head).chain(inner));
            return Ok(Self::Gzip(Box::new(decoder)));
        }
        if whole.is_none() {
            return Err(Error::Truncated {
                place: Place {
                    entry: None,
                    offset: head.len() as u64,
                },
                expected: "the header of ova.xml".into(),
            });
        }
        let shown: String = head.iter().take(16).map(|b| format!("{b:02x}")).collect();
        Err(Error::NotAnXva {
            found: format!("bytes {shown}..."),
        })
    }

    pub(crate) fn compression(&self) -> Compression {
        match self {
            Self::Plain(_) => Compression::None,
            Self::Gzip(_) => Compression::Gzip,
            Self::Zstd(_) => Compression::Zstd,
        }
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(inner) => inner.read(buf),
            Self::Gzip(inner) => inner.read(buf),
            Self::Zstd(inner) => inner.read(buf),
        }
    }
}

/// The stream to be compressed.
pub(crate) enum Sink<W: Write> {
    Plain(W),
    Gzip(Box<GzEncoder<W>>),
    Zstd(Box<zstd::Encoder<'static, W>>),
}

impl<W: Write> Sink<W> {
    /// Fast levels: an export waits for the disk and the network, not for the last percent.
    pub(crate) fn new(inner: W, compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Self::Plain(inner),
            Compression::Gzip => {
                Self::Gzip(Box::new(GzEncoder::new(inner, flate2::Compression::fast())))
            }
            Compression::Zstd => {
                let mut encoder = zstd::Encoder::new(inner, 1)?;
                // Covers ova.xml too, which has no checksum of its own.
                encoder.include_checksum(true)?;
                Self::Zstd(Box::new(encoder))
            }
        })
    }

    /// Writes the trailer of the compression and gives the writer back.
    pub(crate) fn finish(self) -> io::Result<W> {
        let mut inner = match self {
            Self::Plain(inner) => inner,
            Self::Gzip(encoder) => encoder.finish()?,
            Self::Zstd(encoder) => encoder.finish()?,
        };
        inner.flush()?;
        Ok(inner)
    }
}

impl<W: Write> Write for Sink<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(inner) => inner.write(buf),
            Self::Gzip(inner) => inner.write(buf),
            Self::Zstd(inner) => inner.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(inner) => inner.flush(),
            Self::Gzip(inner) => inner.flush(),
            Self::Zstd(inner) => inner.flush(),
        }
    }
}
