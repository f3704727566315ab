//! The program as people and scripts run it.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::sample::{Bench, MIB};

fn run(arguments: &[&str], file: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xo-image-build"))
        .args(arguments)
        .arg(file)
        .env_remove("SOURCE_DATE_EPOCH")
        .output()
        .unwrap()
}

#[test]
fn a_disk_is_packed_and_inspected() {
    let bench = Bench::new(6 * MIB, &[(MIB, 10, 1)]);
    let output = run(
        &[
            "xva",
            "--name",
            "My XOA",
            "--version",
            "9.8.7",
            "--compress",
            "zstd",
            "--date",
            "0",
        ],
        &bench.disk,
    );
    assert!(output.status.success(), "{output:?}");
    let xva = bench.path("disk.xva");
    let output = run(&["inspect", "--json"], &xva);
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["sound"], true);
    assert_eq!(report["machines"][0]["name"], "My XOA");
    assert_eq!(report["machines"][0]["firmware"], "uefi");
    assert!(
        report["machines"][0]["description"]
            .as_str()
            .unwrap()
            .contains("9.8.7")
    );
    assert_eq!(report["disks"][0]["size"], 6 * MIB);
    assert_eq!(report["disks"][0]["chunks"], 3);
    assert_eq!(report["adapters"][0]["bridge"], "xenbr0");
    assert_eq!(report["archive"]["compression"], "zstd");
    assert_eq!(report["written_by"]["needs_xapi"], "1.20");
    assert_eq!(report["written_by"]["date"], "1970-01-01T00:00:00Z");
    let text = run(&["inspect"], &xva);
    assert!(String::from_utf8_lossy(&text.stdout).contains("My XOA"));
}

#[test]
fn damage_is_a_failure_with_its_description() {
    let bench = Bench::new(3 * MIB, &[]);
    let (xva, _) = bench.pack("disk.xva", xva::Compression::None);
    let archive = std::fs::read(&xva).unwrap();
    std::fs::write(&xva, &archive[..archive.len() / 2]).unwrap();
    let output = run(&["inspect"], &xva);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    for part in ["disk.xva", "is cut", "Ref:5/", "What to do"] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(said.matches("transfer").count(), 1, "{said}");
    let output = run(&["inspect", "--json"], &xva);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["sound"], false);
    assert!(
        report["damage"]["advice"]
            .as_str()
            .unwrap()
            .contains("again")
    );
}

#[test]
fn misuse_is_told_from_failure() {
    let bench = Bench::new(2 * MIB, &[]);
    let absent = bench.path("absent");
    for command in ["xva", "inspect"] {
        let output = run(&[command], &absent);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("cannot open"));
    }
    let output = run(&["xva", "--compress", "rar"], &bench.disk);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_folder_that_is_no_checkout_is_told_with_the_option() {
    let bench = Bench::new(2 * MIB, &[]);
    let folder = bench.disk.parent().unwrap();
    for command in ["build", "sbom"] {
        let output = run(&[command, "--source"], folder);
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("is no checkout"), "{said}");
        assert!(said.contains("--source"), "{said}");
    }
    assert!(!folder.join("target").exists(), "keys were made in it");
}

#[test]
fn a_version_that_was_not_built_has_no_bill() {
    let bench = Bench::new(2 * MIB, &[]);
    let checkout = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let command = [
        "sbom",
        "--version",
        "9.9.9",
        "--source",
        checkout,
        "--target",
    ];
    let output = run(&command, bench.disk.parent().unwrap());
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("no image of version 9.9.9"), "{said}");
}

#[test]
fn what_an_appliance_could_not_trust_or_reach_is_refused_before_anything_is_built() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let build = ["build", "--source", checkout.to_str().unwrap()];
    let output = run(&[&build[..], &["--root"]].concat(), &readme);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("README.md is not as expected"), "{said}");
    let output = run(
        &[&build[..], &["--repository"]].concat(),
        Path::new("ftp://x"),
    );
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("neither https nor http"), "{said}");
}
