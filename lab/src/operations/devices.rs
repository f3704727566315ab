//! What disks, devices, SRs, hosts and the pool allow.

use crate::db::Db;

/// An SR of a plain kind.
pub(super) const SR: &[&str] = &[
    "vdi_enable_cbt",
    "vdi_list_changed_blocks",
    "unplug",
    "plug",
    "pbd_create",
    "vdi_disable_cbt",
    "update",
    "pbd_destroy",
    "vdi_resize",
    "vdi_clone",
    "vdi_data_destroy",
    "scan",
    "vdi_snapshot",
    "vdi_mirror",
    "vdi_create",
    "vdi_destroy",
    "vdi_set_on_boot",
];

/// The pool.
pub(super) const POOL: &[&str] = &[
    "ha_enable",
    "cluster_create",
    "designate_new_master",
    "tls_verification_enable",
    "configure_repositories",
    "sync_updates",
    "apply_updates",
    "cert_refresh",
    "exchange_certificates_on_join",
    "exchange_ca_certificates_on_join",
    "copy_primary_host_certs",
    "eject",
    "get_updates",
];

/// A disk: what is attached may not be changed.
pub(super) fn vdi(db: &Db, vdi: &str) -> Vec<&'static str> {
    let attached = db
        .refs(vdi, "VBDs")
        .iter()
        .any(|vbd| db.flag(vbd, "currently_attached"));
    if attached {
        return vec!["snapshot", "clone", "resize_online", "update"];
    }
    let mut allowed = vec![
        "generate_config",
        "clone",
        "copy",
        "update",
        "snapshot",
        "resize",
    ];
    allowed.extend(["resize_online", "set_on_boot", "destroy", "forget"]);
    if db.flag(vdi, "cbt_enabled") {
        allowed.extend(["disable_cbt", "list_changed_blocks"]);
        if db.flag(vdi, "is_a_snapshot") {
            allowed.push("data_destroy");
        }
    } else {
        allowed.push("enable_cbt");
    }
    allowed
}

/// A virtual disk or CD drive.
pub(super) fn vbd(db: &Db, vbd: &str) -> Vec<&'static str> {
    let cd = db.get(vbd, "type").as_str() == "CD";
    let running = owner_runs(db, vbd);
    let mut allowed = Vec::new();
    if cd {
        allowed.push(if db.flag(vbd, "empty") {
            "insert"
        } else {
            "eject"
        });
    }
    if db.flag(vbd, "currently_attached") {
        if running {
            allowed.extend(["unplug", "unplug_force", "pause", "unpause"]);
        }
    } else {
        allowed.push("attach");
        if running {
            allowed.push("plug");
        }
    }
    allowed
}

/// A virtual network interface.
pub(super) fn vif(db: &Db, vif: &str) -> Vec<&'static str> {
    match (db.flag(vif, "currently_attached"), owner_runs(db, vif)) {
        (true, _) => vec!["attach", "unplug"],
        (false, true) => vec!["attach", "plug"],
        (false, false) => vec!["attach"],
    }
}

fn owner_runs(db: &Db, device: &str) -> bool {
    let vm = db.reference(device, "VM");
    db.get(&vm, "power_state").as_str() == "Running"
}

/// A host, by whether it is enabled.
pub(super) fn host(db: &Db, host: &str) -> Vec<&'static str> {
    if db.flag(host, "enabled") {
        vec![
            "vm_migrate",
            "provision",
            "vm_resume",
            "evacuate",
            "vm_start",
        ]
    } else {
        vec!["evacuate", "enable", "reboot", "shutdown", "vm_migrate"]
    }
}
