//! Templates: those that come with a host, without disks, and two of our own, with disks.

use super::{GIB, Site};
use crate::db::Db;
use crate::disks;
use crate::value::{Text, Value};

/// Label, `reference_label`, firmware, memory in MiB, disk in GiB, how it is installed.
const DEFAULTS: [(&str, &str, &str, i64, i64, &str); 12] = [
    (
        "Other install media",
        "other-install-media",
        "bios",
        1024,
        0,
        "cdrom",
    ),
    (
        "Debian Bookworm 12",
        "debian-12",
        "bios",
        1024,
        10,
        "cdrom,nfs,http,ftp",
    ),
    (
        "Debian Bullseye 11",
        "debian-11",
        "bios",
        1024,
        10,
        "cdrom,nfs,http,ftp",
    ),
    (
        "Ubuntu Noble Numbat 24.04",
        "ubuntu-24.04",
        "bios",
        1024,
        10,
        "cdrom,http,ftp",
    ),
    (
        "Ubuntu Jammy Jellyfish 22.04",
        "ubuntu-22.04",
        "bios",
        1024,
        10,
        "cdrom,http,ftp",
    ),
    (
        "Rocky Linux 9",
        "rocky-9",
        "uefi",
        2048,
        10,
        "cdrom,nfs,http,ftp",
    ),
    (
        "AlmaLinux 9",
        "almalinux-9",
        "uefi",
        2048,
        10,
        "cdrom,nfs,http,ftp",
    ),
    (
        "CentOS Stream 9",
        "centos-9",
        "uefi",
        2048,
        10,
        "cdrom,nfs,http,ftp",
    ),
    (
        "Windows 10 (64-bit)",
        "windows-10-64bit",
        "uefi",
        2048,
        32,
        "cdrom",
    ),
    ("Windows 11", "windows-11-64bit", "uefi", 4096, 64, "cdrom"),
    (
        "Windows Server 2022 (64-bit)",
        "windows-server-2022-64bit",
        "uefi",
        2048,
        32,
        "cdrom",
    ),
    (
        "Windows Server 2019 (64-bit)",
        "windows-server-2019-64bit",
        "uefi",
        2048,
        32,
        "cdrom",
    ),
];

/// The hardware that a guest sees.
pub(super) fn platform(firmware: &str, windows: bool) -> Value {
    let viridian = if windows { "true" } else { "false" };
    let model = if firmware == "uefi" {
        "qemu-upstream-uefi"
    } else {
        "qemu-upstream-compat"
    };
    Value::string_map([
        ("timeoffset", "0"),
        ("nx", "true"),
        ("acpi", "1"),
        ("apic", "true"),
        ("pae", "true"),
        ("hpet", "true"),
        ("viridian", viridian),
        ("secureboot", "false"),
        ("device-model", model),
        ("vga", "std"),
        ("videoram", "8"),
        ("cores-per-socket", "1"),
    ])
}

pub(super) fn boot(firmware: &str) -> Value {
    Value::string_map([("order", "cdn"), ("firmware", firmware)])
}

pub(super) fn bios_strings() -> Value {
    Value::string_map([
        ("bios-vendor", "Xen"),
        ("bios-version", ""),
        ("system-manufacturer", "Xen"),
        ("system-product-name", "HVM domU"),
        ("system-version", ""),
        ("system-serial-number", ""),
        ("hp-rombios", ""),
    ])
}

fn limits(memory: i64) -> String {
    let bytes = memory << 20;
    format!(
        "<restrictions>\
         <restriction field=\"memory-static-max\" max=\"{}\"/>\
         <restriction field=\"memory-static-min\" min=\"{bytes}\"/>\
         <restriction field=\"vcpus-max\" max=\"64\"/>\
         <restriction property=\"number-of-vbds\" max=\"255\"/>\
         <restriction property=\"number-of-vifs\" max=\"7\"/>\
         </restrictions>",
        1_536 * GIB
    )
}

/// The templates by `reference_label`.
pub(super) type Templates = Vec<(&'static str, Text)>;

pub(super) fn populate(db: &mut Db, site: &Site) -> Templates {
    let mut made = Vec::new();
    for (label, reference, firmware, memory, disk, methods) in DEFAULTS {
        let mut other = vec![
            ("default_template".to_owned(), "true".to_owned()),
            ("install-methods".to_owned(), methods.to_owned()),
            (
                "linux_template".to_owned(),
                (!reference.starts_with("windows")).to_string(),
            ),
        ];
        if disk > 0 {
            let bytes = disk * GIB;
            let disks = format!(
                "<provision><disk bootable=\"true\" device=\"0\" size=\"{bytes}\" sr=\"\" type=\"system\"/></provision>"
            );
            other.push(("disks".to_owned(), disks));
        }
        let vm = template(
            db,
            label,
            reference,
            firmware,
            memory,
            Value::string_map(other),
        );
        db.set(&vm, "is_default_template", true);
        made.push((reference, vm));
    }
    own(db, site, "debian-12-cloud", "debian-12", "bios");
    own(db, site, "rocky-9-hardened", "rocky-9", "uefi");
    made
}

fn template(
    db: &mut Db,
    label: &str,
    reference: &str,
    firmware: &str,
    memory: i64,
    other: Value,
) -> Text {
    let metrics = db.create(
        "VM_metrics",
        [("current_domain_type", Value::text("unspecified"))],
    );
    let bytes = Value::Int(memory << 20);
    db.create(
        "VM",
        [
            ("name_label", Value::text(label)),
            (
                "name_description",
                Value::from(format!("Template for {label}")),
            ),
            ("is_a_template", Value::Bool(true)),
            ("user_version", Value::Int(1)),
            ("memory_static_max", bytes.clone()),
            ("memory_dynamic_max", bytes.clone()),
            ("memory_dynamic_min", bytes.clone()),
            ("memory_static_min", bytes),
            ("VCPUs_max", Value::Int(1)),
            ("VCPUs_at_startup", Value::Int(1)),
            ("HVM_boot_policy", Value::text("BIOS order")),
            ("HVM_boot_params", boot(firmware)),
            (
                "platform",
                platform(firmware, reference.starts_with("windows")),
            ),
            ("other_config", other),
            ("domid", Value::Int(-1)),
            ("metrics", Value::from(metrics)),
            ("recommendations", Value::from(limits(memory))),
            ("domain_type", Value::text("hvm")),
            ("hardware_platform_version", Value::Int(0)),
            (
                "has_vendor_device",
                Value::Bool(reference.starts_with("windows")),
            ),
            ("reference_label", Value::text(reference)),
            ("generation_id", Value::text("")),
            ("actions_after_reboot", Value::text("restart")),
            ("actions_after_crash", Value::text("restart")),
        ],
    )
}

/// A template that an administrator made from a VM: it has a disk and an interface.
fn own(db: &mut Db, site: &Site, label: &str, reference: &str, firmware: &str) {
    let marks = Value::string_map([("base_template_name", label)]);
    let vm = template(db, label, reference, firmware, 2048, marks);
    db.set(&vm, "tags", Value::strings(["golden"]));
    if let Some(sr) = site.shared.first().or(site.local.first()) {
        let vdi = disks::create(db, sr, &format!("{label} disk"), 20 * GIB, "user");
        super::vms::disk(db, &vm, Some(&vdi), 0, false);
    }
    if let Some(network) = site.networks.first() {
        super::vms::interface(db, &vm, network, 0, false);
    }
}
