//! The life of a domain: what changes all over the pool when a VM starts, moves, sleeps or stops.

use crate::date;
use crate::db::Db;
use crate::operations::{refresh, refresh_vm};
use crate::placement::memory_of;
use crate::value::{Text, Value};

/// Brings a VM up on a host: residence, metrics, guest tools, console, devices, memory.
pub fn start(db: &mut Db, vm: &str, host: &str, state: &str) {
    let now = Value::Date(date::now());
    let domid = i64::try_from(db.ids().below(32_000)).unwrap_or_default() + 1;
    db.set(vm, "power_state", state);
    db.set(vm, "resident_on", host);
    db.set(vm, "domid", domid);
    db.set(vm, "domarch", "x64");
    let memory = db.int(vm, "memory_dynamic_max");
    db.set(vm, "memory_target", memory);
    let boot_flags = [("vendor", "GenuineIntel"), ("features", "")];
    db.set(vm, "last_boot_CPU_flags", Value::string_map(boot_flags));
    take_memory(db, host, memory_of(db, vm));
    if let Some(metrics) = db.linked(vm, "metrics") {
        let vcpus = db.int(vm, "VCPUs_at_startup");
        let kind = db.text(vm, "domain_type");
        db.set(&metrics, "memory_actual", memory);
        db.set(&metrics, "VCPUs_number", vcpus);
        db.set(&metrics, "start_time", now.clone());
        db.set(&metrics, "last_updated", now);
        db.set(&metrics, "hvm", &*kind == "hvm");
        db.set(&metrics, "current_domain_type", &kind);
    }
    for class in ["VBDs", "VIFs"] {
        for device in db.refs(vm, class) {
            let plugged = class == "VIFs" || !db.flag(&device, "empty");
            db.set(&device, "currently_attached", plugged);
        }
    }
    name_devices(db, vm);
    open_console(db, vm, host);
    greet(db, vm);
    refresh_vm(db, vm);
}

/// Gives virtual disks the names that a guest sees.
fn name_devices(db: &mut Db, vm: &str) {
    for vbd in db.refs(vm, "VBDs") {
        if let Some(name) = device_name(&db.text(&vbd, "userdevice")) {
            db.set(&vbd, "device", name);
        }
    }
}

/// `xvda` for the user device `0`.
#[must_use]
pub fn device_name(userdevice: &str) -> Option<String> {
    let at = userdevice.parse::<u8>().ok().filter(|at| *at < 26)?;
    Some(format!("xvd{}", char::from(b'a' + at)))
}

/// Where a host serves a console. A real one has no port there: it is always 443.
fn console_location(db: &Db, host: &str, uuid: &str) -> String {
    let address = db.text(host, "address");
    let port = db
        .https_port
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    format!("https://{address}{port}/console?uuid={uuid}")
}

/// Tells every console where it is really served, once the port is known.
pub fn place_consoles(db: &mut Db, https_port: u16) {
    db.https_port = (https_port != 443).then_some(https_port);
    for console in db.all("console") {
        let vm = db.reference(&console, "VM");
        let host = db.reference(&vm, "resident_on");
        let uuid = db.text(&console, "uuid");
        let location = console_location(db, &host, &uuid);
        db.set(&console, "location", location.as_str());
    }
}

/// The console of a running VM, on the host where it runs.
pub fn open_console(db: &mut Db, vm: &str, host: &str) {
    close_consoles(db, vm);
    let uuid = db.ids().uuid();
    let location = console_location(db, host, &uuid);
    db.create(
        "console",
        [
            ("uuid", Value::from(uuid)),
            ("protocol", Value::text("rfb")),
            ("location", Value::from(location)),
            ("VM", Value::text(vm)),
        ],
    );
}

fn close_consoles(db: &mut Db, vm: &str) {
    for console in db.refs(vm, "consoles") {
        db.destroy(&console);
    }
}

/// The guest's tools report: addresses, versions.
fn greet(db: &mut Db, vm: &str) {
    if let Some(metrics) = db.linked(vm, "guest_metrics") {
        db.destroy(&metrics);
    }
    let mut networks = Vec::new();
    for vif in db.refs(vm, "VIFs") {
        let device = db.text(&vif, "device");
        let [third, fourth] = address_of(&db.text(&vif, "MAC"));
        networks.push((format!("{device}/ip"), format!("10.0.{third}.{fourth}")));
        networks.push((format!("{device}/ipv4/0"), format!("10.0.{third}.{fourth}")));
        networks.push((
            format!("{device}/ipv6/0"),
            format!("fd00::{third:x}:{fourth:x}"),
        ));
    }
    let system = guest_system(&db.text(vm, "reference_label"));
    let drivers = [
        ("major", "8"),
        ("minor", "4"),
        ("micro", "0"),
        ("build", "1"),
    ];
    let yes = Value::text("yes");
    let metrics = db.create(
        "VM_guest_metrics",
        [
            ("os_version", Value::string_map(system)),
            ("PV_drivers_version", Value::string_map(drivers)),
            ("PV_drivers_up_to_date", Value::Bool(true)),
            ("PV_drivers_detected", Value::Bool(true)),
            ("networks", Value::string_map(networks)),
            (
                "other",
                Value::string_map([
                    ("feature-balloon", "1"),
                    ("platform-feature-multiprocessor-suspend", "1"),
                ]),
            ),
            ("last_updated", Value::Date(date::now())),
            ("live", Value::Bool(true)),
            ("can_use_hotplug_vbd", yes.clone()),
            ("can_use_hotplug_vif", yes),
        ],
    );
    db.set(vm, "guest_metrics", metrics);
}

