//! How metadata comes here: from a folder or over HTTP(S), bounded, each file whole.
//!
//! Invariant: a file that is not there is told from a fault on the way. A root that cannot be fetched is a fault, not the end of
//! the chain of roots.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use std::sync::Mutex;

use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tough::{Bytes, Transport, TransportError, TransportErrorKind, TransportStream, async_trait};
use url::Url;

use super::error::TrustError;
use super::store::{CLOCK, Store};
use super::web::Web;

/// What any file of metadata may have, in bytes. Lengths in signed files may say less, not more.
pub(super) const METADATA_LIMIT: u64 = 5_000_000;

/// The version of the specification whose files are understood.
const SPECIFICATION: &str = "1.";

/// Where metadata is.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    Folder(PathBuf),
    Web(Web),
}

/// What was fetched, for those who judge it afterwards.
#[derive(Debug, Default)]
pub(super) struct Seen {
    clock: PathBuf,
    /// What documents say of themselves, by role.
    heads: Mutex<HashMap<String, (Head, u64)>>,
    fault: Mutex<Option<TrustError>>,
}

impl Seen {
    pub(super) fn of(store: &Store) -> Self {
        Self {
            clock: store.path().join(CLOCK),
            ..Self::default()
        }
    }

    /// `name`: as it is served, `3.targets.json`.
    pub(super) fn note(&self, name: &str, document: &[u8]) {
        let role = role(name).to_owned();
        if let (Some(head), Ok(mut heads)) = (head(document), self.heads.lock()) {
            heads.insert(role, (head, document.len() as u64));
        }
    }

    pub(super) fn expiry_of(&self, role: &str) -> Option<OffsetDateTime> {
        let heads = self.heads.lock().ok()?;
        OffsetDateTime::parse(&heads.get(role)?.0.expires, &Rfc3339).ok()
    }

    /// How long the document of a role was, in bytes.
    pub(super) fn length_of(&self, role: &str) -> Option<u64> {
        let heads = self.heads.lock().ok()?;
        heads.get(role).map(|(_, length)| *length)
    }

    pub(super) fn take_fault(&self) -> Option<TrustError> {
        self.fault.lock().ok()?.take()
    }

    pub(super) fn clock(&self) -> PathBuf {
        self.clock.clone()
    }
}

/// Whose document it is, by the name under which it is served.
fn role(name: &str) -> &str {
    let name = name.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    name.trim_end_matches(".json")
}

#[derive(Debug, Deserialize)]
struct Document {
    signed: Head,
}

/// What every document says of itself. Nothing of this is believed before its signatures are.
#[derive(Debug, Deserialize)]
struct Head {
    #[serde(rename = "_type")]
    kind: String,
    spec_version: String,
    version: u64,
    expires: String,
}

fn head(document: &[u8]) -> Option<Head> {
    let document: Document = serde_json::from_slice(document).ok()?;
    Some(document.signed)
}

/// The version that a document claims.
pub(super) fn version(document: &[u8]) -> Option<u64> {
    Some(head(document)?.version)
}

/// Given to the library.
#[derive(Debug, Clone)]
pub(super) struct Fetch {
    pub(super) origin: Origin,
    /// What was trusted last, as the library has it before it.
    pub(super) trusted: PathBuf,
    pub(super) seen: Arc<Seen>,
}

impl Fetch {
    async fn document(&self, name: &str) -> Result<Vec<u8>, TrustError> {
        let document = match &self.origin {
            Origin::Folder(folder) => read(folder, name)?,
            Origin::Web(web) => web.document(name, METADATA_LIMIT).await?,
        };
        check(name, &document)?;
        let document = match name {
            "timestamp.json" => self.newer(document),
            _ => document,
        };
        self.seen.note(name, &document);
        Ok(document)
    }

    /// A timestamp of the same version is the one that is known (5.4.3 of the specification).
    fn newer(&self, document: Vec<u8>) -> Vec<u8> {
        match std::fs::read(self.trusted.join("timestamp.json")) {
            Ok(known) if version(&known).is_some() && version(&known) == version(&document) => {
                known
            }
            _ => document,
        }
    }
}

/// What the library does not look at.
fn check(name: &str, document: &[u8]) -> Result<(), TrustError> {
    let Some(head) = head(document) else {
        return Ok(());
    };
    let malformed = |reason: String| TrustError::Malformed {
        file: name.to_owned(),
        reason,
    };
    let expected = match role(name) {
        known @ ("root" | "timestamp" | "snapshot") => known,
        _ => "targets",
    };
    if head.kind != expected {
        let found = head.kind;
        return Err(malformed(format!(
            "it is of the kind {found}, not {expected}"
        )));
    }
    if !head.spec_version.starts_with(SPECIFICATION) {
        return Err(malformed(format!(
            "it follows version {} of TUF's specification, and this system knows version 1",
            head.spec_version
        )));
    }
    Ok(())
}

fn read(folder: &Path, name: &str) -> Result<Vec<u8>, TrustError> {
    let path = folder.join(name);
    let file = match std::fs::File::open(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(TrustError::Missing {
                file: name.to_owned(),
            });
        }
        file => file.map_err(TrustError::file("open", &path))?,
    };
    let mut document = Vec::new();
    file.take(METADATA_LIMIT + 1)
        .read_to_end(&mut document)
        .map_err(TrustError::file("read", &path))?;
    if document.len() as u64 > METADATA_LIMIT {
        return Err(TrustError::TooLong {
            file: name.to_owned(),
            limit: METADATA_LIMIT,
        });
    }
    Ok(document)
}

#[async_trait]
impl Transport for Fetch {
    async fn fetch(&self, url: Url) -> Result<TransportStream, TransportError> {
        // Metadata lies flat; the library encodes what is in a name.
        let name = url.path_segments().and_then(Iterator::last);
        let name = name.unwrap_or_default().to_owned();
        let outcome = match self.document(&name).await {
            Ok(document) => Ok(Bytes::from(document)),
            Err(TrustError::Missing { .. }) => {
                Err(TransportError::new(TransportErrorKind::FileNotFound, url))
            }
            Err(error) => {
                let told = TransportError::new_with_cause(
                    TransportErrorKind::Other,
                    url,
                    error.to_string(),
                );
                if let Ok(mut fault) = self.seen.fault.lock() {
                    *fault = Some(error);
                }
                Err(told)
            }
        };
        // Inside the stream an error ends the update; the library takes others for the end of the chain of roots.
        Ok(Box::pin(futures_util::stream::iter([outcome])))
    }
}
