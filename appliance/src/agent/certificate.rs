//! The server's certificate, as whoever opens its page sees it.

use aws_lc_rs::digest;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::protocol::Fault;
use super::{Agent, verbs};

/// Where the server keeps it.
pub(super) const PLACE: &str = "/var/lib/xo-server/tls.crt";
/// Where the pool reads which certificate to expect.
const KEY: &str = "vm-data/tls-fingerprint";

/// What is shown of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Certificate {
    /// SHA-256 in hexadecimal with colons.
    pub(super) fingerprint: String,
    /// Milliseconds since the epoch.
    pub(super) not_after: i64,
}

/// Reads it; in words what is wrong.
pub(super) fn look(agent: &Agent) -> Result<Certificate, String> {
    let path = agent.at(PLACE);
    let der = CertificateDer::from_pem_file(&path).map_err(|e| format!("{PLACE}: {e}"))?;
    let (_, parsed) =
        x509_parser::parse_x509_certificate(&der).map_err(|e| format!("{PLACE}: {e}"))?;
    let hash = digest::digest(&digest::SHA256, &der);
    let pairs: Vec<String> = hash.as_ref().iter().map(|b| format!("{b:02X}")).collect();
    Ok(Certificate {
        fingerprint: pairs.join(":"),
        not_after: parsed.validity().not_after.timestamp().saturating_mul(1000),
    })
}

/// Tells the pool which certificate to expect.
pub(super) fn changed(agent: &Agent, params: Map<String, Value>) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    let certificate = look(agent).map_err(Fault::failed)?;
    let published = agent
        .machine
        .publish(KEY, &certificate.fingerprint)
        .map_err(|error| Fault::failed(format!("{KEY} of XenStore: {error}")))?;
    Ok(json!({ "fingerprint": certificate.fingerprint, "published": published }))
}
