//! Updates by themselves: when they are due, what they wait for, and when they ask.

use serde_json::{Value, json};

use crate::scene::Scene;
use crate::trust::server::Server;
use crate::update::agent::staged;
use crate::update::image::Image;
use crate::update::install::two;
use crate::update::signed::{Repository, fetch};

const ASKED: &str = "/rest/v0/appliance/updates/interruptions as secret";
const REBOOT: &str = "systemctl --no-block reboot";
const SECOND: i64 = 1000;
const DAY: i64 = 86_400 * SECOND;
/// 2026-11-26, a Thursday, at 02:00 UTC.
const TWO: i64 = 1_795_658_400 * SECOND;

/// What a restart would interrupt from now on.
pub fn goes_on(scene: &Scene, names: &[&str]) {
    let told = json!({ "interrupts": names }).to_string();
    scene.world.lock().unwrap().server.push((ASKED, told));
}

fn choose(scene: &Scene, choices: Value) {
    scene.ask("update.settings", choices).unwrap();
}

/// A system whose other slot waits, and a server where an administrator can sign in.
fn waiting() -> Scene {
    let (scene, ..) = staged();
    scene.prints("setpriv", "secret\n");
    goes_on(&scene, &[]);
    let window = json!({ "days": ["thursday", "friday"], "from": "02:00", "to": "04:00" });
    choose(
        &scene,
        json!({ "automatic": true, "window": window, "waitSeconds": 300 }),
    );
    scene
}

/// Whether the machine was restarted since it was asked last.
fn restarts(scene: &Scene) -> bool {
    scene.ran().iter().any(|line| line == REBOOT)
}

#[test]
fn a_new_system_is_started_within_its_window_alone() {
    let scene = waiting();
    for at in [TWO - SECOND, TWO + 2 * 3600 * SECOND, TWO + 2 * DAY] {
        scene.agent.take_turn(at);
        assert!(!restarts(&scene), "{at}");
    }
    scene.agent.take_turn(TWO);
    assert!(restarts(&scene));
    scene.agent.take_turn(TWO + 30 * SECOND);
    assert!(!restarts(&scene), "once");
}

#[test]
fn a_look_by_itself_is_the_last_look_whatever_it_found() {
    let (old, new) = two();
    let repository = Repository::with(&[(&new, 14)]);
    let scene = repository.trusted_by(&old);
    let web = Server::start(&repository.state(1));
    scene.write("usr/share/xoa/repository", &web.address());
    choose(&scene, json!({ "automatic": true, "channel": "latest" }));
    scene.agent.take_turn(TWO);
    let status = scene.look("update.status");
    assert!(status["checked"]["at"].is_number(), "{status}");
    assert_eq!(status["checked"]["found"], Value::Null);
    choose(&scene, json!({ "channel": "stable" }));
    scene.agent.take_turn(TWO + 3600 * SECOND);
    let status = scene.look("update.status");
    assert_eq!(status["checked"]["found"], "1.1.0");
    assert_eq!(status["update"]["step"]["name"], "staged");
}

#[test]
fn what_goes_wrong_by_itself_is_told_until_something_else_is_done() {
    let (old, new) = two();
    let repository = Repository::with(&[(&new, 14)]);
    let scene = repository.trusted_by(&old);
    scene.write("usr/share/xoa/repository", "http://127.0.0.1:1/");
    choose(&scene, json!({ "automatic": true }));
    scene.agent.take_turn(TWO);
    let told = || scene.look("update.status")["ended"].clone();
    let why = told()["error"].as_str().unwrap_or_default().to_owned();
    assert!(why.contains("cannot get"), "{why}");
    assert_eq!(scene.look("update.status")["progress"], Value::Null);
    let web = Server::start(&repository.state(1));
    scene.write("usr/share/xoa/repository", &web.address());
    scene.agent.take_turn(TWO + 60 * SECOND);
    assert_eq!(told()["error"], why, "it waits for an hour");
    scene.agent.take_turn(TWO + 3600 * SECOND);
    assert_eq!(told(), Value::Null);
    let status = scene.look("update.status");
    assert_eq!(status["update"]["step"]["name"], "staged");
}

#[test]
fn a_file_that_is_wrong_is_thrown_away_by_itself_too() {
    let (old, new) = two();
    let repository = Repository::with(&[(&new, 14)]);
    let scene = begun_from_file(&repository, &old, &new);
    scene
        .send("update.upload", &repository.changed_bundle(&new))
        .unwrap();
    choose(&scene, json!({ "automatic": true }));
    scene.agent.take_turn(TWO);
    let status = scene.look("update.status");
    let why = status["ended"]["error"].as_str().unwrap_or_default();
    assert!(why.contains("is not what was signed"), "{why}");
    assert_eq!(status["update"], Value::Null);
    assert_eq!(status["uploaded"], Value::Null);
}

