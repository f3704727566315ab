//! Which releases there are, and their files, from a repository of TUF (The Update Framework, specification 1.0).
//!
//! Owns how the library `tough` is used: where metadata comes from, its limits, what is remembered between two looks, and what a
//! refusal says. What a release is stands in `xo-release`; whether it is wanted is the engine's.
//!
//! Invariant: what comes out of here was signed by those whom the image's root names, is not older than what was seen before, and
//! has not expired, unless an administrator accepted that knowingly for files without a network.

mod error;
mod store;
mod target;
mod transport;
mod web;

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use tough::{ExpirationEnforcement, Limits, RepositoryLoader, TargetName};
use url::Url;
use xo_release::{Part, Release};

pub use error::TrustError;
pub use store::{clock_seen_ahead, forget_clock};
pub use target::{Reader, Target};

use super::source::Origin;
use store::{CLOCK, Store};
use transport::{Fetch, METADATA_LIMIT, Place, Seen};
use web::Web;

const LIMITS: Limits = Limits {
    max_root_size: 512_000,
    max_targets_size: METADATA_LIMIT,
    max_timestamp_size: 16_384,
    max_snapshot_size: 2_000_000,
    max_root_updates: 256,
};

const BASE: &str = "repository:///";

/// Where a repository is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// Two addresses of `https` or `http`.
    Web {
        /// Of the folder with the metadata.
        metadata: Url,
        /// Of the folder with the files.
        targets: Url,
    },
    /// The same on this machine: an unpacked bundle, a mounted disk.
    Folder {
        /// The folder with the metadata.
        metadata: PathBuf,
        /// The folder with the files.
        targets: PathBuf,
    },
}

impl Location {
    /// A repository as `xo-image-build publish` writes it, on a web server.
    ///
    /// # Errors
    /// When the address is none.
    pub fn web(address: &str) -> Result<Self, TrustError> {
        let address = address.trim_end_matches('/');
        let join = |folder| {
            Url::parse(&format!("{address}/{folder}/")).map_err(|e| TrustError::Setting {
                what: "the address of the update repository",
                value: address.to_owned(),
                reason: e.to_string(),
            })
        };
        Ok(Self::Web {
            metadata: join("metadata")?,
            targets: join("targets")?,
        })
    }

    /// The same in a folder.
    #[must_use]
    pub fn folder(path: &Path) -> Self {
        Self::Folder {
            metadata: path.join("metadata"),
            targets: path.join("targets"),
        }
    }
}

/// Whether metadata may have expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// It is refused. For everything that comes over a network.
    Enforced,
    /// An administrator knows it and accepts it: a file that lay around.
    Accepted,
}

/// Whom to trust, and where to look.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The trusted root of keys, in the image.
    pub root: PathBuf,
    /// What was trusted last. It outlives starts and updates, and nobody but root writes there.
    pub store: PathBuf,
    /// Where to look.
    pub repository: Location,
    /// `http://[user:password@]host[:port]`.
    pub proxy: Option<String>,
    /// Whether metadata may have expired.
    pub expiry: Expiry,
}

/// A way to a repository.
#[derive(Debug)]
pub struct Trust {
    settings: Settings,
    metadata: Place,
    targets: Place,
    runtime: Arc<Runtime>,
}

impl Trust {
    /// Gets ready; asks nobody yet.
    ///
    /// # Errors
    /// When an address or the proxy makes no sense.
    pub fn open(settings: Settings) -> Result<Self, TrustError> {
        let proxy = settings.proxy.as_deref();
        let (metadata, targets) = match &settings.repository {
            Location::Web { metadata, targets } => {
                let of = |base| Ok(Place::Web(Web::open(base, proxy)?));
                (of(metadata)?, of(targets)?)
            }
            Location::Folder { metadata, targets } => (
                Place::Folder(metadata.clone()),
                Place::Folder(targets.clone()),
            ),
        };
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(TrustError::file("start", "the updates' runtime"))?;
        Ok(Self {
            settings,
            metadata,
            targets,
            runtime: Arc::new(runtime),
        })
    }

