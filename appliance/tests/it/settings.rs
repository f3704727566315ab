//! Name, time, proxy, power, passwords, the way back to the factory.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;
use xo_appliance::agent::protocol::Kind;
use xo_firstboot::apply::Places;
use xo_firstboot::reset;

use crate::scene::Scene;

const KEPT: &str = "var/lib/xoa/settings.json";

#[test]
fn a_name_is_kept_and_in_force() {
    let scene = Scene::new();
    scene
        .ask("hostname.set", json!({ "hostname": " Front.Example " }))
        .unwrap();
    assert_eq!(scene.text("proc/sys/kernel/hostname"), "front.example");
    assert!(scene.text(KEPT).contains("front.example"));
    assert_eq!(
        scene.look("hostname.get"),
        json!({ "hostname": "front.example", "kept": "front.example" })
    );
    for name in ["", "a b", "-x", "a\nb", &"x".repeat(65)] {
        let fault = scene
            .ask("hostname.set", json!({ "hostname": name }))
            .unwrap_err();
        assert_eq!(fault.field.as_deref(), Some("hostname"), "{name:?}");
    }
    assert_eq!(scene.text("proc/sys/kernel/hostname"), "front.example");
}

#[test]
fn time_servers_and_zone_are_kept_apart() {
    let scene = Scene::new();
    scene
        .ask("time.set", json!({ "ntp": ["ntp.example", "10.0.0.3"] }))
        .unwrap();
    assert!(
        scene
            .text("run/systemd/timesyncd.conf.d/10-xoa.conf")
            .contains("NTP=ntp.example 10.0.0.3")
    );
    assert!(
        scene
            .ran()
            .iter()
            .any(|line| line == "systemctl try-restart systemd-timesyncd.service")
    );
    let told = scene
        .ask("time.set", json!({ "zone": "Europe/Paris" }))
        .unwrap();
    assert_eq!(told, json!({ "restart": true }));
    assert!(
        scene
            .text("run/xoa/environment")
            .contains("TZ=Europe/Paris\n")
    );
    assert!(scene.ran().is_empty(), "the time servers stay as they are");
    let told = scene.look("time.get");
    assert_eq!(
        (&told["zone"], &told["ntp"]),
        (&json!("Europe/Paris"), &json!(["ntp.example", "10.0.0.3"]))
    );
    scene.ask("time.set", json!({ "ntp": [] })).unwrap();
    assert!(
        !scene
            .at("run/systemd/timesyncd.conf.d/10-xoa.conf")
            .exists()
    );
}

#[test]
fn a_zone_must_be_one_that_is_installed_where_zones_are() {
    let scene = Scene::new();
    for zone in ["../../etc/shadow", "Europe/Paris\nX=1", "", "/etc"] {
        let fault = scene.ask("time.set", json!({ "zone": zone })).unwrap_err();
        assert_eq!(fault.field.as_deref(), Some("zone"), "{zone:?}");
    }
    scene.write("usr/share/zoneinfo/Europe/Paris", "");
    scene
        .ask("time.set", json!({ "zone": "Europe/Paris" }))
        .unwrap();
    scene
        .ask("time.set", json!({ "zone": "Europe/Atlantis" }))
        .unwrap_err();
    scene
        .ask("time.set", json!({ "ntp": ["a b"] }))
        .unwrap_err();
}

#[test]
fn a_proxy_is_kept_with_its_password_and_told_without() {
    let scene = Scene::new();
    scene
        .ask(
            "proxy.set",
            json!({ "proxy": "http://ann:secret@proxy:3128" }),
        )
        .unwrap();
    assert!(
        scene
            .text("run/xoa/environment")
            .contains("HTTPS_PROXY=http://ann:secret@proxy:3128\n")
    );
    let file = std::fs::metadata(scene.at("run/xoa/environment")).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    assert_eq!(
        scene.look("proxy.get"),
        json!({ "proxy": "http://ann:***@proxy:3128" })
    );
    // A form that is sent as it was filled.
    let shown = scene.look("proxy.get");
    scene.ask("proxy.set", shown).unwrap();
    assert!(scene.text("run/xoa/environment").contains("ann:secret@"));
    for wrong in ["proxy:3128", "ftp://x", "http://a b", "http://x/\"\nX=1"] {
        scene
            .ask("proxy.set", json!({ "proxy": wrong }))
            .unwrap_err();
    }
    scene.ask("proxy.set", json!({})).unwrap_err();
    scene.ask("proxy.set", json!({ "proxy": null })).unwrap();
    assert_eq!(scene.look("proxy.get"), json!({ "proxy": null }));
    assert_eq!(scene.text("run/xoa/environment"), "");
}

