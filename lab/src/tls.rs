//! A self-signed certificate, made at start, as a host has one.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::lab::StartError;

/// The certificate and what serves it.
pub struct Identity {
    /// For the listener.
    pub config: Arc<ServerConfig>,
    /// SHA-256 of the certificate in DER, lower-case hex.
    pub fingerprint: String,
    /// The certificate as PEM text.
    pub pem: String,
}

impl Identity {
    /// Makes a new key and a certificate for the loopback addresses.
    ///
    /// # Errors
    /// When the key cannot be made.
    pub fn generate() -> Result<Self, StartError> {
        let names = ["localhost", "127.0.0.1", "::1"]
            .map(str::to_owned)
            .to_vec();
        let certificate =
            |error: &dyn std::fmt::Display| StartError::Certificate(error.to_string());
        let key = KeyPair::generate().map_err(|error| certificate(&error))?;
        let params = CertificateParams::new(names).map_err(|error| certificate(&error))?;
        let signed = params
            .self_signed(&key)
            .map_err(|error| certificate(&error))?;
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| certificate(&error))?
            .with_no_client_auth()
            .with_single_cert(vec![signed.der().clone()], private)
            .map_err(|error| certificate(&error))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            config: Arc::new(config),
            fingerprint: sha256_hex(signed.der()),
            pem: signed.pem(),
        })
    }
}

fn sha256_hex(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
