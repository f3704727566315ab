//! The repository: `metadata/` with every root and the versions of the other roles, `targets/` with the files of releases by their
//! sums. What is served never changes but for `timestamp.json`, which is written last.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use bitar::api::compress::{CreateArchiveOptions, create_archive};
use bitar::chunker::{Config, FilterBits, FilterConfig};
use semver::Version;
use sha2::{Digest, Sha256};
use tough::TargetName;
use tough::schema::{Hashes, Metafile, Role, Root, Signed, Snapshot, Target, Targets, Timestamp};
use xo_release::{CUSTOM, PRODUCT, Part, Release};

use super::disk::Parts;
use super::error::PublishError;
use super::keys::{Keys, instant};
use super::policy::{Duty, SPECIFICATION};
use super::signing::{load, metadata, newest, runtime, sign, text, versions, write};

/// Chunks begin where the content says so, whatever comes before them.
const CHUNK: u32 = 16 << 10;
const CHUNK_MIN: usize = 4 << 10;
const CHUNK_MAX: usize = 64 << 10;
const PIECE: usize = 1 << 20;

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
}

impl Repository {
    /// Opens it; an empty folder is a new one.
    ///
    /// # Errors
    /// When there are no keys.
    pub fn open(folder: &Path, keys: Keys) -> Result<Self, PublishError> {
        let (_, root) = keys.newest()?;
        Ok(Self {
            folder: folder.to_owned(),
            keys,
            root,
        })
    }

