//! Which certificate of the server is accepted: one TLS configuration for both WebSocket and HTTP.
//!
//! Invariant: signatures of the handshake are always checked; `AcceptAny` only gives up on who signed the
//! certificate. What the server presented is remembered, so that it can be told to the user.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, SignatureScheme,
};
use rustls_platform_verifier::Verifier;

/// What is asked of a certificate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CertificatePolicy {
    /// It is signed by an authority that this system trusts, for the name of the server.
    Verify,
    /// Any certificate will do.
    AcceptAny,
}

/// What the server presented.
#[derive(Clone, Debug, PartialEq)]
pub struct Presented {
    /// SHA-256 of the certificate: upper-case hexadecimal joined by colons.
    pub fingerprint: String,
    /// Why it was refused; `None` if it was accepted.
    pub refusal: Option<String>,
}

/// A TLS configuration, and the memory of what the server presented.
#[derive(Clone, Debug)]
pub struct Trust {
    configuration: Arc<ClientConfig>,
    presented: Arc<Mutex<Option<Presented>>>,
}

impl Trust {
    /// Builds the configuration. Without any authority on this system, every certificate is refused with that reason.
    pub fn new(policy: CertificatePolicy) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let presented = Arc::new(Mutex::new(None));
        let authorities = match policy {
            CertificatePolicy::AcceptAny => Authorities::Any,
            CertificatePolicy::Verify => Authorities::System(OnceLock::new()),
        };
        let verifier = Arc::new(Witness {
            authorities,
            provider: Arc::clone(&provider),
            presented: Arc::clone(&presented),
        });
        let configuration = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        Ok(Self {
            configuration: Arc::new(configuration),
            presented,
        })
    }

    /// The TLS configuration.
    pub fn configuration(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.configuration)
    }

    /// What the server presented at the last handshake.
    pub fn presented(&self) -> Option<Presented> {
        self.presented
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[derive(Debug)]
enum Authorities {
    /// Those of this system, read at the first handshake: plain HTTP does not pay for them.
    System(OnceLock<Result<Verifier, TlsError>>),
    Any,
}

#[derive(Debug)]
struct Witness {
    authorities: Authorities,
    provider: Arc<CryptoProvider>,
    presented: Arc<Mutex<Option<Presented>>>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let verdict = match &self.authorities {
            Authorities::Any => Ok(ServerCertVerified::assertion()),
            Authorities::System(verifier) => {
                match verifier.get_or_init(|| Verifier::new(Arc::clone(&self.provider))) {
                    Err(error) => Err(error.clone()),
                    Ok(verifier) => verifier.verify_server_cert(
                        end_entity,
                        intermediates,
                        server_name,
                        ocsp_response,
                        now,
                    ),
                }
            }
        };
        let presented = Presented {
            fingerprint: fingerprint(end_entity),
            refusal: verdict.as_ref().err().map(reason),
        };
        *self
            .presented
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(presented);
        verdict
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// SHA-256 of a certificate, as browsers and `openssl x509 -fingerprint` print it.
pub fn fingerprint(certificate: &[u8]) -> String {
    let digest = aws_lc_rs_digest(certificate);
    digest
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect::<Vec<_>>()
        .join(":")
}

fn aws_lc_rs_digest(bytes: &[u8]) -> Vec<u8> {
    ::aws_lc_rs::digest::digest(&::aws_lc_rs::digest::SHA256, bytes)
        .as_ref()
        .to_vec()
}

fn reason(error: &TlsError) -> String {
    match error {
        TlsError::InvalidCertificate(problem) => match problem {
            CertificateError::UnknownIssuer => "it is not signed by a known authority".into(),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "it has expired".into()
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "it is not valid yet".into()
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "it was made for another name".into()
            }
            other => other.to_string(),
        },
        TlsError::General(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn a_fingerprint_is_the_sha_256_in_hexadecimal() {
        let text = fingerprint(b"abc");
        assert!(text.starts_with("BA:78:16:BF:8F:01:CF:EA"), "{text}");
        assert_eq!(text.len(), 32 * 3 - 1);
    }
}
