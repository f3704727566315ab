//! The folder of keys: `root/1.key`, `targets/1.key` …, and every root that was signed: `1.root.json`, `2.root.json` …
//!
//! Invariant: a root counts when enough keys of the one before it and enough of its own signed it. Until then it is
//! `next.root.json`, which can be carried to where the other keys are, and no key leaves its place.

use std::collections::HashMap;
use std::fs;
use std::num::NonZeroU64;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tough::schema::{RoleKeys, RoleType, Root, Signed};

use super::error::PublishError;
use super::policy::{Duty, SPECIFICATION};
use super::signing::{self, PrivateKey, load, newest, text, write};

const NEXT: &str = "next.root.json";
/// Keys that the root that counts does not name.
const RETIRED: &str = "retired";

/// What became of a new root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signing {
    /// It counts, and is this file.
    Done(PathBuf),
    /// It waits in this file for signatures: how many the old root's keys gave and how many its own.
    Waits {
        /// The file.
        path: PathBuf,
        /// By keys of the root before it.
        old: u64,
        /// By its own keys.
        new: u64,
    },
}

/// A folder of keys.
#[derive(Debug, Clone)]
pub struct Keys {
    folder: PathBuf,
}

impl Keys {
    /// One that exists.
    #[must_use]
    pub fn open(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// Makes all keys and the first root.
    ///
    /// # Errors
    /// When keys are there already, or would come under version control.
    pub fn make(folder: &Path, now: i64) -> Result<Self, PublishError> {
        let keys = Self::open(folder);
        let taken = Duty::ALL.iter().any(|duty| keys.place(*duty).exists());
        if taken || newest(folder, "root").is_some() {
            return Err(PublishError::KeysExist {
                path: folder.to_owned(),
            });
        }
        refuse_git(folder)?;
        make_folder(folder)?;
        let mut root = Root {
            spec_version: SPECIFICATION.to_owned(),
            consistent_snapshot: true,
            version: NonZeroU64::MIN,
            expires: instant(Duty::Root.expiry(now))?,
            keys: HashMap::new(),
            roles: HashMap::new(),
            _extra: HashMap::new(),
        };
        for duty in Duty::ALL {
            make_folder(&keys.place(duty))?;
            let mut keyids = Vec::new();
            for number in 1..=duty.keys() {
                let key = signing::make(&keys.key(duty, number))?;
                root.keys.insert(key.id.clone(), key.sign.tuf_key());
                keyids.push(key.id);
            }
            let threshold = NonZeroU64::new(duty.threshold()).unwrap_or(NonZeroU64::MIN);
            let role = RoleKeys {
                keyids,
                threshold,
                _extra: HashMap::new(),
            };
            root.roles.insert(duty.role(), role);
        }
        keys.offer(root)?;
        keys.sign()?;
        Ok(keys)
    }

    /// Those of a folder; made, if there are none. For developers.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn ensure(folder: &Path, now: i64) -> Result<Self, PublishError> {
        if newest(folder, "root").is_some() {
            return Ok(Self::open(folder));
        }
        Self::make(folder, now)
    }

    /// Replaces a key by a new one, in a new root.
    ///
    /// # Errors
    /// When there is no such key, the root that counts does not name it, or another root waits for signatures.
    pub fn rotate(&self, duty: Duty, number: u64, now: i64) -> Result<Signing, PublishError> {
        let place = self.key(duty, number);
        let mut root = self.successor(now)?;
        if !place.exists() {
            return Err(PublishError::NoKey {
                role: duty.name(),
                number,
                path: self.folder.clone(),
            });
        }
        let old = signing::read(&place)?;
        if !names_key(&root, duty, &old) {
            return Err(PublishError::KeyNotNamed { path: place });
        }
        let next = self.numbers(duty).into_iter().max().unwrap_or(number) + 1;
        let fresh = signing::make(&self.key(duty, next))?;
        if let Some(role) = root.roles.get_mut(&duty.role()) {
            role.keyids.retain(|id| *id != old.id);
            role.keyids.push(fresh.id.clone());
        }
        root.keys.remove(&old.id);
        root.keys.insert(fresh.id, fresh.sign.tuf_key());
        self.offer(root)?;
        self.sign()
    }

    /// A new root with the same keys, good for another year.
    ///
    /// # Errors
    /// When another root waits for signatures.
    pub fn renew(&self, now: i64) -> Result<Signing, PublishError> {
        self.offer(self.successor(now)?)?;
        self.sign()
    }

