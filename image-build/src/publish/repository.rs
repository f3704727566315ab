//! The repository: `metadata/` with every root and the versions of the other roles, `targets/` with the files of releases by their
//! sums. What is served never changes but for `timestamp.json`, which is written last.

mod files;
mod review;

use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use semver::Version;
use sha2::{Digest, Sha256};
use tough::TargetName;
use tough::schema::{Role, Root, Signed, Snapshot, Targets, Timestamp};
use xo_release::{CUSTOM, PRODUCT, Part, Release};

use super::chain;
use super::disk::Parts;
use super::edition::{Document, Edition, numbers};
use super::error::PublishError;
use super::keys::{Keys, instant};
use super::lock::Lock;
use super::policy::{Duty, SPECIFICATION};
use super::signing::{load, metadata, sign, versions, write};
use files::Files;
pub use review::{Notice, Trusts};

/// What is published with a disk.
#[derive(Debug, Clone)]
pub struct NewRelease {
    /// Its version.
    pub version: Version,
    /// Of the machine, as the kernel calls it.
    pub architecture: String,
    /// Who is offered it.
    pub channels: Vec<String>,
    /// Older systems must install another release first.
    pub min_from: Version,
    /// Once it has been confirmed, nothing older is installed.
    pub security_floor: Version,
    /// Migrations of the database that it knows.
    pub migrations: u32,
    /// The bill of materials.
    pub sbom: Vec<u8>,
    /// Release notes.
    pub notes: Vec<u8>,
    /// Which root its image may trust.
    pub trusts: Trusts,
}

/// What is signed anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// The list of releases keeps its version and expiry: only the roles with keys online sign.
    Targets,
    /// Nothing.
    Nothing,
}

/// A folder that a web server serves.
#[derive(Debug)]
pub struct Repository {
    folder: PathBuf,
    keys: Keys,
    root: Signed<Root>,
    _locks: [Option<Lock>; 2],
}

impl Repository {
    /// Opens it; an empty folder is a new one.
    ///
    /// # Errors
    /// When there are no keys, or they are those of another repository.
    pub fn open(folder: &Path, keys: Keys) -> Result<Self, PublishError> {
        let locks = [Lock::of(keys.folder())?, Lock::of(folder)?];
        let (_, root) = keys.newest()?;
        let repository = Self {
            folder: folder.to_owned(),
            keys,
            root,
            _locks: locks,
        };
        for ours in repository.keys.roots() {
            let served = repository.metadata();
            let served = served.join(ours.file_name().unwrap_or_default());
            if served.exists() && load::<Root>(&served)?.signed != load::<Root>(&ours)?.signed {
                return Err(PublishError::OtherKeys {
                    keys: repository.keys.folder().to_owned(),
                    repository: repository.folder,
                });
            }
        }
        chain::follow(repository.keys.folder(), &repository.metadata())?;
        repository.keys.settle()?;
        Ok(repository)
    }

    /// Publishes a release. The same release once more changes nothing but snapshot and timestamp.
    ///
    /// # Errors
    /// When the image is of another version or trusts others, the version is taken by other files, or it cannot be signed.
    pub fn publish(
        &self,
        parts: &Parts,
        new: &NewRelease,
        now: i64,
    ) -> Result<Vec<Notice>, PublishError> {
        let notices = self.look_at(parts, new)?;
        self.put(parts, new, now)?;
        Ok(notices)
    }

    fn releases(&self) -> Result<Vec<Release>, PublishError> {
        let current = self.current()?;
        let targets = current.map(|edition| edition.list.signed.targets);
        let targets = targets.into_iter().flatten();
        let custom = targets.map(|(_, target)| target.custom.into_iter().collect());
        Ok(custom
            .filter_map(|custom| Release::of_custom(&custom))
            .collect())
    }

    fn put(&self, parts: &Parts, new: &NewRelease, now: i64) -> Result<(), PublishError> {
        let release = Release {
            product: PRODUCT.to_owned(),
            architecture: new.architecture.clone(),
            version: new.version.clone(),
            channels: new.channels.clone(),
            min_from: new.min_from.clone(),
            security_floor: new.security_floor.clone(),
            root_hash: parts.root_hash.clone(),
            uki_sha256: format!("{:x}", Sha256::digest(&parts.kernel)),
            migrations: new.migrations,
        };
        self.require_keys(&[Duty::Targets, Duty::Snapshot, Duty::Timestamp])?;
        let current = self.current()?;
        let mut added = Vec::new();
        let done = self.add_release(parts, new, &release, current.as_ref(), &mut added, now);
        if done.is_err() {
            let list = current.as_ref().map(|edition| &edition.list.signed.targets);
            let named = list.into_iter().flatten();
            let named: Vec<_> = named
                .map(|(name, target)| self.files().place(name.raw(), target))
                .collect();
            for place in added.iter().filter(|place| !named.contains(place)) {
                // What stays behind costs room and nothing else; why it is there is what the caller must hear.
                let _ = fs::remove_file(place);
            }
        }
        done
    }

