//! Repositories that the reference implementation of TUF (PyPI's `tuf`) wrote, sound and altered: what we say of each, and what it says.

pub mod server;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;
use xo_appliance::update::trust::{
    Expiry, Location, Repository, Settings, Target, Trust, TrustError,
};

use server::{Manners, Server};

#[derive(Deserialize)]
struct Case {
    name: String,
    /// What we call the refusal; nothing for what is sound.
    refused: Option<String>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    file: String,
    /// The exception of the reference client.
    verdict: Option<String>,
    /// The versions that it keeps.
    trusted: BTreeMap<String, Option<u64>>,
}

/// After a rotation we forget what the old keys signed, as the specification says (5.3.11). The reference keeps the files, and
/// believes them no more.
const FORGETS: &str = "a_timestamp_by_a_replaced_key";

/// `target/clients`, filled by `tests/clients/install.sh`; the suite's runner sets the variable.
pub fn python() -> PathBuf {
    let path = std::env::var_os("XO_TEST_CLIENTS").expect(
        "XO_TEST_CLIENTS is not set: run `make test`, or tests/clients/install.sh and set it",
    );
    PathBuf::from(path).join("venv/bin/python")
}

/// Has the reference implementation write these cases; all, when none is named.
fn cases(names: &[&str]) -> (TempDir, Vec<Case>) {
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tuf/attacks.py");
    let output = Command::new(python())
        .arg(script)
        .arg(folder.path())
        .args(names)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = fs::read(folder.path().join("cases.json")).unwrap();
    (folder, serde_json::from_slice(&text).unwrap())
}

fn settings(case: &Path, repository: Location) -> Settings {
    Settings {
        root: case.join("root.json"),
        store: case.join("ours"),
        repository,
        proxy: None,
        expiry: Expiry::Enforced,
    }
}

fn whole(repository: &Repository, target: &Target) -> Result<Vec<u8>, TrustError> {
    let mut reader = repository.read(target, 0..target.length)?;
    let mut content = Vec::new();
    match reader.read_to_end(&mut content) {
        Ok(_) => Ok(content),
        Err(error) => Err(error.downcast::<TrustError>().unwrap()),
    }
}

/// The name of the refusal, or nothing.
fn verdict(settings: Settings, file: &str) -> Option<String> {
    let outcome = Trust::open(settings)
        .and_then(|trust| trust.refresh())
        .and_then(|repository| match repository.target(file) {
            Some(target) => whole(&repository, &target).map(Some),
            None => Ok(None),
        });
    match outcome {
        Ok(Some(_)) => None,
        Ok(None) => Some("Unsigned".into()),
        Err(error) => Some(kind(&error)),
    }
}

fn kind(error: &TrustError) -> String {
    let text = format!("{error:?}");
    let name = text.split(|c: char| !c.is_alphanumeric()).next();
    name.unwrap_or_default().to_owned()
}

fn trusted(store: &Path) -> BTreeMap<String, Option<u64>> {
    let roles = ["root", "snapshot", "targets", "timestamp"];
    let version = |role: &str| {
        let text = fs::read(store.join(format!("{role}.json"))).ok()?;
        let document: Value = serde_json::from_slice(&text).ok()?;
        document["signed"]["version"].as_u64()
    };
    roles.map(|role| (role.to_owned(), version(role))).into()
}

