//! One question to the server, over TLS, as a client would put it. The certificate must be the one that it has on its disk.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, Stream};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

/// For connecting, and for each piece of the answer.
const PATIENCE: Duration = Duration::from_secs(10);
const QUESTION: &[u8] =
    b"GET /rest/v0/ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// Why the server is not there.
#[derive(Debug, thiserror::Error)]
pub enum Silent {
    /// Its certificate cannot be read.
    #[error("the server's certificate cannot be read: {0}")]
    Certificate(String),
    /// The address is none.
    #[error("`{0}`: expected an address and a port")]
    Address(String),
    /// It cannot be asked over TLS.
    #[error("the server does not speak TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// It does not answer.
    #[error("the server does not answer: {0}")]
    Connection(#[from] io::Error),
    /// It answers something else.
    #[error("the server answered `{0}`")]
    Answer(String),
}

/// Asks; the answer must be 200.
pub fn ask(address: &str, certificate: &Path) -> Result<(), Silent> {
    let pinned = CertificateDer::from_pem_file(certificate)
        .map_err(|e| Silent::Certificate(format!("{}: {e}", certificate.display())))?;
    let to: SocketAddr = address
        .parse()
        .map_err(|_| Silent::Address(address.to_owned()))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned { pinned, provider }))
        .with_no_client_auth();
    let name = ServerName::IpAddress(to.ip().into());
    let mut tls = ClientConnection::new(Arc::new(config), name)?;
    let mut socket = TcpStream::connect_timeout(&to, PATIENCE)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    let mut stream = Stream::new(&mut tls, &mut socket);
    stream.write_all(QUESTION)?;
    let mut start = [0; 12];
    stream.read_exact(&mut start)?;
    if start.starts_with(b"HTTP/1.1 200") {
        Ok(())
    } else {
        Err(Silent::Answer(String::from_utf8_lossy(&start).into_owned()))
    }
}

/// Believes one certificate.
#[derive(Debug)]
struct Pinned {
    pinned: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if *shown == self.pinned {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::General(
                "another certificate than the one on its disk".into(),
            ))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
