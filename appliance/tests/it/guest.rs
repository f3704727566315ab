//! What is told, when, and what is taken back.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::os::unix::fs::symlink;

use tempfile::TempDir;
use xo_appliance::guest::{Facts, Published, Roots, keys};
use xo_firstboot::xenbus::XenStore;
use xo_firstboot::xenbus::bus::{Keys, Mood, serve};

/// A machine with the interfaces `enX0` (the pool's number 0) and `enp1s0` (not one of Xen's).
fn machine() -> (TempDir, Roots) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("proc/sys/kernel")).unwrap();
    std::fs::write(at("proc/sys/kernel/osrelease"), "6.12.1\n").unwrap();
    std::fs::write(at("proc/sys/kernel/hostname"), "xoa\n").unwrap();
    std::fs::write(
        at("proc/meminfo"),
        "MemTotal: 1000 kB\nMemAvailable: 700 kB\n",
    )
    .unwrap();
    std::fs::write(at("os-release"), "ID=debian\n").unwrap();
    for (interface, device) in [("enX0", "../../../vif-0"), ("enp1s0", "../../../virtio1")] {
        std::fs::create_dir_all(at("net").join(interface)).unwrap();
        symlink(device, at("net").join(interface).join("device")).unwrap();
    }
    let roots = Roots {
        os_release: at("os-release"),
        proc: at("proc"),
        net: at("net"),
    };
    (folder, roots)
}

fn now(roots: &Roots, addresses: &[(&str, &str)]) -> BTreeMap<String, String> {
    let addresses: Vec<(String, IpAddr)> = addresses
        .iter()
        .map(|(name, ip)| ((*name).to_owned(), ip.parse().unwrap()))
        .collect();
    keys(&Facts::look(roots, &addresses).unwrap(), "1.0.0")
}

/// Lets an agent with no memory of earlier runs tell each look in turn; gives back what the store holds and how often news were told.
fn run(before: &[(&str, &str)], looks: Vec<BTreeMap<String, String>>) -> (Keys, usize) {
    let (wire, thread) = serve(before, Mood::Good).unwrap();
    let mut store = XenStore::on(wire);
    let mut published = Published::found(&mut store).unwrap();
    let mut news = 0;
    for look in looks {
        news += usize::from(published.tell(&mut store, look, false).unwrap());
    }
    drop(store);
    (thread.join().unwrap(), news)
}

#[test]
fn only_addresses_of_the_pools_own_interfaces_are_told() {
    let (_folder, roots) = machine();
    let look = now(
        &roots,
        &[
            ("enX0", "10.0.0.5"),
            ("enp1s0", "10.1.0.5"),
            ("lo", "127.0.0.1"),
        ],
    );
    let (keys, news) = run(&[], vec![look]);
    assert_eq!(news, 1);
    assert_eq!(keys["attr/vif/0/ipv4/0"], "10.0.0.5");
    assert_eq!(keys["data/host_name_dns"], "xoa");
    assert_eq!(keys["data/updated"], "1");
    assert!(!keys.values().any(|value| value == "10.1.0.5"));
}

#[test]
fn a_change_is_told_and_what_did_not_change_is_not() {
    let (_folder, roots) = machine();
    let first = now(&roots, &[("enX0", "10.0.0.5")]);
    let second = now(&roots, &[("enX0", "10.0.0.9")]);
    let mut busy = second.clone();
    busy.insert("data/meminfo_free".into(), "5".into());
    let (keys, news) = run(&[], vec![first.clone(), first, second, busy]);
    assert_eq!(news, 2);
    assert_eq!(keys["attr/vif/0/ipv4/0"], "10.0.0.9");
    assert_eq!(keys["data/updated"], "2");
}

#[test]
fn addresses_that_are_gone_are_taken_back_also_those_of_an_earlier_run() {
    let (_folder, roots) = machine();
    let old = [
        ("attr/vif/0/ipv4/1", "10.0.0.6"),
        ("attr/vif/2/ipv6/0", "fd00::1"),
    ];
    let looks = vec![
        now(&roots, &[("enX0", "10.0.0.5"), ("enX0", "fd00::5")]),
        now(&roots, &[("enX0", "10.0.0.5")]),
    ];
    let (keys, _) = run(&old, looks);
    let addresses: Vec<&String> = keys
        .keys()
        .filter(|key| key.starts_with("attr/vif"))
        .collect();
    assert_eq!(addresses, ["attr/vif/0/ipv4/0"]);
}
