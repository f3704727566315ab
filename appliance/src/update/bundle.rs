//! A release in one file, for machines without a network: a plain tar of a repository's `metadata/` and of the files of one release in
//! `targets/` (`xo-image-build bundle`). It is unpacked into a folder, and believed as a repository is.
//!
//! Invariant: only those two folders, plain names, few files, no more bytes than there is room for.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use semver::Version;
use xo_release::{PRODUCT, Part};

/// Files that a bundle may have.
const MOST_FILES: usize = 300;
/// What stays free on the data partition.
const RESERVE: u64 = 64 * 1024 * 1024;

/// Why a file is no bundle, or cannot be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It is something else, or damaged.
    #[error("this is no bundle of a release: {0}")]
    NoBundle(String),
    /// It does not fit.
    #[error("{name} of the bundle has {length} bytes, and {free} are free on the data partition")]
    NoSpace {
        /// A file in it.
        name: String,
        /// Its length.
        length: u64,
        /// Less what must stay free.
        free: u64,
    },
    /// The data partition's.
    #[error("{}: {source}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Unpacks one in place of what is in `folder`; answers which release it has.
///
/// # Errors
/// With nothing left of it.
pub fn unpack(input: &mut dyn Read, folder: &Path) -> Result<Version, BundleError> {
    remove(folder)?;
    let unpacked = write_files(input, folder).and_then(|()| {
        version(folder).ok_or_else(|| BundleError::NoBundle("no release is in it".into()))
    });
    if unpacked.is_err() {
        remove(folder)?;
    }
    unpacked
}

/// Removes what was unpacked.
///
/// # Errors
/// The disk's.
pub fn remove(folder: &Path) -> Result<(), BundleError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(write(folder)(error)),
        _ => Ok(()),
    }
}

/// The release that was unpacked: the one whose root file system is there, `<sha256>.xoa-<version>.root`.
pub fn version(folder: &Path) -> Option<Version> {
    let names = fs::read_dir(folder.join("targets")).ok()?.flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    names.into_iter().find_map(|name| {
        let version = name.split_once(&format!("{PRODUCT}-"))?.1;
        let version: Version = version.strip_suffix(".root")?.parse().ok()?;
        name.ends_with(&Part::Root.target(&version))
            .then_some(version)
    })
}

fn write_files(input: &mut dyn Read, folder: &Path) -> Result<(), BundleError> {
    for below in ["metadata", "targets"] {
        let below = folder.join(below);
        fs::create_dir_all(&below).map_err(write(&below))?;
    }
    // What the library says of a file that is no archive quotes it.
    let odd = |error: io::Error| match error.kind() {
        ErrorKind::Other | ErrorKind::UnexpectedEof | ErrorKind::InvalidData => {
            BundleError::NoBundle("it is no tar archive, or is cut off".into())
        }
        _ => BundleError::NoBundle(error.to_string()),
    };
    let mut archive = tar::Archive::new(input);
    for (number, entry) in archive.entries().map_err(odd)?.enumerate() {
        let mut entry = entry.map_err(odd)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let is_file = entry.header().entry_type().is_file();
        if number >= MOST_FILES || !is_file || !is_plain(&name) {
            let what = format!("`{}` has no place in one", name.escape_debug());
            return Err(BundleError::NoBundle(what));
        }
        let path = folder.join(&name);
        let length = entry.size();
        let told = rustix::fs::statvfs(folder).map_err(|e| write(folder)(e.into()))?;
        let free = told.f_bavail.saturating_mul(told.f_frsize);
        let free = free.saturating_sub(RESERVE);
        if length > free {
            return Err(BundleError::NoSpace { name, length, free });
        }
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        let mut file = file.map_err(write(&path))?;
        let copied = io::copy(&mut entry, &mut file).map_err(write(&path))?;
        if copied != length {
            return Err(BundleError::NoBundle(format!("{name} is cut off")));
        }
    }
    Ok(())
}

/// `metadata/` or `targets/`, and a name without folders.
fn is_plain(name: &str) -> bool {
    let Some(("metadata" | "targets", file)) = name.split_once('/') else {
        return false;
    };
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte);
    !file.is_empty() && !file.starts_with('.') && file.bytes().all(is_known)
}

fn write(path: &Path) -> impl FnOnce(io::Error) -> BundleError {
    let path = path.to_owned();
    |source| BundleError::Write { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(files: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (name, content) in files {
            let mut header = tar::Header::new_gnu();
            // What `append_data` would refuse to write comes from others.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            archive.append(&header, content.as_bytes()).unwrap();
        }
        archive.into_inner().unwrap()
    }

    #[test]
    fn a_bundle_is_unpacked_in_place_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("bundle");
        for name in ["1.2.0", "1.3.0-rc.1"] {
            let root = format!("targets/ab12.xoa-{name}.root");
            let bytes = bundle(&[("metadata/timestamp.json", "{}"), (&root, "root")]);
            let found = unpack(&mut &bytes[..], &place).unwrap();
            assert_eq!(found.to_string(), name);
            assert_eq!(fs::read_to_string(place.join(&root)).unwrap(), "root");
        }
        assert_eq!(fs::read_dir(place.join("targets")).unwrap().count(), 1);
        remove(&place).unwrap();
        assert_eq!(version(&place), None);
    }

    #[test]
    fn what_would_leave_the_folder_or_is_no_bundle_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("bundle");
        let good = ("targets/ab.xoa-1.2.0.root", "root");
        for name in [
            "../evil",
            "/evil",
            "targets/../../evil",
            "targets/a/b",
            "evil",
            "targets/.evil",
        ] {
            let bytes = bundle(&[good, (name, "x")]);
            let refused = unpack(&mut &bytes[..], &place).unwrap_err();
            assert!(matches!(refused, BundleError::NoBundle(_)), "{name}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        }
        let cut = bundle(&[good]);
        let text = b"nonsense\n".repeat(100);
        for bytes in [&b"nonsense"[..], &text, b"", &cut[..514]] {
            let refused = unpack(&mut &bytes[..], &place).unwrap_err().to_string();
            assert!(refused.starts_with("this is no bundle"), "{refused}");
            assert!(!refused.contains("nonsense"), "{refused}");
            assert!(!place.exists());
        }
    }
}
