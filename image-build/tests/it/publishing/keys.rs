//! Keys that sign, are rotated, and are away.

use std::fs;

use serde_json::Value;

use super::Press;

#[test]
fn refreshing_signs_only_what_the_keys_online_sign() {
    let press = Press::with_a_release();
    let aside = press.path("offline");
    fs::rename(press.path("keys/targets"), &aside).unwrap();
    press.run(&["publish", "--refresh"]).unwrap();
    let version = |name: &str| {
        let path = press.path("repository/metadata").join(name);
        let document: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        document["signed"]["version"].as_u64().unwrap()
    };
    assert_eq!(version("timestamp.json"), 2);
    assert_eq!(version("2.snapshot.json"), 2);
    assert!(!press.path("repository/metadata/2.targets.json").exists());
    let few = press
        .run(&["publish", "--refresh", "--with-targets"])
        .unwrap_err();
    assert!(few.contains("targets: 0 signatures of 2"), "{few}");
    fs::rename(&aside, press.path("keys/targets")).unwrap();
    press
        .run(&["publish", "--refresh", "--with-targets"])
        .unwrap();
    assert_eq!(version("2.targets.json"), 2);
    assert_eq!(press.offers().len(), 1);
}

#[test]
fn keys_are_rotated_under_the_eyes_of_those_who_trust_the_first_root() {
    let press = Press::with_a_release();
    assert_eq!(press.offers().len(), 1);
    for role in ["timestamp", "snapshot", "root"] {
        press.rotate(role);
    }
    // One of those that signed the list is left, which is too few.
    for key in press.keys("targets").iter().skip(1) {
        press.rotate_key("targets", key);
    }
    press.run(&["keys", "renew"]).unwrap();
    let stale = press.run(&["publish", "--refresh"]).unwrap_err();
    assert!(stale.contains("--with-targets"), "{stale}");
    press
        .run(&["publish", "--refresh", "--with-targets"])
        .unwrap();
    assert!(press.path("repository/metadata/7.root.json").exists());
    assert_eq!(press.offers().len(), 1);
    press.reference_takes(&press.path("repository"), &["xoa-1.0.0.efi".into()]);
}

#[test]
fn whoever_changes_keys_hears_what_to_do_next() {
    let press = Press::new();
    let changes = [
        press.rotate("targets"),
        press.run(&["keys", "renew"]).unwrap(),
    ];
    for said in changes {
        assert!(said.contains("publish --refresh --with-targets"), "{said}");
    }
    for command in ["sign", "abandon"] {
        let nothing = press.run(&["keys", command]).unwrap_err();
        assert!(nothing.contains("no root waits"), "{nothing}");
    }
    fs::rename(press.path("keys/root"), press.path("away")).unwrap();
    let said = press.run(&["keys", "renew"]).unwrap();
    assert!(said.contains("keys sign"), "{said}");
    assert!(said.contains("0 of 3"), "{said}");
    let list = press.run(&["keys", "list"]).unwrap();
    assert!(list.contains("3.root.json, good until"), "{list}");
    assert!(list.contains("root: 3 of 5 keys sign"), "{list}");
    assert_eq!(list.matches("not here").count(), 5, "{list}");
    assert_eq!(list.matches(".key").count(), 5, "{list}");
    assert!(list.contains("next.root.json waits"), "{list}");
    let said = press.run(&["keys", "abandon"]).unwrap();
    assert!(
        said.ends_with("3.root.json\nThis root still counts.\n"),
        "{said}"
    );
    let nothing = press
        .run(&["keys", "rotate", "timestamp", "zz"])
        .unwrap_err();
    assert!(nothing.contains("names no timestamp keys"), "{nothing}");
    assert!(nothing.contains("keys list"), "{nothing}");
    press.rotate("timestamp");
    let said = press.run(&["keys", "abandon"]).unwrap();
    assert!(
        said.contains("put aside, since that root does not name it"),
        "{said}"
    );
}