    /// Copies the files, which `added` tells, and signs.
    fn add_release(
        &self,
        parts: &Parts,
        new: &NewRelease,
        release: &Release,
        current: Option<&Edition>,
        added: &mut Vec<PathBuf>,
        now: i64,
    ) -> Result<(), PublishError> {
        let files = self.files();
        let mut list = current.map_or_else(|| empty(now), |edition| edition.list.signed.clone());
        let (mut known, mut same) = (0, 0);
        for part in Part::ALL {
            let name = part.target(&new.version);
            let mut target = match part {
                Part::Root => files.add(&name, parts.reader(parts.root), &parts.path)?,
                Part::Hashes => files.add(&name, parts.reader(parts.hashes), &parts.path)?,
                Part::Boot => files.add(&name, parts.kernel.as_slice(), &parts.path)?,
                Part::Chunks => files.chunks(&name, parts.reader(parts.root))?,
                Part::BootChunks => files.chunks(&name, parts.kernel.as_slice())?,
                Part::Sbom => files.add(&name, new.sbom.as_slice(), &parts.path)?,
                Part::Notes => files.add(&name, new.notes.as_slice(), &parts.path)?,
            };
            added.push(files.place(&name, &target));
            if part == Part::Root {
                let release = serde_json::to_value(release);
                let release = release.map_err(|e| PublishError::sign(&e))?;
                target.custom.insert(CUSTOM.to_owned(), release);
            }
            let hashes = target.hashes.clone();
            if let Some(before) = list.targets.insert(target_name(&name)?, target) {
                known += 1;
                same += usize::from(before.hashes == hashes);
            }
        }
        match (known, same) {
            (0, _) => self.sign_all(list, current, now),
            (_, same) if same == Part::ALL.len() => match current {
                Some(edition) => self.sign_online(edition, now),
                None => Ok(()),
            },
            _ => Err(PublishError::Published {
                version: new.version.to_string(),
            }),
        }
    }

    /// Offers a published release in these channels, and no others.
    ///
    /// # Errors
    /// When it is not there, or cannot be signed.
    pub fn promote(&self, version: &Version, to: &[String], now: i64) -> Result<(), PublishError> {
        let missing = || self.not_published(version);
        let current = self.current()?.ok_or_else(missing)?;
        let mut list = current.list.signed.clone();
        for part in Part::ALL {
            let name = part.target(version);
            if let Some(target) = list.targets.get(&target_name(&name)?) {
                self.files().check(&name, target)?;
            }
        }
        let name = target_name(&Part::Root.target(version))?;
        let target = list.targets.get_mut(&name).ok_or_else(missing)?;
        let custom = target.custom.clone().into_iter().collect();
        let mut release = Release::of_custom(&custom).ok_or_else(missing)?;
        release.channels = to.to_vec();
        let release = serde_json::to_value(&release).map_err(|e| PublishError::sign(&e))?;
        target.custom.insert(CUSTOM.to_owned(), release);
        self.sign_all(list, Some(&current), now)
    }

    /// What was published as this version.
    ///
    /// # Errors
    /// When nothing was.
    pub fn release(&self, version: &Version) -> Result<Release, PublishError> {
        let mut releases = self.releases()?;
        releases.retain(|release| release.version == *version);
        releases.pop().ok_or_else(|| self.not_published(version))
    }

    /// Signs again before it expires, and publishes new roots.
    ///
    /// # Errors
    /// When there is nothing, or it cannot be signed.
    pub fn refresh(&self, kept: Kept, now: i64) -> Result<(), PublishError> {
        let current = self.edition()?;
        match kept {
            Kept::Nothing => self.sign_all(current.list.signed.clone(), Some(&current), now),
            Kept::Targets => self.sign_online(&current, now),
        }
    }

    pub(super) fn not_published(&self, version: &Version) -> PublishError {
        PublishError::NotPublished {
            version: version.to_string(),
            path: self.folder.clone(),
        }
    }

    /// The current metadata, and every root: what a client reads.
    pub(super) fn files_of(&self, edition: &Edition) -> Vec<PathBuf> {
        let roots = versions(&self.metadata(), "root").into_values();
        roots.chain(edition.files()).collect()
    }

    /// What is current, if clients believe it.
    pub(super) fn believed(&self) -> Result<Edition, PublishError> {
        let edition = self.edition()?;
        edition.is_signed_by(&self.root.signed)?;
        Ok(edition)
    }