    /// Publishes a release. The same release once more changes nothing but snapshot and timestamp.
    ///
    /// # Errors
    /// When the image is of another version, the version is taken by other files, or it cannot be signed.
    pub fn publish(&self, parts: &Parts, new: &NewRelease, now: i64) -> Result<(), PublishError> {
        let said = parts.image.version.as_deref();
        if said != Some(new.version.to_string().as_str()) {
            return Err(PublishError::OtherVersion {
                path: parts.path.clone(),
                image: said.unwrap_or("unknown").to_owned(),
                version: new.version.to_string(),
            });
        }
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
        let mut targets = self.targets()?.unwrap_or_else(|| empty(now));
        let (mut known, mut same) = (0, 0);
        for part in Part::ALL {
            let name = part.target(&new.version);
            let mut target = match part {
                Part::Root => self.add(&name, parts.reader(parts.root), &parts.path)?,
                Part::Hashes => self.add(&name, parts.reader(parts.hashes), &parts.path)?,
                Part::Boot => self.add(&name, parts.kernel.as_slice(), &parts.path)?,
                Part::Chunks => self.chunks(&name, parts.reader(parts.root))?,
                Part::BootChunks => self.chunks(&name, parts.kernel.as_slice())?,
                Part::Sbom => self.add(&name, new.sbom.as_slice(), &parts.path)?,
                Part::Notes => self.add(&name, new.notes.as_slice(), &parts.path)?,
            };
            if part == Part::Root {
                let release = serde_json::to_value(&release);
                let release = release.map_err(|e| PublishError::sign(&e))?;
                target.custom.insert(CUSTOM.to_owned(), release);
            }
            let hashes = target.hashes.clone();
            if let Some(before) = targets.targets.insert(target_name(&name)?, target) {
                known += 1;
                same += usize::from(before.hashes == hashes);
            }
        }
        match (known, same) {
            (0, _) => self.sign_all(targets, now),
            (_, same) if same == Part::ALL.len() => self.sign_snapshot(now),
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
        let mut targets = self.targets()?.ok_or_else(missing)?;
        let name = target_name(&Part::Root.target(version))?;
        let target = targets.targets.get_mut(&name).ok_or_else(missing)?;
        let custom = target.custom.clone().into_iter().collect();
        let mut release = Release::of_custom(&custom).ok_or_else(missing)?;
        release.channels = to.to_vec();
        let release = serde_json::to_value(&release).map_err(|e| PublishError::sign(&e))?;
        target.custom.insert(CUSTOM.to_owned(), release);
        self.sign_all(targets, now)
    }

    /// Signs again before it expires, and publishes new roots.
    ///
    /// # Errors
    /// When there is nothing, or it cannot be signed.
    pub fn refresh(&self, kept: Kept, now: i64) -> Result<(), PublishError> {
        let targets = self.targets()?.ok_or_else(|| PublishError::NoRepository {
            path: self.folder.clone(),
        })?;
        match kept {
            Kept::Nothing => self.sign_all(targets, now),
            Kept::Targets => self.sign_snapshot(now),
        }
    }

    pub(super) fn not_published(&self, version: &Version) -> PublishError {
        PublishError::NotPublished {
            version: version.to_string(),
            path: self.folder.clone(),
        }
    }

    /// The newest metadata, and every root: what a client reads.
    pub(super) fn current(&self) -> Result<Vec<PathBuf>, PublishError> {
        let mut files: Vec<_> = versions(&self.metadata(), "root").into_values().collect();
        for role in ["targets", "snapshot"] {
            let (_, path) = self.newest(role)?;
            files.push(path);
        }
        files.push(self.metadata().join("timestamp.json"));
        Ok(files)
    }

    /// The signed list of releases.
    pub(super) fn targets(&self) -> Result<Option<Targets>, PublishError> {
        let Some((_, path)) = newest(&self.metadata(), "targets") else {
            return Ok(None);
        };
        Ok(Some(load::<Targets>(&path)?.signed))
    }

    /// Where a signed file lies.
    pub(super) fn place(&self, name: &str, target: &Target) -> PathBuf {
        self.files()
            .join(format!("{}.{name}", hex(&target.hashes.sha256)))
    }

    fn newest(&self, role: &str) -> Result<(u64, PathBuf), PublishError> {
        newest(&self.metadata(), role).ok_or_else(|| PublishError::NoRepository {
            path: self.folder.clone(),
        })
    }

    fn sign_all(&self, mut targets: Targets, now: i64) -> Result<(), PublishError> {
        targets.version = after(newest(&self.metadata(), "targets"));
        targets.expires = instant(Duty::Targets.expiry(now))?;
        self.write(Duty::Targets, targets)?;
        self.sign_snapshot(now)
    }

    fn sign_snapshot(&self, now: i64) -> Result<(), PublishError> {
        let (version, path) = self.newest("targets")?;
        let targets: Signed<Targets> = load(&path)?;
        if self.root.signed.verify_role(&targets).is_err() {
            let reason = "the newest root wants signatures of other keys on it; sign it again: publish --refresh --with-targets";
            return Err(metadata(&path, &reason));
        }
        let mut snapshot = Snapshot::new(
            SPECIFICATION.to_owned(),
            after(newest(&self.metadata(), "snapshot")),
            instant(Duty::Snapshot.expiry(now))?,
        );
        let meta = metafile(&path, version)?;
        snapshot.meta.insert("targets.json".to_owned(), meta);
        let version = snapshot.version.get();
        let path = self.write(Duty::Snapshot, snapshot)?;

        let place = self.metadata().join("timestamp.json");
        let known = if place.exists() {
            Some((load::<Timestamp>(&place)?.signed.version.get(), place))
        } else {
            None
        };
        let mut timestamp = Timestamp::new(
            SPECIFICATION.to_owned(),
            after(known),
            instant(Duty::Timestamp.expiry(now))?,
        );
        let meta = metafile(&path, version)?;
        timestamp.meta.insert("snapshot.json".to_owned(), meta);
        self.write_roots()?;
        self.write(Duty::Timestamp, timestamp).map(drop)
    }

    /// Signs, looks whether a client would believe it, writes.
    fn write<T: Role>(&self, duty: Duty, document: T) -> Result<PathBuf, PublishError> {
        let mut document = Signed {
            signed: document,
            signatures: Vec::new(),
        };
        let keys = self.keys.private(duty)?;
        sign(&mut document, &keys, &[&self.root.signed])?;
        if self.root.signed.verify_role(&document).is_err() {
            return Err(PublishError::TooFewKeys {
                role: duty.name(),
                signatures: document.signatures.len() as u64,
                threshold: duty.threshold(),
                path: self.keys.folder().to_owned(),
            });
        }
        let folder = self.metadata();
        fs::create_dir_all(&folder).map_err(PublishError::file("make", &folder))?;
        let place = folder.join(document.signed.filename(true));
        write(&place, &text(&document)?)?;
        Ok(place)
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

    /// Puts a file where its sum says.
    fn add(&self, name: &str, mut from: impl Read, origin: &Path) -> Result<Target, PublishError> {
        let folder = self.files();
        fs::create_dir_all(&folder).map_err(PublishError::file("make", &folder))?;
        let fresh = folder.join(format!("{name}.new"));
        let fault = |source| PublishError::file("write", &fresh)(source);
        let mut file = File::create(&fresh).map_err(fault)?;
        let (mut sum, mut length) = (Sha256::new(), 0);
        let mut piece = vec![0; PIECE];
        loop {
            let count = from
                .read(&mut piece)
                .map_err(PublishError::file("read", origin))?;
            let piece = piece.get(..count).unwrap_or_default();
            if piece.is_empty() {
                break;
            }
            sum.update(piece);
            length += count as u64;
            file.write_all(piece).map_err(fault)?;
        }
        let target = Target {
            length,
            hashes: Hashes {
                sha256: sum.finalize().to_vec().into(),
                _extra: HashMap::new(),
            },
            custom: HashMap::new(),
            _extra: HashMap::new(),
        };
        fs::rename(&fresh, self.place(name, &target)).map_err(fault)?;
        Ok(target)
    }

    /// A root file system or a kernel image as chunks. They are not compressed: what is in there is.
    fn chunks(
        &self,
        name: &str,
        mut input: impl Read + Send + Unpin,
    ) -> Result<Target, PublishError> {
        let path = self.files().join(format!("{name}.chunks"));
        let fault = |source| PublishError::file("write", &path)(source);
        let options = CreateArchiveOptions {
            chunker_config: Config::RollSum(FilterConfig {
                filter_bits: FilterBits::from_size(CHUNK),
                min_chunk_size: CHUNK_MIN,
                max_chunk_size: CHUNK_MAX,
                ..FilterConfig::default()
            }),
            compression: None,
            ..CreateArchiveOptions::default()
        };
        let made = runtime()?.block_on(async {
            let mut output = tokio::fs::File::create(&path).await.map_err(fault)?;
            create_archive(Blocking(&mut input), &mut output, &options)
                .await
                .map_err(|source| PublishError::Chunks {
                    path: path.clone(),
                    source,
                })?;
            tokio::io::AsyncWriteExt::flush(&mut output)
                .await
                .map_err(fault)
        });
        made?;
        let file = File::open(&path).map_err(PublishError::file("read", &path))?;
        let target = self.add(name, file, &path)?;
        fs::remove_file(&path).map_err(PublishError::file("remove", &path))?;
        Ok(target)
    }

    fn metadata(&self) -> PathBuf {
        self.folder.join("metadata")
    }

    fn files(&self) -> PathBuf {
        self.folder.join("targets")
    }
}

/// A file as the chunk library reads it. Nobody else waits meanwhile.
struct Blocking<R>(R);

impl<R: Read + Unpin> tokio::io::AsyncRead for Blocking<R> {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        let count = self.0.read(buffer.initialize_unfilled());
        std::task::Poll::Ready(count.map(|count| buffer.advance(count)))
    }
}

fn empty(now: i64) -> Targets {
    let expires = instant(now).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    Targets {
        delegations: None,
        ..Targets::new(SPECIFICATION.to_owned(), NonZeroU64::MIN, expires)
    }
}

fn after(known: Option<(u64, PathBuf)>) -> NonZeroU64 {
    let next = known.map_or(1, |(version, _)| version.saturating_add(1));
    NonZeroU64::new(next).unwrap_or(NonZeroU64::MIN)
}

fn metafile(path: &Path, version: u64) -> Result<Metafile, PublishError> {
    let content = fs::read(path).map_err(PublishError::file("read", path))?;
    let version = NonZeroU64::new(version).ok_or_else(|| metadata(path, &"its version is 0"))?;
    Ok(Metafile {
        length: Some(content.len() as u64),
        hashes: Some(Hashes {
            sha256: Sha256::digest(&content).to_vec().into(),
            _extra: HashMap::new(),
        }),
        version,
        _extra: HashMap::new(),
    })
}

pub(super) fn target_name(name: &str) -> Result<TargetName, PublishError> {
    TargetName::new(name).map_err(|e| PublishError::sign(&e))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
