//! `xoa update`, as it is typed at a terminal.

use std::cell::RefCell;
use std::io::{Read, Write};

use clap::Parser;
use serde_json::{Map, Value, json};
use xo_appliance::agent::client::{Ask, Error};
use xo_appliance::command::{Command, Failure, Streams, run};

use super::agent::{appliance, staged};
use super::image::Image;
use super::install::two;
use super::signed::Repository;
use crate::scene::Scene;
use crate::schedule::goes_on;
use crate::trust::server::Server;

/// The agent itself, without a socket.
struct Inside<'a>(&'a Scene);

impl Ask for Inside<'_> {
    fn ask(&self, verb: &str, params: Map<String, Value>) -> Result<Value, Error> {
        Ok(self.0.ask(verb, Value::Object(params))?)
    }

    fn fetch(&self, verb: &str, _: &mut dyn Write) -> Result<String, Error> {
        panic!("{verb} is no file")
    }

    fn upload(&self, verb: &str, input: &mut dyn Read) -> Result<Value, Error> {
        let mut file = Vec::new();
        input.read_to_end(&mut file)?;
        Ok(self.0.send(verb, &file)?)
    }
}

/// What the terminal shows.
fn typed(agent: &dyn Ask, words: &[&str]) -> Result<String, Failure> {
    answered(agent, words, "")
}

/// The same, when somebody answers.
fn answered(agent: &dyn Ask, words: &[&str], answer: &str) -> Result<String, Failure> {
    let words = [&["xoa", "update"], words].concat();
    let command = Command::try_parse_from(words).map_err(|e| Failure::Wrong(e.to_string()))?;
    let mut shown = Vec::new();
    let mut streams = Streams {
        output: &mut shown,
        input: &mut answer.as_bytes(),
        is_terminal: true,
    };
    run(&command, agent, &mut streams)?;
    Ok(String::from_utf8(shown).unwrap())
}

#[test]
fn settings_are_shown_and_changed_one_by_one() {
    let scene = appliance(&two().0);
    let agent = Inside(&scene);
    let page = typed(&agent, &["settings"]).unwrap();
    assert!(page.contains("channel      stable\n"), "{page}");
    assert!(page.contains("automatic    off\n"), "{page}");
    let words = "settings --automatic on --days saturday,sunday --from 22:00 --to 04:30 --wait 10";
    let words: Vec<&str> = words.split(' ').collect();
    let page = typed(&agent, &words).unwrap();
    let window = "window       saturday, sunday, 22:00 to 04:30\n";
    assert!(page.contains(window), "{page}");
    let page = typed(&agent, &["settings", "--bandwidth", "512"]).unwrap();
    assert!(page.contains("bandwidth    512 KiB/s\n"), "{page}");
    assert!(page.contains(window), "{page}");
    let kept = scene.look("update.settings");
    let words = ["settings", "--json", "--to", "05:00"];
    let told: Value = serde_json::from_str(&typed(&agent, &words).unwrap()).unwrap();
    assert_eq!(told["window"]["to"], "05:00");
    assert_eq!(told["window"]["days"], kept["window"]["days"]);
    assert_eq!(told["bytesPerSecond"], 512 * 1024);
    let wrong = typed(&agent, &["settings", "--days", "someday"]).unwrap_err();
    assert_eq!(wrong.code(), 2, "{wrong}");
    let page = typed(&agent, &["settings", "--any-time", "--bandwidth", "none"]).unwrap();
    assert!(page.contains("at any time\n"), "{page}");
    assert_eq!(scene.look("update.settings")["bytesPerSecond"], Value::Null);
}