    /// What is current.
    pub(super) fn edition(&self) -> Result<Edition, PublishError> {
        self.current()?.ok_or_else(|| PublishError::NoRepository {
            path: self.folder.clone(),
        })
    }

    fn current(&self) -> Result<Option<Edition>, PublishError> {
        Edition::current(&self.metadata())
    }

    /// Before anything is written: whether all these could sign.
    fn require_keys(&self, duties: &[Duty]) -> Result<(), PublishError> {
        for duty in duties {
            let role = self.root.signed.roles.get(&duty.role());
            let keys = self.keys.private(*duty)?;
            let good = keys
                .iter()
                .filter(|key| role.is_some_and(|role| role.keyids.contains(&key.id)));
            let good = good.count() as u64;
            if role.is_none_or(|role| good < role.threshold.get()) {
                return Err(self.too_few(*duty, good));
            }
        }
        Ok(())
    }

    fn too_few(&self, duty: Duty, signatures: u64) -> PublishError {
        PublishError::TooFewKeys {
            role: duty.name(),
            signatures,
            threshold: duty.threshold(),
            path: self.keys.folder().to_owned(),
        }
    }

    /// Signs a list of releases, and what names it.
    fn sign_all(
        &self,
        mut list: Targets,
        current: Option<&Edition>,
        now: i64,
    ) -> Result<(), PublishError> {
        [_, _, list.version] = numbers(current);
        list.expires = instant(Duty::Targets.expiry(now))?;
        let list = self.sign(Duty::Targets, list)?;
        self.sign_rest(&list, current, now)
    }

    /// The list of releases stays; what names it is signed again.
    fn sign_online(&self, current: &Edition, now: i64) -> Result<(), PublishError> {
        let list = current.signed_list()?;
        if self.root.signed.verify_role(&current.list).is_err() {
            let reason = "the newest root wants signatures of other keys on it; sign it again: publish --refresh --with-targets";
            return Err(metadata(list.path(), &reason));
        }
        self.sign_rest(&list, Some(current), now)
    }

    /// Everything is signed before the first file is written.
    fn sign_rest(
        &self,
        list: &Document,
        current: Option<&Edition>,
        now: i64,
    ) -> Result<(), PublishError> {
        let [timestamp, snapshot, _] = numbers(current);
        let expires = instant(Duty::Snapshot.expiry(now))?;
        let mut snapshot = Snapshot::new(SPECIFICATION.to_owned(), snapshot, expires);
        let name = "targets.json".to_owned();
        snapshot.meta.insert(name, list.metafile());
        let snapshot = self.sign(Duty::Snapshot, snapshot)?;
        let expires = instant(Duty::Timestamp.expiry(now))?;
        let mut timestamp = Timestamp::new(SPECIFICATION.to_owned(), timestamp, expires);
        let name = "snapshot.json".to_owned();
        timestamp.meta.insert(name, snapshot.metafile());
        let timestamp = self.sign(Duty::Timestamp, timestamp)?;

        let folder = self.metadata();
        fs::create_dir_all(&folder).map_err(PublishError::file("make", &folder))?;
        list.write()?;
        snapshot.write()?;
        self.write_roots()?;
        timestamp.write()
    }

    /// Signs, and looks whether a client would believe it.
    fn sign<T: Role>(&self, duty: Duty, document: T) -> Result<Document, PublishError> {
        let mut document = Signed {
            signed: document,
            signatures: Vec::new(),
        };
        let keys = self.keys.private(duty)?;
        sign(&mut document, &keys, &[&self.root.signed])?;
        if self.root.signed.verify_role(&document).is_err() {
            return Err(self.too_few(duty, document.signatures.len() as u64));
        }
        Document::of(&self.metadata(), &document)
    }

    fn write_roots(&self) -> Result<(), PublishError> {
        for root in self.keys.roots() {
            let place = self.metadata().join(root.file_name().unwrap_or_default());
            if !place.exists() {
                let content = fs::read(&root).map_err(PublishError::file("read", &root))?;
                write(&place, &content)?;
            }
        }
        Ok(())
    }

    fn metadata(&self) -> PathBuf {
        self.folder.join("metadata")
    }

    pub(super) fn files(&self) -> Files {
        Files(self.folder.join("targets"))
    }
}

fn empty(now: i64) -> Targets {
    let expires = instant(now).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    Targets {
        delegations: None,
        ..Targets::new(SPECIFICATION.to_owned(), NonZeroU64::MIN, expires)
    }
}

pub(super) fn target_name(name: &str) -> Result<TargetName, PublishError> {
    TargetName::new(name).map_err(|e| PublishError::sign(&e))
}
