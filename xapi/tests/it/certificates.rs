//! Which certificates a session believes.

use std::net::SocketAddr;
use std::sync::Arc;

use xapi::{Error, Fingerprint, Session, Target, Trust, TrustMode};
use xo_lab::{Lab, LabConfig};

use crate::support::{target, trust};

async fn tls_lab() -> Lab {
    let config = LabConfig {
        vms: 1,
        http: None,
        ..LabConfig::default()
    };
    Lab::start(config).await.unwrap()
}

fn shown(lab: &Lab) -> Fingerprint {
    lab.fingerprint().parse().unwrap()
}

async fn login(lab: &Lab, trust: &Arc<Trust>) -> xapi::Result<Session> {
    let target = Target {
        trust: Arc::clone(trust),
        ..target(&lab.https_url())
    };
    Session::login(&target).await
}

#[tokio::test]
async fn the_first_certificate_is_accepted_and_pinned() {
    let lab = tls_lab().await;
    let trust = trust(&TrustMode::FirstUse);
    assert_eq!(trust.pinned(), []);
    login(&lab, &trust).await.unwrap();
    assert_eq!(trust.pinned(), [shown(&lab)]);
    login(&lab, &trust).await.unwrap();
}

#[tokio::test]
async fn a_changed_certificate_is_refused_with_both_fingerprints() {
    let (lab, other) = (tls_lab().await, tls_lab().await);
    let trust = trust(&TrustMode::FirstUse);
    login(&lab, &trust).await.unwrap();
    let error = login(&other, &trust).await.unwrap_err();
    let text = error.to_string();
    let Error::CertificateChanged {
        presented,
        accepted,
        ..
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!(presented, shown(&other));
    assert_eq!(accepted, [shown(&lab)]);
    assert!(text.contains(&shown(&lab).to_string()), "{text}");
    assert!(text.contains(&shown(&other).to_string()), "{text}");
    assert_eq!(trust.pinned(), [shown(&lab)], "it is not pinned");
}

#[tokio::test]
async fn a_master_that_a_supporter_names_may_show_its_own_certificate_at_first() {
    let (supporter, other) = (tls_lab().await, tls_lab().await);
    let master = Lab::start(LabConfig {
        http: None,
        https: Some(SocketAddr::new(
            [127, 0, 0, 200].into(),
            supporter.https_address().unwrap().port(),
        )),
        ..LabConfig::default()
    });
    let master = master.await.unwrap();
    supporter.faults().be_slave_of(Some("127.0.0.200"));
    let trust = trust(&TrustMode::FirstUse);
    login(&supporter, &trust).await.unwrap();
    for lab in [&supporter, &master] {
        assert!(trust.pinned().contains(&shown(lab)));
    }
    login(&other, &trust).await.unwrap_err();
}

#[tokio::test]
async fn only_a_pinned_certificate_is_believed() {
    let (lab, other) = (tls_lab().await, tls_lab().await);
    let pinned = trust(&TrustMode::Pinned(vec![shown(&lab)]));
    login(&lab, &pinned).await.unwrap();
    let error = login(&other, &pinned).await.unwrap_err();
    assert!(matches!(error, Error::CertificateChanged { .. }), "{error}");
    let none = trust(&TrustMode::Pinned(Vec::new()));
    login(&lab, &none).await.unwrap_err();
}

#[tokio::test]
async fn a_certificate_that_the_pool_tells_of_its_member_is_believed() {
    let (lab, member) = (tls_lab().await, tls_lab().await);
    let trust = trust(&TrustMode::FirstUse);
    login(&lab, &trust).await.unwrap();
    trust.add_members([shown(&member)]);
    login(&member, &trust).await.unwrap();
}

#[tokio::test]
async fn a_console_is_refused_with_both_fingerprints_too() {
    let (lab, other) = (tls_lab().await, tls_lab().await);
    let session = login(&lab, &trust(&TrustMode::FirstUse)).await.unwrap();
    let location = format!("{}/console?uuid=x", other.https_url());
    let error = session.open_console(&location).await.err().unwrap();
    assert!(
        matches!(&error, Error::CertificateChanged { presented, .. } if *presented == shown(&other)),
        "{error}"
    );
}

#[tokio::test]
async fn a_certificate_that_no_authority_signed_is_refused_with_its_fingerprint() {
    let lab = tls_lab().await;
    let error = login(&lab, &trust(&TrustMode::Authorities))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::CertificateUntrusted { presented, .. } if *presented == shown(&lab)),
        "{error}"
    );
}

/// Where the authorities of this machine are read from; set for the second run of the test below.
const AUTHORITIES: &str = "SSL_CERT_FILE";
const SECOND_RUN: &str = "XAPI_TEST_AUTHORITIES";

#[tokio::test]
async fn a_certificate_of_an_authority_is_believed_without_a_pin() {
    let Some(file) = std::env::var_os(SECOND_RUN) else {
        // What is read from the environment is set for a process of its own.
        let file =
            std::env::temp_dir().join(format!("xapi-authorities-{}.pem", std::process::id()));
        let name = "certificates::a_certificate_of_an_authority_is_believed_without_a_pin";
        let second = tokio::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(AUTHORITIES, &file)
            .env_remove("SSL_CERT_DIR")
            .env(SECOND_RUN, &file)
            .output()
            .await
            .unwrap();
        let _ = std::fs::remove_file(&file);
        let text = String::from_utf8_lossy(&second.stdout).into_owned();
        assert!(second.status.success(), "{text}");
        assert!(text.contains("1 passed"), "{text}");
        return;
    };
    let (lab, stranger) = (tls_lab().await, tls_lab().await);
    std::fs::write(file, lab.certificate()).unwrap();
    let trust = trust(&TrustMode::Authorities);
    login(&lab, &trust).await.unwrap();
    assert_eq!(trust.pinned(), [], "certificates are renewed there");
    let error = login(&stranger, &trust).await.unwrap_err();
    assert!(
        matches!(error, Error::CertificateUntrusted { .. }),
        "{error}"
    );
}