/// Two numbers between 1 and 254 from the end of a MAC address.
fn address_of(mac: &str) -> [u8; 2] {
    let mut bytes = mac
        .rsplit(':')
        .map(|part| u8::from_str_radix(part, 16).unwrap_or(1));
    let mut next = || bytes.next().unwrap_or(1).clamp(1, 254);
    let last = next();
    [next(), last]
}

fn guest_system(label: &str) -> [(&'static str, &'static str); 5] {
    let (name, distro, major, minor, uname) = match label {
        label if label.starts_with("windows") => (
            "Microsoft Windows Server 2022 Standard",
            "windows",
            "10",
            "0",
            "",
        ),
        label if label.starts_with("ubuntu") => (
            "Ubuntu 24.04.2 LTS",
            "ubuntu",
            "24",
            "04",
            "6.8.0-60-generic",
        ),
        label if label.starts_with("rocky") => (
            "Rocky Linux 9.5 (Blue Onyx)",
            "rocky",
            "9",
            "5",
            "5.14.0-503.el9.x86_64",
        ),
        _ => (
            "Debian GNU/Linux 12 (bookworm)",
            "debian",
            "12",
            "0",
            "6.1.0-37-amd64",
        ),
    };
    [
        ("name", name),
        ("distro", distro),
        ("major", major),
        ("minor", minor),
        ("uname", uname),
    ]
}

/// Takes a VM down: nothing of it is left on its host.
pub fn halt(db: &mut Db, vm: &str) {
    leave(db, vm);
    db.set(vm, "power_state", "Halted");
    if let Some(image) = db.linked(vm, "suspend_VDI") {
        db.set(vm, "suspend_VDI", Value::null_ref());
        crate::disks::destroy(db, &image);
    }
    if let Some(metrics) = db.linked(vm, "guest_metrics") {
        db.set(vm, "guest_metrics", Value::null_ref());
        db.destroy(&metrics);
    }
    if let Some(metrics) = db.linked(vm, "metrics") {
        db.set(&metrics, "memory_actual", 0);
        db.set(&metrics, "VCPUs_number", 0);
        db.set(&metrics, "current_domain_type", "unspecified");
    }
    for class in ["VBDs", "VIFs"] {
        for device in db.refs(vm, class) {
            db.set(&device, "currently_attached", false);
        }
    }
    refresh_vm(db, vm);
}

/// The domain is gone from its host: memory, console, residence.
fn leave(db: &mut Db, vm: &str) {
    if let Some(host) = db.linked(vm, "resident_on") {
        take_memory(db, &host, -memory_of(db, vm));
    }
    close_consoles(db, vm);
    db.set(vm, "resident_on", Value::null_ref());
    db.set(vm, "domid", -1);
    db.set(vm, "memory_target", 0);
}

/// Saves a VM's memory to a disk and takes its domain away.
pub fn suspend(db: &mut Db, vm: &str, sr: Option<&Text>) {
    leave(db, vm);
    let size = db.int(vm, "memory_static_max");
    if let Some(sr) = sr {
        let image = crate::disks::create(db, sr, "Suspend image", size, "suspend");
        db.set(vm, "suspend_VDI", image);
    }
    db.set(vm, "power_state", "Suspended");
    refresh_vm(db, vm);
}

/// Brings a suspended VM back.
pub fn resume(db: &mut Db, vm: &str, host: &str, state: &str) {
    if let Some(image) = db.linked(vm, "suspend_VDI") {
        db.set(vm, "suspend_VDI", Value::null_ref());
        crate::disks::destroy(db, &image);
    }
    start(db, vm, host, state);
}

/// Moves a running VM to another host.
pub fn migrate(db: &mut Db, vm: &str, host: &str) {
    if let Some(before) = db.linked(vm, "resident_on") {
        take_memory(db, &before, -memory_of(db, vm));
    }
    take_memory(db, host, memory_of(db, vm));
    db.set(vm, "resident_on", host);
    let domid = i64::try_from(db.ids().below(32_000)).unwrap_or_default() + 1;
    db.set(vm, "domid", domid);
    open_console(db, vm, host);
    refresh_vm(db, vm);
}

/// The host has so much less free memory; negative: more.
fn take_memory(db: &mut Db, host: &str, bytes: i64) {
    let metrics = db.reference(host, "metrics");
    let free = db.int(&metrics, "memory_free");
    let total = db.int(&metrics, "memory_total");
    db.set(&metrics, "memory_free", (free - bytes).clamp(0, total));
}

/// Changes how many bytes a running VM may have, on its host too.
pub fn balloon(db: &mut Db, vm: &str, bytes: i64) {
    let before = db.int(vm, "memory_dynamic_max");
    db.set(vm, "memory_dynamic_max", bytes);
    if let Some(host) = db.linked(vm, "resident_on") {
        take_memory(db, &host, bytes - before);
        db.set(vm, "memory_target", bytes);
        if let Some(metrics) = db.linked(vm, "metrics") {
            db.set(&metrics, "memory_actual", bytes);
        }
    }
    refresh(db, "VM", vm);
}