    /// Signs the root that waits with all keys that are here.
    ///
    /// # Errors
    /// When none waits.
    pub fn sign(&self) -> Result<Signing, PublishError> {
        let path = self.waiting()?;
        let mut next: Signed<Root> = load(&path)?;
        let old = match self.newest() {
            // It was signed elsewhere, and came back under its name.
            Ok((place, newest)) if newest.signed.version >= next.signed.version => {
                fs::remove_file(&path).map_err(PublishError::file("remove", &path))?;
                self.settle(&newest.signed)?;
                return Ok(Signing::Done(place));
            }
            Ok((_, newest)) => newest.signed,
            Err(_) => next.signed.clone(),
        };
        let keys = self.private(Duty::Root)?;
        let own = next.signed.clone();
        signing::sign(&mut next, &keys, &[&old, &own])?;
        write(&path, &text(&next)?)?;
        if old.verify_role(&next).is_ok() && next.signed.verify_role(&next).is_ok() {
            let place = self
                .folder
                .join(format!("{}.root.json", next.signed.version));
            fs::rename(&path, &place).map_err(PublishError::file("write", &place))?;
            self.settle(&next.signed)?;
            return Ok(Signing::Done(place));
        }
        Ok(Signing::Waits {
            path,
            old: by(&next, &old),
            new: by(&next, &own),
        })
    }

    /// Gives up the root that waits; gives the one that counts.
    ///
    /// # Errors
    /// When none waits, or there is no other.
    pub fn abandon(&self) -> Result<PathBuf, PublishError> {
        let path = self.waiting()?;
        let (place, newest) = self.newest()?;
        fs::remove_file(&path).map_err(PublishError::file("remove", &path))?;
        self.settle(&newest.signed)?;
        Ok(place)
    }

    /// The newest root that counts, and its file.
    ///
    /// # Errors
    /// When there is none.
    pub fn newest(&self) -> Result<(PathBuf, Signed<Root>), PublishError> {
        let (_, path) = newest(&self.folder, "root").ok_or_else(|| PublishError::NoRoot {
            path: self.folder.clone(),
        })?;
        let root = load(&path)?;
        Ok((path, root))
    }

    /// Every root that counts.
    pub(super) fn roots(&self) -> Vec<PathBuf> {
        signing::versions(&self.folder, "root")
            .into_values()
            .collect()
    }

