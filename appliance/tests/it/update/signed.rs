//! Releases as they come: in signed repositories, over the network and in a file, that the agent is asked to install.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use xo_appliance::agent::protocol::{Fault, Kind};
use xo_release::Part;

use super::agent::appliance;
use super::image::Image;
use super::install::two;
use crate::scene::Scene;
use crate::trust::python;
use crate::trust::server::{Manners, Server};

const LIMIT: Duration = Duration::from_secs(30);

/// States of one repository, one after the other.
pub struct Repository(TempDir);

impl Repository {
    /// Each state has a release more, and expires after so many days.
    pub fn with(states: &[(&Image, i64)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let plan = folder.path().join("plan.json");
        let states: Vec<Value> = states
            .iter()
            .map(|(image, days)| {
                let files: BTreeMap<String, PathBuf> = image
                    .files
                    .iter()
                    .map(|(part, bytes)| {
                        let name = part.target(image.version());
                        let path = folder.path().join(&name);
                        std::fs::write(&path, bytes).unwrap();
                        (name, path)
                    })
                    .collect();
                let release = &image.offer.release;
                json!({ "days": days, "releases": [{ "release": release, "files": files }] })
            })
            .collect();
        std::fs::write(&plan, json!(states).to_string()).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tuf/releases.py");
        let output = Command::new(python())
            .args([&script, &plan, folder.path()])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        Self(folder)
    }

    pub fn state(&self, number: u32) -> PathBuf {
        self.0.path().join(number.to_string())
    }

    /// One release of a state in a file, as `xo-image-build bundle` packs it.
    pub fn bundle(&self, number: u32, image: &Image) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for folder in ["metadata", "targets"] {
            for entry in std::fs::read_dir(self.state(number).join(folder)).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap();
                let mut inside = [Part::Root, Part::Hashes, Part::Boot, Part::Notes].iter();
                let is_wanted = inside.any(|part| name.ends_with(&part.target(image.version())));
                if folder == "metadata" || is_wanted {
                    let inside = format!("{folder}/{name}");
                    archive.append_path_with_name(&path, inside).unwrap();
                }
            }
        }
        archive.into_inner().unwrap()
    }

    /// The same of the first state, with another byte in the root file system.
    pub fn changed_bundle(&self, image: &Image) -> Vec<u8> {
        let mut file = self.bundle(1, image);
        let root = &image.files[&Part::Root];
        let mut places = file.windows(root.len());
        let at = places.position(|bytes| bytes == &root[..]).unwrap();
        file[at + root.len() / 2] ^= 1;
        file
    }

    /// An appliance that trusts its keys.
    pub fn trusted_by(&self, image: &Image) -> Scene {
        let scene = appliance(image);
        let root = std::fs::read_to_string(self.0.path().join("root.json")).unwrap();
        scene.write("usr/share/xoa/root.json", &root);
        scene
    }
}

