//! Sealing of secrets with a key that lies outside the database.
//!
//! A sealed value is `base64(nonce ‖ ciphertext ‖ tag)` of AES-256-GCM. Associated data binds it to
//! the row and column that it was made for, so a sealed password moved to another row does not
//! open.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::entropy::{Entropy, random};
use crate::error::StoreError;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// The key of the key file.
pub(crate) struct SealingKey(LessSafeKey);

/// It did not open: another key, another place, or altered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotOurs;

impl SealingKey {
    /// Reads the key file; makes it (0600, random) if it is absent.
    ///
    /// # Errors
    /// [`StoreError::KeyFile`] when others may read it or its length is not 32 bytes.
    pub(crate) fn load_or_create(path: &Path, entropy: &dyn Entropy) -> Result<Self, StoreError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                create(path, &random::<KEY_BYTES>(entropy)?)?;
                tracing::info!(path = %path.display(), "made a key file: back it up with the data");
                File::open(path).map_err(|error| at(path, error))?
            }
            Err(error) => return Err(at(path, error)),
        };
        Self::new(read(path, file)?).ok_or_else(|| unfit(path, "the key was refused"))
    }

    fn new(key: [u8; KEY_BYTES]) -> Option<Self> {
        let key = UnboundKey::new(&AES_256_GCM, &key).ok()?;
        Some(Self(LessSafeKey::new(key)))
    }

    /// Seals `secret` for `place`, such as `servers/ID/password`.
    pub(crate) fn seal(
        &self,
        place: &str,
        secret: &str,
        entropy: &dyn Entropy,
    ) -> Result<String, StoreError> {
        let nonce = random::<NONCE_BYTES>(entropy)?;
        let mut body = secret.as_bytes().to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place),
                &mut body,
            )
            .map_err(|_| StoreError::Crypto {
                reason: "sealing failed".to_owned(),
            })?;
        let mut sealed = nonce.to_vec();
        sealed.append(&mut body);
        Ok(STANDARD.encode(sealed))
    }

    /// Opens what [`Self::seal`] made for the same `place`.
    pub(crate) fn open(&self, place: &str, sealed: &str) -> Result<String, NotOurs> {
        let sealed = STANDARD.decode(sealed).map_err(|_| NotOurs)?;
        let (nonce, body) = sealed.split_at_checked(NONCE_BYTES).ok_or(NotOurs)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| NotOurs)?;
        let mut body = body.to_vec();
        let secret = self
            .0
            .open_in_place(nonce, Aad::from(place), &mut body)
            .map_err(|_| NotOurs)?;
        String::from_utf8(secret.to_vec()).map_err(|_| NotOurs)
    }
}

fn at(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::File {
        path: path.to_owned(),
        source,
    }
}

fn unfit(path: &Path, reason: impl Into<String>) -> StoreError {
    StoreError::KeyFile {
        path: path.to_owned(),
        reason: reason.into(),
    }
}

fn read(path: &Path, mut file: File) -> Result<[u8; KEY_BYTES], StoreError> {
    let meta = file.metadata().map_err(|error| at(path, error))?;
    if !meta.is_file() {
        return Err(unfit(path, "is not a file"));
    }
    let mode = meta.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(unfit(
            path,
            format!(
                "others may use it (mode {mode:04o}): chmod 600 it, and set the pools' passwords \
                 anew if others may have read both it and the database"
            ),
        ));
    }
    let length = meta.len();
    let wrong_length = || {
        unfit(
            path,
            format!("has {length} bytes where 32 are expected: restore it from a backup"),
        )
    };
    if length != KEY_BYTES as u64 {
        return Err(wrong_length());
    }
    let mut key = [0; KEY_BYTES];
    file.read_exact(&mut key).map_err(|_| wrong_length())?;
    Ok(key)
}

/// Writes the key beside its place and links it there, so that a crash leaves no half a key and the
/// second of two processes takes the first one's.
fn create(path: &Path, key: &[u8; KEY_BYTES]) -> Result<(), StoreError> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    std::fs::create_dir_all(&folder).map_err(|error| at(&folder, error))?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", std::process::id()));
    let draft = PathBuf::from(draft);
    let written = write_draft(&draft, key)
        .map_err(|error| at(&draft, error))
        .and_then(|()| match std::fs::hard_link(&draft, path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(at(path, error)),
            _ => Ok(()),
        });
    // The draft has served, or is not worth keeping.
    let _ = std::fs::remove_file(&draft);
    written?;
    File::open(&folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| at(&folder, error))
}

fn write_draft(draft: &Path, key: &[u8; KEY_BYTES]) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(draft)?;
    file.write_all(key)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use proptest::prelude::*;

    use super::*;
    use crate::entropy::SystemEntropy;

    fn key(byte: u8) -> SealingKey {
        SealingKey::new([byte; KEY_BYTES]).unwrap()
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_only_with_its_key_and_in_its_place(
            secret in ".*",
            place in "[a-z/]{1,20}",
        ) {
            let sealed = key(1).seal(&place, &secret, &SystemEntropy::default()).unwrap();
            prop_assert_eq!(key(1).open(&place, &sealed), Ok(secret));
            prop_assert_eq!(key(2).open(&place, &sealed), Err(NotOurs));
            prop_assert_eq!(key(1).open(&format!("{place}x"), &sealed), Err(NotOurs));
        }

        #[test]
        fn nothing_else_opens(sealed in ".*") {
            prop_assert_eq!(key(1).open("place", &sealed), Err(NotOurs));
        }
    }

    #[test]
    fn a_secret_never_seals_to_the_same_text_twice() {
        let entropy = SystemEntropy::default();
        let seal = || key(1).seal("place", "secret", &entropy).unwrap();
        assert_ne!(seal(), seal());
    }

    #[test]
    fn a_key_file_is_made_once_and_for_the_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/key");
        let entropy = SystemEntropy::default();
        let first = SealingKey::load_or_create(&path, &entropy).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let again = SealingKey::load_or_create(&path, &entropy).unwrap();
        let sealed = first.seal("place", "secret", &entropy).unwrap();
        assert_eq!(again.open("place", &sealed).unwrap(), "secret");
        let files = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(files, 1, "a draft was left behind");
    }

    #[test]
    fn a_key_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, [7; KEY_BYTES]).unwrap();
        for mode in [0o640, 0o604, 0o666] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let refused = SealingKey::load_or_create(&path, &SystemEntropy::default());
            let message = refused.err().unwrap().to_string();
            assert!(message.contains("chmod 600"), "{message}");
        }
    }

    #[test]
    fn a_key_file_of_another_length_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        for length in [0, 31, 33] {
            std::fs::write(&path, vec![7; length]).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            let refused = SealingKey::load_or_create(&path, &SystemEntropy::default());
            let message = refused.err().unwrap().to_string();
            assert!(message.contains("32 are expected"), "{message}");
        }
    }
}
