//! The power goes before each write of the first boot; the boots after it bring everything to its end.

use xo_firstboot::settings::SECRETS;

use crate::scene::{Failing, Scene};

const SETTINGS: &[(&str, &str)] = &[
    ("ip", "10.0.0.5/24"),
    ("gateway", "10.0.0.1"),
    ("hostname", "xoa1"),
    ("admin-account", "root"),
    ("admin-password", "s3cret pass"),
];

fn assert_done(scene: &Scene, when: &str) {
    assert_eq!(scene.settings().hostname.as_deref(), Some("xoa1"), "{when}");
    let unit = scene.made("systemd/network/10-xoa.network");
    assert!(unit.contains("Address=10.0.0.5/24"), "{when}: {unit}");
    let made = [("root".to_owned(), "s3cret pass".to_owned())];
    assert_eq!(scene.server.made, made, "{when}");
    let left = scene.outside.vm_data.as_ref().unwrap();
    assert!(SECRETS.iter().all(|key| !left.contains_key(*key)), "{when}");
    assert!(!scene.everything().contains("s3cret"), "{when}");
}

#[test]
fn a_cut_before_any_write_loses_nothing() {
    let mut writes = 0;
    loop {
        let mut scene = Scene::with_vm_data(SETTINGS);
        let broken = scene.boot_on(&Failing::after(writes));
        let when = format!("power lost before write {writes}");
        let next = scene.boot();
        assert!(next.whole, "{when}");
        assert_done(&scene, &when);
        if broken.whole && broken.problems.iter().all(|p| !p.what.contains("power")) {
            break;
        }
        writes += 1;
    }
    assert!(
        writes >= 6,
        "only {writes} writes: is the test still testing?"
    );
}

#[test]
fn cuts_again_and_again_lose_nothing() {
    for first in 0..8 {
        for second in 0..8 {
            let mut scene = Scene::with_vm_data(SETTINGS);
            scene.boot_on(&Failing::after(first));
            scene.boot_on(&Failing::after(second));
            scene.boot();
            assert_done(&scene, &format!("{first}, then {second}"));
        }
    }
}