#[test]
fn what_the_reference_accepts_is_accepted_and_what_it_refuses_is_refused() {
    let (folder, cases) = cases(&[]);
    let mut wrong = Vec::new();
    for case in &cases {
        let place = folder.path().join(&case.name);
        let last = case.steps.len() - 1;
        for (number, step) in case.steps.iter().enumerate() {
            let served = Location::folder(&place.join((number + 1).to_string()));
            let ours = verdict(settings(&place, served), &step.file);
            let expected = case.refused.clone().filter(|_| number == last);
            let reference = &step.verdict;
            if ours != expected || reference.is_some() != expected.is_some() {
                wrong.push(format!(
                    "{} step {}: {ours:?}, not {expected:?}; the reference: {reference:?}",
                    case.name,
                    number + 1
                ));
            }
            let kept = trusted(&place.join("ours"));
            if kept != step.trusted && case.name != FORGETS {
                wrong.push(format!(
                    "{} step {}: keeps {kept:?}, the reference {:?}",
                    case.name,
                    number + 1,
                    step.trusted
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let attacks = cases.iter().filter(|case| case.refused.is_some()).count();
    assert!(attacks >= 70 && cases.len() - attacks >= 15, "{attacks}");
}

/// One sound repository, to be served.
fn sound() -> (TempDir, PathBuf) {
    let (folder, _) = cases(&["new_releases"]);
    let case = folder.path().join("new_releases");
    (folder, case)
}

fn refresh(case: &Path, server: &Server) -> Result<Repository, TrustError> {
    let location = Location::web(&server.address()).unwrap();
    Trust::open(settings(case, location))?.refresh()
}

#[test]
fn over_http_whole_files_and_parts_come_and_faults_are_told_apart() {
    let (_folder, case) = sound();
    let server = Server::start(&case.join("4"));
    let repository = refresh(&case, &server).unwrap();
    let target = repository.target("xoa-1.0.0.root").unwrap();
    let content = whole(&repository, &target).unwrap();
    assert_eq!(content.len() as u64, target.length);
    let part = |range| -> Result<Vec<u8>, TrustError> {
        let mut part = Vec::new();
        let mut reader = repository.read(&target, range)?;
        match reader.read_to_end(&mut part) {
            Ok(_) => Ok(part),
            Err(error) => Err(error.downcast().unwrap()),
        }
    };
    assert!(part(100..300).unwrap() == content[100..300]);
    assert!(part(10..u64::MAX).unwrap() == content[10..]);
    assert!(part(0..7).unwrap() == content[..7]);

    server.behave(Manners::WithoutRanges);
    assert!(part(0..7).is_err_and(|e| kind(&e) == "TooLong"));
    assert!(part(100..300).is_err_and(|e| kind(&e) == "NoRanges"));
    for (manners, expected) in [
        (Manners::Endless, "TooLong"),
        (Manners::BreaksOff, "Unreachable"),
        (Manners::Status(404), "Missing"),
        (Manners::Status(403), "Missing"),
        (Manners::Status(503), "Unreachable"),
    ] {
        server.behave(manners);
        let refusal = whole(&repository, &target).unwrap_err();
        assert_eq!(kind(&refusal), expected, "{refusal}");
        let refusal = refresh(&case, &server).err().unwrap();
        // Without roots the timestamp is what is missing; everything else ends at the next root already.
        assert_eq!(kind(&refusal), expected, "{refusal}");
    }
    server.behave(Manners::Good);
    refresh(&case, &server).unwrap();
    drop(server);
}

#[test]
fn a_proxy_is_asked_and_its_password_is_not_told() {
    let (_folder, case) = sound();
    let proxy = Server::start(&case.join("1"));
    let location = Location::web("http://updates.invalid").unwrap();
    let mut through = settings(&case, location);
    through.proxy = Some(proxy.address().replace("://", "://me:s3cret@"));
    Trust::open(through.clone()).unwrap().refresh().unwrap();
    assert!(
        proxy
            .asked()
            .iter()
            .all(|line| line.contains("http://updates.invalid/metadata/"))
    );
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let dead = port.unwrap().to_string();
    through.proxy = Some(format!("http://me:s3cret@{dead}"));
    let error = Trust::open(through.clone()).unwrap().refresh();
    let error = error.unwrap_err().to_string();
    let told = format!("through the proxy {dead}: ");
    assert!(
        error.contains(&told) && !error.contains("s3cret"),
        "{error}"
    );
    through.proxy = Some("ftp://me:s3cret@proxy lan".into());
    let error = Trust::open(through).unwrap_err().to_string();
    assert!(
        error.contains("proxy") && !error.contains("s3cret"),
        "{error}"
    );
}

#[test]
fn what_expired_is_accepted_knowingly_but_what_is_older_never() {
    let (folder, _) = cases(&[
        "an_expired_timestamp",
        "an_expired_list_of_targets",
        "replay_of_everything",
        "another_repository",
    ]);
    let accepted = |case: &str, step: u32| {
        let place = folder.path().join(case);
        let location = Location::folder(&place.join(step.to_string()));
        let expiry = Expiry::Accepted;
        let settings = Settings {
            expiry,
            ..settings(&place, location)
        };
        verdict(settings, "xoa-1.0.0.root")
    };
    assert_eq!(accepted("an_expired_timestamp", 2), None);
    assert_eq!(accepted("an_expired_list_of_targets", 2), None);
    assert_eq!(accepted("replay_of_everything", 2), None);
    assert_eq!(accepted("replay_of_everything", 3), Some("Rollback".into()));
    assert_eq!(accepted("another_repository", 2), Some("Signature".into()));
}

#[test]
fn a_refusal_says_which_role_since_when_and_what_to_do() {
    let (folder, _) = cases(&["expired_from_the_beginning"]);
    let place = folder.path().join("expired_from_the_beginning");
    let location = Location::folder(&place.join("1"));
    let trust = Trust::open(settings(&place, location)).unwrap();
    let error = trust.refresh().err().unwrap();
    let TrustError::Expired { role, since } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(role, "timestamp");
    let age = time::OffsetDateTime::now_utc() - since.unwrap();
    assert_eq!(age.whole_days(), 400);
    assert!(error.to_string().contains("clock"), "{error}");
}

#[test]
fn what_is_kept_is_what_was_served_and_is_not_fetched_again() {
    let (_folder, case) = sound();
    let server = Server::start(&case.join("4"));
    refresh(&case, &server).unwrap();
    for (kept, served) in [
        ("timestamp.json", "timestamp.json"),
        ("snapshot.json", "4.snapshot.json"),
        ("targets.json", "4.targets.json"),
    ] {
        let kept = fs::read(case.join("ours").join(kept)).unwrap();
        let served = fs::read(case.join("4/metadata").join(served)).unwrap();
        assert!(kept == served);
    }
    let before = server.asked().len();
    refresh(&case, &server).unwrap();
    let asked = server.asked().split_off(before);
    let names: Vec<_> = asked
        .iter()
        .filter_map(|line| line.split(' ').nth(1))
        .collect();
    assert_eq!(names, ["/metadata/2.root.json", "/metadata/timestamp.json"]);
}

#[test]
fn a_clock_that_goes_back_is_told_and_counts_not_where_expiry_is_accepted() {
    let (_folder, case) = sound();
    let location = Location::folder(&case.join("1"));
    let trust = Trust::open(settings(&case, location)).unwrap();
    trust.refresh().unwrap();
    let known = case.join("ours/clock");
    fs::write(&known, "\"2999-01-01T00:00:00Z\"").unwrap();
    let error = trust.refresh().err().unwrap();
    assert_eq!(kind(&error), "Clock");
    assert!(error.to_string().contains("2999-01-01"), "{error}");
    let knowingly = Trust::open(Settings {
        expiry: Expiry::Accepted,
        ..settings(&case, Location::folder(&case.join("1")))
    });
    knowingly.unwrap().refresh().unwrap();
    assert_eq!(
        fs::read_to_string(&known).unwrap(),
        "\"2999-01-01T00:00:00Z\""
    );
    fs::remove_file(&known).unwrap();
    trust.refresh().unwrap();
    assert!(known.exists());
}

#[test]
fn a_look_that_failed_does_not_move_the_time_that_is_remembered() {
    let (folder, _) = cases(&["expired_from_the_beginning"]);
    let place = folder.path().join("expired_from_the_beginning");
    let trust = Trust::open(settings(&place, Location::folder(&place.join("1")))).unwrap();
    assert_eq!(kind(&trust.refresh().err().unwrap()), "Expired");
    assert!(!place.join("ours/clock").exists());
    let before = "\"2020-01-01T00:00:00Z\"";
    fs::write(place.join("ours/clock"), before).unwrap();
    assert_eq!(kind(&trust.refresh().err().unwrap()), "Expired");
    assert_eq!(
        fs::read_to_string(place.join("ours/clock")).unwrap(),
        before
    );
}

#[test]
fn a_damaged_store_is_no_reason_to_stop() {
    let (_folder, case) = sound();
    let location = Location::folder(&case.join("4"));
    let trust = Trust::open(settings(&case, location)).unwrap();
    trust.refresh().unwrap();
    for name in [
        "root.json",
        "timestamp.json",
        "snapshot.json",
        "targets.json",
    ] {
        fs::write(case.join("ours").join(name), "{").unwrap();
        trust.refresh().unwrap();
    }
    fs::create_dir_all(case.join("ours/next/left/over")).unwrap();
    trust.refresh().unwrap();
}

#[test]
fn an_address_that_is_none_is_refused() {
    for address in ["", "updates", "ftp://updates.example", "file:///srv"] {
        let outcome = Location::web(address)
            .and_then(|location| Trust::open(settings(Path::new("/nowhere"), location)));
        assert!(outcome.is_err_and(|e| kind(&e) == "Setting"), "{address}");
    }
}

/// The example program, which Cargo builds with the tests.
fn client(store: &Path, arguments: &[&str]) -> bool {
    let tests = std::env::current_exe().unwrap();
    let folder = tests.ancestors().nth(2).unwrap().join("examples");
    let output = Command::new(folder.join("tuf-client"))
        .arg("--metadata-dir")
        .arg(store)
        .args(arguments)
        .output()
        .unwrap();
    match output.status.code() {
        Some(code @ (0 | 1)) => code == 0,
        _ => panic!("{output:?}"),
    }
}

#[test]
fn the_client_for_the_conformance_suite_speaks_its_protocol() {
    let (folder, _) = cases(&["replay_of_everything"]);
    let case = folder.path().join("replay_of_everything");
    let store = case.join("suite");
    let root = case.join("root.json");
    assert!(client(&store, &["init", root.to_str().unwrap()]));
    assert!(store.join("root.json").exists());
    let fetched = case.join("fetched");
    for (step, is_good) in [("1", true), ("2", true), ("3", false)] {
        let server = Server::start(&case.join(step));
        let metadata = format!("{}/metadata", server.address());
        let targets = format!("{}/targets", server.address());
        let url = ["--metadata-url", metadata.as_str()];
        assert_eq!(client(&store, &[&url[..], &["refresh"]].concat()), is_good);
        let place = [
            "--target-base-url",
            &targets,
            "--target-dir",
            fetched.to_str().unwrap(),
        ];
        let known = ["--target-name", "xoa-1.0.0.root"];
        let unknown = ["--target-name", "xoa-6.6.6.root"];
        let download =
            |name: &[&str]| client(&store, &[&url, name, &place, &["download"]].concat());
        assert_eq!(download(&known), is_good);
        assert!(!download(&unknown));
    }
    assert_eq!(trusted(&store)["timestamp"], Some(2));
    let content = fs::read(fetched.join("xoa-1.0.0.root")).unwrap();
    assert_eq!(content, b"a root file system".repeat(1000));
    assert_eq!(fs::read_dir(fetched).unwrap().count(), 1);
}
