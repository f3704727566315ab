//! The encryption of a backup, as it is written and as it is read. Nothing is held whole.
//!
//! A line `xoa-backup 1`, 16 bytes of salt, then pieces of 64 KiB, each sealed with AES-256-GCM (16 bytes of tag); the last one has fewer. The
//! key is HKDF-SHA256 of recovery key and salt, so it seals one file. A piece's nonce is three zeros, its number (8 bytes, big endian), and 1 for
//! the last piece, else 0 (the construction STREAM): pieces cannot be left out, moved or cut off.

use std::io::{self, BufRead, BufReader, Read, Write};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};

use super::{BackupError, RecoveryKey};

const WORD: &str = "xoa-backup ";
const FORMAT: &str = "1";
const SALT: usize = 16;
const PIECE: usize = 64 * 1024;
const TAG: usize = 16;

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        32
    }
}

fn key_of(key: &RecoveryKey, salt: &[u8]) -> io::Result<LessSafeKey> {
    let refused = |_| io::Error::other("the key was refused");
    let secret = Salt::new(HKDF_SHA256, salt).extract(key.bytes());
    let mut bytes = [0; 32];
    secret
        .expand(&[WORD.as_bytes(), FORMAT.as_bytes()], Length)
        .and_then(|okm| okm.fill(&mut bytes))
        .map_err(refused)?;
    let key = UnboundKey::new(&AES_256_GCM, &bytes).map_err(refused)?;
    Ok(LessSafeKey::new(key))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    Last,
}

fn nonce(number: u64, place: Place) -> Nonce {
    let mut bytes = [0; 12];
    for (to, from) in bytes.iter_mut().skip(3).zip(number.to_be_bytes()) {
        *to = from;
    }
    if let Some(last) = bytes.last_mut() {
        *last = u8::from(place == Place::Last);
    }
    Nonce::assume_unique_for_key(bytes)
}

/// Seals what is written to it. Without [`Sealer::end`] it is not whole.
pub(super) struct Sealer<W> {
    output: W,
    key: LessSafeKey,
    number: u64,
    piece: Vec<u8>,
}

impl<W: Write> Sealer<W> {
    pub(super) fn new(mut output: W, key: &RecoveryKey) -> io::Result<Self> {
        let mut salt = [0; SALT];
        let filled = SystemRandom::new().fill(&mut salt);
        filled.map_err(|_| io::Error::other("no random bytes"))?;
        writeln!(output, "{WORD}{FORMAT}")?;
        output.write_all(&salt)?;
        Ok(Self {
            output,
            key: key_of(key, &salt)?,
            number: 0,
            piece: Vec::with_capacity(PIECE + TAG),
        })
    }

    fn seal(&mut self, place: Place) -> io::Result<()> {
        let nonce = nonce(self.number, place);
        self.key
            .seal_in_place_append_tag(nonce, Aad::empty(), &mut self.piece)
            .map_err(|_| io::Error::other("sealing failed"))?;
        self.number += 1;
        self.output.write_all(&self.piece)?;
        self.piece.clear();
        Ok(())
    }

    /// Writes the last piece, and gives back where all was written to.
    pub(super) fn end(mut self) -> io::Result<W> {
        self.seal(Place::Last)?;
        Ok(self.output)
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full piece is not the last one when more comes.
        if self.piece.len() == PIECE && !bytes.is_empty() {
            self.seal(Place::Before)?;
        }
        let count = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend(bytes.iter().take(count));
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// Opens what is read from it. Its errors are [`BackupError`]s.
pub(super) struct Opener<R> {
    input: BufReader<R>,
    key: LessSafeKey,
    number: u64,
    piece: Vec<u8>,
    read: usize,
    is_over: bool,
}

impl<R: Read> Opener<R> {
    pub(super) fn new(input: R, key: &RecoveryKey) -> io::Result<Self> {
        let mut input = BufReader::new(input);
        let mut line = Vec::new();
        (&mut input).take(64).read_until(b'\n', &mut line)?;
        let line = String::from_utf8(line).ok();
        let format = line.and_then(|line| {
            let format = line.strip_prefix(WORD)?.strip_suffix('\n')?;
            Some(format.to_owned())
        });
        match format.as_deref() {
            Some(FORMAT) => {}
            Some(other) => return Err(io::Error::other(BackupError::Newer(other.to_owned()))),
            None => return Err(io::Error::other(BackupError::NotOurs)),
        }
        let mut salt = [0; SALT];
        input
            .read_exact(&mut salt)
            .map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => io::Error::other(BackupError::Truncated),
                _ => error,
            })?;
        Ok(Self {
            input,
            key: key_of(key, &salt)?,
            number: 0,
            piece: Vec::new(),
            read: 0,
            is_over: false,
        })
    }

