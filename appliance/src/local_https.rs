//! One request to the server on this machine. The certificate that it shows must be the one of its own file: nobody else is believed, and no
//! authority is asked.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme,
    StreamOwned,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

const PATIENCE: Duration = Duration::from_secs(5);
const ANSWER_LIMIT: u64 = 256 * 1024;

/// The body of a good answer; to whoever has the token, if there is one.
pub fn get(
    server: SocketAddr,
    path: &str,
    certificate: &Path,
    token: Option<&str>,
) -> io::Result<String> {
    let expected = CertificateDer::from_pem_file(certificate)
        .map_err(|e| io::Error::other(format!("{}: {e}", certificate.display())))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Same {
        expected,
        provider: Arc::clone(&provider),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    let socket = TcpStream::connect_timeout(&server, PATIENCE)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    let mut stream = StreamOwned::new(connection, socket);
    // In the older version of HTTP bodies have no chunks, and the connection ends with them.
    let signed = token.map_or(String::new(), |token| {
        format!("Authorization: Bearer {token}\r\n")
    });
    let request = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n{signed}\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    match (&mut stream).take(ANSWER_LIMIT).read_to_end(&mut answer) {
        // Ended without a farewell: what came is judged by its length.
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error),
        _ => {}
    }
    body(&String::from_utf8_lossy(&answer))
}

fn body(answer: &str) -> io::Result<String> {
    let broken = || io::Error::other("the answer of the server broke off");
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(broken)?;
    let mut lines = head.lines();
    let first = lines.next().unwrap_or_default();
    if first.split(' ').nth(1) != Some("200") {
        return Err(io::Error::other(format!("the server answers `{first}`")));
    }
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length
            .then(|| value.trim().parse::<usize>().ok())
            .flatten()
    });
    match length {
        Some(length) if body.len() < length => Err(broken()),
        _ => Ok(body.to_owned()),
    }
}

/// Believes one certificate, whatever names and dates it has, from whoever has its key.
#[derive(Debug)]
struct Same {
    expected: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Same {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if *shown == self.expected {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use rustls::{ServerConfig, ServerConnection};
    use rustls_pki_types::PrivateKeyDer;

    use super::*;

    fn serve(shown: &CertifiedKey<rcgen::KeyPair>, answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let key = PrivateKeyDer::try_from(shown.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![shown.cert.der().clone()], key)
            .unwrap();
        std::thread::spawn(move || {
            let (socket, _) = listener.accept().unwrap();
            let connection = ServerConnection::new(Arc::new(config)).unwrap();
            let mut stream = StreamOwned::new(connection, socket);
            let mut request = [0; 1024];
            // A client that does not believe us goes away.
            if stream.read(&mut request).is_ok() {
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        address
    }

    fn certificate(
        folder: &Path,
        name: &str,
    ) -> (CertifiedKey<rcgen::KeyPair>, std::path::PathBuf) {
        let made = generate_simple_self_signed(vec!["elsewhere".into()]).unwrap();
        let path = folder.join(name);
        std::fs::write(&path, made.cert.pem()).unwrap();
        (made, path)
    }

    #[test]
    fn the_servers_own_certificate_is_believed_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let answer = "HTTP/1.0 200 OK\r\ncontent-length: 4\r\n\r\nfine";
        let (shown, file) = certificate(folder.path(), "own");
        let address = serve(&shown, answer);
        assert_eq!(get(address, "/x", &file, None).unwrap(), "fine");

        let (shown, _) = certificate(folder.path(), "other");
        get(serve(&shown, answer), "/x", &file, None).unwrap_err();
    }

    #[test]
    fn refusals_and_broken_answers_are_errors() {
        assert!(body("HTTP/1.1 503 Service Unavailable\r\n\r\nno").is_err());
        assert!(body("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").is_err());
        assert!(body("HTTP/1.1 200").is_err());
        assert_eq!(body("HTTP/1.1 200 OK\r\n\r\nall").unwrap(), "all");
    }
}