    /// The private keys of a role that are here.
    pub(super) fn private(&self, duty: Duty) -> Result<Vec<PrivateKey>, PublishError> {
        read_all(&self.place(duty))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn waiting(&self) -> Result<PathBuf, PublishError> {
        let path = self.folder.join(NEXT);
        if path.exists() {
            return Ok(path);
        }
        Err(PublishError::NothingWaits {
            path: self.folder.clone(),
        })
    }

    /// Puts the keys that a root names into their places, and all others aside.
    fn settle(&self, root: &Root) -> Result<(), PublishError> {
        let retired = self.folder.join(RETIRED);
        for duty in Duty::ALL {
            for number in self.numbers(duty) {
                let place = self.key(duty, number);
                let aside = retired.join(format!("{}-{number}.key", duty.name()));
                let (from, to) = if place.exists() {
                    (&place, &aside)
                } else {
                    (&aside, &place)
                };
                let is_named = names_key(root, duty, &signing::read(from)?);
                if is_named != (from == &place) {
                    make_folder(&retired)?;
                    fs::rename(from, to).map_err(PublishError::file("move", from))?;
                }
            }
        }
        Ok(())
    }

    fn successor(&self, now: i64) -> Result<Root, PublishError> {
        if let Ok(path) = self.waiting() {
            return Err(PublishError::Unfinished { path });
        }
        let (path, root) = self.newest()?;
        let version = root.signed.version.checked_add(1);
        Ok(Root {
            version: version
                .ok_or_else(|| signing::metadata(&path, &"no version comes after it"))?,
            expires: instant(Duty::Root.expiry(now))?,
            ..root.signed
        })
    }

    fn offer(&self, root: Root) -> Result<(), PublishError> {
        let path = self.folder.join(NEXT);
        let document = Signed {
            signed: root,
            signatures: Vec::new(),
        };
        write(&path, &text(&document)?)
    }

    fn place(&self, duty: Duty) -> PathBuf {
        self.folder.join(duty.name())
    }

    fn key(&self, duty: Duty, number: u64) -> PathBuf {
        self.place(duty).join(format!("{number}.key"))
    }

    fn numbers(&self, duty: Duty) -> Vec<u64> {
        let retired = self.folder.join(RETIRED);
        let prefix = format!("{}-", duty.name());
        let now = names(&self.place(duty));
        let before = names(&retired).into_iter();
        let before = before.filter_map(|name| Some(name.strip_prefix(&prefix)?.to_owned()));
        now.into_iter()
            .chain(before)
            .filter_map(|name| name.strip_suffix(".key")?.parse().ok())
            .collect()
    }
}

fn names_key(root: &Root, duty: Duty, key: &PrivateKey) -> bool {
    let role = root.roles.get(&duty.role());
    role.is_some_and(|role| role.keyids.contains(&key.id))
}

fn by(document: &Signed<Root>, root: &Root) -> u64 {
    let role = root.roles.get(&RoleType::Root);
    let signatures = document.signatures.iter();
    let good = signatures.filter(|s| role.is_some_and(|role| role.keyids.contains(&s.keyid)));
    good.count() as u64
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

fn read_all(folder: &Path) -> Result<Vec<PrivateKey>, PublishError> {
    let mut names = names(folder);
    names.retain(|name| name.ends_with(".key"));
    names.sort();
    names
        .iter()
        .map(|name| signing::read(&folder.join(name)))
        .collect()
}

pub(super) fn instant(seconds: i64) -> Result<jiff::Timestamp, PublishError> {
    jiff::Timestamp::from_second(seconds).map_err(|e| PublishError::sign(&e))
}

fn make_folder(path: &Path) -> Result<(), PublishError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(PublishError::file("make", path))
}

/// Where Git is not there, nothing is under its control. The folder need not exist.
fn refuse_git(folder: &Path) -> Result<(), PublishError> {
    let place = std::path::absolute(folder).map_err(PublishError::file("find", folder))?;
    let there = place.ancestors().find(|place| place.is_dir());
    let there = there.unwrap_or(Path::new("/"));
    let git = |arguments: &[&str], file: Option<&Path>| {
        let output = Command::new("git")
            .arg("-C")
            .arg(there)
            .args(arguments)
            .args(file)
            .output();
        output.is_ok_and(|output| output.status.success() && output.stdout != b"false\n")
    };
    let key = place.join("root/1.key");
    let key = key.strip_prefix(there).unwrap_or(&key);
    if git(&["rev-parse", "--is-inside-work-tree"], None) && !git(&["check-ignore"], Some(key)) {
        return Err(PublishError::KeysInGit {
            path: folder.to_owned(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn root(keys: &Keys) -> Signed<Root> {
        keys.newest().unwrap().1
    }

    #[test]
    fn the_first_root_names_and_has_as_many_keys_as_the_design_wants() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::make(&folder.path().join("keys"), NOW).unwrap();
        let root = root(&keys);
        root.signed.verify_role(&root).unwrap();
        assert_eq!(root.signatures.len(), 5);
        for (duty, number, threshold) in [
            (Duty::Root, 5, 3),
            (Duty::Targets, 3, 2),
            (Duty::Snapshot, 1, 1),
            (Duty::Timestamp, 1, 1),
        ] {
            let role = &root.signed.roles[&duty.role()];
            assert_eq!(
                (role.keyids.len(), role.threshold.get()),
                (number, threshold)
            );
        }
        assert_eq!(root.signed.expires.as_second(), NOW + 365 * 86400);
        let again = Keys::make(keys.folder(), NOW);
        assert!(matches!(again, Err(PublishError::KeysExist { .. })));
    }

    #[test]
    fn a_rotated_key_of_the_root_makes_a_root_that_the_old_one_signed() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::make(folder.path(), NOW).unwrap();
        let old = root(&keys);
        let done = keys.rotate(Duty::Root, 2, NOW).unwrap();
        assert_eq!(done, Signing::Done(folder.path().join("2.root.json")));
        let new = root(&keys);
        old.signed.verify_role(&new).unwrap();
        assert!(folder.path().join("root/6.key").exists());
        assert!(folder.path().join("retired/root-2.key").exists());
        let missing = keys.rotate(Duty::Root, 2, NOW);
        assert!(matches!(missing, Err(PublishError::NoKey { .. })));
        keys.rotate(Duty::Root, 6, NOW).unwrap();
        assert!(folder.path().join("root/7.key").exists());
    }

    #[test]
    fn a_root_waits_until_enough_keys_of_the_old_and_of_the_new_signed_it() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::make(folder.path(), NOW).unwrap();
        let away = tempfile::tempdir().unwrap();
        for number in 1..=3 {
            let name = format!("{number}.key");
            fs::rename(keys.key(Duty::Root, number), away.path().join(name)).unwrap();
        }
        let waits = keys.renew(NOW).unwrap();
        assert!(matches!(waits, Signing::Waits { old: 2, new: 2, .. }));
        assert_eq!(root(&keys).signed.version.get(), 1);
        let other = keys.renew(NOW);
        assert!(matches!(other, Err(PublishError::Unfinished { .. })));
        fs::rename(away.path().join("3.key"), keys.key(Duty::Root, 3)).unwrap();
        assert!(matches!(keys.sign().unwrap(), Signing::Done(_)));
        assert_eq!(root(&keys).signed.version.get(), 2);
    }

    /// The files of a role's keys; the newest root names them all.
    fn places(keys: &Keys, duty: Duty) -> Vec<String> {
        let mut found: Vec<_> = names(&keys.place(duty));
        found.sort();
        for name in &found {
            let key = signing::read(&keys.place(duty).join(name)).unwrap();
            assert!(names_key(&root(keys).signed, duty, &key), "{name}");
        }
        found
    }

    #[test]
    fn keys_move_when_the_new_root_counts_and_an_abandoned_one_moves_none() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::make(folder.path(), NOW).unwrap();
        let away = tempfile::tempdir().unwrap();
        let carry = |number: u64, to_away: bool| {
            let (here, there) = (
                keys.key(Duty::Root, number),
                away.path().join(number.to_string()),
            );
            let (from, to) = if to_away {
                (here, there)
            } else {
                (there, here)
            };
            fs::rename(from, to).unwrap();
        };
        for number in 1..=3 {
            carry(number, true);
        }
        let three = ["1.key", "2.key", "3.key"];
        assert!(matches!(
            keys.abandon(),
            Err(PublishError::NothingWaits { .. })
        ));
        let waits = keys.rotate(Duty::Targets, 1, NOW).unwrap();
        assert!(matches!(waits, Signing::Waits { .. }));
        assert!(keys.key(Duty::Targets, 1).exists());
        let other = keys.rotate(Duty::Targets, 2, NOW);
        assert!(matches!(other, Err(PublishError::Unfinished { .. })));
        keys.abandon().unwrap();
        assert_eq!(places(&keys, Duty::Targets), three);
        assert!(matches!(
            keys.sign(),
            Err(PublishError::NothingWaits { .. })
        ));

        for number in 1..=3 {
            carry(number, false);
        }
        assert!(matches!(
            keys.rotate(Duty::Targets, 1, NOW).unwrap(),
            Signing::Done(_)
        ));
        assert_eq!(
            places(&keys, Duty::Targets),
            ["2.key", "3.key", "5.key"],
            "4 was made for the abandoned root"
        );
        assert_eq!(root(&keys).signed.roles[&RoleType::Targets].keyids.len(), 3);
    }

    #[test]
    fn a_root_that_waits_and_was_signed_elsewhere_is_settled() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::make(folder.path(), NOW).unwrap();
        let away = tempfile::tempdir().unwrap();
        let elsewhere = Keys::open(away.path());
        make_folder(&elsewhere.place(Duty::Root)).unwrap();
        for number in 1..=3 {
            let to = elsewhere.key(Duty::Root, number);
            fs::rename(keys.key(Duty::Root, number), to).unwrap();
        }
        keys.rotate(Duty::Targets, 1, NOW).unwrap();
        for name in ["1.root.json", NEXT] {
            fs::copy(folder.path().join(name), away.path().join(name)).unwrap();
        }
        assert!(matches!(elsewhere.sign().unwrap(), Signing::Done(_)));
        let name = "2.root.json";
        fs::copy(away.path().join(name), folder.path().join(name)).unwrap();
        assert_eq!(
            keys.sign().unwrap(),
            Signing::Done(folder.path().join(name))
        );
        assert_eq!(places(&keys, Duty::Targets), ["2.key", "3.key", "4.key"]);
        assert!(!folder.path().join(NEXT).exists());
    }

