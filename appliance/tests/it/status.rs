//! What the screen and the first page are told.

use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use crate::scene::{MIB, Scene};

#[test]
fn a_machine_where_all_is_well_says_so() {
    let scene = Scene::new();
    let told = scene.look("status");
    assert_eq!(
        told["health"],
        json!({ "state": "ok", "text": "all is well" })
    );
    assert_eq!(told["hostname"], "xoa");
    assert_eq!(told["uptimeSeconds"], 3700);
    assert_eq!(told["urls"], json!(["https://10.0.0.9/"]));
    assert_eq!(
        told["disk"],
        json!({ "totalBytes": 8000 * MIB, "freeBytes": 6000 * MIB })
    );
    assert_eq!(told["memory"]["availableBytes"], 700_000 * 1024);
    assert_eq!(
        told["certificate"]["fingerprint"].as_str().unwrap().len(),
        95
    );
    assert_eq!(told["network"], Value::Null);
}

#[test]
fn the_worst_comes_first_in_the_line_of_health() {
    let scene = Scene::new();
    scene.write(
        "run/xoa/firstboot.json",
        r#"[{"place":"vm-data/ip","what":"`x`","therefore":"DHCP"}]"#,
    );
    let told = scene.look("status");
    assert_eq!(told["health"]["state"], "warning");
    assert_eq!(told["problems"][0]["place"], "vm-data/ip");
    scene.prints(
        "systemctl show",
        "ActiveState=failed\nSubState=failed\nNRestarts=5\n",
    );
    let told = scene.look("status");
    assert_eq!(told["health"]["state"], "failed");
    let text = told["health"]["text"].as_str().unwrap();
    assert!(
        text.contains("server") && text.contains("5 times"),
        "{text}"
    );
}

#[test]
fn a_ruined_data_partition_is_said_before_anything_else() {
    let scene = Scene::new();
    scene.prints(
        "systemctl show",
        "ActiveState=inactive\nSubState=dead\nNRestarts=0\n",
    );
    scene.write("run/xoa/no-data", "");
    let health = scene.look("status")["health"].clone();
    assert_eq!(health["state"], "failed");
    let text = health["text"].as_str().unwrap();
    assert!(
        text.contains("data partition cannot be mounted") && text.contains("snapshot"),
        "{text}"
    );
}

#[test]
fn a_machine_without_an_address_says_so() {
    let scene = Scene::new();
    scene.prints("ip -json address show", "[]");
    let health = scene.look("status")["health"].clone();
    assert_eq!(health["state"], "failed");
    let text = health["text"].as_str().unwrap();
    assert!(text.contains("network interface"), "{text}");
}

#[test]
fn a_machine_that_tells_nothing_still_has_a_status() {
    let scene = Scene::new();
    for path in ["proc", "run", "var"] {
        std::fs::remove_dir_all(scene.at(path)).unwrap();
    }
    for program in ["ip", "systemctl"] {
        scene.fails(program, "gone");
    }
    let told = scene.look("status");
    assert_eq!(told["certificate"], Value::Null);
    assert_eq!(told["urls"], json!([]));
    assert_eq!(told["health"]["state"], "failed");
}

/// A variable as the firmware keeps it.
fn variable(scene: &Scene, name: &str, texts: &[&str]) {
    let mut bytes = vec![6, 0, 0, 0];
    for text in texts {
        bytes.extend(text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
    }
    let path = scene.at(&format!(
        "sys/firmware/efi/efivars/{name}-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
    ));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn the_running_slot_is_the_one_whose_partitions_the_kernel_verifies() {
    let scene = Scene::new();
    let hash = "0123456789abcdef".repeat(4);
    scene.write("proc/cmdline", &format!("roothash={hash} panic=10\n"));
    // As the kernel lists what a mapped device is made of: links to the partitions.
    let slaves = scene.at("sys/block/dm-0/slaves");
    std::fs::create_dir_all(&slaves).unwrap();
    for (device, number) in [("vda4", "4\n"), ("vda5", "5\n")] {
        scene.write(&format!("sys/devices/vda/{device}/partition"), number);
        symlink(
            format!("../../../devices/vda/{device}"),
            slaves.join(device),
        )
        .unwrap();
    }
    variable(
        &scene,
        "LoaderEntries",
        &["xoa_1.2.0.efi", "xoa_1.3.0+2-1.efi", "auto-poweroff"],
    );
    variable(&scene, "LoaderEntrySelected", &["xoa_1.3.0+3.efi"]);
    let told = scene.look("status");
    assert_eq!(
        told["slots"],
        json!({ "running": "B", "rootHash": hash, "entries": [
            { "version": "1.2.0", "running": false, "triesLeft": null },
            { "version": "1.3.0", "running": true, "triesLeft": 2 },
        ] })
    );
}

#[test]
fn slots_of_a_machine_without_them_are_nobodys() {
    let scene = Scene::new();
    assert_eq!(
        scene.look("status")["slots"],
        json!({ "running": null, "rootHash": null, "entries": [] })
    );
    variable(&scene, "LoaderEntries", &[]);
    std::fs::write(
        scene.at("sys/firmware/efi/efivars/LoaderEntries-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"),
        [1],
    )
    .unwrap();
    assert_eq!(scene.look("status")["slots"]["entries"], json!([]));
}

#[test]
fn the_setup_code_is_shown_as_long_as_there_is_one() {
    let scene = Scene::new();
    assert_eq!(scene.look("setup-code"), json!({ "code": null }));
    scene.write("var/lib/xo-server/setup-code", "REZDR-J7ENY\n");
    assert_eq!(scene.look("setup-code"), json!({ "code": "REZDR-J7ENY" }));
    assert!(
        !scene.look("status").to_string().contains("REZDR"),
        "the screen's alone"
    );
    scene.write("var/lib/xo-server/setup-code", "\u{1b}[2J nonsense");
    assert_eq!(scene.look("setup-code"), json!({ "code": null }));
}