    /// Asks the repository what there is. One at a time: the store is not shared.
    ///
    /// # Errors
    /// See [`TrustError`].
    pub fn refresh(&self) -> Result<Repository, TrustError> {
        let store = Store::open(&self.settings.store)?;
        let seen = Arc::new(Seen::default());
        let loaded = self.look(&store, Some(store.copy()), &seen)?;
        if seen.is_reused() && loaded.as_ref().is_err_and(TrustError::is_damage) {
            // What is kept here may be what is damaged.
            let store = Store::open(&self.settings.store)?;
            let seen = Arc::new(Seen::default());
            let loaded = self.look(&store, None, &seen)?;
            store.keep(&seen)?;
            return self.repository(loaded?);
        }
        store.keep(&seen)?;
        self.repository(loaded?)
    }

    fn repository(&self, inner: tough::Repository) -> Result<Repository, TrustError> {
        Ok(Repository {
            inner,
            targets: self.targets.clone(),
            runtime: Arc::clone(&self.runtime),
        })
    }

    /// Where what comes out of here is from.
    #[must_use]
    pub fn origin(&self) -> Origin {
        match (&self.settings.repository, self.settings.expiry) {
            (Location::Web { .. }, _) => Origin::Repository,
            (Location::Folder { .. }, Expiry::Enforced) => Origin::Bundle,
            (Location::Folder { .. }, Expiry::Accepted) => Origin::ExpiredBundle,
        }
    }

    /// Only metadata that have not expired prove that a clock is not ahead: nothing else moves the time that is remembered, and where expiry
    /// is accepted, time does not count.
    fn look(
        &self,
        store: &Store,
        trusted: Option<PathBuf>,
        seen: &Arc<Seen>,
    ) -> Result<Result<tough::Repository, TrustError>, TrustError> {
        let is_timeless = self.settings.expiry == Expiry::Accepted;
        if is_timeless {
            store.hide(CLOCK)?;
        }
        let loaded = self.load(store, trusted, seen)?;
        if is_timeless || loaded.is_err() {
            store.undo(CLOCK)?;
        }
        Ok(loaded)
    }

    /// The outer error is this machine's, the inner one the repository's.
    fn load(
        &self,
        store: &Store,
        trusted: Option<PathBuf>,
        seen: &Arc<Seen>,
    ) -> Result<Result<tough::Repository, TrustError>, TrustError> {
        let image = &self.settings.root;
        let root = store.root(fs::read(image).map_err(TrustError::file("read", image))?)?;
        seen.note("root.json", &root);
        // The library appends names to it, and hands them to our transport, which knows where they are.
        let base = Url::parse(BASE).map_err(|e| TrustError::Setting {
            what: "the base",
            value: BASE.to_owned(),
            reason: e.to_string(),
        })?;
        let expiry = match self.settings.expiry {
            Expiry::Enforced => ExpirationEnforcement::Safe,
            Expiry::Accepted => ExpirationEnforcement::Unsafe,
        };
        let loader = RepositoryLoader::new(&root, base.clone(), base)
            .transport(Fetch {
                origin: self.metadata.clone(),
                trusted,
                seen: Arc::clone(seen),
            })
            .limits(LIMITS)
            .datastore(store.copy())
            .expiration_enforcement(expiry);
        match self.runtime.block_on(loader.load()) {
            Ok(repository) => check_lengths(repository, seen, store),
            Err(error) => Ok(Err(TrustError::told(error, seen))),
        }
    }
}

