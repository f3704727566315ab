//! A believable pool: hosts, networks, storage, templates and VMs, all of it decided by the seed.

mod hosts;
mod names;
mod networks;
mod storage;
mod templates;
mod vms;

pub use networks::vlan;

use crate::config::LabConfig;
use crate::date;
use crate::db::Db;
use crate::operations::refresh;
use crate::tls::Identity;
use crate::value::{Text, Value};

/// A gibibyte.
const GIB: i64 = 1 << 30;

/// What the parts of the population tell each other.
struct Site {
    now: i64,
    pool: Text,
    hosts: Vec<Text>,
    /// Networks that VMs are on.
    networks: Vec<Text>,
    /// SRs that every host sees.
    shared: Vec<Text>,
    /// The local SR of each host.
    local: Vec<Text>,
}

/// Fills an empty database.
pub fn populate(db: &mut Db, config: &LabConfig, identity: &Identity) {
    let now = date::now();
    let pool = db.create(
        "pool",
        [
            ("name_label", Value::text(&config.name)),
            ("name_description", Value::text("A simulated pool")),
            (
                "other_config",
                Value::string_map([("memory-ratio-hvm", "0.25"), ("memory-ratio-pv", "0.25")]),
            ),
            ("ha_cluster_stack", Value::text("xhad")),
            ("restrictions", hosts::restrictions()),
            ("coordinator_bias", Value::Bool(true)),
            ("ha_reboot_vm_on_internal_shutdown", Value::Bool(true)),
            ("telemetry_frequency", Value::text("weekly")),
            ("update_sync_frequency", Value::text("weekly")),
        ],
    );
    let mut site = Site {
        now,
        pool: Text::clone(&pool),
        hosts: Vec::new(),
        networks: Vec::new(),
        shared: Vec::new(),
        local: Vec::new(),
    };
    roles(db);
    hosts::populate(db, &mut site, config.hosts.max(1), identity);
    networks::populate(db, &mut site);
    storage::populate(db, &mut site, config.srs);
    let templates = templates::populate(db, &site);
    vms::populate(db, &site, &templates, config.vms);
    storage::fit(db);
    hosts::fit(db, &site);
    finish(db, &site);
}

fn roles(db: &mut Db) {
    let roles = [
        ("pool-admin", "The Pool Administrator role can do anything"),
        (
            "pool-operator",
            "The Pool Operator can do anything but access Dom0 and manage subjects and roles",
        ),
        (
            "vm-power-admin",
            "The VM Power Administrator role can do anything affecting VM properties across the pool",
        ),
        (
            "vm-admin",
            "The VM Administrator role can do anything to a VM",
        ),
        (
            "vm-operator",
            "The VM Operator role can do anything to an already existing VM",
        ),
        ("read-only", "The Read-Only role can only read values"),
    ];
    for (name, description) in roles {
        let fields = [
            ("name_label", Value::text(name)),
            ("name_description", Value::text(description)),
        ];
        db.create("role", fields);
    }
}

/// What needs all the rest: the pool's links, and what each object allows.
fn finish(db: &mut Db, site: &Site) {
    let sockets = site.hosts.len().to_string();
    let cpus = (site.hosts.len() * hosts::CPUS).to_string();
    let info = [
        ("socket_count", sockets.as_str()),
        ("cpu_count", cpus.as_str()),
        ("vendor", "GenuineIntel"),
    ];
    db.set(&site.pool, "cpu_info", Value::string_map(info));
    if let Some(master) = site.hosts.first() {
        db.set(&site.pool, "master", master);
    }
    if let Some(sr) = site.shared.first().or(site.local.first()) {
        db.set(&site.pool, "default_SR", sr);
        db.set(&site.pool, "suspend_image_SR", sr);
        db.set(&site.pool, "crash_dump_SR", sr);
    }
    for class in ["pool", "host", "SR", "VM", "VDI", "VBD", "VIF"] {
        for reference in db.all(class) {
            refresh(db, class, &reference);
        }
    }
}
