//! The folder of keys: private keys by role, and every root that was signed: `1.root.json`, `2.root.json` …
//!
//! Invariant: a root counts when enough keys of the one before it and enough of its own signed it. Until then it is
//! `next.root.json`, which can be carried to where the other keys are, and no key leaves its place.

mod files;
mod git;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use tough::schema::decoded::{Decoded, Hex};
use tough::schema::{RoleKeys, RoleType, Root, Signed};

use super::error::PublishError;
use super::policy::{Duty, SPECIFICATION};
use super::signing::{self, PrivateKey, follows, load, newest, text, write};
use files::{make_folder, names};

const NEXT: &str = "next.root.json";

/// What became of a new root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signing {
    /// It counts, and is this file.
    Done(PathBuf),
    /// It waits in this file for signatures.
    Waits {
        /// The file.
        path: PathBuf,
        /// By keys of the root before it.
        old: Signatures,
        /// By its own keys.
        new: Signatures,
    },
}

/// How many signatures there are, and must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signatures {
    /// How many there are.
    pub given: u64,
    /// How many there must be.
    pub needed: u64,
}

/// A key that a root names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Whose it is.
    pub duty: Duty,
    /// What it is called: the first digits of its TUF key ID.
    pub name: String,
    /// Its private half, if it is in this folder.
    pub path: Option<PathBuf>,
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
        let taken = Duty::ALL
            .iter()
            .any(|duty| folder.join(duty.name()).exists());
        if taken || newest(folder, "root").is_some() {
            return Err(PublishError::KeysExist {
                path: folder.to_owned(),
            });
        }
        git::refuse_git(folder)?;
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
            let mut keyids = Vec::new();
            for _ in 0..duty.keys() {
                let key = files::add(folder, duty)?;
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

    /// The keys that the newest root names, and that root.
    ///
    /// # Errors
    /// When there is none.
    pub fn list(&self) -> Result<(PathBuf, Signed<Root>, Vec<Named>), PublishError> {
        let (path, root) = self.newest()?;
        let mut listed = Vec::new();
        for duty in Duty::ALL {
            let held = files::held(&self.folder, duty)?;
            for id in keyids(&root.signed, duty) {
                let here = held.iter().find(|held| held.key.id == *id);
                listed.push(Named {
                    duty,
                    name: files::short(id),
                    path: here.map(|held| held.path.clone()),
                });
            }
        }
        Ok((path, root, listed))
    }

    /// Replaces a key, which need not be here, by a new one, in a new root. It is named by the first digits of its ID.
    ///
    /// # Errors
    /// When the root that counts does not name exactly one such key, or another root waits for signatures.
    pub fn rotate(&self, duty: Duty, key: &str, now: i64) -> Result<Signing, PublishError> {
        let mut root = self.successor(now)?;
        let old = self.find(&root, duty, key)?;
        let fresh = files::add(&self.folder, duty)?;
        if let Some(role) = root.roles.get_mut(&duty.role()) {
            role.keyids.retain(|id| *id != old);
            role.keyids.push(fresh.id.clone());
        }
        root.keys.remove(&old);
        root.keys.insert(fresh.id, fresh.sign.tuf_key());
        self.offer(root)?;
        self.sign()
    }

    fn find(&self, root: &Root, duty: Duty, key: &str) -> Result<Decoded<Hex>, PublishError> {
        let digits = key.to_ascii_lowercase();
        let ids = keyids(root, duty).iter();
        let found: Vec<_> = ids
            .filter(|id| files::hex(id).starts_with(&digits))
            .collect();
        match found[..] {
            [id] if !digits.is_empty() => Ok(id.clone()),
            _ => Err(PublishError::NoKey {
                role: duty.name(),
                key: key.to_owned(),
                found: found.len(),
                path: self.folder.clone(),
            }),
        }
    }

    /// A new root with the same keys, good for another year.
    ///
    /// # Errors
    /// When another root waits for signatures.
    pub fn renew(&self, now: i64) -> Result<Signing, PublishError> {
        self.offer(self.successor(now)?)?;
        self.sign()
    }

    /// Signs the root that waits with all keys that are here. Where none waits, but a root was brought that keys here wait for, they are put
    /// into their places.
    ///
    /// # Errors
    /// When none waits, or the root before it is not here.
    pub fn sign(&self) -> Result<Signing, PublishError> {
        let moved = self.settle()?;
        let path = match self.waiting() {
            Err(_) if !moved.is_empty() => return Ok(Signing::Done(self.newest()?.0)),
            waiting => waiting?,
        };
        let mut next: Signed<Root> = load(&path)?;
        let own = next.signed.clone();
        let old = match newest(&self.folder, "root") {
            None if own.version == NonZeroU64::MIN => own.clone(),
            None => return Err(self.no_predecessor(&path, &own)),
            Some(_) => {
                let (place, newest) = self.newest()?;
                if newest.signed == own {
                    // It was signed elsewhere, and came back under its name.
                    fs::remove_file(&path).map_err(PublishError::file("remove", &path))?;
                    self.settle()?;
                    return Ok(Signing::Done(place));
                }
                if newest.signed.version >= own.version {
                    return Err(PublishError::Overtaken { path, by: place });
                }
                if newest.signed.version.checked_add(1) != Some(own.version) {
                    return Err(self.no_predecessor(&path, &own));
                }
                // A rotation changes one key, so a root that shares none with it came from elsewhere.
                let before = keyids(&newest.signed, Duty::Root);
                if !keyids(&own, Duty::Root)
                    .iter()
                    .any(|id| before.contains(id))
                {
                    return Err(PublishError::OtherRoots { path, root: place });
                }
                newest.signed
            }
        };
        let keys = self.private(Duty::Root)?;
        signing::sign(&mut next, &keys, &[&old, &own])?;
        write(&path, &text(&next)?)?;
        if old.verify_role(&next).is_ok() && own.verify_role(&next).is_ok() {
            let place = self.root(own.version.get());
            fs::rename(&path, &place).map_err(PublishError::file("write", &place))?;
            self.settle()?;
            return Ok(Signing::Done(place));
        }
        Ok(Signing::Waits {
            path,
            old: by(&next, &old),
            new: by(&next, &own),
        })
    }

    /// Gives up the root that waits; gives the one that counts, and the keys that are no longer of use.
    ///
    /// # Errors
    /// When none waits, or there is no other.
    pub fn abandon(&self) -> Result<(PathBuf, Vec<PathBuf>), PublishError> {
        let path = self.waiting()?;
        let (place, _) = self.newest()?;
        fs::remove_file(&path).map_err(PublishError::file("remove", &path))?;
        let mut moved = self.settle()?;
        moved.retain(|path| files::is_retired(&self.folder, path));
        Ok((place, moved))
    }

    /// The newest root that counts, and its file. Each root from the oldest one here on must follow the one before it.
    ///
    /// # Errors
    /// When there is none, or one was not signed as a root must be.
    pub fn newest(&self) -> Result<(PathBuf, Signed<Root>), PublishError> {
        let mut versions: Vec<_> = signing::versions(&self.folder, "root")
            .into_iter()
            .collect();
        versions.sort();
        let mut last: Option<(PathBuf, Signed<Root>)> = None;
        for (version, path) in versions {
            let root: Signed<Root> = load(&path)?;
            let odd = |reason: String| PublishError::OddRoot {
                path: path.clone(),
                reason,
            };
            let inside = root.signed.version.get();
            if inside != version {
                return Err(odd(format!("it is root {inside}")));
            }
            if let Some((before, _)) = &last
                && *before != self.root(version.saturating_sub(1))
            {
                let missing = self.root(version.saturating_sub(1));
                return Err(odd(format!("{} is not there", missing.display())));
            }
            let before = last.as_ref().map(|(_, root)| root);
            follows(before, &root)
                .map_err(|signer| odd(format!("too few keys of root {signer} signed it")))?;
            last = Some((path, root));
        }
        let taken = |duty: Duty| self.folder.join(duty.name()).exists();
        last.ok_or_else(|| PublishError::NoRoot {
            path: self.folder.clone(),
            has_keys: Duty::ALL.into_iter().any(taken),
        })
    }

    /// Puts the keys that the newest root names, or one that waits, into their places, and all others aside; gives those that moved, where they
    /// are now.
    ///
    /// # Errors
    /// When a file cannot be read or moved.
    pub fn settle(&self) -> Result<Vec<PathBuf>, PublishError> {
        if newest(&self.folder, "root").is_none() {
            return Ok(Vec::new());
        }
        let (newest, root) = self.newest()?;
        let mut roots = vec![root.signed];
        if let Ok(waiting) = self.waiting() {
            roots.push(load::<Root>(&waiting)?.signed);
        }
        let roots: Vec<_> = roots.iter().collect();
        if !files::any_named(&self.folder, &roots)? {
            return Err(PublishError::NoneNamed { path: newest });
        }
        files::settle(&self.folder, &roots)
    }

    /// Every root that counts.
    pub(super) fn roots(&self) -> Vec<PathBuf> {
        signing::versions(&self.folder, "root")
            .into_values()
            .collect()
    }

    /// The private keys of a role that are here.
    pub(super) fn private(&self, duty: Duty) -> Result<Vec<PrivateKey>, PublishError> {
        let held = files::held(&self.folder, duty)?;
        Ok(held.into_iter().map(|held| held.key).collect())
    }

    /// Where they are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The root that waits for signatures.
    ///
    /// # Errors
    /// When none does.
    pub fn waiting(&self) -> Result<PathBuf, PublishError> {
        let path = self.folder.join(NEXT);
        if path.exists() {
            return Ok(path);
        }
        Err(PublishError::NothingWaits {
            path: self.folder.clone(),
        })
    }

    fn successor(&self, now: i64) -> Result<Root, PublishError> {
        if let Ok(path) = self.waiting() {
            return Err(PublishError::Unfinished { path });
        }
        self.settle()?;
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

    fn root(&self, version: u64) -> PathBuf {
        self.folder.join(format!("{version}.root.json"))
    }

    fn no_predecessor(&self, path: &Path, root: &Root) -> PublishError {
        PublishError::NoPredecessor {
            path: path.to_owned(),
            missing: self.root(root.version.get().saturating_sub(1)),
        }
    }
}

/// Whether a file is a root of keys that an appliance could trust.
pub(crate) fn examine(path: &Path) -> Result<(), PublishError> {
    let root: Signed<Root> = load(path)?;
    root.signed.verify_role(&root).map_err(|_| {
        let reason = "it is no root of keys that enough of its own keys signed";
        signing::metadata(path, &reason)
    })
}

fn keyids(root: &Root, duty: Duty) -> &[Decoded<Hex>] {
    let role = root.roles.get(&duty.role());
    role.map_or(&[], |role| &role.keyids)
}

fn by(document: &Signed<Root>, root: &Root) -> Signatures {
    let signatures = document.signatures.iter();
    let good = signatures.filter(|s| names(root, Duty::Root, &s.keyid));
    let role = root.roles.get(&RoleType::Root);
    Signatures {
        given: good.count() as u64,
        needed: role.map_or(0, |role| role.threshold.get()),
    }
}

pub(super) fn instant(seconds: i64) -> Result<jiff::Timestamp, PublishError> {
    jiff::Timestamp::from_second(seconds).map_err(|e| PublishError::sign(&e))
}