/// A signed length is exact; the library takes it for a limit.
fn check_lengths(
    repository: tough::Repository,
    seen: &Seen,
    store: &Store,
) -> Result<Result<tough::Repository, TrustError>, TrustError> {
    let timestamp = &repository.timestamp().signed.meta;
    let snapshot = &repository.snapshot().signed.meta;
    for (role, file, doubtful) in [
        (
            "snapshot",
            timestamp.get("snapshot.json"),
            ["snapshot.json", "targets.json"].as_slice(),
        ),
        ("targets", snapshot.get("targets.json"), &["targets.json"]),
    ] {
        let signed = file.and_then(|file| file.length);
        let (Some(wanted), Some(length)) = (signed, seen.length_of(role)) else {
            continue;
        };
        if length < wanted {
            doubtful.iter().try_for_each(|name| store.undo(name))?;
            return Ok(Err(TrustError::Truncated {
                file: format!("{role}.json"),
                length,
                wanted,
            }));
        }
    }
    Ok(Ok(repository))
}

/// A release, and its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What it is.
    pub release: Release,
    /// What belongs to it. Root, hashes and boot are always there.
    pub files: Vec<(Part, Target)>,
}

impl Offer {
    /// One of its files.
    #[must_use]
    pub fn file(&self, part: Part) -> Option<&Target> {
        let mut files = self.files.iter();
        files.find(|(of, _)| *of == part).map(|(_, target)| target)
    }
}

/// What a repository offers; believed.
#[derive(Debug)]
pub struct Repository {
    inner: tough::Repository,
    targets: Place,
    runtime: Arc<Runtime>,
}

impl Repository {
    /// All releases, the oldest first. Those of a kind that this system does not know, or whose files are not all there, are none.
    #[must_use]
    pub fn offers(&self) -> Vec<Offer> {
        let targets = &self.inner.targets().signed.targets;
        let mut offers: Vec<_> = targets
            .iter()
            .filter_map(|(name, target)| {
                let custom = target.custom.clone().into_iter().collect();
                self.offer(name.raw(), Release::of_custom(&custom)?)
            })
            .collect();
        offers.sort_by(|a, b| a.release.version.cmp(&b.release.version));
        offers
    }

    fn offer(&self, name: &str, release: Release) -> Option<Offer> {
        let files: Vec<_> = Part::ALL
            .iter()
            .filter_map(|part| Some((*part, self.target(&part.target(&release.version))?)))
            .collect();
        let offer = Offer { release, files };
        let is_whole = offer.file(Part::Root).is_some_and(|root| root.name == name)
            && offer.file(Part::Hashes).is_some()
            && offer.file(Part::Boot).is_some();
        is_whole.then_some(offer)
    }

    /// A signed file by its name; nothing when none was signed.
    #[must_use]
    pub fn target(&self, name: &str) -> Option<Target> {
        let name = TargetName::new(name).ok()?;
        let target = self.inner.targets().signed.find_target(&name, false).ok()?;
        let digest = &*target.hashes.sha256;
        let (folder, file) = match name.resolved().rsplit_once('/') {
            Some((folder, file)) => (format!("{folder}/"), file),
            None => (String::new(), name.resolved()),
        };
        let prefix = if self.inner.root().signed.consistent_snapshot {
            format!("{}.", hex(digest))
        } else {
            String::new()
        };
        Some(Target {
            name: name.raw().to_owned(),
            length: target.length,
            sha256: digest.try_into().ok()?,
            path: format!("{folder}{prefix}{file}"),
        })
    }

    /// A file, or a part of it. What is behind its end is left out.
    ///
    /// # Errors
    /// When the repository does not give it; what is found out later is told by the reader.
    pub fn read(&self, target: &Target, range: Range<u64>) -> Result<Reader, TrustError> {
        Reader::open(&self.runtime, &self.targets, target, range)
    }

    /// When the first of its metadata expires, in seconds since 1970.
    #[must_use]
    pub fn expires_at(&self) -> i64 {
        let all = [
            self.inner.root().signed.expires,
            self.inner.targets().signed.expires,
            self.inner.snapshot().signed.expires,
            self.inner.timestamp().signed.expires,
        ];
        all.iter()
            .map(|at| at.as_second())
            .min()
            .unwrap_or(i64::MIN)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