    #[test]
    fn a_key_that_the_root_does_not_name_is_not_rotated() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::make(folder.path(), NOW).unwrap();
        signing::make(&keys.key(Duty::Targets, 4)).unwrap();
        let foreign = keys.rotate(Duty::Targets, 4, NOW);
        assert!(matches!(foreign, Err(PublishError::KeyNotNamed { .. })));
        assert!(keys.waiting().is_err());
        assert!(!keys.key(Duty::Targets, 5).exists());
    }

    #[test]
    fn keys_are_not_made_where_git_would_take_them() {
        let folder = tempfile::tempdir().unwrap();
        let git = Command::new("git").arg("init").arg(folder.path()).output();
        assert!(git.unwrap().status.success());
        let keys = folder.path().join("keys");
        let refused = Keys::make(&keys, NOW);
        assert!(matches!(refused, Err(PublishError::KeysInGit { .. })));
        assert!(!keys.exists(), "a refusal leaves nothing");
        let deep = Keys::make(&keys.join("of/ours"), NOW);
        assert!(matches!(deep, Err(PublishError::KeysInGit { .. })));
        fs::write(folder.path().join(".gitignore"), "keys/\n").unwrap();
        Keys::make(&keys, NOW).unwrap();
        Keys::make(&keys.join("of/ours"), NOW).unwrap();
    }
}