#[test]
fn an_expired_file_is_installed_up_to_the_restart_when_that_is_accepted() {
    let (old, new) = two();
    let repository = Repository::with(&[(&new, -400)]);
    let scene = repository.trusted_by(&old);
    let agent = Inside(&scene);
    let file = scene.at("xoa.update");
    std::fs::write(&file, repository.bundle(1, &new)).unwrap();
    let file = file.to_str().unwrap();
    for words in [&["--from", file][..], &["--check", "--from", file]] {
        let refused = typed(&agent, words).unwrap_err();
        assert!(refused.to_string().contains("expired"), "{refused}");
        assert!(
            refused.to_string().contains("--accept-expired"),
            "{refused}"
        );
        assert_eq!(refused.code(), 5);
    }
    let words = ["--from", file, "--accept-expired"];
    let shown = answered(&agent, &words, "y\n").unwrap();
    assert!(
        shown.ends_with("the appliance restarts into 1.1.0\n"),
        "{shown}"
    );
    assert!(scene.at("boot/EFI/Linux/xoa_1.1.0+2.efi").exists());
    let ran = scene.ran();
    assert_eq!(ran.last().unwrap(), "systemctl --no-block reboot");
    // Over the network there is no such word.
    let wrong = typed(&agent, &["--accept-expired"]).unwrap_err();
    assert_eq!(wrong.code(), 2, "{wrong}");
}

#[test]
fn a_file_is_looked_into_and_nothing_is_installed() {
    let (old, new) = two();
    let repository = Repository::with(&[(&new, 14)]);
    let scene = repository.trusted_by(&old);
    let file = scene.at("xoa.update");
    std::fs::write(&file, repository.bundle(1, &new)).unwrap();
    let words = ["--check", "--from", file.to_str().unwrap()];
    let shown = typed(&Inside(&scene), &words).unwrap();
    assert!(
        shown.starts_with("# 1.1.0\n\n1.1.0 can be installed: "),
        "{shown}"
    );
    assert!(shown.ends_with("from this file\n"), "{shown}");
    assert_eq!(scene.look("update.status")["update"], Value::Null);
}

#[test]
fn a_person_is_asked_before_the_restart_and_told_what_it_interrupts() {
    let (scene, ..) = staged();
    let agent = Inside(&scene);
    let reboots = || {
        let ran = scene.ran();
        ran.iter().any(|line| line.starts_with("systemctl"))
    };
    scene.prints("setpriv", "secret\n");
    goes_on(&scene, &["console of db"]);
    for answer in ["n\n", "\n", ""] {
        let shown = answered(&agent, &["apply"], answer).unwrap();
        assert!(
            shown.contains("would interrupt: console of db\nRestart now? [y/N] "),
            "{shown}"
        );
        assert!(shown.ends_with("`xoa update apply` starts it\n"), "{shown}");
        assert!(!reboots(), "{answer:?}");
    }
    // Who does not want to be asked is not, and interrupts nothing.
    for words in [&["apply", "--yes"][..], &["apply", "--json"]] {
        let refused = answered(&agent, words, "y\n").unwrap_err();
        assert_eq!(refused.code(), 4, "{refused}");
        assert!(refused.to_string().contains("console of db"), "{refused}");
        assert!(!reboots());
    }
    let shown = answered(&agent, &["apply"], "yes\n").unwrap();
    assert!(
        shown.ends_with("the appliance restarts into 1.1.0\n"),
        "{shown}"
    );
    assert!(reboots());

    let (scene, ..) = staged();
    goes_on(&scene, &["console of db"]);
    let agent = Inside(&scene);
    let shown = typed(&agent, &["apply", "--force"]).unwrap();
    assert_eq!(shown, "the appliance restarts into 1.1.0\n");
    // Without anything to restart into nobody is asked, and the agent says why.
    let scene = appliance(&two().0);
    for verb in ["apply", "rollback"] {
        let refused = answered(&Inside(&scene), &[verb], "y\n").unwrap_err();
        assert_eq!(refused.code(), 4, "{refused}");
    }
}

