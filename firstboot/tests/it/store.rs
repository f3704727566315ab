//! XenStore's protocol.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::JoinHandle;

use xo_firstboot::settings::VmData;
use xo_firstboot::xenbus::bus::{self, Keys, Mood};
use xo_firstboot::xenbus::{Error, XenStore};

fn serve(keys: &[(&str, &str)], mood: Mood) -> (UnixStream, JoinHandle<Keys>) {
    bus::serve(keys, mood).unwrap()
}

const KEYS: &[(&str, &str)] = &[
    ("vm-data/ip", "10.0.0.5/24"),
    ("vm-data/gateway", "10.0.0.1"),
    ("vm-data/admin-password", "s3cret"),
    ("vm-data/deep/er", "x"),
    ("vm", "/vm/1"),
];

#[test]
fn keys_are_read_listed_written_and_removed() {
    for mood in [Mood::Good, Mood::Chatty] {
        let (wire, thread) = serve(KEYS, mood);
        let mut store = XenStore::on(wire);
        assert_eq!(store.read("vm").unwrap().as_deref(), Some("/vm/1"));
        assert_eq!(store.read("vm-data/none").unwrap(), None);
        let names = store.list("vm-data").unwrap();
        assert_eq!(names, ["admin-password", "deep", "gateway", "ip"]);
        assert!(store.list("nothing").unwrap().is_empty());
        store.write("data/os_name", "XOA").unwrap();
        store.remove("vm-data/ip").unwrap();
        store.remove("vm-data/ip").unwrap();
        drop(store);
        let keys = thread.join().unwrap();
        assert_eq!(keys["data/os_name"], "XOA");
        assert!(!keys.contains_key("vm-data/ip"));
    }
}

#[test]
fn settings_are_read_and_secrets_leave() {
    let (wire, thread) = serve(KEYS, Mood::Good);
    let mut store = XenStore::on(wire);
    let data = VmData::read(&mut store).unwrap();
    assert_eq!(data.0["ip"], "10.0.0.5/24");
    assert!(VmData::forget_secrets(&mut store).unwrap());
    assert!(!VmData::forget_secrets(&mut store).unwrap());
    drop(store);
    let keys = thread.join().unwrap();
    assert!(!keys.contains_key("vm-data/admin-password"));
    assert!(keys.contains_key("vm-data/ip"));
}

#[test]
fn a_refusal_keeps_its_code() {
    let (wire, _thread) = serve(KEYS, Mood::Good);
    let error = XenStore::on(wire).read("forbidden").unwrap_err();
    let said = "XenStore refused read `forbidden`: EACCES";
    assert_eq!(error.to_string(), said);
}

#[test]
fn a_bus_that_does_not_keep_to_the_protocol_is_no_bus() {
    for mood in [Mood::Confused, Mood::Boasting, Mood::Leaving] {
        let (wire, _thread) = serve(KEYS, mood);
        let error = XenStore::on(wire).read("vm").unwrap_err();
        assert!(
            matches!(error, Error::Garbage(_) | Error::Device(_)),
            "{error}"
        );
    }
}

#[test]
fn what_cannot_be_sent_is_refused_here() {
    let (wire, _thread) = serve(KEYS, Mood::Good);
    let mut store = XenStore::on(wire);
    for (path, value) in [
        ("", "x".to_owned()),
        ("a\0b", "x".to_owned()),
        ("a", "x".repeat(4096)),
    ] {
        let error = store.write(path, &value).unwrap_err();
        assert!(matches!(error, Error::Unfit { .. }), "{error}");
    }
    assert_eq!(store.read("vm").unwrap().as_deref(), Some("/vm/1"));
}

#[test]
fn without_xen_there_is_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let device: &Path = &folder.path().join("xenbus");
    assert!(XenStore::open(device).unwrap().is_none());
}
