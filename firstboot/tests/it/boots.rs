//! What a boot makes of what is told.

use xo_firstboot::settings::ConfigDrive;
use xo_firstboot::steps::Data;

use crate::scene::Scene;

const UNIT: &str = "systemd/network/10-xoa.network";

fn drive(network: &str) -> ConfigDrive {
    ConfigDrive {
        network_config: Some(network.into()),
        ..ConfigDrive::default()
    }
}

const FIXED: &str = "version: 2\nethernets: {a: {addresses: [10.9.0.5/24]}}\n";

#[test]
fn nothing_told_means_dhcp_and_the_default_name() {
    let mut scene = Scene::new();
    let boot = scene.boot();
    assert!(boot.whole);
    assert_eq!(boot.problems, []);
    assert!(scene.made(UNIT).contains("DHCP=yes"));
    let name = std::fs::read_to_string(&scene.places.kernel_hostname).unwrap();
    assert_eq!(name, "xoa");
}

#[test]
fn xenstore_counts_before_a_config_drive() {
    let mut scene = Scene::with_vm_data(&[("ip", "10.0.0.5/24"), ("gateway", "10.0.0.1")]);
    scene.outside.drive = Some(Ok(drive(FIXED)));
    scene.boot();
    assert!(scene.made(UNIT).contains("Address=10.0.0.5/24"));
    let mut scene = Scene::with_vm_data(&[]);
    scene.outside.drive = Some(Ok(drive(FIXED)));
    scene.boot();
    assert!(scene.made(UNIT).contains("Address=10.9.0.5/24"));
}

#[test]
fn settings_are_taken_once_and_kept() {
    let mut scene = Scene::with_vm_data(&[("hostname", "one")]);
    scene.boot();
    scene.outside.vm_data = Some([("hostname".to_owned(), "two".to_owned())].into());
    scene.boot();
    assert_eq!(scene.settings().hostname.as_deref(), Some("one"));
}

#[test]
fn what_is_wrong_is_told_and_the_appliance_comes_up() {
    let mut scene = Scene::with_vm_data(&[("ip", "ten"), ("dns", "10.0.0.2, x")]);
    let boot = scene.boot();
    assert!(boot.whole);
    let places: Vec<_> = boot.problems.iter().map(|p| p.place.as_str()).collect();
    assert_eq!(places, ["vm-data/ip", "vm-data/dns"]);
    let unit = scene.made(UNIT);
    assert!(
        unit.contains("DHCP=yes") && unit.contains("DNS=10.0.0.2"),
        "{unit}"
    );

    let mut scene = Scene::new();
    scene.outside.drive = Some(Err("network-config: Input/output error".into()));
    let boot = scene.boot();
    assert!(boot.whole && boot.problems[0].place == "config drive");
}

#[test]
fn a_source_that_does_not_answer_is_asked_again_at_the_next_boot() {
    let mut scene = Scene::with_vm_data(&[("hostname", "one")]);
    scene.outside.is_broken = true;
    let boot = scene.boot();
    assert_eq!(boot.problems[0].place, "vm-data");
    assert!(scene.made(UNIT).contains("DHCP=yes"));
    scene.outside.is_broken = false;
    scene.boot();
    assert_eq!(scene.settings().hostname.as_deref(), Some("one"));
}

#[test]
fn an_administrator_that_is_refused_is_told_and_the_password_goes() {
    let mut scene =
        Scene::with_vm_data(&[("admin-account", "root"), ("admin-password", "s3cret!")]);
    scene.server.refuses = true;
    let boot = scene.boot();
    let told = boot
        .problems
        .iter()
        .any(|p| p.place == "first administrator");
    assert!(told, "{:?}", boot.problems);
    assert!(!scene.everything().contains("s3cret"));
    assert_eq!(scene.boot().problems, []);
}

#[test]
fn without_data_the_network_is_as_told_and_nothing_is_used_up() {
    let mut scene = Scene::with_vm_data(&[
        ("ip", "10.0.0.5/24"),
        ("admin-account", "root"),
        ("admin-password", "s3cret pass"),
    ]);
    scene.data = Data::InMemory;
    assert!(scene.boot().whole);
    assert!(scene.made(UNIT).contains("Address=10.0.0.5/24"));
    assert!(scene.server.made.is_empty());
    assert!(!scene.everything().contains("s3cret"));
    let left = scene.outside.vm_data.unwrap();
    assert_eq!(left["admin-password"], "s3cret pass", "for the next boot");
}

#[test]
fn damaged_settings_are_set_aside() {
    let mut scene = Scene::with_vm_data(&[("hostname", "one")]);
    scene.boot();
    std::fs::write(scene.places.settings(), "{\"hostname\": 7").unwrap();
    let boot = scene.boot();
    assert!(boot.whole && boot.problems[0].what.contains("damaged"));
    assert!(
        scene
            .places
            .settings()
            .with_extension("json.damaged")
            .exists()
    );
    assert!(scene.made(UNIT).contains("DHCP=yes"));
}
