//! A change of the network stays only when somebody says so, whatever happens in between.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use xo_appliance::agent::CONFIRM_WITHIN;
use xo_appliance::agent::protocol::Kind;
use xo_firstboot::durable::{Disk, Real};

use crate::scene::{Scene, UNIT};

const RELOAD: &str = "networkctl reload";
const KEPT: &str = "var/lib/xoa/settings.json";

/// When nobody has confirmed what was asked for now.
fn over() -> Instant {
    Instant::now() + CONFIRM_WITHIN + Duration::from_secs(2)
}

fn reloads(scene: &Scene) -> usize {
    scene.ran().iter().filter(|line| *line == RELOAD).count()
}

#[test]
fn a_change_is_in_force_when_it_was_answered_and_kept_when_it_is_confirmed() {
    let scene = Scene::new();
    let told = scene
        .ask(
            "network.set",
            json!({ "mode": "static", "addresses": ["10.0.0.5/24"], "gateways": ["10.0.0.1"] }),
        )
        .unwrap();
    assert_eq!(told["urls"], json!(["https://10.0.0.5/"]));
    assert_eq!(told["confirmWithinSeconds"], 60);
    assert_eq!(reloads(&scene), 0, "the answer comes first");
    scene.agent.tick(Instant::now() + Duration::from_secs(2));
    assert!(scene.text(UNIT).contains("Address=10.0.0.5/24"));
    assert_eq!(reloads(&scene), 1);
    assert!(
        !scene.at(KEPT).exists(),
        "nothing is kept before somebody says so"
    );

    scene
        .ask("network.confirm", json!({ "change": told["change"] }))
        .unwrap();
    assert!(scene.text(KEPT).contains("10.0.0.5/24"));
    scene.agent.tick(Instant::now() + Duration::from_secs(3600));
    assert!(
        scene.text(UNIT).contains("Address=10.0.0.5/24"),
        "it does not go back"
    );
    assert_eq!(scene.look("network.get")["pending"], json!(null));
}

#[test]
fn a_change_that_nobody_confirms_goes_back_when_its_time_is_over() {
    let scene = Scene::new();
    scene.change("10.0.0.5/24");
    let almost = Instant::now() + CONFIRM_WITHIN - Duration::from_secs(5);
    scene.agent.tick(almost);
    assert!(scene.text(UNIT).contains("10.0.0.5"), "not before its time");
    scene.ran();
    scene.agent.tick(over());
    assert!(scene.text(UNIT).contains("DHCP=yes") && !scene.text(UNIT).contains("10.0.0.5"));
    assert_eq!(reloads(&scene), 1);
    assert!(!scene.at(KEPT).exists());
    let told = scene.look("network.get");
    assert_eq!(told["wentBack"], json!({ "change": 1, "fault": null }));
}

#[test]
fn it_goes_back_to_what_was_kept_also_after_two_changes() {
    let scene = Scene::new();
    let first = scene.change("10.0.0.5/24");
    scene
        .ask("network.confirm", json!({ "change": first }))
        .unwrap();
    let second = scene.change("10.0.0.6/24");
    let third = scene.change("10.0.0.7/24");
    let late = scene
        .ask("network.confirm", json!({ "change": second }))
        .unwrap_err();
    assert_eq!(late.kind, Kind::Conflict, "the third took its place");
    scene
        .ask("network.revert", json!({ "change": third }))
        .unwrap();
    assert!(scene.text(UNIT).contains("10.0.0.5/24"));
    assert!(scene.text(KEPT).contains("10.0.0.5/24"));
    let again = scene
        .ask("network.confirm", json!({ "change": third }))
        .unwrap_err();
    assert_eq!(again.kind, Kind::Conflict);
}

#[test]
fn an_agent_that_dies_on_trial_leaves_nothing_of_it() {
    let mut scene = Scene::new();
    let first = scene.change("10.0.0.5/24");
    scene
        .ask("network.confirm", json!({ "change": first }))
        .unwrap();
    scene.change("192.0.2.1/24");
    scene.ran();
    scene.restart();
    assert!(
        scene.text(UNIT).contains("10.0.0.5/24"),
        "{}",
        scene.text(UNIT)
    );
    assert_eq!(reloads(&scene), 1);
    scene.restart();
    assert_eq!(reloads(&scene), 0, "what is right is left alone");
}

