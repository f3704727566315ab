//! `deploy` against a simulated pool: the file that goes in is one that a pool gave out.

use std::collections::BTreeSet;
use std::path::PathBuf;

use futures_util::StreamExt;
use xapi::{Credentials, Limits, Session, Target, Trust, TrustMode};
use xo_lab::{Failure, Lab, LabConfig, Times, Value};

use super::program::Home;

struct Scene {
    lab: Lab,
    home: Home,
    file: PathBuf,
}

impl Scene {
    async fn new() -> Self {
        let lab = Lab::start(LabConfig {
            vms: 8,
            ..LabConfig::default()
        })
        .await
        .unwrap();
        let home = Home::new();
        let file = home.path("xoa.xva");
        std::fs::write(&file, exported(&lab).await).unwrap();
        Self { lab, home, file }
    }

    /// Deploys with the lab's password.
    async fn deploy(&self, options: &[&str]) -> super::program::Outcome {
        self.deploy_with(options, b"lab\n").await
    }

    async fn deploy_with(&self, options: &[&str], password: &[u8]) -> super::program::Outcome {
        let (url, file) = (self.lab.http_url(), self.file.to_str().unwrap());
        let mut words = vec!["deploy", "--password-stdin", "--host", &url];
        words.extend(options);
        words.push(file);
        self.home.run_with_input(&words, password).await
    }

    fn vms(&self) -> usize {
        self.lab.db().read().all("VM").len()
    }

    fn uuids(&self) -> BTreeSet<String> {
        let db = self.lab.db().read();
        let rows = db.rows("VM");
        rows.map(|vm| db.text(&vm.reference, "uuid").to_string())
            .collect()
    }

    fn vm(&self, uuid: &str) -> String {
        let found = self.lab.db().read().by_uuid("VM", uuid);
        found.unwrap().to_string()
    }
}

/// A small VM as an XVA.
async fn exported(lab: &Lab) -> Vec<u8> {
    let session = Session::login(&Target {
        address: lab.http_url().parse().unwrap(),
        credentials: Credentials {
            username: "root".into(),
            password: "lab".into(),
        },
        trust: Trust::new(&TrustMode::FirstUse).unwrap(),
        proxy: None,
        read_only: false,
        limits: Limits::default(),
    })
    .await
    .unwrap();
    let vm = small_vm(lab);
    let download = session
        .download(
            "/export",
            &[("ref", &vm), ("use_compression", "zstd")],
            Some("export"),
        )
        .await
        .unwrap();
    let pieces: Vec<_> = download.body.map(Result::unwrap).collect().await;
    pieces.concat()
}

/// A halted VM, whose disks are made small.
fn small_vm(lab: &Lab) -> String {
    let mut db = lab.db().write();
    let vm = db.all("VM").into_iter().find(|vm| {
        db.text(vm, "power_state").as_ref() == "Halted"
            && !db.flag(vm, "is_a_template")
            && !db.flag(vm, "is_control_domain")
    });
    let vm = vm.unwrap();
    for vbd in db.refs(&vm, "VBDs") {
        if let Some(vdi) = db.linked(&vbd, "VDI") {
            db.set(&vdi, "virtual_size", Value::Int(4 << 20));
        }
    }
    vm.to_string()
}

#[tokio::test]
async fn a_file_becomes_a_running_vm_with_its_settings() {
    let scene = Scene::new().await;
    let network = {
        let db = scene.lab.db().read();
        let mut all = db.rows("network");
        let network = all.next().unwrap();
        db.text(&network.reference, "uuid").to_string()
    };
    let told = scene
        .deploy(&[
            "--name",
            "XOA",
            "--network",
            &network,
            "--ip",
            "10.9.0.5/24",
            "--gateway",
            "10.9.0.1",
            "--no-start",
        ])
        .await
        .succeeded()
        .json();
    assert_eq!(told["address"], serde_json::Value::Null);
    let vm = scene.vm(told["vm"].as_str().unwrap());
    {
        let db = scene.lab.db().read();
        assert_eq!(db.text(&vm, "name_label").as_ref(), "XOA");
        assert_eq!(db.text(&vm, "power_state").as_ref(), "Halted");
        for (key, value) in [
            ("vm-data/ip", "10.9.0.5"),
            ("vm-data/netmask", "255.255.255.0"),
            ("vm-data/gateway", "10.9.0.1"),
        ] {
            let told = db.entry(&vm, "xenstore_data", key);
            assert_eq!(told.as_deref(), Some(value), "{key}");
        }
        let vifs = db.refs(&vm, "VIFs");
        assert!(!vifs.is_empty());
        for vif in vifs {
            let at = db.linked(&vif, "network").unwrap();
            assert_eq!(db.text(&at, "uuid").as_ref(), network);
        }
    }
}

