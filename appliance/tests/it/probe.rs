//! What the agent says about a new system: whether somebody can sign in, and the pools.

use serde_json::{Value, json};

use crate::scene::Scene;
use crate::update::agent::staged;

const ASKED: &str = "/rest/v0/servers?fields=id,host,label,enabled,status as secret";
const MADE: &str = "setpriv --reuid=xo-server --regid=xo-server --init-groups -- xo-server admin self-test-token \
                    --data-dir=/var/lib/xo-server";

fn pool(id: &str, status: &str) -> Value {
    json!({ "id": id, "host": format!("{id}.lan"), "label": null, "enabled": true, "status": status })
}

fn tells(scene: &Scene, pools: &Value) {
    let mut world = scene.world.lock().unwrap();
    world.server.push((ASKED, pools.to_string()));
}

fn is_silent(scene: &Scene) {
    scene.world.lock().unwrap().server.clear();
}

fn probe(scene: &Scene) -> Result<Value, String> {
    scene
        .ask("update.probe", json!({}))
        .map_err(|fault| fault.message)
}

/// A system that was switched to while the pools `one` and `two` were connected, and `three` was not.
fn switched() -> Scene {
    let (scene, ..) = staged();
    scene.prints("setpriv", "secret\n");
    let pools = [
        pool("one", "connected"),
        pool("two", "connected"),
        pool("three", "disconnected"),
    ];
    tells(&scene, &json!(pools));
    scene.look("update.apply");
    scene.ran();
    scene
}

#[test]
fn pools_that_were_connected_must_be_connected_again_unless_nobody_reaches_them() {
    let scene = switched();
    probe(&scene).unwrap();
    let two_is_lost = json!([
        pool("one", "connected"),
        pool("two", "connecting"),
        pool("three", "connecting")
    ]);
    tells(&scene, &two_is_lost);
    probe(&scene).unwrap();
    scene.world.lock().unwrap().listens = vec!["two.lan".to_owned(), "three.lan".to_owned()];
    let reason = probe(&scene).unwrap_err();
    assert!(reason.contains("two.lan was connected before"), "{reason}");
    // Somebody disabled or removed it meanwhile.
    let mut disabled = two_is_lost;
    disabled[1]["enabled"] = json!(false);
    tells(&scene, &disabled);
    probe(&scene).unwrap();
    tells(&scene, &json!([pool("one", "connected")]));
    probe(&scene).unwrap();
}

#[test]
fn a_server_where_nobody_can_sign_in_does_not_do_its_work() {
    let scene = switched();
    is_silent(&scene);
    let reason = probe(&scene).unwrap_err();
    assert!(reason.starts_with("nobody can sign in"), "{reason}");
    // The token may have ended: another one was asked for.
    assert_eq!(scene.ran(), [MADE]);
    scene.fails("setpriv", "setpriv: xo-server: the database is damaged");
    assert_eq!(probe(&scene).unwrap_err(), "the database is damaged");
    // Before the set-up there is nobody to sign in.
    scene.prints("setpriv", "\n");
    probe(&scene).unwrap();
}

#[test]
fn what_the_pools_are_is_asked_with_one_token() {
    let scene = switched();
    for _ in 0..3 {
        probe(&scene).unwrap();
    }
    assert!(scene.ran().is_empty());
}

#[test]
fn a_server_that_does_not_tell_its_pools_keeps_nobody_from_updating() {
    let (scene, ..) = staged();
    scene.prints("setpriv", "secret\n");
    scene.look("update.apply");
    assert!(scene.at("boot/EFI/Linux/xoa_1.1.0+2.efi").exists());
}
