//! The files of private keys: `root/<id>.key`, `targets/<id>.key` …, and `retired/<role>-<id>.key`.
//!
//! A key is called by the first digits of its TUF key ID, so two that were made in different places never have the same name. Which key
//! a file holds is read from it, whatever it is called.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use tough::schema::Root;
use tough::schema::decoded::{Decoded, Encode, Hex};

use crate::publish::error::PublishError;
use crate::publish::policy::Duty;
use crate::publish::signing::{self, PrivateKey};

/// Keys that neither the root that counts names nor one that waits.
const RETIRED: &str = "retired";
/// Digits of a key's ID that its file is called by.
const DIGITS: usize = 8;

/// A private key, and its file.
pub(super) struct Held {
    pub(super) path: PathBuf,
    pub(super) key: PrivateKey,
}

/// The private keys of a role that are here, retired ones last.
pub(super) fn held(folder: &Path, duty: Duty) -> Result<Vec<Held>, PublishError> {
    let retired = folder.join(RETIRED);
    let prefix = format!("{}-", duty.name());
    let mut paths = keys_of(&folder.join(duty.name()), "");
    paths.extend(keys_of(&retired, &prefix));
    let held = paths.into_iter().map(|path| {
        let key = signing::read(&path)?;
        Ok(Held { path, key })
    });
    held.collect()
}

/// Makes a key in the place of its role.
pub(super) fn add(folder: &Path, duty: Duty) -> Result<PrivateKey, PublishError> {
    let place = folder.join(duty.name());
    make_folder(&place)?;
    let (content, key) = signing::make()?;
    signing::write_private(&place.join(name(&key.id)), &content)?;
    Ok(key)
}

/// Whether one of the roots names a key that is here, or none is here.
pub(super) fn any_named(folder: &Path, roots: &[&Root]) -> Result<bool, PublishError> {
    let mut is_empty = true;
    for duty in Duty::ALL {
        for Held { key, .. } in held(folder, duty)? {
            is_empty = false;
            if roots.iter().any(|root| names(root, duty, &key.id)) {
                return Ok(true);
            }
        }
    }
    Ok(is_empty)
}

/// Whether a key was put aside.
pub(super) fn is_retired(folder: &Path, key: &Path) -> bool {
    key.starts_with(folder.join(RETIRED))
}

/// Puts the keys that one of the roots names into their places, and all others aside; gives where those that moved are now.
pub(super) fn settle(folder: &Path, roots: &[&Root]) -> Result<Vec<PathBuf>, PublishError> {
    let retired = folder.join(RETIRED);
    let mut moved = Vec::new();
    for duty in Duty::ALL {
        let place = folder.join(duty.name());
        for Held { path, key } in held(folder, duty)? {
            let is_named = roots.iter().any(|root| names(root, duty, &key.id));
            if is_named == path.starts_with(&place) {
                continue;
            }
            let name = name(&key.id);
            let to = if is_named {
                place.join(name)
            } else {
                retired.join(format!("{}-{name}", duty.name()))
            };
            make_folder(to.parent().unwrap_or(folder))?;
            fs::rename(&path, &to).map_err(PublishError::file("move", &path))?;
            moved.push(to);
        }
    }
    Ok(moved)
}

/// Whether a root lets a key sign for a role.
pub(super) fn names(root: &Root, duty: Duty, id: &Decoded<Hex>) -> bool {
    let role = root.roles.get(&duty.role());
    role.is_some_and(|role| role.keyids.contains(id))
}

/// A key's ID: lower-case hexadecimal digits.
pub(super) fn hex(id: &Decoded<Hex>) -> String {
    Hex::encode(id)
}

/// What a key is called.
pub(super) fn short(id: &Decoded<Hex>) -> String {
    hex(id).chars().take(DIGITS).collect()
}

fn name(id: &Decoded<Hex>) -> String {
    format!("{}.key", short(id))
}

/// A folder that only its owner enters.
pub(super) fn make_folder(path: &Path) -> Result<(), PublishError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(PublishError::file("make", path))
}

fn keys_of(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<_> = names
        .filter(|name| name.starts_with(prefix) && name.ends_with(".key"))
        .collect();
    names.sort();
    names.iter().map(|name| folder.join(name)).collect()
}
