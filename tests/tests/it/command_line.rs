//! `xo-cli` runs the session of its own documentation, and what a script sees when something is wrong.

use std::process::Output;

use tokio::process::Command;
use xo_lab::{Lab, LabConfig};
use xo_tests::built::binary;
use xo_tests::rig::{PASSWORD, Rig, USER};

struct Terminal {
    home: tempfile::TempDir,
}

impl Terminal {
    fn new() -> Self {
        Self {
            home: tempfile::TempDir::new().unwrap(),
        }
    }

    async fn type_line(&self, arguments: &[&str]) -> Output {
        let run = Command::new(binary("xo-cli"))
            .args(arguments)
            .env("XDG_CONFIG_HOME", self.home.path())
            .current_dir(self.home.path())
            .stdin(std::process::Stdio::null())
            .kill_on_drop(true)
            .output();
        tokio::time::timeout(std::time::Duration::from_secs(60), run)
            .await
            .expect("it hangs")
            .unwrap()
    }

    async fn ok(&self, arguments: &[&str]) -> String {
        let output = self.type_line(arguments).await;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "xo-cli {arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    async fn fails(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.type_line(arguments).await;
        let code = output.status.code().unwrap();
        assert_ne!(code, 0, "xo-cli {arguments:?} did not fail");
        (code, String::from_utf8(output.stderr).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_of_the_documentation_runs() {
    let rig = Rig::with_lab(LabConfig::default()).await.unwrap();
    let second = Lab::start(LabConfig {
        seed: 9,
        ..LabConfig::default()
    })
    .await
    .unwrap();
    let terminal = Terminal::new();
    let url = format!("https://{}", rig.https().unwrap());

    terminal
        .ok(&[
            "--register",
            "--allowUnauthorized",
            "--expiresIn",
            "2 hours",
            &url,
            USER,
            PASSWORD,
        ])
        .await;
    let templates = terminal.ok(&["--list-objects", "type=VM-template"]).await;
    let templates: serde_json::Value = serde_json::from_str(&templates).unwrap();
    assert!(
        templates
            .as_array()
            .unwrap()
            .iter()
            .all(|t| t["type"] == "VM-template")
    );
    assert!(!templates.as_array().unwrap().is_empty());

    let commands = terminal.ok(&["--list-commands", "{user,group}.*"]).await;
    assert!(commands.contains("user.create") && commands.contains("group.create"));
    assert!(!commands.contains("vm.start"));

    let server = terminal
        .ok(&[
            "server.add",
            &format!("host={}", second.https_url()),
            "username=root",
            "password=lab",
            "allowUnauthorized=true",
            "autoConnect=false",
        ])
        .await;
    terminal
        .ok(&["server.enable", &format!("id={server}")])
        .await;

    let vms = rig.objects("VM").await.unwrap();
    let vm = vms.iter().find(|vm| vm["power_state"] == "Halted").unwrap();
    let vm_id = vm["id"].as_str().unwrap();
    terminal
        .ok(&["vm.export", &format!("vm={vm_id}"), "@=vm.xva"])
        .await;
    let size = std::fs::metadata(terminal.home.path().join("vm.xva"))
        .unwrap()
        .len();
    assert!(size > 1024, "{size} bytes were exported");
    let srs = rig.objects("SR").await.unwrap();
    let sr = srs
        .iter()
        .find(|sr| sr["shared"] == true && sr["content_type"] != "iso")
        .unwrap();
    let sr = format!("sr={}", sr["id"].as_str().unwrap());
    let imported = terminal.ok(&["vm.import", &sr, "@=vm.xva"]).await;
    assert!(imported.contains('-'), "{imported}");

    terminal.ok(&["--unregister"]).await;
    let (code, _) = terminal.fails(&["vm.start", &format!("id={vm_id}")]).await;
    assert_eq!(code, 4, "not registered any more");
    second.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_archive_is_refused_with_the_pools_reason() {
    let rig = Rig::with_lab(LabConfig::default()).await.unwrap();
    let terminal = Terminal::new();
    let url = format!("https://{}", rig.https().unwrap());
    terminal
        .ok(&["--register", "--au", &url, USER, PASSWORD])
        .await;
    std::fs::write(terminal.home.path().join("broken.xva"), [0_u8; 700]).unwrap();
    let srs = rig.objects("SR").await.unwrap();
    let sr = srs
        .iter()
        .find(|sr| sr["shared"] == true && sr["content_type"] != "iso")
        .unwrap();
    let sr = format!("sr={}", sr["id"].as_str().unwrap());
    let (code, text) = terminal.fails(&["vm.import", &sr, "@=broken.xva"]).await;
    assert_eq!(code, 1);
    assert!(text.contains("IMPORT_ERROR"), "{text}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_is_made_on_the_machines_own_terminal() {
    use tokio::io::AsyncWriteExt;
    let rig = Rig::empty().await.unwrap();
    let mut child = Command::new(binary("xo-server"))
        .args([
            "admin",
            "create",
            "second",
            "--password-stdin",
            "--data-dir",
        ])
        .arg(rig.folder().join("data"))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"a long password\n")
        .await
        .unwrap();
    assert!(child.wait_with_output().await.unwrap().status.success());
    // The running server takes the account over at its first sign-in.
    let mut client = rig.stranger().await.unwrap();
    let credentials = serde_json::json!({ "email": "second", "password": "a long password" });
    let user = client.call("session.signIn", credentials).await.unwrap();
    assert_eq!(user["permission"], "admin");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_does_not_fit_says_where_and_what_is_expected() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("xo.toml");
    for (text, expected) in [
        (
            "https = 'nowhere'",
            "https = \"nowhere\": expected ADDRESS:PORT",
        ),
        ("htps = 'x'", "unknown field `htps`"),
        ("lab = 99", "expected a number of pools"),
        ("https = 'off'", "nothing would be served"),
    ] {
        std::fs::write(&file, text).unwrap();
        let output = Command::new(binary("xo-server"))
            .args(["--check-config", "--config"])
            .arg(&file)
            .env_clear()
            .output()
            .await
            .unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && errors.contains(expected),
            "{text}: {errors}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_from_the_future_is_refused_and_not_touched() {
    let folder = tempfile::TempDir::new().unwrap();
    let daemon = xo_tests::rig::start(folder.path()).await.unwrap();
    daemon.stop().await;
    let database = folder.path().join("data/xo.db");
    let raise = "INSERT INTO schema_version (version) VALUES (999)";
    let done = Command::new("python3")
        .args(["-c", "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()"])
        .arg(&database)
        .arg(raise)
        .status()
        .await
        .unwrap();
    assert!(done.success());
    let before = std::fs::read(&database).unwrap();
    let Err(error) = xo_tests::rig::start(folder.path()).await else {
        panic!("it started")
    };
    let text = format!("{error:#}");
    assert!(
        text.contains("999") && text.contains("start the newer xo-server"),
        "{text}"
    );
    assert_eq!(std::fs::read(&database).unwrap(), before);
}