#[tokio::test]
async fn a_started_vm_tells_its_address() {
    let scene = Scene::new().await;
    let told = scene.deploy(&["--wait", "3"]).await.succeeded().json();
    let vm = scene.vm(told["vm"].as_str().unwrap());
    let db = scene.lab.db().read();
    assert_eq!(db.text(&vm, "power_state").as_ref(), "Running");
    let address = told["address"].as_str().unwrap();
    assert!(address.starts_with("10.0."), "{address}");
    assert_eq!(told["url"], format!("https://{address}/"));
}

#[tokio::test]
async fn a_fixed_address_that_was_not_taken_is_told() {
    let scene = Scene::new().await;
    let outcome = scene.deploy(&["--ip", "10.99.0.5/24", "--gateway", "10.99.0.1"]);
    let outcome = outcome
        .await
        .failed(1, &["has the address 10.0.", "not 10.99.0.5"]);
    let told = outcome.json();
    let vm = scene.vm(told["vm"].as_str().unwrap());
    assert!(told["address"].as_str().unwrap().starts_with("10.0."));
    let db = scene.lab.db().read();
    assert_eq!(db.text(&vm, "power_state").as_ref(), "Running");
}

#[tokio::test]
async fn nothing_is_sent_of_a_damaged_file() {
    let scene = Scene::new().await;
    let before = scene.vms();
    let whole = std::fs::read(&scene.file).unwrap();
    std::fs::write(&scene.file, &whole[..whole.len() - 100]).unwrap();
    scene
        .deploy(&[])
        .await
        .failed(1, &["xoa.xva cannot be deployed", "SHA256SUMS"]);
    std::fs::write(&scene.file, "no archive ".repeat(100)).unwrap();
    scene
        .deploy(&[])
        .await
        .failed(1, &["xoa.xva", "this is no XVA", "name the .xva"]);
    std::fs::remove_file(&scene.file).unwrap();
    scene
        .deploy(&[])
        .await
        .failed(1, &["cannot read", "xoa.xva"]);
    assert_eq!(scene.vms(), before);
}

#[tokio::test]
async fn what_the_pool_lacks_is_told_before_anything_is_sent() {
    let scene = Scene::new().await;
    let before = scene.vms();
    scene
        .deploy(&["--sr", "nowhere"])
        .await
        .failed(2, &["no storage repository `nowhere`", "there are: "]);
    scene
        .deploy(&["--network", "nowhere"])
        .await
        .failed(2, &["no network `nowhere`"]);
    scene
        .deploy_with(&[], b"wrong\n")
        .await
        .failed(4, &["the pool refused the account", "--user"]);
    assert_eq!(scene.vms(), before);
}

#[tokio::test]
async fn an_unknown_certificate_is_accepted_by_its_fingerprint_only() {
    let scene = Scene::new().await;
    let (url, file) = (scene.lab.https_url(), scene.file.to_str().unwrap());
    let words = [
        "deploy",
        "--password-stdin",
        "--no-start",
        "--host",
        &url,
        file,
    ];
    let shown: xapi::Fingerprint = scene.lab.fingerprint().parse().unwrap();
    let shown = shown.to_string();
    scene
        .home
        .run_with_input(&words, b"lab\n")
        .await
        .failed(1, &["no authority vouches", &shown, "--fingerprint"]);
    let with = [&words[..], &["--fingerprint", &shown]].concat();
    scene.home.run_with_input(&with, b"lab\n").await.succeeded();
    let other = ["00"; 32].join(":");
    let with = [&words[..], &["--fingerprint", &other]].concat();
    scene
        .home
        .run_with_input(&with, b"lab\n")
        .await
        .failed(3, &["certificate", "has changed"]);
}

#[tokio::test]
async fn a_vm_that_could_not_be_set_up_or_started_is_told() {
    for (call, said) in [
        ("VM.add_to_xenstore_data", "deploy again"),
        ("VM.start", "is not started"),
        ("VM.get_guest_metrics", "was started"),
    ] {
        let scene = Scene::new().await;
        let before = scene.uuids();
        let failure = Failure::new("SR_FULL", ["1", "2"]);
        scene.lab.faults().fail_call(call, failure, Times::Always);
        let outcome = scene.deploy(&["--hostname", "xoa"]).await;
        let after = scene.uuids();
        let made: Vec<_> = after.difference(&before).collect();
        assert_eq!(made.len(), 1, "{call}");
        outcome.failed(1, &["SR_FULL", &format!("uuid={}", made[0]), said]);
    }
    let scene = Scene::new().await;
    let failure = Failure::new("SR_FULL", ["1", "2"]);
    scene
        .lab
        .faults()
        .fail_call("VM.get_uuid", failure, Times::Always);
    scene.deploy(&[]).await.failed(1, &["name-label="]);
}
