//! A door for the fuzz target in `fuzz/`: a backup that somebody sends, read as a restore reads it. Not part of the API.

use std::io::{self, Write};
use std::path::Path;

use super::archive::{self, NAMES};
use super::sealed::{Opener, Sealer};
use super::{About, BackupError, RecoveryKey, error};

/// Takes bytes for a file, and for what is inside one; unpacks them into an empty folder that nothing else uses.
///
/// # Panics
/// When there is something in it then that no backup has, or more than came.
pub fn backup(bytes: &[u8], folder: &Path) {
    let Ok(key) = "0".repeat(32).parse::<RecoveryKey>() else {
        return;
    };
    if let Ok(mut opener) = Opener::new(bytes, &key) {
        let _ = io::copy(&mut opener, &mut io::sink());
    }
    let unpacked = unpack(bytes, &key, folder);
    let mut length = 0;
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        assert!(NAMES.iter().any(|(known, _)| name == *known), "{name:?}");
        if let Ok(file) = entry.metadata() {
            assert!(file.is_file(), "{name:?} is no plain file");
            length += file.len();
        }
    }
    assert!(length <= bytes.len() as u64, "{unpacked:?}");
}

fn unpack(bytes: &[u8], key: &RecoveryKey, folder: &Path) -> Result<About, BackupError> {
    let what = || error::io("what is in it cannot be sealed");
    let mut sealer = Sealer::new(Vec::new(), key).map_err(what())?;
    sealer.write_all(bytes).map_err(what())?;
    let sealed = sealer.end().map_err(what())?;
    archive::read(Opener::new(sealed.as_slice(), key).map_err(what())?, folder)
}
