//! SHA-256 in hexadecimal digits, of what is read piece by piece.

use std::fmt::Write;
use std::io;

use aws_lc_rs::digest::{Context, SHA256};

/// How much is read, written or hashed at once.
pub const PIECE: usize = 256 * 1024;

/// Hexadecimal digits in lower case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A sum that grows.
#[derive(Clone)]
pub struct Sum(Context);

impl Sum {
    /// Of nothing.
    pub fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    /// And of these.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Its digits.
    pub fn digits(self) -> String {
        hex(self.0.finish().as_ref())
    }
}

impl Default for Sum {
    fn default() -> Self {
        Self::new()
    }
}

/// The sum of the first `length` bytes of what `read` reads: it fills a buffer from an offset on.
///
/// # Errors
/// Those of `read`.
pub fn of(
    length: u64,
    mut read: impl FnMut(&mut [u8], u64) -> io::Result<()>,
) -> io::Result<String> {
    let mut sum = Sum::new();
    let mut piece = vec![0; PIECE];
    let mut offset = 0;
    while offset < length {
        let count = usize::try_from(length - offset).map_or(PIECE, |left| left.min(PIECE));
        let piece = piece.get_mut(..count).unwrap_or_default();
        read(piece, offset)?;
        sum.add(piece);
        offset += count as u64;
    }
    Ok(sum.digits())
}
