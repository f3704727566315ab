//! An edition of the metadata: a list of releases, the snapshot that names it, and the timestamp that names the snapshot.
//!
//! Invariant: current is what `timestamp.json` names, and it is written last. A file with a higher number was left by a run that
//! failed: nobody goes by it, and the next run replaces it.

use std::collections::HashMap;
use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};
use tough::schema::{Hashes, Metafile, Role, Root, Signed, Snapshot, Targets, Timestamp};

use super::error::PublishError;
use super::signing::{load, metadata, text, write};

const TIMESTAMP: &str = "timestamp.json";
const SNAPSHOT: &str = "snapshot.json";
const TARGETS: &str = "targets.json";

/// What a client takes for current.
#[derive(Debug)]
pub(super) struct Edition {
    timestamp: PathBuf,
    timestamp_version: NonZeroU64,
    snapshot: PathBuf,
    snapshot_version: NonZeroU64,
    targets: PathBuf,
    /// The list of releases.
    pub(super) list: Signed<Targets>,
}

impl Edition {
    /// Nothing, where nothing was published.
    pub(super) fn current(folder: &Path) -> Result<Option<Self>, PublishError> {
        let timestamp = folder.join(TIMESTAMP);
        if !timestamp.exists() {
            return Ok(None);
        }
        let named = |path: &Path, meta: &HashMap<String, Metafile>, name: &str| {
            let file = meta.get(name);
            let file = file.ok_or_else(|| metadata(path, &format!("it names no {name}")))?;
            let path = folder.join(format!("{}.{name}", file.version));
            Ok((file.version, path))
        };
        let newest = load::<Timestamp>(&timestamp)?.signed;
        let (snapshot_version, snapshot) = named(&timestamp, &newest.meta, SNAPSHOT)?;
        let meta = load::<Snapshot>(&snapshot)?.signed.meta;
        let (_, targets) = named(&snapshot, &meta, TARGETS)?;
        Ok(Some(Self {
            list: load(&targets)?,
            timestamp,
            timestamp_version: newest.version,
            snapshot,
            snapshot_version,
            targets,
        }))
    }

    /// Whether a root lets those sign who signed it.
    pub(super) fn is_signed_by(&self, root: &Root) -> Result<(), PublishError> {
        let stale = |path: &Path| PublishError::Stale {
            path: path.to_owned(),
        };
        root.verify_role(&load::<Timestamp>(&self.timestamp)?)
            .map_err(|_| stale(&self.timestamp))?;
        root.verify_role(&load::<Snapshot>(&self.snapshot)?)
            .map_err(|_| stale(&self.snapshot))?;
        root.verify_role(&self.list)
            .map_err(|_| stale(&self.targets))
    }

    /// Its files.
    pub(super) fn files(&self) -> [PathBuf; 3] {
        [&self.targets, &self.snapshot, &self.timestamp].map(Clone::clone)
    }

    /// Its list of releases, as it was signed.
    pub(super) fn signed_list(&self) -> Result<Document, PublishError> {
        let path = self.targets.clone();
        Ok(Document {
            content: fs::read(&path).map_err(PublishError::file("read", &path))?,
            version: self.list.signed.version,
            path,
        })
    }
}

/// The numbers of what comes after an edition, or of the first one: those of timestamp, snapshot and list.
pub(super) fn numbers(current: Option<&Edition>) -> [NonZeroU64; 3] {
    let Some(edition) = current else {
        return [NonZeroU64::MIN; 3];
    };
    [
        edition.timestamp_version,
        edition.snapshot_version,
        edition.list.signed.version,
    ]
    .map(|version| version.saturating_add(1))
}

/// A signed file that may not be written yet.
#[derive(Debug)]
pub(super) struct Document {
    path: PathBuf,
    version: NonZeroU64,
    content: Vec<u8>,
}

impl Document {
    pub(super) fn of<T: Role + Serialize>(
        folder: &Path,
        signed: &Signed<T>,
    ) -> Result<Self, PublishError> {
        Ok(Self {
            path: folder.join(signed.signed.filename(true)),
            version: signed.signed.version(),
            content: text(signed)?,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn write(&self) -> Result<(), PublishError> {
        write(&self.path, &self.content)
    }

    /// How another file names it.
    pub(super) fn metafile(&self) -> Metafile {
        Metafile {
            length: Some(self.content.len() as u64),
            hashes: Some(Hashes {
                sha256: Sha256::digest(&self.content).to_vec().into(),
                _extra: HashMap::new(),
            }),
            version: self.version,
            _extra: HashMap::new(),
        }
    }
}
