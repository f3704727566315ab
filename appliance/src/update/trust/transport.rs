//! How metadata comes here: from a folder or over HTTP(S), bounded, each file whole.
//!
//! Invariant: a file that is not there is told from a fault on the way. A root that cannot be fetched is a fault, not the end of
//! the chain of roots.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tough::{Bytes, Transport, TransportError, TransportErrorKind, TransportStream, async_trait};
use url::Url;

use super::error::TrustError;
use super::web::Web;

/// What any file of metadata may have, in bytes. Lengths in signed files may say less, not more.
pub(super) const METADATA_LIMIT: u64 = 5_000_000;

/// The version of the specification whose files are understood.
const SPECIFICATION: &str = "1.";

/// Where metadata is.
#[derive(Debug, Clone)]
pub(super) enum Place {
    Folder(PathBuf),
    Web(Web),
}

/// What was fetched, for those who judge it afterwards.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// By role.
    documents: Mutex<HashMap<String, Vec<u8>>>,
    /// Something came from what is known here.
    is_reused: AtomicBool,
    fault: Mutex<Option<TrustError>>,
}

impl Seen {
    /// `name`: as it is served, `3.targets.json`.
    pub(super) fn note(&self, name: &str, document: &[u8]) {
        if let Ok(mut documents) = self.documents.lock() {
            documents.insert(role(name).to_owned(), document.to_vec());
        }
    }

    fn document(&self, role: &str) -> Option<Vec<u8>> {
        self.documents.lock().ok()?.get(role).cloned()
    }

    pub(super) fn expiry_of(&self, role: &str) -> Option<OffsetDateTime> {
        let head = head(&self.document(role)?)?;
        OffsetDateTime::parse(&head.expires, &Rfc3339).ok()
    }

    /// How long the document of a role was, in bytes.
    pub(super) fn length_of(&self, role: &str) -> Option<u64> {
        Some(self.document(role)?.len() as u64)
    }

    /// The document as it came, of what the library made of it.
    pub(super) fn original(&self, name: &str, read: &[u8]) -> Option<Vec<u8>> {
        let original = self.document(role(name))?;
        let of = |document: &[u8]| serde_json::from_slice::<Value>(document).ok();
        (of(&original)? == of(read)?).then_some(original)
    }

    pub(super) fn is_reused(&self) -> bool {
        self.is_reused.load(Ordering::Relaxed)
    }

    pub(super) fn take_fault(&self) -> Option<TrustError> {
        self.fault.lock().ok()?.take()
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
    pub(super) origin: Place,
    /// What was trusted last, as the library has it before it; nothing, when all is to come from there.
    pub(super) trusted: Option<PathBuf>,
    pub(super) seen: Arc<Seen>,
}

impl Fetch {
    async fn document(&self, name: &str) -> Result<Vec<u8>, TrustError> {
        let document = match self.known(name) {
            Some(known) => known,
            None => self.newer(name, self.remote(name).await?),
        };
        check(name, &document)?;
        self.seen.note(name, &document);
        Ok(document)
    }

    async fn remote(&self, name: &str) -> Result<Vec<u8>, TrustError> {
        match &self.origin {
            Place::Folder(folder) => read(folder, name),
            Place::Web(web) => web.document(name, METADATA_LIMIT).await,
        }
    }

    /// A snapshot or a list in the version that is known already. It is judged like one that was just fetched.
    fn known(&self, name: &str) -> Option<Vec<u8>> {
        let (number, role) = name.split_once('.')?;
        if !matches!(role, "snapshot.json" | "targets.json") {
            return None;
        }
        let known = self.stored(role)?;
        (version(&known) == number.parse().ok()).then(|| self.reuse(known))
    }

    /// A timestamp of the same version is the one that is known (5.4.3 of the specification).
    fn newer(&self, name: &str, document: Vec<u8>) -> Vec<u8> {
        if name != "timestamp.json" {
            return document;
        }
        match self.stored(name) {
            Some(known) if known != document && version(&known) == version(&document) => {
                self.reuse(known)
            }
            _ => document,
        }
    }

    fn stored(&self, name: &str) -> Option<Vec<u8>> {
        let known = std::fs::read(self.trusted.as_ref()?.join(name)).ok()?;
        version(&known).is_some().then_some(known)
    }

    fn reuse(&self, known: Vec<u8>) -> Vec<u8> {
        self.seen.is_reused.store(true, Ordering::Relaxed);
        known
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