#[test]
fn parameters_that_are_not_known_are_refused() {
    let scene = Scene::new();
    for (verb, params) in [
        ("status", json!({ "x": 1 })),
        ("hostname.set", json!({ "hostname": "a", "x": 1 })),
        ("power", json!({ "action": "explode" })),
        ("network.set", json!({ "mode": "static", "adresses": [] })),
        ("network.set", json!({})),
    ] {
        let fault = scene.ask(verb, params).unwrap_err();
        assert_eq!(fault.kind, Kind::Invalid, "{verb}: {fault}");
    }
    assert!(scene.ran().is_empty());
}

#[test]
fn power_goes_to_systemd_after_the_answer() {
    let scene = Scene::new();
    scene.ask("power", json!({ "action": "reboot" })).unwrap();
    scene.ask("power", json!({ "action": "poweroff" })).unwrap();
    assert_eq!(
        scene.ran(),
        [
            "systemctl --no-block reboot",
            "systemctl --no-block poweroff"
        ]
    );
}

#[test]
fn a_factory_reset_needs_its_word_and_is_done_by_the_next_boot() {
    let scene = Scene::new();
    scene
        .ask("hostname.set", json!({ "hostname": "front" }))
        .unwrap();
    for word in ["", "erase", "yes"] {
        let fault = scene
            .ask("factory-reset", json!({ "word": word }))
            .unwrap_err();
        assert_eq!(fault.kind, Kind::Forbidden);
    }
    assert!(scene.ran().is_empty());
    scene
        .ask("factory-reset", json!({ "word": "ERASE" }))
        .unwrap();
    assert_eq!(scene.ran(), ["systemctl --no-block reboot"]);
    assert!(scene.at(KEPT).exists(), "what runs keeps its files");
    assert!(reset::carry_out(&Places::below(scene.folder.path())).unwrap());
    assert!(!scene.at(KEPT).exists() && !scene.at("var/lib/xo-server/tls.crt").exists());
}

#[test]
fn a_password_goes_to_the_server_over_its_input_as_its_user() {
    let scene = Scene::new();
    let asked = json!({ "account": "admin", "password": "correct horse" });
    scene.ask("reset-password", asked).unwrap();
    assert_eq!(
        scene.ran(),
        [
            "setpriv --reuid=xo-server --regid=xo-server --init-groups -- xo-server admin reset-password admin \
          --password-stdin --data-dir=/var/lib/xo-server < correct horse"
        ]
    );
    for (account, password) in [
        ("", "correct horse"),
        ("--help", "correct horse"),
        ("admin", "short"),
    ] {
        scene
            .ask(
                "reset-password",
                json!({ "account": account, "password": password }),
            )
            .unwrap_err();
    }
    scene.fails("setpriv", "setpriv: xo-server: no such user ann");
    let asked = json!({ "account": "ann", "password": "correct horse" });
    let fault = scene.ask("reset-password", asked).unwrap_err();
    assert_eq!(fault.message, "no such user ann");
    scene.prints("setpriv", "admin\nann\n");
    assert_eq!(
        scene.look("administrators"),
        json!({ "names": ["admin", "ann"] })
    );
}