/// An appliance whose update began with a file, as if the power had gone before it was there.
fn begun_from_file(repository: &Repository, old: &Image, new: &Image) -> Scene {
    let scene = repository.trusted_by(old);
    scene
        .send("update.upload", &repository.bundle(1, new))
        .unwrap();
    fetch(&scene, &json!({ "from": "bundle" })).unwrap();
    let place = scene.at("var/lib/xoa/update");
    for part in new.files.keys() {
        let _ = std::fs::remove_file(place.join(part.target(new.version())));
    }
    let journal = std::fs::read_to_string(place.join("journal.json")).unwrap();
    let journal = journal.replace(r#""name": "fetched""#, r#""name": "fetching""#);
    scene.write("var/lib/xoa/update/journal.json", &journal);
    scene
}

#[test]
fn an_update_that_a_file_began_goes_on_from_that_file() {
    let (old, new) = two();
    let repository = Repository::with(&[(&new, 14)]);
    let scene = begun_from_file(&repository, &old, &new);
    scene
        .send("update.upload", &repository.bundle(1, &new))
        .unwrap();
    choose(&scene, json!({ "automatic": true }));
    scene.agent.take_turn(TWO);
    let update = &scene.look("update.status")["update"];
    assert_eq!(update["step"]["name"], "staged", "no repository is set");
    assert_eq!(update["origin"], "bundle");
}

#[test]
fn hours_are_those_of_the_appliances_zone() {
    let scene = waiting();
    scene
        .ask("time.set", json!({ "zone": "Asia/Tokyo" }))
        .unwrap();
    scene.agent.take_turn(TWO);
    assert!(!restarts(&scene));
    // 02:30 on the next day in Tokyo.
    scene
        .agent
        .take_turn(TWO + 15 * 3600 * SECOND + 1800 * SECOND);
    assert!(restarts(&scene));
}

#[test]
fn nothing_is_started_by_itself_unless_that_was_chosen() {
    let scene = waiting();
    choose(&scene, json!({ "automatic": false }));
    scene.agent.take_turn(TWO);
    assert!(!restarts(&scene));
    choose(&scene, json!({ "automatic": true, "window": null }));
    scene.agent.take_turn(TWO + 12 * 3600 * SECOND);
    assert!(restarts(&scene), "at any time");
}

#[test]
fn what_goes_on_is_waited_for_up_to_the_limit_and_then_somebody_is_asked() {
    let scene = waiting();
    goes_on(&scene, &["console of db", "download of web.xva"]);
    scene.agent.take_turn(TWO);
    let waits = scene.look("update.status")["waits"].clone();
    let interrupts = ["console of db", "download of web.xva"];
    assert_eq!(
        waits,
        json!({ "since": TWO, "interrupts": interrupts, "asks": false })
    );
    scene.agent.take_turn(TWO + 299 * SECOND);
    assert_eq!(scene.look("update.status")["waits"]["asks"], false);
    scene.agent.take_turn(TWO + 300 * SECOND);
    assert_eq!(scene.look("update.status")["waits"]["asks"], true);
    // From now on it is an administrator's decision, in this window.
    goes_on(&scene, &[]);
    scene.agent.take_turn(TWO + 330 * SECOND);
    assert!(!restarts(&scene));
    scene.agent.take_turn(TWO + 3 * 3600 * SECOND);
    assert_eq!(scene.look("update.status")["waits"], Value::Null);
    scene.agent.take_turn(TWO + DAY);
    assert!(restarts(&scene), "the next window begins anew");
}

#[test]
fn what_ends_in_time_is_not_asked_about() {
    let scene = waiting();
    goes_on(&scene, &["upload"]);
    scene.agent.take_turn(TWO);
    assert!(!restarts(&scene));
    goes_on(&scene, &[]);
    scene.agent.take_turn(TWO + 30 * SECOND);
    assert!(restarts(&scene));
}

#[test]
fn an_administrator_is_told_what_a_restart_interrupts_and_may_force_it() {
    let scene = waiting();
    goes_on(&scene, &["console of db"]);
    for verb in ["update.apply", "update.rollback"] {
        let fault = scene.ask(verb, json!({})).unwrap_err();
        assert!(fault.message.contains("console of db"), "{fault}");
    }
    assert!(!restarts(&scene));
    scene.ask("update.apply", json!({ "force": true })).unwrap();
    assert!(restarts(&scene));
}