#[test]
fn a_network_that_cannot_be_loaded_is_not_left_half_done() {
    let scene = Scene::new();
    let first = scene.change("10.0.0.5/24");
    scene
        .ask("network.confirm", json!({ "change": first }))
        .unwrap();
    scene.fails(RELOAD, "networkctl: Connection refused");
    let asked = json!({ "mode": "static", "addresses": ["10.0.0.6/24"] });
    scene.ask("network.set", asked).unwrap();
    let begun = Instant::now() + Duration::from_secs(2);
    scene.agent.tick(begun);
    assert!(scene.text(UNIT).contains("10.0.0.5/24"));
    scene.prints(RELOAD, "");
    scene.agent.tick(begun + Duration::from_secs(10));
    let told = scene.look("network.get");
    assert_eq!(told["pending"], json!(null));
    let fault = told["wentBack"]["fault"].as_str().unwrap();
    assert!(fault.contains("Connection refused"), "{fault}");
}

#[test]
fn going_back_is_tried_until_it_works() {
    let scene = Scene::new();
    scene.change("10.0.0.5/24");
    scene.fails(RELOAD, "busy");
    let over = over();
    scene.agent.tick(over);
    assert_ne!(scene.look("network.get")["pending"], json!(null));
    scene.prints(RELOAD, "");
    scene.agent.tick(over + Duration::from_secs(10));
    assert_eq!(scene.look("network.get")["pending"], json!(null));
    assert!(scene.text(UNIT).contains("DHCP=yes"));
}

/// Writes nothing any more below this part of a path.
struct Full(&'static str);

impl Disk for Full {
    fn write(&self, path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
        if path.to_string_lossy().contains(self.0) {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        Real.write(path, mode, content)
    }

    fn make_folder(&self, path: &Path, mode: u32) -> io::Result<()> {
        Real.make_folder(path, mode)
    }
}

#[test]
fn a_change_that_cannot_be_kept_says_so_and_goes_back() {
    let mut scene = Scene::new();
    scene.agent = scene.agent.on(Box::new(Full("var/lib")));
    let change = scene.change("10.0.0.5/24");
    let fault = scene
        .ask("network.confirm", json!({ "change": change }))
        .unwrap_err();
    assert!(
        fault.message.contains("settings.json") && fault.message.contains("full"),
        "{fault}"
    );
    scene.agent.tick(over());
    assert!(scene.text(UNIT).contains("DHCP=yes"));
}

#[test]
fn an_interface_that_is_not_there_is_refused_with_those_that_are() {
    let scene = Scene::new();
    let asked = json!({ "mode": "dhcp", "mac": "52:54:00:00:00:01" });
    let fault = scene.ask("network.set", asked).unwrap_err();
    assert_eq!(fault.field.as_deref(), Some("mac"));
    assert!(fault.message.contains("52:54:00:ab:cd:ef"), "{fault}");
    assert!(!scene.at(UNIT).exists());
}

#[test]
fn a_change_of_something_else_leaves_a_trial_alone() {
    let scene = Scene::new();
    scene.change("10.0.0.5/24");
    scene
        .ask("hostname.set", json!({ "hostname": "front" }))
        .unwrap();
    assert!(scene.text(UNIT).contains("10.0.0.5/24"));
    scene.agent.tick(over());
    assert!(scene.text(UNIT).contains("DHCP=yes"));
    assert!(scene.text(KEPT).contains("front"));
}

#[test]
fn the_network_is_told_as_it_is_as_it_is_kept_and_on_trial() {
    let scene = Scene::new();
    scene.change("10.0.0.5/24");
    let told = scene.look("network.get");
    assert_eq!(told["kept"]["mode"], "dhcp");
    assert_eq!(told["trial"]["addresses"], json!(["10.0.0.5/24"]));
    assert_eq!(
        told["now"]["interfaces"][0]["addresses"],
        json!(["10.0.0.9"])
    );
    assert_eq!(told["now"]["gateways"], json!(["10.0.0.1"]));
    assert_eq!(told["now"]["dns"], json!(["10.0.0.2"]));
    let left = told["pending"]["secondsLeft"].as_u64().unwrap();
    assert!((1..=60).contains(&left), "{left}");
}
