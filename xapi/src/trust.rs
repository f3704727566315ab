//! Which certificate a host may show: one signed by a known authority, a pinned one, or those seen before the first session.
//!
//! Invariant: there is no mode that accepts every certificate. What was accepted once is pinned and can be read back
//! to be stored; members of a pool are added by what the pool itself tells of their certificates. A certificate is pinned only
//! when its owner has proved to hold its key.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::digest;
use parking_lot::Mutex;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::Error;

/// SHA-256 of a certificate in DER.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of a certificate in DER.
    pub fn of(der: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, der).as_ref());
        Self(bytes)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02X}", if i == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads 64 hexadecimal digits, with or without colons.
impl FromStr for Fingerprint {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected a SHA-256 fingerprint: 64 hexadecimal digits";
        let digits: String = text.chars().filter(|c| *c != ':').collect();
        let mut bytes = [0; 32];
        if digits.len() != 64 || !digits.is_ascii() {
            return Err(EXPECTED);
        }
        for (i, byte) in bytes.iter_mut().enumerate() {
            let pair = digits.get(2 * i..2 * i + 2).ok_or(EXPECTED)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| EXPECTED)?;
        }
        Ok(Self(bytes))
    }
}

/// How a certificate is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustMode {
    /// By the authorities of this machine, and the name must fit.
    Authorities,
    /// Only these.
    Pinned(Vec<Fingerprint>),
    /// What is shown until the first session is opened is accepted and pinned from then on: the certificate of the host that was
    /// asked, and the master's, when that host is a supporter which names it.
    FirstUse,
}

/// The certificates of one pool: judges each connection and remembers what it saw.
#[derive(Debug)]
pub struct Trust {
    pins: Mutex<Pins>,
    authorities: Option<Arc<dyn ServerCertVerifier>>,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug, Default)]
struct Pins {
    accepted: HashSet<Fingerprint>,
    /// No session was opened yet.
    is_open: bool,
}

/// Why a certificate was refused; travels inside the error of the TLS library.
#[derive(Debug, thiserror::Error)]
#[error("certificate {presented} refused: {reason}")]
struct Rejected {
    presented: Fingerprint,
    reason: String,
}

impl Trust {
    /// Fails when the machine's authorities cannot be read.
    pub fn new(mode: &TrustMode) -> Result<Arc<Self>, rustls::Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut pins = Pins::default();
        let mut authorities: Option<Arc<dyn ServerCertVerifier>> = None;
        match mode {
            TrustMode::Authorities => {
                let verifier = rustls_platform_verifier::Verifier::new(Arc::clone(&provider))?;
                authorities = Some(Arc::new(verifier));
            }
            TrustMode::Pinned(list) => pins.accepted.extend(list),
            TrustMode::FirstUse => pins.is_open = true,
        }
        Ok(Arc::new(Self {
            pins: Mutex::new(pins),
            authorities,
            provider,
        }))
    }

    /// What is pinned now, in a fixed order, to be stored. Nothing where authorities judge: certificates are renewed there.
    pub fn pinned(&self) -> Vec<Fingerprint> {
        if self.authorities.is_some() {
            return Vec::new();
        }
        let mut pinned: Vec<_> = self.pins.lock().accepted.iter().copied().collect();
        pinned.sort_unstable_by_key(|f| f.0);
        pinned
    }

    /// A session was opened: from now on nothing is accepted unseen.
    pub(crate) fn settle(&self) {
        self.pins.lock().is_open = false;
    }

    /// Adds the certificates that the pool tells of its own members.
    pub fn add_members(&self, fingerprints: impl IntoIterator<Item = Fingerprint>) {
        self.pins.lock().accepted.extend(fingerprints);
    }

    /// The certificate's story, when it is what a failed connection to `host` was about.
    pub(crate) fn explain(
        &self,
        host: &str,
        error: &(dyn std::error::Error + 'static),
    ) -> Option<Error> {
        let rejected = find_rejected(error)?;
        let (host, presented) = (host.to_owned(), rejected.presented);
        if self.authorities.is_some() {
            return Some(Error::CertificateUntrusted {
                host,
                presented,
                reason: rejected.reason.clone(),
            });
        }
        Some(Error::CertificateChanged {
            host,
            presented,
            accepted: self.pinned(),
        })
    }

    /// A TLS client that asks this trust about every certificate.
    pub(crate) fn client_config(self: &Arc<Self>) -> Result<ClientConfig, rustls::Error> {
        let config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Judge(Arc::clone(self))))
            .with_no_client_auth();
        Ok(config)
    }
}

#[derive(Debug)]
struct Judge(Arc<Trust>);

impl Judge {
    /// The peer holds the key of this certificate: pins it as long as there was no session.
    fn prove(&self, certificate: &CertificateDer<'_>) -> Result<(), rustls::Error> {
        if self.0.authorities.is_some() {
            return Ok(());
        }
        let shown = Fingerprint::of(certificate);
        let mut pins = self.0.pins.lock();
        if pins.is_open {
            pins.accepted.insert(shown);
        }
        if pins.accepted.contains(&shown) {
            return Ok(());
        }
        Err(reject(shown, "another one was accepted meanwhile".into()))
    }
}

fn reject(presented: Fingerprint, reason: String) -> rustls::Error {
    let rejected = Arc::new(Rejected { presented, reason });
    rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(rejected)))
}

/// Looks for our own error under the wrappings of HTTP, I/O and TLS.
fn find_rejected<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Rejected> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(e)))) =
            error.downcast_ref()
        {
            return e.downcast_ref();
        }
        // The source of an I/O error is that of what it wraps: the wrapped one itself would be passed over.
        next = match error.downcast_ref::<std::io::Error>() {
            Some(io) => io.get_ref().map(|e| e as _),
            None => error.source(),
        };
    }
    None
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = Fingerprint::of(end_entity);
        {
            let pins = self.0.pins.lock();
            // A first one is pinned by `prove`, once its owner has signed with its key.
            if pins.accepted.contains(&shown) || pins.is_open {
                return Ok(ServerCertVerified::assertion());
            }
        }
        let Some(authorities) = &self.0.authorities else {
            return Err(reject(
                shown,
                "not the certificate that was accepted".into(),
            ));
        };
        authorities
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            .map_err(|e| reject(shown, e.to_string()))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.provider.signature_verification_algorithms;
        let valid = verify_tls12_signature(message, cert, dss, algorithms)?;
        self.prove(cert)?;
        Ok(valid)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.provider.signature_verification_algorithms;
        let valid = verify_tls13_signature(message, cert, dss, algorithms)?;
        self.prove(cert)?;
        Ok(valid)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0
            .provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_back_with_and_without_colons() {
        let fingerprint = Fingerprint::of(b"der");
        let shown = fingerprint.to_string();
        assert_eq!(shown.len(), 95);
        assert_eq!(shown.parse::<Fingerprint>().unwrap(), fingerprint);
        assert_eq!(
            shown
                .replace(':', "")
                .to_lowercase()
                .parse::<Fingerprint>()
                .unwrap(),
            fingerprint
        );
        assert!("12".parse::<Fingerprint>().is_err());
    }
}
