//! The gate behind a start.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::PrivateKeyDer;
use tempfile::TempDir;
use xo_appliance::health::{Gate, Verdict};

/// A server that shows the certificate of `tls.crt` in the folder and gives these answers, one after the other.
fn serve(folder: &Path, answers: &'static [&'static str]) -> SocketAddr {
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
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for (socket, status) in listener.incoming().zip(answers) {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, socket.unwrap());
            stream.read_exact(&mut [0; 16]).unwrap();
            write!(stream, "HTTP/1.1 {status}\r\n\r\n").unwrap();
        }
    });
    address
}

/// An agent that gives these answers, one after the other.
fn advise(gate: &Gate, answers: &'static [&'static str]) {
    let listener = UnixListener::bind(&gate.agent).unwrap();
    std::thread::spawn(move || {
        for (socket, answer) in listener.incoming().zip(answers) {
            let mut socket = socket.unwrap();
            let mut line = String::new();
            let read = BufReader::new(&socket).read_line(&mut line);
            read.unwrap();
            assert_eq!(line, "{\"verb\":\"update.probe\",\"params\":{}}\n");
            writeln!(socket, "{answer}").unwrap();
        }
    });
}

const WELL: &str = r#"{"ok":{}}"#;
const LOST: &str = r#"{"error":{"kind":"failed","message":"the pool lab is lost"}}"#;

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
        hold: Duration::ZERO,
    }
}

#[test]
fn a_start_is_good_when_server_and_agent_answer() {
    let folder = tempfile::tempdir().unwrap();
    let gate = gate(&folder, serve(folder.path(), &["200 OK"; 9]));
    advise(&gate, &[WELL]);
    assert_eq!(gate.judge(), Verdict::Good);
}

#[test]
fn a_start_whose_pools_are_lost_is_not_good_and_the_reason_is_the_agents() {
    let folder = tempfile::tempdir().unwrap();
    let gate = gate(&folder, serve(folder.path(), &["200 OK"; 9]));
    advise(&gate, &[LOST]);
    let Verdict::Stay(reason, _) = gate.judge() else {
        panic!("there is nowhere to go")
    };
    assert_eq!(reason, "the pool lab is lost");
}

#[test]
fn what_comes_late_is_waited_for_and_what_does_not_last_is_not_good() {
    let folder = tempfile::tempdir().unwrap();
    let mut gate = gate(&folder, serve(folder.path(), &["200 OK"; 9]));
    gate.patience = Duration::from_secs(3600);
    advise(&gate, &[LOST, WELL]);
    assert_eq!(gate.judge(), Verdict::Good);

    // With nowhere to go it is not looked at for longer.
    gate.hold = Duration::from_secs(3600);
    std::fs::remove_file(&gate.agent).unwrap();
    advise(&gate, &[WELL]);
    assert_eq!(gate.judge(), Verdict::Good);

    std::fs::write(gate.entries.join("xoa_1.9.efi"), "").unwrap();
    std::fs::remove_file(&gate.agent).unwrap();
    gate.patience = Duration::ZERO;
    advise(&gate, &[WELL, LOST]);
    let Verdict::GoTo(reason, _) = gate.judge() else {
        panic!("the other system is there")
    };
    assert_eq!(reason, "the pool lab is lost");
}

#[test]
fn a_start_without_the_agent_is_not_good() {
    let folder = tempfile::tempdir().unwrap();
    let gate = gate(&folder, serve(folder.path(), &["200 OK"; 9]));
    let Verdict::Stay(reason, _) = gate.judge() else {
        panic!("there is nowhere to go")
    };
    assert!(reason.contains("agent"), "{reason}");
}

#[test]
fn a_bad_start_goes_to_the_other_system_and_stays_when_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let gate = gate(&folder, serve(folder.path(), &["503 Service Unavailable"]));
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
