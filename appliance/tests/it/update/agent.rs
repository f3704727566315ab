//! The agent's verbs of updates, on a folder that looks like an appliance: partitions are files.

use std::os::unix::fs::symlink;

use serde_json::json;
use xo_appliance::agent::protocol::Kind;
use xo_appliance::update::Engine;
use xo_appliance::update::fetch::Speed;
use xo_appliance::update::here::{self, NoUpdates};
use xo_release::Part;

use super::image::{Image, Shelf};
use super::install::{stable, two};
use crate::scene::Scene;

/// An appliance that this release was delivered with; it runs from its first slot.
pub fn appliance(image: &Image) -> Scene {
    let scene = Scene::new();
    let dev = scene.at("dev");
    std::fs::create_dir_all(&dev).unwrap();
    for (number, bytes) in [
        (2, &image.files[&Part::Root]),
        (3, &image.files[&Part::Hashes]),
        (4, &vec![0; 2 << 20]),
        (5, &vec![0; 1 << 18]),
    ] {
        std::fs::write(dev.join(format!("vda{number}")), bytes).unwrap();
        let partition = format!("sys/devices/vda/vda{number}/partition");
        scene.write(&partition, &format!("{number}\n"));
    }
    scene.write("usr/share/xoa/floor", "1.0.0\n");
    std::fs::create_dir_all(scene.at("boot/EFI/Linux")).unwrap();
    let kernel = format!("boot/EFI/Linux/xoa_{}.efi", image.version());
    std::fs::write(scene.at(&kernel), &image.files[&Part::Boot]).unwrap();
    starts(&scene, image, [2, 3]);
    scene
}

/// What the kernel tells after a start of this release from these partitions.
fn starts(scene: &Scene, image: &Image, partitions: [u32; 2]) {
    let slaves = scene.at("sys/block/dm-0/slaves");
    let _ = std::fs::remove_dir_all(&slaves);
    std::fs::create_dir_all(&slaves).unwrap();
    for number in partitions {
        let name = format!("vda{number}");
        symlink(scene.at("sys/devices/vda").join(&name), slaves.join(&name)).unwrap();
    }
    let release = &image.offer.release;
    scene.write(
        "proc/cmdline",
        &format!("quiet roothash={} panic=10\n", release.root_hash),
    );
    scene.write("proc/sys/kernel/random/boot_id", &release.root_hash);
    scene.write(
        "usr/lib/os-release",
        &format!("ID=debian\nIMAGE_VERSION={}\n", release.version),
    );
    std::fs::write(scene.at("dev/dm-0"), &image.files[&Part::Root]).unwrap();
}

#[test]
fn a_release_goes_through_all_steps_on_files_in_place_of_partitions() {
    let (old, new) = two();
    let mut scene = appliance(&old);
    let (parts, held) = here::open(scene.folder.path()).unwrap();
    let taken = here::open(scene.folder.path()).err().unwrap();
    assert!(matches!(taken, NoUpdates::Taken));
    let engine = Engine::new(parts);
    let mut shelf = Shelf::new([new.clone()]);
    engine
        .fetch(&mut shelf, &stable(), Speed::default())
        .unwrap();
    engine.stage().unwrap();
    engine.apply().unwrap();
    drop((engine, held));
    assert!(scene.at("boot/EFI/Linux/xoa_1.1.0+2.efi").exists());
    let slot = std::fs::read(scene.at("dev/vda4")).unwrap();
    assert!(slot.starts_with(&new.files[&Part::Root]));

    starts(&scene, &new, [4, 5]);
    scene.restart();
    let status = scene.look("update.status");
    assert_eq!(status["version"], "1.1.0");
    assert_eq!(status["update"]["isOnTrial"], true);
    scene.look("update.confirm");
    let status = scene.look("update.status");
    assert_eq!(status["outcomes"][0]["end"], "confirmed");
    assert_eq!(status["other"]["version"], "1.0.0");
    scene.ran();
    scene.look("update.rollback");
    let ran = scene.ran();
    assert_eq!(ran.last().unwrap(), "systemctl --no-block reboot");
    assert!(scene.at("boot/EFI/Linux/xoa_1.1.0+0.efi").exists());
}

/// An appliance whose other slot was written with a newer release.
pub fn staged() -> (Scene, Image, Image) {
    let (old, new) = two();
    let scene = appliance(&old);
    let (parts, held) = here::open(scene.folder.path()).unwrap();
    let engine = Engine::new(parts);
    let mut shelf = Shelf::new([new.clone()]);
    let fetched = engine.fetch(&mut shelf, &stable(), Speed::default());
    fetched.unwrap();
    engine.stage().unwrap();
    drop((engine, held));
    (scene, old, new)
}

const AS_SERVER: &str =
    "setpriv --reuid=xo-server --regid=xo-server --init-groups -- xo-server backup";
/// What ran of the server's program.
fn of_server(scene: &Scene) -> Vec<String> {
    let mut ran = scene.ran();
    ran.retain(|line| line.starts_with("setpriv"));
    ran
}

const DATA: &str = "--data-dir=/var/lib/xo-server";

