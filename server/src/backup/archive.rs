//! What is in a backup: a tar of `about.json`, then files of the data folder by their names. It is not compressed, so it never unpacks to more
//! than it is.
//!
//! Invariant: only files of [`NAMES`] come out, each once, as plain files: no folders, links, or names that lead elsewhere.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tar::EntryType;

use super::error::io;
use super::{BackupError, SECRET, key};

/// The database.
pub(super) const DATABASE: &str = "xo.db";
const ABOUT: &str = "about.json";
/// What may be in it, and whether it must.
pub(super) const NAMES: [(&str, Need); 5] = [
    (DATABASE, Need::Always),
    (SECRET, Need::Always),
    (key::FILE, Need::Always),
    ("tls.crt", Need::Perhaps),
    ("tls.key", Need::Perhaps),
];
/// Of all but the database.
const SMALL: u64 = 1024 * 1024;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Always,
    Perhaps,
}

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// In milliseconds since 1970.
    pub made_at: i64,
    /// Of the server that made it.
    pub version: String,
    /// Of its machine.
    pub hostname: String,
    /// What the appliance was set to; nothing elsewhere.
    #[serde(default)]
    pub appliance: Option<Value>,
}

/// Packs files, each from where `place` says; those that may be missing and are, are left out.
pub(super) fn write(
    output: &mut impl Write,
    about: &About,
    place: impl Fn(&str) -> PathBuf,
) -> Result<(), BackupError> {
    let mut archive = tar::Builder::new(output);
    let mut put = |name: &str, length: u64, content: &mut dyn Read| {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_size(length);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(about.made_at / 1000).unwrap_or_default());
        let appended = archive.append_data(&mut header, name, content);
        appended.map_err(io(format!("{name} cannot be written into the backup")))
    };
    let text = serde_json::to_vec_pretty(about).map_err(|error| io(ABOUT)(error.into()))?;
    put(ABOUT, text.len() as u64, &mut text.as_slice())?;
    for (name, need) in NAMES {
        let what = || io(format!("{name} cannot be read for the backup"));
        let mut file = match File::open(place(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && need == Need::Perhaps => {
                continue;
            }
            opened => opened.map_err(what())?,
        };
        let length = file.metadata().map_err(what())?.len();
        put(name, length, &mut file)?;
    }
    archive.finish().map_err(io("the backup cannot be written"))
}

/// Unpacks all of it into an empty folder; `input` is read to its end.
pub(super) fn read(mut input: impl Read, folder: &Path) -> Result<About, BackupError> {
    let unfit = |what: String| Err(BackupError::Unfit(what));
    let broken = || io("the backup cannot be read");
    let mut archive = tar::Archive::new(&mut input);
    let mut about: Option<About> = None;
    let mut found = BTreeSet::new();
    // Raw: headers that would give an entry another name or length are entries of a kind that is refused.
    for entry in archive.entries().map_err(broken())?.raw(true) {
        let mut entry = entry.map_err(broken())?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let shown = name.escape_debug();
        if entry.header().entry_type() != EntryType::Regular {
            return unfit(format!("{shown} in it is no plain file"));
        }
        let length = entry.header().size().map_err(broken())?;
        if name != DATABASE && length > SMALL {
            return unfit(format!("{shown} in it has {length} bytes"));
        }
        if about.is_none() {
            let mut text = Vec::new();
            entry.read_to_end(&mut text).map_err(broken())?;
            match serde_json::from_slice(&text) {
                Ok(read) if name == ABOUT => about = Some(read),
                _ => return unfit(format!("it begins with {shown}, not with what it is")),
            }
            continue;
        }
        let Some((name, _)) = NAMES.iter().find(|(known, _)| *known == name) else {
            return unfit(format!("{shown} in it is not known here"));
        };
        if !found.insert(*name) {
            return unfit(format!("{shown} is in it twice"));
        }
        unpack(&mut entry, length, &folder.join(name))?;
    }
    let missing = NAMES
        .iter()
        .find(|(name, need)| *need == Need::Always && !found.contains(name));
    if let Some((name, _)) = missing {
        return unfit(format!("it has no {name}"));
    }
    io::copy(&mut input, &mut io::sink()).map_err(broken())?;
    about.map_or_else(|| unfit("it is empty".to_owned()), Ok)
}

