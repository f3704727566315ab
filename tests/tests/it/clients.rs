//! Existing clients of Xen Orchestra and of XAPI, unchanged, as their registries ship them.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::Command;
use xo_lab::{Lab, LabConfig};
use xo_tests::rig::{PASSWORD, Rig, USER};

/// `target/clients`, filled by `tests/clients/install.sh`; the suite's runner sets the variable.
fn installed() -> PathBuf {
    let path = std::env::var_os("XO_TEST_CLIENTS");
    path.expect(
        "XO_TEST_CLIENTS is not set: run `make test`, or tests/clients/install.sh and set it",
    )
    .into()
}

fn script(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("clients")
        .join(name)
}

async fn run(command: &mut Command) -> String {
    let limit = std::time::Duration::from_secs(120);
    let run = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(limit, run)
        .await
        .expect("the client hangs")
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{text}\n{errors}");
    text
}

/// Node finds packages beside the script only: it runs a copy there.
async fn node(name: &str, arguments: &[String]) -> String {
    let there = installed().join(name);
    std::fs::copy(script(name), &there).unwrap();
    run(Command::new("node").arg(there).args(arguments)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn npm_xen_api_works_against_the_lab() {
    let lab = Lab::start(LabConfig::default()).await.unwrap();
    node("xen-api.mjs", &[lab.http_url()]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pypi_xenapi_works_against_the_lab() {
    let lab = Lab::start(LabConfig::default()).await.unwrap();
    let python = installed().join("venv/bin/python");
    run(Command::new(python)
        .arg(script("xenapi.py"))
        .arg(lab.http_url()))
    .await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn npm_xo_lib_signs_in_lists_and_receives_a_change() {
    let rig = Rig::with_lab(LabConfig::default()).await.unwrap();
    let url = format!("http://{}", rig.http().unwrap());
    let text = node("xo-lib.mjs", &[url, USER.into(), PASSWORD.into()]).await;
    assert!(text.contains("change received"), "{text}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inventory_plugin_of_ansible_lists_the_vms() {
    let rig = Rig::with_lab(LabConfig::default()).await.unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let inventory = folder.path().join("lab.xen_orchestra.yml");
    let text = format!(
        "plugin: community.general.xen_orchestra\napi_host: {}\nuser: {USER}\npassword: {PASSWORD}\n\
         validate_certs: false\nuse_ssl: false\n",
        rig.http().unwrap()
    );
    std::fs::write(&inventory, text).unwrap();
    let output = run(Command::new(installed().join("venv/bin/ansible-inventory"))
        .arg("--list")
        .arg("--inventory")
        .arg(&inventory)
        .env("ANSIBLE_LOCAL_TEMP", folder.path())
        .env(
            "ANSIBLE_INVENTORY_ENABLED",
            "community.general.xen_orchestra",
        )
        .env("HOME", folder.path())
        .env("LC_ALL", "C.UTF-8"))
    .await;
    let listed: serde_json::Value = serde_json::from_str(&output).unwrap();
    let hosts = listed["_meta"]["hostvars"].as_object().unwrap();
    for vm in rig.objects("VM").await.unwrap() {
        let id = vm["id"].as_str().unwrap();
        assert!(hosts.contains_key(id), "{id} is missing");
        let name = &hosts[id]["name_label"];
        // Ansible marks what comes from outside.
        let name = name.get("__ansible_unsafe").unwrap_or(name);
        assert_eq!(*name, vm["name_label"]);
    }
    rig.stop().await;
}
