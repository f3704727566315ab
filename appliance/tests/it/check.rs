//! The self-check finds each thing that is wrong, and says what to do.

use std::time::Duration;

use serde_json::Value;

use crate::scene::{MIB, Scene, certificate};

/// State, text and action of one check.
fn found(scene: &Scene, name: &str) -> (String, String, String) {
    let told = scene.look("check");
    let checks = told["checks"].as_array().unwrap();
    let one = checks.iter().find(|check| check["name"] == name);
    let one = one.unwrap_or_else(|| panic!("no {name} in {told}"));
    let text = |key: &str| {
        one.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    (text("state"), text("text"), text("action"))
}

#[test]
fn a_machine_where_all_is_well_passes_every_check() {
    let scene = Scene::new();
    let told = scene.look("check");
    assert_eq!(told["state"], "ok", "{told:#}");
    let names: Vec<&str> = told["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    let expected = [
        "disk",
        "memory",
        "time",
        "addresses",
        "gateway",
        "dns",
        "settings",
        "certificate",
        "server",
        "database",
        "pools",
    ];
    assert_eq!(names, expected);
}

/// What is made wrong, the check that must find it, how bad it is, and a word of what it says.
type Case = (fn(&Scene), &'static str, &'static str, &'static str);

const CASES: &[Case] = &[
    (
        |s| s.world.lock().unwrap().space.free = 10 * MIB,
        "disk",
        "failed",
        "10 of 8000",
    ),
    (
        |s| s.world.lock().unwrap().space.free = 700 * MIB,
        "disk",
        "warning",
        "700",
    ),
    (
        |s| {
            s.write(
                "proc/meminfo",
                "MemTotal: 250000 kB\nMemAvailable: 100000 kB\n",
            );
        },
        "memory",
        "failed",
        "244",
    ),
    (
        |s| {
            s.write(
                "proc/meminfo",
                "MemTotal: 1000000 kB\nMemAvailable: 40000 kB\n",
            );
        },
        "memory",
        "warning",
        "39 of",
    ),
    (
        |s| s.write("proc/meminfo", "odd"),
        "memory",
        "warning",
        "kernel",
    ),
    (
        |s| std::fs::remove_file(s.at("run/systemd/timesync/synchronized")).unwrap(),
        "time",
        "warning",
        "no time server",
    ),
    (
        |s| s.prints("ip -json address", "[]"),
        "addresses",
        "failed",
        "no network interface",
    ),
    (
        |s| {
            s.prints(
                "ip -json address",
                r#"[{"ifname":"enX0","link_type":"ether","operstate":"DOWN"}]"#,
            );
        },
        "addresses",
        "failed",
        "connected",
    ),
    (
        |s| {
            s.prints(
                "ip -json address",
                r#"[{"ifname":"enX0","link_type":"ether","operstate":"UP"}]"#,
            );
        },
        "addresses",
        "failed",
        "has an address",
    ),
    (
        |s| s.prints("ip -4 -json route", "[]"),
        "gateway",
        "warning",
        "none",
    ),
    (
        |s| s.prints("ip -json neighbour", r#"[{"state":["FAILED"]}]"#),
        "gateway",
        "failed",
        "10.0.0.1 does not answer",
    ),
    (
        |s| s.world.lock().unwrap().name_servers.clear(),
        "dns",
        "failed",
        "10.0.0.2 (silence)",
    ),
    (
        |s| {
            s.write(
                "run/systemd/resolve/resolv.conf",
                "nameserver 10.0.0.2\nnameserver 10.0.0.3\n",
            );
        },
        "dns",
        "warning",
        "10.0.0.3",
    ),
    (
        |s| s.write("run/systemd/resolve/resolv.conf", ""),
        "dns",
        "warning",
        "no name server",
    ),
    (
        |s| {
            s.write(
                "var/lib/xo-server/tls.crt",
                &certificate(Duration::from_secs(5 * 86_400 + 60)),
            );
        },
        "certificate",
        "warning",
        "5 days",
    ),
    (
        |s| s.write("var/lib/xo-server/tls.crt", &certificate(Duration::ZERO)),
        "certificate",
        "failed",
        "no longer valid",
    ),
    (
        |s| s.write("var/lib/xo-server/tls.crt", "-"),
        "certificate",
        "failed",
        "tls.crt",
    ),
    (
        |s| {
            s.prints(
                "systemctl show",
                "ActiveState=activating\nSubState=start\nNRestarts=0\n",
            );
        },
        "server",
        "warning",
        "starting",
    ),
    (
        |s| {
            s.prints(
                "systemctl show",
                "ActiveState=activating\nSubState=auto-restart\nNRestarts=7\n",
            );
        },
        "server",
        "failed",
        "7 times",
    ),
    (
        |s| s.fails("systemctl show", "Failed to connect to bus"),
        "server",
        "failed",
        "bus",
    ),
    (
        |s| s.world.lock().unwrap().server.clear(),
        "database",
        "failed",
        "refused",
    ),
    (
        |s| {
            s.world.lock().unwrap().server[1].1 =
                "xo_pools{state=\"connected\"} 1\nxo_pools{state=\"lost\"} 1\n".into();
        },
        "pools",
        "warning",
        "1 lost",
    ),
];

#[test]
fn each_thing_that_is_wrong_is_found_with_what_to_do() {
    for (spoil, name, state, word) in CASES {
        let scene = Scene::new();
        assert_eq!(found(&scene, name).0, "ok", "{name} before");
        spoil(&scene);
        let (found_state, text, action) = found(&scene, name);
        assert_eq!(found_state, *state, "{name}: {text}");
        assert!(text.contains(word), "{name}: {text}");
        assert!(
            !action.is_empty(),
            "{name}: {text}: and what shall be done?"
        );
    }
}

#[test]
fn damaged_settings_do_not_stop_the_check() {
    let scene = Scene::new();
    std::fs::create_dir_all(scene.at("var/lib/xoa/settings.json")).unwrap();
    assert_eq!(found(&scene, "settings").0, "failed");
}
