//! Storage: drivers, local and shared repositories, ISO images.

use super::{GIB, Site};
use crate::db::Db;
use crate::disks;
use crate::value::{Text, Value};

const DRIVERS: [(&str, &str, &str, bool); 9] = [
    ("ext", "Local EXT3 VHD", "EXTSR", true),
    ("lvm", "Local VHD on LVM", "LVMoHDDSR", true),
    ("nfs", "NFS VHD", "NFSSR", true),
    ("lvmoiscsi", "VHD over iSCSI", "LVMoISCSISR", true),
    ("lvmohba", "LVHD over FC", "LVMoHBASR", true),
    ("smb", "SMB VHD", "SMBSR", true),
    ("iso", "ISO", "ISOSR", false),
    ("udev", "udev", "udevSR", false),
    ("file", "Shared path", "FileSR", true),
];

const IMAGES: [(&str, i64); 5] = [
    ("debian-12.11.0-amd64-netinst.iso", 702_545_920),
    ("ubuntu-24.04.2-live-server-amd64.iso", 3_213_064_192),
    ("Rocky-9.5-x86_64-minimal.iso", 1_905_262_592),
    ("windows-server-2022.iso", 5_044_094_976),
    ("alpine-standard-3.21.3-x86_64.iso", 241_172_480),
];

pub(super) fn populate(db: &mut Db, site: &mut Site, shared: usize) {
    drivers(db);
    for number in 1..=shared {
        let server = [("server", "10.0.0.5"), ("serverpath", "/export/vms")];
        let config = Value::string_map(server);
        let sr = repository(
            db,
            &format!("NFS {number}"),
            "Shared storage",
            "nfs",
            "user",
            true,
        );
        plug(db, &sr, &site.hosts, &config);
        site.shared.push(sr);
    }
    let images = repository(db, "ISO library", "Installation images", "iso", "iso", true);
    let config = Value::string_map([("location", "10.0.0.5:/export/iso"), ("type", "nfs_iso")]);
    plug(db, &images, &site.hosts, &config);
    for (name, bytes) in IMAGES {
        let image = disks::create(db, &images, name, bytes, "user");
        db.set(&image, "location", name);
        db.set(&image, "read_only", true);
    }
    tools(db, &site.hosts);
    for host in site.hosts.clone() {
        let own = [Text::clone(&host)];
        let local = repository(db, "Local storage", "", "ext", "user", false);
        let partition = format!("/dev/disk/by-id/nvme-lab-{}", db.ids().below(10_000));
        plug(
            db,
            &local,
            &own,
            &Value::string_map([("device", partition)]),
        );
        for (label, description, content, bus) in [
            ("DVD drives", "Physical DVD drives", "iso", "/dev/xapi/cd"),
            ("Removable storage", "", "disk", "/dev/xapi/block"),
        ] {
            let sr = repository(db, label, description, "udev", content, false);
            let kind = if content == "iso" { "cd" } else { "block" };
            db.set(&sr, "sm_config", Value::string_map([("type", kind)]));
            plug(db, &sr, &own, &Value::string_map([("location", bus)]));
        }
        site.local.push(local);
    }
}

fn drivers(db: &mut Db) {
    let mut words = vec![
        "SR_PROBE",
        "SR_UPDATE",
        "SR_SUPPORTS_LOCAL_CACHING",
        "VDI_CREATE",
        "VDI_DELETE",
        "VDI_ATTACH",
        "VDI_DETACH",
        "VDI_CLONE",
        "VDI_SNAPSHOT",
        "VDI_RESIZE",
        "VDI_MIRROR",
        "VDI_UPDATE",
        "VDI_INTRODUCE",
        "VDI_GENERATE_CONFIG",
        "VDI_RESET_ON_BOOT/2",
        "ATOMIC_PAUSE",
        "VDI_CONFIG_CBT",
        "VDI_ACTIVATE",
        "VDI_DEACTIVATE",
    ];
    words.sort_unstable();
    for (kind, label, file, disks) in DRIVERS {
        let mine: Vec<&str> = words
            .iter()
            .copied()
            .filter(|w| disks || !matches!(*w, "VDI_CLONE" | "VDI_SNAPSHOT" | "VDI_MIRROR"))
            .collect();
        let features = mine.iter().map(|word| {
            let (name, version) = word.split_once('/').unwrap_or((word, "1"));
            (name, Value::Int(version.parse().unwrap_or(1)))
        });
        db.create(
            "SM",
            [
                ("type", Value::text(kind)),
                ("name_label", Value::text(label)),
                (
                    "name_description",
                    Value::from(format!("SR plugin for {label}")),
                ),
                ("vendor", Value::text("XCP-ng")),
                ("copyright", Value::text("")),
                ("version", Value::text("1.0")),
                ("required_api_version", Value::text("1.0")),
                (
                    "capabilities",
                    Value::strings(mine.iter().map(|w| w.split('/').next().unwrap_or(w))),
                ),
                ("features", Value::map(features)),
                (
                    "driver_filename",
                    Value::from(format!("/opt/xensource/sm/{file}")),
                ),
            ],
        );
    }
}

fn tools(db: &mut Db, hosts: &[Text]) {
    let sr = repository(db, "XCP-ng Tools", "XCP-ng Tools ISOs", "iso", "iso", true);
    db.set(&sr, "is_tools_sr", true);
    let marks = [
        ("xenserver_tools_sr", "true"),
        ("i18n-key", "xenserver-tools"),
    ];
    db.set(&sr, "other_config", Value::string_map(marks));
    let config = [
        ("location", "/opt/xensource/packages/iso"),
        ("legacy_mode", "true"),
    ];
    plug(db, &sr, hosts, &Value::string_map(config));
    let image = disks::create(db, &sr, "guest-tools.iso", 47_185_920, "user");
    db.set(&image, "location", "guest-tools.iso");
    db.set(&image, "is_tools_iso", true);
    db.set(&image, "read_only", true);
}

fn repository(
    db: &mut Db,
    label: &str,
    about: &str,
    kind: &str,
    content: &str,
    shared: bool,
) -> Text {
    let sr = db.create(
        "SR",
        [
            ("name_label", Value::text(label)),
            ("name_description", Value::text(about)),
            ("type", Value::text(kind)),
            ("content_type", Value::text(content)),
            ("shared", Value::Bool(shared)),
        ],
    );
    if kind == "ext" {
        db.set(
            &sr,
            "other_config",
            Value::string_map([("i18n-key", "local-storage")]),
        );
    }
    sr
}

fn plug(db: &mut Db, sr: &str, hosts: &[Text], config: &Value) {
    for host in hosts {
        db.create(
            "PBD",
            [
                ("host", Value::from(host)),
                ("SR", Value::text(sr)),
                ("device_config", config.clone()),
                ("currently_attached", Value::Bool(true)),
            ],
        );
    }
}

/// Gives each SR the size that its disks need and as much to spare.
pub(super) fn fit(db: &mut Db) {
    for sr in db.all("SR") {
        let used = db.int(&sr, "physical_utilisation");
        let mut size = match db.get(&sr, "type").as_str() {
            "udev" => 0,
            "iso" => used,
            _ => 2048 * GIB,
        };
        while size != 0 && db.get(&sr, "content_type").as_str() == "user" && size < used * 2 {
            size *= 2;
        }
        db.set(&sr, "physical_size", size);
    }
}
