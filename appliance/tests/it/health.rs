//! The gate behind a start.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::PrivateKeyDer;
use tempfile::TempDir;
use xo_appliance::health::{Gate, Verdict};

/// A server that shows the certificate of `tls.crt` in the folder and answers one question so.
fn serve(folder: &Path, status: &'static str) -> SocketAddr {
    let made = rcgen::generate_simple_self_signed(vec!["xoa".into()]).unwrap();
    std::fs::write(folder.join("tls.crt"), made.cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        let connection = ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = StreamOwned::new(connection, socket);
        stream.read_exact(&mut [0; 16]).unwrap();
        write!(stream, "HTTP/1.1 {status}\r\n\r\n").unwrap();
    });
    address
}

fn gate(folder: &TempDir, server: SocketAddr) -> Gate {
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("entries")).unwrap();
    std::fs::write(at("entries/xoa_2.0+2-1.efi"), "").unwrap();
    std::fs::write(at("os-release"), "IMAGE_VERSION=2.0\n").unwrap();
    Gate {
        server,
        certificate: at("tls.crt"),
        agent: at("agent.sock"),
        entries: at("entries"),
        os_release: at("os-release"),
        patience: Duration::ZERO,
    }
}

#[test]
fn a_start_is_good_when_server_and_agent_answer() {
    let folder = tempfile::tempdir().unwrap();
    let gate = gate(&folder, serve(folder.path(), "200 OK"));
    let _agent = UnixListener::bind(&gate.agent).unwrap();
    assert_eq!(gate.judge(), Verdict::Good);
}

#[test]
fn a_start_without_the_agent_is_not_good() {
    let folder = tempfile::tempdir().unwrap();
    let gate = gate(&folder, serve(folder.path(), "200 OK"));
    let Verdict::Stay(reason, _) = gate.judge() else {
        panic!("there is nowhere to go")
    };
    assert!(reason.contains("agent"), "{reason}");
}

#[test]
fn a_bad_start_goes_to_the_other_system_and_stays_when_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let gate = gate(&folder, serve(folder.path(), "503 Service Unavailable"));
    let Verdict::Stay(reason, _) = gate.judge() else {
        panic!("there is nowhere to go")
    };
    assert!(reason.contains("503"), "{reason}");
    std::fs::write(gate.entries.join("xoa_1.9.efi"), "").unwrap();
    // Its only answer is given: now it is silent.
    let Verdict::GoTo(_, other) = gate.judge() else {
        panic!("the other system is there")
    };
    assert_eq!(other, "xoa_1.9.efi");
    std::fs::remove_dir_all(&gate.entries).unwrap();
    assert!(matches!(gate.judge(), Verdict::Stay(..)));
}
