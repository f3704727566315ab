//! register, create-token, unregister: what is asked of the server and what is kept.

use std::sync::Arc;

use rcgen::CertifiedKey;
use serde_json::{Value, json};
use tokio_rustls::TlsAcceptor;

use crate::program::Home;
use crate::stub::{Stub, TOKEN, Variant};

#[cfg(unix)]
fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn the_old_spelling_registers_and_keeps_a_private_file() {
    let (stub, home) = (Stub::start().await, Home::new());
    let done = home
        .run(&["--register", &stub.url(), "admin", "secret"])
        .await
        .succeeded();
    assert_eq!(done.text(), "Successfully logged with admin\n");

    let kept = home.configuration();
    assert_eq!(kept["token"], TOKEN);
    assert_eq!(kept["server"], format!("{}/", stub.url()));
    assert_eq!(kept["allowUnauthorized"], false);
    assert_eq!(mode(&home.configuration_path()), 0o600);

    let created = stub.memory.calls_of("token.create");
    assert_eq!(created.len(), 1);
    assert_eq!(created[0]["client"]["id"], kept["clientId"]);
    assert!(
        created[0]["description"]
            .as_str()
            .unwrap()
            .starts_with("xo-cli@"),
        "{created:?}"
    );
    assert_eq!(created[0].get("expiresIn"), None);
    assert_eq!(
        stub.memory.calls_of("session.signIn"),
        [json!({"email": "admin", "password": "secret"})]
    );
}

#[tokio::test]
async fn a_file_of_another_version_is_extended_and_not_replaced() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.write_configuration(&json!({"clientId": "mine", "theme": {"dark": true}, "token": "old"}));
    let url = stub.url();
    let arguments = [
        "register",
        "--expiresIn",
        "2 days",
        "--otp",
        "123456",
        &url,
        "admin",
        "-",
    ];
    home.run_with_input(
        &arguments, b"secret
",
    )
    .await
    .succeeded();

    let kept = home.configuration();
    assert_eq!(kept["theme"], json!({"dark": true}));
    assert_eq!(
        (&kept["clientId"], &kept["token"]),
        (&json!("mine"), &json!(TOKEN))
    );
    let created = stub.memory.calls_of("token.create");
    assert_eq!(created[0]["client"], json!({"id": "mine"}));
    assert_eq!(created[0]["expiresIn"], "2 days");
    assert_eq!(stub.memory.calls_of("session.signIn")[0]["otp"], "123456");

    home.run(&["--unregister"]).await.succeeded();
    assert_eq!(
        home.configuration(),
        json!({"clientId": "mine", "theme": {"dark": true}})
    );
    home.run(&["list-objects"])
        .await
        .failed(4, &["no server is registered", "xo-cli register"]);
}

#[tokio::test]
async fn an_older_server_gets_the_parameters_that_it_knows() {
    let (stub, home) = (Stub::start_as(Variant::OldTokens).await, Home::new());
    let arguments = [
        "register",
        "--expiresIn",
        "60000",
        &stub.url(),
        "admin",
        "secret",
    ];
    home.run(&arguments).await.succeeded();
    let created = stub.memory.calls_of("token.create");
    assert_eq!(created.len(), 2);
    assert_eq!(created[1], json!({"expiresIn": 60000}));
}

#[tokio::test]
async fn a_given_token_is_kept_without_asking_the_server() {
    let home = Home::new();
    home.run(&["--register", "--token", "abc", "xo.invalid"])
        .await
        .succeeded();
    let kept = home.configuration();
    assert_eq!(
        (&kept["server"], &kept["token"]),
        (&json!("https://xo.invalid/"), &json!("abc"))
    );
}

#[tokio::test]
async fn a_created_token_is_printed_and_nothing_is_kept() {
    let (stub, home) = (Stub::start().await, Home::new());
    let done = home
        .run(&["--createToken", &stub.url(), "admin", "secret"])
        .await
        .succeeded();
    assert_eq!(done.text(), format!("{TOKEN}\n"));
    assert!(!home.configuration_path().exists());
    assert_eq!(stub.memory.calls_of("token.create")[0].get("client"), None);
}