#[test]
fn data_are_backed_up_before_a_switch_and_put_back_when_the_old_system_comes_back() {
    let (mut scene, old, _) = staged();
    scene.prints("setpriv", "20260101T000000.000Z-1.0.0-before-1.1.0\n");
    scene.look("update.apply");
    let reboot = "systemctl --no-block reboot";
    let backup = format!("{AS_SERVER} make --before 1.1.0 {DATA}");
    let ran = scene.ran();
    assert!(ran.contains(&backup), "{ran:?}");
    assert_eq!(ran.last().map(String::as_str), Some(reboot));
    // Asked once more while the machine goes down.
    scene.look("update.apply");
    assert_eq!(scene.ran(), [reboot]);

    starts(&scene, &old, [2, 3]);
    scene.write("proc/sys/kernel/random/boot_id", "another start");
    scene.prints("setpriv", "the data of before it are back\n");
    scene.restart();
    let name = "20260101T000000.000Z-1.0.0-before-1.1.0";
    let put_back = format!("{AS_SERVER} put-back {name} {DATA}");
    assert_eq!(of_server(&scene), [put_back]);
    let outcome = scene.look("update.status")["outcomes"][0].clone();
    assert_eq!(outcome["end"], "failed");
    assert_eq!(outcome["data"], "the data of before it are back");
    assert_eq!(outcome["backup"], name);
    scene.restart();
    assert!(of_server(&scene).is_empty(), "once");
}

#[test]
fn nothing_is_switched_when_the_data_cannot_be_backed_up() {
    let (scene, ..) = staged();
    scene.fails("setpriv", "setpriv: xo-server: no space left");
    let fault = scene.ask("update.apply", json!({})).unwrap_err();
    assert!(fault.message.contains("no space left"), "{fault}");
    let ran = scene.ran();
    assert!(
        !ran.iter().any(|line| line.starts_with("systemctl")),
        "{ran:?}"
    );
    assert!(!scene.at("boot/EFI/Linux/xoa_1.1.0+2.efi").exists());
    scene.prints("setpriv", "");
    scene.look("update.apply");
    assert!(scene.at("boot/EFI/Linux/xoa_1.1.0+2.efi").exists());
}

#[test]
fn after_a_way_back_data_are_put_back_when_they_are_of_the_future_and_what_fails_is_told() {
    let (mut scene, old, new) = staged();
    scene.prints("setpriv", "the backup of before\n");
    scene.look("update.apply");
    starts(&scene, &new, [4, 5]);
    scene.restart();
    // It runs already: nothing is restarted, and no try is used up.
    scene.ran();
    let fault = scene.ask("update.apply", json!({})).unwrap_err();
    assert!(fault.message.contains("runs already"), "{fault}");
    assert_eq!(scene.ran(), Vec::<String>::new());
    scene.look("update.confirm");
    scene.look("update.rollback");
    starts(&scene, &old, [2, 3]);
    scene.ran();
    scene.fails("setpriv", "setpriv: xo-server: there is no backup");
    scene.restart();
    assert_eq!(
        of_server(&scene),
        [format!(
            "{AS_SERVER} put-back the backup of before --if-newer {DATA}"
        )]
    );
    let outcome = scene.look("update.status")["outcomes"][0].clone();
    assert_eq!(outcome["end"], "rolledBack");
    let told = outcome["data"].as_str().unwrap();
    assert!(told.ends_with("there is no backup"), "{told}");
}

#[test]
fn a_step_that_cannot_be_says_why_and_restarts_nothing() {
    let (old, _) = two();
    let scene = appliance(&old);
    for verb in [
        "update.apply",
        "update.rollback",
        "update.check",
        "update.fetch",
    ] {
        let fault = scene.ask(verb, json!({})).unwrap_err();
        assert_eq!(fault.kind, Kind::Conflict, "{fault}");
    }
    let ran = scene.ran();
    assert!(
        !ran.iter().any(|line| line.starts_with("systemctl")),
        "{ran:?}"
    );
    let bundle = json!({ "from": "bundle" });
    let fault = scene.ask("update.fetch", bundle).unwrap_err();
    assert!(fault.message.contains("upload"), "{fault}");
    scene.look("update.cancel");
}

#[test]
fn what_is_chosen_is_checked_and_kept() {
    let (old, _) = two();
    let mut scene = appliance(&old);
    scene.write("usr/share/xoa/repository", "https://updates.example/xoa\n");
    let first = scene.look("update.settings");
    assert_eq!(first["channel"], "stable");
    assert_eq!(first["repository"], "https://updates.example/xoa");
    for wrong in [
        json!({ "channel": "../x" }),
        json!({ "repository": "ftp://a" }),
        json!({ "bytesPerSecond": -1 }),
        json!({ "other": 1 }),
        json!({ "automatic": "yes" }),
        json!({ "window": { "days": ["someday"], "from": "02:00", "to": "04:00" } }),
        json!({ "window": { "days": [], "from": "2:00", "to": "04:00" } }),
    ] {
        let fault = scene.ask("update.settings", wrong).unwrap_err();
        assert_eq!(fault.kind, Kind::Invalid, "{fault}");
    }
    let choices = json!({ "channel": "latest", "bytesPerSecond": 1_000_000 });
    scene.ask("update.settings", choices).unwrap();
    scene.restart();
    let mine = json!({ "repository": "http://127.0.0.1:1/" });
    let kept = scene.ask("update.settings", mine).unwrap();
    assert_eq!(
        kept,
        json!({
            "channel": "latest", "repository": "http://127.0.0.1:1/", "bytesPerSecond": 1_000_000,
            "automatic": false, "window": null, "waitSeconds": 600,
        })
    );
    let back = json!({ "channel": null, "repository": null, "automatic": null });
    let kept = scene.ask("update.settings", back).unwrap();
    assert_eq!(kept["channel"], "stable");
}

#[test]
fn a_machine_without_slots_cannot_update_itself_and_says_so() {
    let scene = Scene::new();
    for verb in ["update.status", "update.check", "update.settings"] {
        let fault = scene.ask(verb, json!({})).unwrap_err();
        assert_eq!(fault.kind, Kind::Conflict);
        assert!(fault.message.contains("cannot update itself"), "{fault}");
    }
    assert!(!scene.at("var/lib/xoa/update").exists());
}
