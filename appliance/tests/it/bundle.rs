//! The support bundle is whole, readable, and tells no secret.

use std::collections::BTreeMap;
use std::io::Read;

use serde_json::json;
use xo_appliance::agent::bundle::ENTRY_LIMIT;
use xo_appliance::agent::verbs::{self, Run};

use crate::scene::Scene;

fn bundle(scene: &Scene) -> (String, Vec<u8>) {
    let Run::File(name, write) = verbs::find("bundle", false).unwrap().run else {
        panic!("no file");
    };
    let mut bytes = Vec::new();
    write(&scene.agent, &mut bytes).unwrap();
    (name(&scene.agent), bytes)
}

fn entries(bytes: &[u8]) -> BTreeMap<String, String> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes));
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (name, text)
    });
    entries.collect()
}

#[test]
fn it_holds_what_somebody_needs_and_no_secret() {
    let scene = Scene::new();
    scene
        .ask(
            "proxy.set",
            json!({ "proxy": "http://ann:s3cret@proxy:3128" }),
        )
        .unwrap();
    scene.write("var/lib/xo-server/setup-code", "REZDR-J7ENY");
    scene.write("var/lib/xo-server/secret.key", "THE-KEY");
    scene.write("var/lib/xo-server/tls.key", "PRIVATE KEY");
    scene.prints(
        "journalctl --boot --",
        "10:00 xo-server: setup code:   REZDR-J7ENY   (makes)\n10:01 fine\n",
    );
    let (name, bytes) = bundle(&scene);
    assert!(
        name.starts_with("xoa-support-xoa-20") && name.ends_with(".tar.gz"),
        "{name}"
    );
    let entries = entries(&bytes);
    assert!(entries["xoa-support/journal.txt"].contains("10:01 fine"));
    assert!(entries["xoa-support/versions.json"].contains("6.12.1"));
    assert!(entries["xoa-support/check.json"].contains("certificate"));
    assert!(entries["xoa-support/settings.json"].contains("http://ann:***@proxy:3128"));
    assert!(entries["xoa-support/metrics.txt"].contains("xo_pools"));
    for (name, text) in &entries {
        for secret in ["s3cret", "REZDR", "THE-KEY", "PRIVATE KEY"] {
            assert!(!text.contains(secret), "{secret} is in {name}");
        }
    }
}

#[test]
fn what_cannot_be_told_is_told_as_such() {
    let scene = Scene::new();
    scene.fails("journalctl", "journalctl: no journal files were found");
    scene.world.lock().unwrap().server.clear();
    let entries = entries(&bundle(&scene).1);
    assert!(entries["xoa-support/journal.txt"].contains("no journal files"));
    assert!(entries["xoa-support/metrics.txt"].contains("cannot tell"));
    assert!(entries["xoa-support/first-boot.json"].contains("cannot read"));
}

#[test]
fn a_long_journal_keeps_its_end() {
    let scene = Scene::new();
    let journal = format!(
        "oldest\n{}newest\n",
        "a line of the journal\n".repeat(ENTRY_LIMIT / 20)
    );
    scene.prints("journalctl --boot --", &journal);
    let entries = entries(&bundle(&scene).1);
    let kept = &entries["xoa-support/journal.txt"];
    assert!(kept.len() <= ENTRY_LIMIT, "{}", kept.len());
    assert!(kept.ends_with("newest\n") && !kept.contains("oldest"));
}