    /// Reads and opens the next piece.
    fn next(&mut self) -> io::Result<()> {
        let mut sealed = Vec::with_capacity(PIECE + TAG);
        (&mut self.input)
            .take((PIECE + TAG) as u64)
            .read_to_end(&mut sealed)?;
        let place = if self.input.fill_buf()?.is_empty() {
            Place::Last
        } else {
            Place::Before
        };
        let Some(piece) = self.open(sealed.clone(), place) else {
            return Err(io::Error::other(self.fault(sealed, place)));
        };
        self.piece = piece;
        self.read = 0;
        self.number += 1;
        self.is_over = place == Place::Last;
        Ok(())
    }

    fn open(&self, mut sealed: Vec<u8>, place: Place) -> Option<Vec<u8>> {
        let nonce = nonce(self.number, place);
        let opened = self.key.open_in_place(nonce, Aad::empty(), &mut sealed);
        let length = opened.ok()?.len();
        sealed.truncate(length);
        Some(sealed)
    }

    fn fault(&self, sealed: Vec<u8>, place: Place) -> BackupError {
        let is_short = sealed.len() < PIECE + TAG;
        let is_cut = place == Place::Last
            && (sealed.is_empty() || self.open(sealed, Place::Before).is_some());
        match self.number {
            _ if is_cut => BackupError::Truncated,
            0 => BackupError::WrongKey,
            _ if is_short => BackupError::Truncated,
            number => BackupError::Damaged(number.saturating_mul((PIECE + TAG) as u64)),
        }
    }
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.read == self.piece.len() {
            if self.is_over {
                return Ok(0);
            }
            self.next()?;
        }
        let rest = self.piece.get(self.read..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(rest) {
            *to = *from;
        }
        self.read += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ";
    const HEAD: usize = WORD.len() + 2 + SALT;

    fn seal(content: &[u8]) -> Vec<u8> {
        let mut sealer = Sealer::new(Vec::new(), &KEY.parse().unwrap()).unwrap();
        sealer.write_all(content).unwrap();
        sealer.end().unwrap()
    }

    fn open_with(sealed: &[u8], key: &str) -> Result<Vec<u8>, BackupError> {
        let mut content = Vec::new();
        let opened = Opener::new(sealed, &key.parse().unwrap())
            .and_then(|mut opener| opener.read_to_end(&mut content));
        match opened {
            Ok(_) => Ok(content),
            Err(error) => Err(error.downcast::<BackupError>().unwrap()),
        }
    }

    fn open(sealed: &[u8]) -> Result<Vec<u8>, BackupError> {
        open_with(sealed, KEY)
    }

    #[test]
    fn a_file_of_each_length_opens_as_it_was() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 17] {
            let content: Vec<u8> = (0..length)
                .map(|i| u8::try_from(i % 251).unwrap())
                .collect();
            let sealed = seal(&content);
            assert!(open(&sealed).unwrap() == content, "{length}");
        }
    }

    #[test]
    fn a_file_that_was_cut_is_told_from_one_that_is_damaged() {
        let sealed = seal(&vec![7; 3 * PIECE + 100]);
        let piece = PIECE + TAG;
        for cut in [
            HEAD - 3,
            HEAD,
            HEAD + piece,
            HEAD + 2 * piece,
            HEAD + 2 * piece + 5,
            sealed.len() - 1,
        ] {
            let error = open(&sealed[..cut]).unwrap_err();
            assert!(matches!(error, BackupError::Truncated), "{cut}: {error}");
        }
        let mut changed = sealed.clone();
        changed[HEAD + piece + 9] ^= 1;
        assert!(matches!(open(&changed), Err(BackupError::Damaged(_))));
        // Two pieces that changed places.
        let mut moved = sealed[..HEAD].to_vec();
        moved.extend(&sealed[HEAD + piece..HEAD + 2 * piece]);
        moved.extend(&sealed[HEAD..HEAD + piece]);
        moved.extend(&sealed[HEAD + 2 * piece..]);
        open(&moved).unwrap_err();
        let mut longer = sealed;
        longer.push(0);
        open(&longer).unwrap_err();
    }

    #[test]
    fn other_keys_files_and_formats_are_refused_in_their_own_words() {
        let sealed = seal(b"content");
        let other = KEY.replace('Z', "A");
        assert!(matches!(
            open_with(&sealed, &other),
            Err(BackupError::WrongKey)
        ));
        assert!(matches!(
            open(b"PK\x03\x04 something"),
            Err(BackupError::NotOurs)
        ));
        assert!(matches!(open(b""), Err(BackupError::NotOurs)));
        let error = open(b"xoa-backup 2\nwhatever").unwrap_err();
        assert!(
            matches!(&error, BackupError::Newer(format) if format == "2"),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn a_changed_byte_never_opens(at in 0usize..400, with in 1u8..) {
            let mut sealed = seal(&[9; 300]);
            let at = at % sealed.len();
            sealed[at] ^= with;
            prop_assert!(open(&sealed).is_err());
        }
    }
}
