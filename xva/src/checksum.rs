//! The two checksums of chunks, in the spelling that XAPI compares with.

use sha1::{Digest, Sha1};
use twox_hash::XxHash64;

/// How a chunk is checked, told by the extension of the entry after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChecksumKind {
    /// `.xxhash`: XXH64 with seed 0 as 16 upper-case hexadecimal digits.
    Xxhash,
    /// `.checksum`: SHA-1 as 40 lower-case hexadecimal digits.
    Sha1,
}

impl ChecksumKind {
    /// The kind that an extension (without the dot) names.
    pub(crate) fn from_extension(extension: &str) -> Option<Self> {
        match extension {
            "xxhash" => Some(Self::Xxhash),
            "checksum" => Some(Self::Sha1),
            _ => None,
        }
    }

    /// Bytes of the text.
    pub(crate) fn text_len(self) -> u64 {
        match self {
            Self::Xxhash => 16,
            Self::Sha1 => 40,
        }
    }

    /// The checksum of `data` as text.
    #[must_use]
    pub fn of(self, data: &[u8]) -> String {
        match self {
            Self::Xxhash => format!("{:016X}", XxHash64::oneshot(0, data)),
            Self::Sha1 => format!("{:x}", Sha1::digest(data)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_vectors_come_out_in_the_right_case_and_width() {
        assert_eq!(ChecksumKind::Xxhash.of(b""), "EF46DB3751D8E999");
        assert_eq!(ChecksumKind::Xxhash.of(b"abc"), "44BC2CF5AD770999");
        assert_eq!(
            ChecksumKind::Sha1.of(b"abc"),
            "a9993e364706816aba3e25717850c26c9cd0d89d"
        );
    }
}