#[tokio::test]
async fn a_wrong_password_keeps_nothing() {
    let (stub, home) = (Stub::start().await, Home::new());
    let done = home.run(&["register", &stub.url(), "admin", "wrong"]).await;
    done.failed(
        4,
        &[
            "error: sign-in refused",
            "hint: the user or the password is wrong",
        ],
    );
    assert!(!home.configuration_path().exists());
}

#[tokio::test]
async fn a_missing_password_without_a_terminal_is_a_usage_error() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.run(&["register", &stub.url(), "admin"])
        .await
        .failed(2, &["no terminal", "`-`"]);
    assert_eq!(stub.memory.calls_of("session.signIn"), [] as [Value; 0]);
}

fn self_signed() -> (TlsAcceptor, String, String) {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let configuration = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], signing_key.into())
        .unwrap();
    let fingerprint = xo_cli::wire::trust::fingerprint(cert.der());
    (
        TlsAcceptor::from(Arc::new(configuration)),
        cert.pem(),
        fingerprint,
    )
}

#[tokio::test]
async fn an_unknown_certificate_is_refused_with_its_fingerprint_and_a_way_out() {
    let (acceptor, _, fingerprint) = self_signed();
    let (stub, home) = (Stub::start_tls(acceptor).await, Home::new());
    let done = home
        .run(&["register", &stub.url(), "admin", "secret"])
        .await;
    done.failed(
        3,
        &[
            "is not trusted",
            &fingerprint,
            "--allowUnauthorized",
            "SSL_CERT_FILE",
        ],
    );
    assert!(!home.configuration_path().exists());
    assert_eq!(stub.memory.calls_of("session.signIn"), [] as [Value; 0]);
}

#[tokio::test]
async fn an_accepted_certificate_is_told_and_remembered() {
    let (acceptor, _, fingerprint) = self_signed();
    let (stub, home) = (Stub::start_tls(acceptor).await, Home::new());
    let done = home
        .run(&["--register", "--au", &stub.url(), "admin", "secret"])
        .await
        .succeeded();
    assert!(done.stderr.contains(&fingerprint), "{}", done.stderr);
    assert_eq!(home.configuration()["allowUnauthorized"], true);

    home.run(&["test.echo"]).await.succeeded();
    let file = home.run(&["vm.export", "vm=sized", "@=vm.xva"]).await;
    file.succeeded();
    let other = format!("https://{TOKEN}@localhost:{}", stub.port);
    home.run(&["--url", &other, "test.echo"])
        .await
        .failed(3, &["is not trusted"]);
    home.run(&["--url", &other, "--au", "rest", "get", "vms"])
        .await
        .succeeded();
}

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_needs_no_option() {
    let (acceptor, pem, _) = self_signed();
    let (stub, home) = (Stub::start_tls(acceptor).await, Home::new());
    std::fs::write(home.path("ca.pem"), pem).unwrap();
    let file = home.path("ca.pem").to_str().unwrap().to_owned();
    let home = home.with_variable("SSL_CERT_FILE", file);
    let done = home
        .run(&["register", &stub.url(), "admin", "secret"])
        .await
        .succeeded();
    assert_eq!(done.stderr, "");
    home.run(&["rest", "get", "vms"]).await.succeeded();
}

#[tokio::test]
async fn a_redirection_to_tls_is_followed_before_signing_in_and_kept() {
    let (acceptor, _, _) = self_signed();
    let secure = Stub::start_tls(acceptor).await;
    let (plain, home) = (
        Stub::start_as(Variant::RedirectsTo(secure.port)).await,
        Home::new(),
    );
    home.run(&["register", "--au", &plain.url(), "admin", "secret"])
        .await
        .succeeded();
    assert_eq!(home.configuration()["server"], format!("{}/", secure.url()));
    assert_eq!(secure.memory.calls_of("session.signIn").len(), 1);

    home.write_configuration(&json!({
        "server": plain.url(), "token": TOKEN, "allowUnauthorized": true,
    }));
    home.run(&["vm.export", "vm=sized", "@=vm.xva"])
        .await
        .succeeded();
    assert_eq!(secure.memory.take_request().target, "/api/sized");
}
