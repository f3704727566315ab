//! The bill of materials of an image (SPDX 2.3, JSON): every Debian package in the system, every crate in our programs, every
//! npm package in the web client.
//!
//! Invariant: the same inputs give the same bytes; what is only used to build or to test is not in it.

mod crates;
mod debian;
mod npm;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What something in the image is called elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    name: String,
    version: String,
    /// An SPDX expression, or nothing where none is declared in a form that programs read.
    licence: Option<String>,
    /// Package URL.
    purl: String,
}

/// Why there is no bill.
#[derive(Debug, thiserror::Error)]
pub enum SbomError {
    /// A list of what is inside cannot be read.
    #[error("cannot read {}: {what_to_do}", path.display())]
    Read {
        /// The list.
        path: PathBuf,
        /// How it comes to be.
        what_to_do: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A list is not what it should be.
    #[error("{place} is not as expected: {reason}")]
    Unexpected {
        /// The list.
        place: String,
        /// What is wrong.
        reason: String,
    },
}

impl SbomError {
    fn unexpected(place: impl Into<String>, reason: &impl ToString) -> Self {
        Self::Unexpected {
            place: place.into(),
            reason: reason.to_string(),
        }
    }
}

/// Makes the bill of the image that was built from a checkout.
///
/// # Errors
/// When one of the lists of what is inside is not there or not readable.
pub fn sbom(
    source: &Path,
    target: &Path,
    version: &str,
    made_at: i64,
) -> Result<String, SbomError> {
    let mut parts = debian::parts(&target.join("packages/var/lib/dpkg/status"))?;
    parts.extend(crates::parts(source)?);
    parts.extend(npm::parts(&source.join("web/package-lock.json"))?);
    parts.sort();
    parts.dedup();
    document(&parts, version, made_at)
}

fn document(parts: &[Part], version: &str, made_at: i64) -> Result<String, SbomError> {
    let created = OffsetDateTime::from_unix_timestamp(made_at)
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .ok_or_else(|| SbomError::unexpected("the image's date", &made_at))?;
    let mut identity = Sha1::new();
    let mut packages = vec![json!({
        "SPDXID": "SPDXRef-image",
        "name": "xoa",
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "filesAnalyzed": false,
        "primaryPackagePurpose": "OPERATING-SYSTEM",
    })];
    let mut relationships = vec![relationship(
        "SPDXRef-DOCUMENT",
        "DESCRIBES",
        "SPDXRef-image",
    )];
    for part in parts {
        identity.update(&part.purl);
        let id = format!("SPDXRef-{:x}", Sha1::digest(&part.purl));
        relationships.push(relationship("SPDXRef-image", "CONTAINS", &id));
        packages.push(package(part, &id));
    }
    let identity = format!("{:x}", identity.finalize());
    let document = json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": format!("xoa-{version}"),
        "documentNamespace": format!("https://spdx.org/spdxdocs/xoa-{version}-{identity}"),
        "creationInfo": {
            "created": created,
            "creators": [format!("Tool: xo-image-build-{}", env!("CARGO_PKG_VERSION"))],
        },
        "packages": packages,
        "relationships": relationships,
    });
    serde_json::to_string_pretty(&document)
        .map(|text| text + "\n")
        .map_err(|e| SbomError::unexpected("the document", &e))
}

fn package(part: &Part, id: &str) -> Value {
    json!({
        "SPDXID": id,
        "name": part.name,
        "versionInfo": part.version,
        "downloadLocation": "NOASSERTION",
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": part.licence.as_deref().unwrap_or("NOASSERTION"),
        "copyrightText": "NOASSERTION",
        "filesAnalyzed": false,
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": part.purl,
        }],
    })
}

fn relationship(from: &str, kind: &str, to: &str) -> Value {
    json!({ "spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to })
}

fn read(path: &Path, what_to_do: &'static str) -> Result<String, SbomError> {
    std::fs::read_to_string(path).map_err(|source| SbomError::Read {
        path: path.to_owned(),
        what_to_do,
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_describes_the_image_and_what_it_contains() {
        let part = Part {
            name: "serde".into(),
            version: "1.0.0".into(),
            licence: Some("MIT OR Apache-2.0".into()),
            purl: "pkg:cargo/serde@1.0.0".into(),
        };
        let text = document(&[part], "1.2.3", 0).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["creationInfo"]["created"], "1970-01-01T00:00:00Z");
        assert_eq!(
            document["packages"][1]["licenseDeclared"],
            "MIT OR Apache-2.0"
        );
        assert_eq!(
            document["relationships"][1]["relatedSpdxElement"],
            document["packages"][1]["SPDXID"]
        );
    }
}
