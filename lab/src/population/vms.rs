//! VMs: services with numbers, most of them running, some with snapshots.

use super::names::{SERVICES, TAGS};
use super::templates::{Templates, bios_strings, boot, platform};
use super::{GIB, Site};
use crate::db::Db;
use crate::value::{Text, Value};
use crate::{disks, domain, snapshots};

/// The n-th of a list, around and around.
fn around<T>(list: &[T], at: usize) -> Option<&T> {
    at.checked_rem(list.len()).and_then(|at| list.get(at))
}

fn random(db: &mut Db, bound: u64) -> usize {
    usize::try_from(db.ids().below(bound)).unwrap_or_default()
}

pub(super) fn populate(db: &mut Db, site: &Site, templates: &Templates, count: usize) {
    let looks: Vec<(Value, Value)> = ["bios", "uefi"]
        .into_iter()
        .map(|firmware| (platform(firmware, firmware == "uefi"), boot(firmware)))
        .collect();
    let bios = bios_strings();
    for number in 0..count {
        let Some((service, about, reference)) = around(&SERVICES, number) else {
            continue;
        };
        let label = format!("{service}-{:02}", number / SERVICES.len() + 1);
        let base = templates
            .iter()
            .find(|(name, _)| name == reference)
            .map(|(_, vm)| Text::clone(vm));
        let base = base.map_or_else(|| Text::from(""), |base| db.text(&base, "name_label"));
        let look = usize::from(reference.starts_with("windows") || reference.starts_with("rocky"));
        let Some((platform, boot)) = looks.get(look).cloned() else {
            continue;
        };
        let memory = GIB << random(db, 4);
        let cpus = 1_i64 << random(db, 4);
        let mac_seed = db.ids().uuid();
        let marks = Value::string_map([("base_template_name", &*base), ("mac_seed", &mac_seed)]);
        let tags = match random(db, 4) {
            0 => Value::strings(around(&TAGS, number / 3).copied()),
            1 => Value::strings(TAGS.iter().copied().skip(number % 4).take(2)),
            _ => Value::set([]),
        };
        let installed =
            site.now - 86_400 * (30 + i64::try_from(random(db, 700)).unwrap_or_default());
        let metrics = db.create(
            "VM_metrics",
            [
                ("install_time", Value::Date(installed)),
                ("current_domain_type", Value::text("unspecified")),
            ],
        );
        let vm = db.create(
            "VM",
            [
                ("name_label", Value::text(&label)),
                ("name_description", Value::text(about)),
                ("user_version", Value::Int(1)),
                ("memory_overhead", Value::Int(11 << 20)),
                ("memory_static_max", Value::Int(memory)),
                ("memory_dynamic_max", Value::Int(memory)),
                ("memory_dynamic_min", Value::Int(memory)),
                ("memory_static_min", Value::Int(GIB)),
                ("VCPUs_max", Value::Int(cpus)),
                ("VCPUs_at_startup", Value::Int(cpus)),
                ("HVM_boot_policy", Value::text("BIOS order")),
                ("HVM_boot_params", boot),
                ("platform", platform),
                ("other_config", marks),
                ("bios_strings", bios.clone()),
                ("domid", Value::Int(-1)),
                ("metrics", Value::from(metrics)),
                ("domain_type", Value::text("hvm")),
                ("has_vendor_device", Value::Bool(false)),
                ("reference_label", Value::text(reference)),
                ("generation_id", Value::text("")),
                ("actions_after_reboot", Value::text("restart")),
                ("actions_after_crash", Value::text("restart")),
                ("tags", tags),
            ],
        );
        equip(db, site, &vm, &label, number);
        settle(db, site, &vm, number);
    }
}

/// A disk or two, a CD drive, an interface.
fn equip(db: &mut Db, site: &Site, vm: &str, label: &str, number: usize) {
    let local = number % 7 == 6 || site.shared.is_empty();
    let from = if local { &site.local } else { &site.shared };
    let disks = if number % 9 == 1 { 2 } else { 1 };
    for device in 0..disks {
        let Some(sr) = around(from, number).cloned() else {
            continue;
        };
        let bytes = (10 << random(db, 4)) * GIB;
        let vdi = disks::create(db, &sr, &format!("{label} disk {device}"), bytes, "user");
        disk(db, vm, Some(&vdi), device, false);
    }
    disk(db, vm, None, 3, false);
    if let Some(network) = around(&site.networks, number % 3).cloned() {
        interface(db, vm, &network, 0, false);
    }
}

/// A virtual disk, or an empty CD drive.
pub(super) fn disk(
    db: &mut Db,
    vm: &str,
    vdi: Option<&str>,
    device: usize,
    attached: bool,
) -> Text {
    let userdevice = device.to_string();
    db.create(
        "VBD",
        [
            ("VM", Value::text(vm)),
            ("VDI", vdi.map_or_else(Value::null_ref, Value::text)),
            (
                "device",
                Value::from(domain::device_name(&userdevice).unwrap_or_default()),
            ),
            ("userdevice", Value::from(userdevice)),
            ("bootable", Value::Bool(device == 0)),
            ("mode", Value::text(if vdi.is_some() { "RW" } else { "RO" })),
            (
                "type",
                Value::text(if vdi.is_some() { "Disk" } else { "CD" }),
            ),
            ("unpluggable", Value::Bool(vdi.is_some())),
            ("empty", Value::Bool(vdi.is_none())),
            ("currently_attached", Value::Bool(attached)),
        ],
    )
}

/// A virtual network interface.
pub(super) fn interface(
    db: &mut Db,
    vm: &str,
    network: &str,
    device: usize,
    attached: bool,
) -> Text {
    let mac = db.ids().mac();
    db.create(
        "VIF",
        [
            ("device", Value::from(device.to_string())),
            ("network", Value::text(network)),
            ("VM", Value::text(vm)),
            ("MAC", Value::from(mac)),
            ("MTU", Value::Int(1500)),
            ("MAC_autogenerated", Value::Bool(true)),
            ("locking_mode", Value::text("network_default")),
            ("currently_attached", Value::Bool(attached)),
        ],
    )
}

/// Its state: of ten VMs seven run, two are halted, and the last is suspended or paused; one in twenty has a snapshot.
fn settle(db: &mut Db, site: &Site, vm: &Text, number: usize) {
    let local = number % 7 == 6 || site.shared.is_empty();
    let at = if local {
        number
    } else {
        random(db, site.hosts.len() as u64)
    };
    let Some(host) = around(&site.hosts, at).cloned() else {
        return;
    };
    if local {
        db.set(vm, "affinity", &host);
    }
    if number % 20 == 4 {
        snapshots::take(db, vm, "Before the upgrade");
    }
    match number % 10 {
        3 | 7 => {}
        9 if number % 20 == 9 => {
            domain::start(db, vm, &host, "Running");
            domain::suspend(db, vm, site.shared.first().or(site.local.first()));
        }
        9 => domain::start(db, vm, &host, "Paused"),
        _ => domain::start(db, vm, &host, "Running"),
    }
    if let Some(metrics) = db.linked(vm, "metrics") {
        let uptime = 3600 * (1 + i64::try_from(random(db, 900)).unwrap_or_default());
        db.set(&metrics, "start_time", Value::Date(site.now - uptime));
    }
}
