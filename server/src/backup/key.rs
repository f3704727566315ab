//! The recovery key: made once, kept in the data folder, shown to administrators, who keep it elsewhere. A backup opens with it on any machine.
//!
//! 160 random bits in 32 characters that are not read for one another (Crockford's base32). It is in each backup too, so that a restored
//! machine goes on with it and opens the older ones.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

use super::BackupError;
use super::error::io;
use crate::process::write_private;

/// Where it is kept, in the data folder and in backups.
pub(super) const FILE: &str = "backup.key";
const BYTES: usize = 20;
const CHARACTERS: usize = BYTES * 8 / 5;
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What opens backups. Its `Debug` does not tell it.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryKey([u8; BYTES]);

impl RecoveryKey {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn random() -> Result<Self, BackupError> {
        let mut bytes = [0; BYTES];
        let filled = SystemRandom::new().fill(&mut bytes);
        filled.map_err(|_| io("no random bytes")(std::io::ErrorKind::Other.into()))?;
        Ok(Self(bytes))
    }

    /// That of a data folder; made when it has none.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn of(data_dir: &Path) -> Result<Self, BackupError> {
        let path = data_dir.join(FILE);
        let what = || format!("cannot use {}", path.display());
        match std::fs::read_to_string(&path) {
            Ok(text) => return text.parse(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(io(what())(error)),
        }
        // Whole or not there; who comes second takes the first one's.
        let fresh = data_dir.join(format!("{FILE}.{}", uuid::Uuid::new_v4()));
        let key = Self::random()?;
        let written = write_private(&fresh, format!("{key}\n").as_bytes())
            .map_err(std::io::Error::other)
            .and_then(|()| std::fs::File::open(&fresh)?.sync_all())
            .and_then(|()| std::fs::hard_link(&fresh, &path));
        let _ = std::fs::remove_file(&fresh);
        match written {
            Ok(()) => Ok(key),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                let text = std::fs::read_to_string(&path).map_err(io(what()))?;
                text.parse()
            }
            Err(error) => Err(io(what())(error)),
        }
    }
}

impl fmt::Display for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut bits, mut count, mut written) = (0u16, 0, 0);
        for byte in self.0 {
            bits = (bits << 8) | u16::from(byte);
            count += 8;
            while count >= 5 {
                count -= 5;
                let place = usize::from(bits >> count) % ALPHABET.len();
                bits &= (1 << count) - 1;
                if written > 0 && written % 4 == 0 {
                    f.write_str("-")?;
                }
                write!(f, "{}", char::from(*ALPHABET.get(place).unwrap_or(&b'0')))?;
                written += 1;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryKey(…)")
    }
}

impl FromStr for RecoveryKey {
    type Err = BackupError;

    /// As people type it: small letters, other groups, `O` for zero, `I` and `L` for one.
    fn from_str(text: &str) -> Result<Self, BackupError> {
        let wrong = || BackupError::NoKey(CHARACTERS);
        let mut bytes = Vec::with_capacity(BYTES);
        let (mut bits, mut count) = (0u16, 0);
        for c in text.chars() {
            let c = match c.to_ascii_uppercase() {
                c if c == '-' || c.is_whitespace() => continue,
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            };
            let place = ALPHABET.iter().position(|a| char::from(*a) == c);
            let place = place.and_then(|place| u16::try_from(place).ok());
            bits = (bits << 5) | place.ok_or_else(wrong)?;
            count += 5;
            if count >= 8 {
                count -= 8;
                bytes.push(u8::try_from(bits >> count).map_err(|_| wrong())?);
                bits &= (1 << count) - 1;
            }
        }
        if count != 0 {
            return Err(wrong());
        }
        bytes.try_into().map(Self).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_shown_and_as_people_type_it() {
        let key = RecoveryKey(std::array::from_fn(|i| u8::try_from(i * 13).unwrap()));
        let shown = key.to_string();
        assert_eq!(shown.len(), CHARACTERS + 7);
        assert_eq!(shown.parse::<RecoveryKey>().unwrap(), key);
        let typed = shown.to_lowercase().replace('-', " ");
        let typed = typed.replace('0', "o").replace('1', "l");
        assert_eq!(typed.parse::<RecoveryKey>().unwrap(), key);
        for wrong in [
            "",
            "ABCD",
            &shown[1..],
            &format!("{shown}0"),
            &format!("{shown}-00000000"),
        ] {
            assert!(wrong.parse::<RecoveryKey>().is_err(), "{wrong}");
        }
        let odd = shown.replace(&shown[..1], "U");
        assert!(odd.parse::<RecoveryKey>().is_err());
        assert!(!format!("{key:?}").contains(&shown[..4]));
    }

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let key = RecoveryKey::of(folder.path()).unwrap();
        assert_eq!(RecoveryKey::of(folder.path()).unwrap(), key);
        let file = folder.path().join(FILE).metadata().unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_ne!(RecoveryKey::random().unwrap(), key);
    }
}