fn unpack(entry: &mut impl Read, length: u64, path: &Path) -> Result<(), BackupError> {
    let what = || io(format!("cannot write {}", path.display()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut file = options.open(path).map_err(what())?;
    let written = io::copy(entry, &mut file).map_err(what())?;
    if written != length {
        return Err(BackupError::Truncated);
    }
    file.sync_all().map_err(what())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About {
        About {
            made_at: 1_790_000_000_000,
            version: "1.2.3".to_owned(),
            hostname: "xoa".to_owned(),
            appliance: None,
        }
    }

    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            std::fs::write(folder.path().join(name), format!("content of {name}")).unwrap();
        }
        folder
    }

    /// An archive of what is told: name, kind, content.
    fn forged(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (name, kind, content) in entries {
            let mut header = tar::Header::new_ustar();
            // As it stands: `set_path` would refuse what attackers write.
            let place = &mut header.as_old_mut().name;
            for (to, from) in place.iter_mut().zip(name.bytes()) {
                *to = from;
            }
            header.set_entry_type(*kind);
            header.set_size(content.len() as u64);
            header.set_cksum();
            archive.append(&header, *content).unwrap();
        }
        archive.into_inner().unwrap()
    }

    #[test]
    fn what_was_packed_comes_out() {
        for names in [
            &["xo.db", SECRET, key::FILE][..],
            &["xo.db", SECRET, key::FILE, "tls.crt", "tls.key"],
        ] {
            let (from, to) = (folder(names), folder(&[]));
            let mut packed = Vec::new();
            write(&mut packed, &about(), |name| from.path().join(name)).unwrap();
            assert_eq!(read(&packed[..], to.path()).unwrap(), about());
            for name in names {
                let content = std::fs::read_to_string(to.path().join(name)).unwrap();
                assert_eq!(content, format!("content of {name}"));
            }
            assert_eq!(std::fs::read_dir(to.path()).unwrap().count(), names.len());
        }
        let from = folder(&["xo.db"]);
        let error = write(&mut Vec::new(), &about(), |name| from.path().join(name)).unwrap_err();
        assert!(error.to_string().contains(SECRET), "{error}");
    }

    #[test]
    fn what_should_not_be_in_it_is_refused_and_written_nowhere() {
        let text = serde_json::to_vec(&about()).unwrap();
        let head = (ABOUT, EntryType::Regular, &text[..]);
        let long = vec![b' '; usize::try_from(SMALL).unwrap() + 1];
        for (what, expected, entries) in [
            (
                "no description",
                "begins with",
                vec![("xo.db", EntryType::Regular, &b"x"[..])],
            ),
            (
                "another one",
                "begins with",
                vec![(ABOUT, EntryType::Regular, &b"[]"[..])],
            ),
            (
                "a way out",
                "not known",
                vec![head, ("../secret.key", EntryType::Regular, b"x")],
            ),
            (
                "the root",
                "not known",
                vec![head, ("/etc/passwd", EntryType::Regular, b"x")],
            ),
            (
                "a folder",
                "no plain file",
                vec![head, ("xo.db", EntryType::Directory, b"")],
            ),
            (
                "a link",
                "no plain file",
                vec![head, ("xo.db", EntryType::Symlink, b"")],
            ),
            (
                "a long name",
                "no plain file",
                vec![head, ("././@LongLink", EntryType::GNULongName, b"x")],
            ),
            (
                "twice",
                "twice",
                vec![
                    head,
                    (SECRET, EntryType::Regular, b"x"),
                    (SECRET, EntryType::Regular, b"x"),
                ],
            ),
            (
                "too long",
                "bytes",
                vec![head, (SECRET, EntryType::Regular, &long)],
            ),
            (
                "too little",
                "has no",
                vec![head, (SECRET, EntryType::Regular, b"x")],
            ),
        ] {
            let above = folder(&[]);
            let to = above.path().join("to");
            std::fs::create_dir(&to).unwrap();
            let error = read(&forged(&entries)[..], &to).unwrap_err();
            assert!(matches!(error, BackupError::Unfit(_)), "{what}: {error}");
            assert!(error.to_string().contains(expected), "{what}: {error}");
            assert_eq!(
                std::fs::read_dir(above.path()).unwrap().count(),
                1,
                "{what}"
            );
        }
    }
}