/// Asks for a download, and waits for how it ends.
pub fn fetch(scene: &Scene, params: &Value) -> Result<Value, String> {
    let asked = scene.ask("update.fetch", params.clone());
    asked.map_err(|fault| fault.to_string())?;
    let until = Instant::now() + LIMIT;
    loop {
        let status = scene.look("update.status");
        match &status["ended"] {
            Value::Null => {
                assert!(Instant::now() < until, "the download does not end");
                assert_ne!(status["progress"], Value::Null, "it is under way");
            }
            ended => match ended["error"].as_str() {
                Some(error) => return Err(error.to_owned()),
                None => return Ok(status),
            },
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn refused(scene: &Scene, params: &Value) -> String {
    let looked = scene.ask("update.check", params.clone()).map_err(text);
    let [looked, fetched] = [looked, fetch(scene, params)].map(Result::unwrap_err);
    assert_eq!(looked, fetched);
    assert_eq!(scene.look("update.status")["update"], Value::Null);
    fetched
}

/// The same of a file, which is sent before each.
fn refused_file(scene: &Scene, file: &[u8], params: &Value) -> String {
    let send = || scene.send("update.upload", file).unwrap();
    send();
    let looked = scene.ask("update.check", params.clone()).map_err(text);
    send();
    let [looked, fetched] = [looked, fetch(scene, params)].map(Result::unwrap_err);
    assert_eq!(looked, fetched);
    assert_eq!(scene.look("update.status")["update"], Value::Null);
    fetched
}

fn uploaded(scene: &Scene) -> Value {
    scene.look("update.status")["uploaded"].clone()
}

#[test]
fn a_file_that_is_no_bundle_or_is_not_signed_rightly_is_a_wrong_file() {
    let (old, new) = two();
    let [repository, other] = [14, 14].map(|days| Repository::with(&[(&new, days)]));
    let scene = repository.trusted_by(&old);
    let file = repository.bundle(1, &new);
    for file in [&b"nonsense"[..], &file[..file.len() / 2]] {
        let fault = scene.send("update.upload", file).unwrap_err();
        assert_eq!(fault.kind, Kind::WrongFile, "{fault}");
    }
    scene.send("update.upload", &other.bundle(1, &new)).unwrap();
    let fault = scene.ask("update.check", json!({ "from": "bundle" }));
    assert_eq!(fault.unwrap_err().kind, Kind::WrongFile);
    // What does not come over the network is no file's fault.
    scene.write("usr/share/xoa/repository", "http://127.0.0.1:1/");
    let fault = scene.ask("update.check", json!({}));
    assert_eq!(fault.unwrap_err().kind, Kind::Failed);
}

fn text(fault: Fault) -> String {
    fault.message
}

#[test]
fn notes_come_from_a_repository_and_from_a_file() {
    let (old, new) = two();
    let repository = Repository::with(&[(&new, 14)]);
    let scene = repository.trusted_by(&old);
    let web = Server::start(&repository.state(1));
    scene.write("usr/share/xoa/repository", &web.address());
    scene
        .send("update.upload", &repository.bundle(1, &new))
        .unwrap();
    for from in ["repository", "bundle"] {
        let told = scene.ask("update.check", json!({ "from": from })).unwrap();
        assert_eq!(told["found"]["version"], "1.1.0", "{from}");
        assert_eq!(told["found"]["notes"], "# 1.1.0\n", "{from}");
    }
    let status = fetch(&scene, &json!({ "from": "bundle" })).unwrap();
    assert_eq!(status["update"]["step"]["name"], "fetched");
    assert_eq!(status["update"]["notes"], "# 1.1.0\n");
}

#[test]
fn a_file_that_was_sent_whole_is_told_until_it_is_fetched_or_nobody_wants_it() {
    let (old, new) = two();
    let repository = Repository::with(&[(&new, 14)]);
    let scene = repository.trusted_by(&old);
    let file = repository.bundle(1, &new);
    assert_eq!(uploaded(&scene), Value::Null);
    scene.send("update.upload", &file).unwrap();
    assert_eq!(uploaded(&scene), "1.1.0");
    // The power goes while another one comes, of which all but the end is there.
    let store = scene.at("var/lib/xoa/update");
    std::fs::rename(store.join("bundle"), store.join("bundle.part")).unwrap();
    assert_eq!(uploaded(&scene), Value::Null);
    let cut = &file[..file.len() / 2];
    scene.send("update.upload", cut).unwrap_err();
    assert_eq!(uploaded(&scene), Value::Null);
    assert!(!store.join("bundle.part").exists());

    scene.send("update.upload", &file).unwrap();
    scene.look("update.cancel");
    assert_eq!(uploaded(&scene), Value::Null);
    scene.send("update.upload", &file).unwrap();
    let status = fetch(&scene, &json!({ "from": "bundle" })).unwrap();
    assert_eq!(status["uploaded"], Value::Null);
}

#[test]
fn an_expired_file_is_installed_when_an_administrator_accepts_that_and_only_then() {
    let (old, new) = two();
    let repository = Repository::with(&[(&new, -400)]);
    let scene = repository.trusted_by(&old);
    let file = repository.bundle(1, &new);
    let why = refused_file(&scene, &file, &json!({ "from": "bundle" }));
    assert!(why.contains("in the file expired"), "{why}");
    assert_eq!(uploaded(&scene), "1.1.0", "it may still be accepted");
    let accepted = json!({ "from": "bundle", "acceptExpired": true });
    let told = scene.ask("update.check", accepted.clone()).unwrap();
    assert_eq!(told["found"]["version"], "1.1.0");
    let status = fetch(&scene, &accepted).unwrap();
    assert_eq!(status["update"]["step"]["name"], "fetched");
    // What was accepted is that file alone: the next one is asked about again.
    scene.look("update.cancel");
    refused_file(&scene, &file, &json!({ "from": "bundle" }));
}

#[test]
fn an_expired_repository_on_the_network_is_never_accepted() {
    let (old, new) = two();
    let repository = Repository::with(&[(&new, -1)]);
    let scene = repository.trusted_by(&old);
    let web = Server::start(&repository.state(1));
    scene.write("usr/share/xoa/repository", &web.address());
    for params in [
        json!({}),
        json!({ "acceptExpired": true }),
        json!({ "from": "repository", "acceptExpired": true, "version": "1.1.0" }),
    ] {
        let why = refused(&scene, &params);
        assert!(why.contains("expired"), "{params}: {why}");
    }
    assert!(web.asked().iter().all(|line| !line.contains("/targets/")));
}

#[test]
fn what_is_older_is_refused_though_its_expiry_is_accepted() {
    let (old, new) = two();
    let newest = Image::new("1.2.0", vec![5; 4096]);
    let repository = Repository::with(&[(&new, -400), (&newest, -30)]);
    let accepted = json!({ "from": "bundle", "acceptExpired": true });

    // Metadata of before what was seen, whatever release it has.
    let scene = repository.trusted_by(&old);
    scene
        .send("update.upload", &repository.bundle(2, &newest))
        .unwrap();
    scene.ask("update.check", accepted.clone()).unwrap();
    let why = refused_file(&scene, &repository.bundle(1, &new), &accepted);
    assert!(
        why.contains("the file is older than what this appliance has seen"),
        "{why}"
    );
    assert_eq!(uploaded(&scene), Value::Null);

    // A release that is not newer than what runs, and one below the floor.
    for (floor, expected) in [("1.0.0", "not newer"), ("1.2.0", "oldest")] {
        let scene = repository.trusted_by(&newest);
        scene.write("usr/share/xoa/floor", floor);
        let why = refused_file(&scene, &repository.bundle(1, &new), &accepted);
        assert!(why.contains(expected), "{why}");
        assert_eq!(uploaded(&scene), Value::Null);
    }

    // Another's signatures.
    let other = Repository::with(&[(&new, -400)]);
    let scene = repository.trusted_by(&old);
    let why = refused_file(&scene, &other.bundle(1, &new), &accepted);
    assert!(why.contains("sign"), "{why}");
    assert_eq!(uploaded(&scene), Value::Null);
}

#[test]
fn a_server_that_gives_whole_files_only_costs_a_whole_download_from_its_beginning() {
    let (old, new) = two();
    let repository = Repository::with(&[(&new, 14)]);
    let scene = repository.trusted_by(&old);
    let web = Server::start(&repository.state(1));
    web.behave(Manners::WithoutRanges);
    scene.write("usr/share/xoa/repository", &web.address());
    let status = fetch(&scene, &json!({})).unwrap();
    assert_eq!(status["update"]["step"]["name"], "fetched");

    // One that began elsewhere cannot go on there, and begins anew.
    scene.look("update.cancel");
    web.behave(Manners::Good);
    fetch(&scene, &json!({})).unwrap();
    let place = scene.at("var/lib/xoa/update");
    let journal = std::fs::read_to_string(place.join("journal.json")).unwrap();
    let journal = journal.replace(r#""name": "fetched""#, r#""name": "fetching""#);
    scene.write("var/lib/xoa/update/journal.json", &journal);
    let name = Part::Root.target(new.version());
    std::fs::rename(place.join(&name), place.join(format!("{name}.part"))).unwrap();
    let part = std::fs::OpenOptions::new()
        .write(true)
        .open(place.join(format!("{name}.part")));
    part.unwrap().set_len(1000).unwrap();
    web.behave(Manners::WithoutRanges);
    let status = fetch(&scene, &json!({})).unwrap();
    assert_eq!(status["update"]["step"]["name"], "fetched");
    let root = std::fs::read(place.join(name)).unwrap();
    assert!(root == new.files[&Part::Root]);
}

#[test]
fn a_file_that_was_changed_is_thrown_away_and_why_is_remembered() {
    let (old, new) = two();
    let repository = Repository::with(&[(&new, 14)]);
    let scene = repository.trusted_by(&old);
    scene
        .send("update.upload", &repository.changed_bundle(&new))
        .unwrap();
    let bundle = json!({ "from": "bundle" });
    scene.ask("update.check", bundle.clone()).unwrap();
    let why = fetch(&scene, &bundle).unwrap_err();
    assert!(why.contains("the root file system"), "{why}");
    assert!(why.contains("is not what was signed"), "{why}");
    let status = scene.look("update.status");
    assert_eq!(status["update"], Value::Null, "it could not go on");
    assert_eq!(status["uploaded"], Value::Null);
    let last = &status["outcomes"][0];
    assert_eq!(
        (&last["end"], &last["reason"]),
        (&json!("cancelled"), &json!(why))
    );
}

#[test]
fn a_clock_that_was_ahead_stands_in_the_way_until_somebody_says_that_it_is_right_now() {
    let (old, new) = two();
    let repository = Repository::with(&[(&new, 14)]);
    let scene = repository.trusted_by(&old);
    let web = Server::start(&repository.state(1));
    scene.write("usr/share/xoa/repository", &web.address());
    scene.ask("update.check", json!({})).unwrap();
    let ahead = || scene.look("update.status")["clockSeenAhead"].clone();
    assert_eq!(ahead(), Value::Null);
    let later = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48);
    scene.write("var/lib/xoa/update/trust/clock", &json!(later).to_string());
    let later_ms = later.as_second() * 1000;
    assert_eq!(ahead(), later_ms);
    let why = refused(&scene, &json!({}));
    let told = later.strftime("it said %F %H:%M UTC when").to_string();
    assert!(why.contains(&told), "{why}");
    assert!(why.contains("xoa update trust-clock"), "{why}");
    assert!(!why.contains("expired"), "{why}");
    scene.look("update.trust-clock");
    assert_eq!(ahead(), Value::Null);
    let told = scene.ask("update.check", json!({})).unwrap();
    assert_eq!(told["found"]["version"], "1.1.0");
}