#[test]
fn the_pool_is_told_the_certificates_fingerprint() {
    let scene = Scene::new();
    let told = scene.look("certificate-changed");
    let published = scene.world.lock().unwrap().published.clone();
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].0, "vm-data/tls-fingerprint");
    assert_eq!(told["fingerprint"], published[0].1);
    assert_eq!(
        told["fingerprint"],
        scene.look("status")["certificate"]["fingerprint"]
    );
    scene.write("var/lib/xo-server/tls.crt", "no certificate");
    scene.ask("certificate-changed", json!({})).unwrap_err();
}

const AS_SERVER: &str = "setpriv --reuid=xo-server --regid=xo-server --init-groups -- xo-server";
const DATA: &str = "--data-dir=/var/lib/xo-server";

#[test]
fn backups_are_made_listed_and_taken_by_the_servers_own_program() {
    let scene = Scene::new();
    scene.prints("setpriv", "20261126T154300.000Z-0.1.0\n");
    let told = scene.look("backup");
    assert_eq!(told["backup"], "20261126T154300.000Z-0.1.0");
    assert_eq!(scene.ran(), [format!("{AS_SERVER} backup make {DATA}")]);
    let told = scene.look("backup.list");
    assert_eq!(told["backups"], json!(["20261126T154300.000Z-0.1.0"]));
    scene.ran();
    scene.send("backup.upload", b"content").unwrap();
    assert_eq!(
        scene.ran(),
        [format!("{AS_SERVER} backup take {DATA} < content")]
    );
    scene.fails(
        "setpriv",
        "setpriv: xo-server: this file is no backup of XOA",
    );
    let fault = scene.send("backup.upload", b"content").unwrap_err();
    assert_eq!(fault.message, "this file is no backup of XOA");
}

#[test]
fn a_restore_restarts_the_server_when_the_whole_backup_is_good() {
    let scene = Scene::new();
    let restore = |params| scene.ask("restore", params);
    let name = "20261126T154300.000Z-0.1.0";
    restore(json!({ "backup": name })).unwrap();
    let restart = "systemctl --no-block restart xo-server.service";
    let first = format!("{AS_SERVER} backup restore {name} {DATA}");
    assert_eq!(scene.ran(), [first.as_str(), restart]);
    restore(json!({ "backup": name, "key": "ABCD" })).unwrap();
    let second = format!("{AS_SERVER} backup restore {name} --key-stdin {DATA} < ABCD");
    assert_eq!(scene.ran(), [second.as_str(), restart]);
    for name in ["--help", "", "2/../../etc/passwd", "a", "2 3"] {
        let fault = restore(json!({ "backup": name })).unwrap_err();
        assert_eq!(fault.field.as_deref(), Some("backup"), "{name}");
    }
    assert!(scene.ran().is_empty());
    scene.fails("setpriv", "setpriv: xo-server: this backup ends early");
    restore(json!({ "backup": name })).unwrap_err();
    assert_eq!(scene.ran().len(), 1, "the server is left alone");
}

#[test]
fn a_backup_is_told_all_settings_but_the_network() {
    let scene = Scene::new();
    scene
        .ask("hostname.set", json!({ "hostname": "xoa2" }))
        .unwrap();
    scene
        .ask(
            "time.set",
            json!({ "zone": "Europe/Paris", "ntp": ["10.0.0.3"] }),
        )
        .unwrap();
    let proxy = "http://ann:secret@proxy:3128";
    scene.ask("proxy.set", json!({ "proxy": proxy })).unwrap();
    let told = scene.look("settings.get");
    assert_eq!(
        told,
        json!({
            "hostname": "xoa2",
            "time": { "zone": "Europe/Paris", "ntp": ["10.0.0.3"] },
            "proxy": proxy,
            "updates": {
                "channel": null, "repository": null, "bytesPerSecond": null,
                "automatic": false, "window": null, "waitSeconds": null,
            },
        })
    );
    // As a restore sets them.
    for (verb, params) in [
        ("hostname.set", json!({ "hostname": told["hostname"] })),
        ("time.set", told["time"].clone()),
        ("proxy.set", json!({ "proxy": told["proxy"] })),
    ] {
        scene.ask(verb, params).unwrap();
    }
    assert_eq!(scene.look("settings.get"), told);
}