#[test]
fn the_newest_release_is_fetched_or_one_by_its_version_and_that_there_is_none_is_told() {
    let (old, new) = two();
    let newest = Image::new("1.2.0", vec![5; 4096]);
    let repository = Repository::with(&[(&new, 14), (&newest, 14)]);
    let scene = repository.trusted_by(&old);
    let web = Server::start(&repository.state(2));
    scene.write("usr/share/xoa/repository", &web.address());
    let agent = Inside(&scene);
    let shown = typed(&agent, &["fetch", "--version", "1.1.0"]).unwrap();
    assert!(shown.contains("1.1.0 is downloaded\n"), "{shown}");
    let shown = typed(&agent, &["fetch"]).unwrap();
    assert!(shown.contains("1.2.0 is downloaded\n"), "{shown}");
    let shown = answered(&agent, &["--version", "1.1.0"], "n\n").unwrap();
    assert!(shown.contains("restarts into 1.1.0,"), "{shown}");
    scene.look("update.cancel");
    let shown = typed(&agent, &["--check", "--version", "1.1.0"]).unwrap();
    assert!(shown.contains("\n1.1.0 can be installed"), "{shown}");
    let wrong = typed(&agent, &["--version", "new"]).unwrap_err();
    assert_eq!(wrong.code(), 2, "{wrong}");

    let channel = json!({ "channel": "latest" });
    scene.ask("update.settings", channel).unwrap();
    for words in [&[][..], &["fetch"], &["--check"]] {
        let shown = typed(&agent, words).unwrap();
        let told = "no newer release on the channel latest: 1.0.0 runs\n";
        let shown = shown.rsplit("\x1b[K").next().unwrap();
        let other = shown.strip_prefix(told).unwrap_or("not told");
        if words == ["--check"] {
            assert!(other.starts_with("1.2.0 is on stable: "), "{shown}");
        } else {
            assert_eq!(other, "", "{shown}");
        }
    }
}

/// An agent that tells one status after the other.
struct Slow(RefCell<Vec<Value>>);

impl Ask for Slow {
    fn ask(&self, verb: &str, _: Map<String, Value>) -> Result<Value, Error> {
        match verb {
            "update.status" => Ok(self.0.borrow_mut().remove(0)),
            _ => Ok(json!({})),
        }
    }

    fn fetch(&self, verb: &str, _: &mut dyn Write) -> Result<String, Error> {
        panic!("{verb} is no file")
    }

    fn upload(&self, verb: &str, _: &mut dyn Read) -> Result<Value, Error> {
        panic!("{verb} is no upload")
    }
}

#[test]
fn a_terminal_shows_how_far_a_download_is_and_a_script_does_not() {
    let (mib, done) = (1 << 20, json!({ "doing": "fetch", "error": null }));
    let progress = json!({ "doing": "a download", "phase": "coming", "done": 20 * mib, "total": 100 * mib, "rate": 512 * 1024, "secondsLeft": 160 });
    let update =
        json!({ "version": "1.1.0", "origin": "repository", "step": { "name": "fetched" } });
    let statuses = || {
        Slow(RefCell::new(vec![
            json!({ "version": "1.0.0", "update": update, "ended": null, "progress": progress }),
            json!({ "version": "1.0.0", "update": update, "ended": done, "progress": null }),
        ]))
    };
    let shown = typed(&statuses(), &["fetch"]).unwrap();
    let line = "downloading: 20 MiB of 100 MiB, 512 KiB/s, 2 min left";
    let end = "1.0.0 runs\n1.1.0 is downloaded\n";
    assert_eq!(shown, format!("\r\x1b[K{line}\r\x1b[K{end}"));
    let shown = typed(&statuses(), &["fetch", "--json"]).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&shown).unwrap()["ended"],
        done
    );
}

#[test]
fn a_step_whose_end_somebody_else_made_forgotten_is_not_waited_for_for_ever() {
    let update = json!({ "version": "1.1.0", "step": { "name": "fetched" } });
    let status = json!({ "version": "1.0.0", "update": update, "ended": null, "progress": null });
    let agent = Slow(RefCell::new(vec![status; 20]));
    let shown = typed(&agent, &["fetch"]).unwrap();
    assert!(
        shown.ends_with("1.0.0 runs\n1.1.0 is downloaded\n"),
        "{shown}"
    );
}
