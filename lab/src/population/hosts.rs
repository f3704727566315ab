//! Hosts with their metrics, certificates and control domains.

use super::{GIB, Site};
use crate::db::Db;
use crate::tls::Identity;
use crate::value::{Text, Value};

/// CPUs of each host.
pub(super) const CPUS: usize = 32;

/// What a licence of XCP-ng restricts: nothing.
pub(super) fn restrictions() -> Value {
    let names = [
        "vlan",
        "qos",
        "pool_attached_storage",
        "netapp",
        "equalogic",
        "pooling",
        "marathon",
        "email_alerting",
        "historical_performance",
        "wlb",
        "rbac",
        "dmc",
        "checkpoint",
        "cpu_masking",
        "connection",
        "vmpr",
        "vmss",
        "intellicache",
        "gpu",
        "dr",
        "vif_locking",
        "storage_xen_motion",
        "vgpu",
        "integrated_gpu_passthrough",
        "vss",
        "guest_agent_auto_update",
        "pci_device_for_auto_update",
        "xen_motion",
        "guest_ip_setting",
        "ad",
        "nested_virt",
        "live_patching",
        "set_vcpus_number_live",
        "pvs_proxy",
        "igmp_snooping",
        "rpu",
        "pool_size",
        "cbt",
        "usb_passthrough",
        "network_sriov",
        "corosync",
        "cluster_address",
        "zstd_export",
        "pool_secret_rotation",
        "certificate_verification",
        "updates",
        "internal_repo_access",
        "vtpm",
        "vm_groups",
    ];
    let restricted = names
        .iter()
        .map(|name| (format!("restrict_{name}"), "false"));
    let others = [
        ("enable_xha", "true"),
        ("platform_filter", "false"),
        ("regular_nag_dialog", "false"),
    ];
    let others = others.map(|(name, value)| (name.to_owned(), value));
    Value::string_map(restricted.chain(others))
}

fn software(hostname: &str) -> Value {
    Value::string_map([
        ("product_version", "8.3.0"),
        ("product_version_text", "8.3"),
        ("product_version_text_short", "8.3"),
        ("platform_name", "XCP"),
        ("platform_version", "3.4.0"),
        ("product_brand", "XCP-ng"),
        ("build_number", "cloud"),
        ("git_id", "0"),
        ("hostname", hostname),
        ("date", "20250606T09:00:00Z"),
        ("dbv", "0.0.1"),
        ("xapi", "25.6"),
        ("xapi_build", "25.6.0"),
        ("xen", "4.17.5-13"),
        ("linux", "4.19.0+1"),
        ("xencenter_min", "2.21"),
        ("xencenter_max", "2.21"),
        ("network_backend", "openvswitch"),
        ("db_schema", "5.786"),
    ])
}

fn cpu_info() -> Value {
    let features =
        "1fcbfbff-f7fa3223-2d93fbff-00000523-00000001-001c0fbb-00000000-00000000-00001000-9c000000";
    Value::string_map([
        ("cpu_count", CPUS.to_string().as_str()),
        ("socket_count", "1"),
        ("threads_per_core", "2"),
        ("nr_nodes", "1"),
        ("vendor", "GenuineIntel"),
        ("speed", "2600.000"),
        ("modelname", "Intel(R) Xeon(R) Gold 6226R CPU @ 2.60GHz"),
        ("family", "6"),
        ("model", "85"),
        ("stepping", "7"),
        (
            "flags",
            "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat clflush acpi mmx fxsr sse sse2 ht syscall nx lm",
        ),
        ("features_pv", features),
        ("features_hvm", features),
        ("features_hvm_host", features),
        ("features_pv_host", features),
    ])
}

fn bios_strings() -> Value {
    Value::string_map([
        ("bios-vendor", "American Megatrends Inc."),
        ("bios-version", "3.4"),
        ("system-manufacturer", "Lab Systems"),
        ("system-product-name", "Simulated 1U"),
        ("system-version", "1"),
        ("system-serial-number", "LAB-0001"),
        ("baseboard-manufacturer", "Lab Systems"),
        ("baseboard-product-name", "Board 1"),
        ("baseboard-version", "1.0"),
        ("baseboard-serial-number", "LAB-B-0001"),
        ("oem-1", "Xen"),
        (
            "oem-2",
            "MS_VM_CERT/SHA1/bdbeb6e0a816d43fa6d3fe8aaef04c2bad9d3e3d",
        ),
        ("hp-rombios", ""),
    ])
}

pub(super) fn populate(db: &mut Db, site: &mut Site, count: usize, identity: &Identity) {
    let (restrictions, cpu, bios) = (restrictions(), cpu_info(), bios_strings());
    for number in 1..=count {
        let name = format!("xcp-{number:02}");
        let uptime = 86_400 * (20 + i64::try_from(db.ids().below(80)).unwrap_or_default());
        let (boot, agent) = (site.now - uptime, site.now - uptime + 95);
        let metrics = db.create(
            "host_metrics",
            [
                ("live", Value::Bool(true)),
                ("last_updated", Value::Date(site.now)),
            ],
        );
        let iqn = format!("iqn.2026-01.example.lab:{:08x}", db.ids().below(1 << 32));
        let other = [
            ("boot_time".to_owned(), format!("{boot}.")),
            ("agent_start_time".to_owned(), format!("{agent}.")),
            ("rpm_patch_installation_time".to_owned(), format!("{boot}.")),
            ("iscsi_iqn".to_owned(), iqn.clone()),
        ];
        let host = db.create(
            "host",
            [
                ("name_label", Value::text(&name)),
                ("name_description", Value::text("Default install")),
                ("hostname", Value::text(&name)),
                ("address", Value::from(address(number))),
                ("metrics", Value::from(metrics)),
                ("memory_overhead", Value::Int(2 * GIB)),
                ("API_version_major", Value::Int(2)),
                ("API_version_minor", Value::Int(21)),
                ("API_version_vendor", Value::text("XenSource")),
                ("enabled", Value::Bool(true)),
                ("software_version", software(&name)),
                ("other_config", Value::string_map(other)),
                (
                    "capabilities",
                    Value::strings([
                        "xen-3.0-x86_64",
                        "hvm-3.0-x86_32",
                        "hvm-3.0-x86_32p",
                        "hvm-3.0-x86_64",
                    ]),
                ),
                ("sched_policy", Value::text("credit")),
                (
                    "supported_bootloaders",
                    Value::strings(["pygrub", "eliloader"]),
                ),
                ("cpu_info", cpu.clone()),
                ("license_params", licence(&restrictions)),
                ("edition", Value::text("xcp-ng")),
                ("editions", Value::strings(["xcp-ng"])),
                (
                    "license_server",
                    Value::string_map([("address", "localhost"), ("port", "27000")]),
                ),
                ("bios_strings", bios.clone()),
                ("chipset_info", Value::string_map([("iommu", "true")])),
                ("display", Value::text("enabled")),
                (
                    "virtual_hardware_platform_versions",
                    Value::set([0, 1, 2].map(Value::Int)),
                ),
                ("iscsi_iqn", Value::from(iqn)),
                ("tls_verification_enabled", Value::Bool(true)),
                ("numa_affinity_policy", Value::text("default_policy")),
                ("latest_synced_updates_applied", Value::text("unknown")),
            ],
        );
        certificates(db, &host, &name, site.now, identity);
        control_domain(db, &host, &name, boot);
        site.hosts.push(host);
    }
}

/// Each host has a loopback address of its own, so that a client can tell them apart.
fn address(number: usize) -> String {
    format!("127.0.{}.{}", number / 250, number % 250)
}

fn licence(restrictions: &Value) -> Value {
    let expiry = (Text::from("expiry"), Value::text("20360101T00:00:00Z"));
    let version = (Text::from("productcode"), Value::text(""));
    Value::map(
        restrictions
            .entries()
            .iter()
            .cloned()
            .chain([expiry, version]),
    )
}

fn certificates(db: &mut Db, host: &str, name: &str, now: i64, identity: &Identity) {
    for kind in ["host", "host_internal"] {
        let digits: Vec<&str> = identity
            .fingerprint
            .as_bytes()
            .chunks(2)
            .filter_map(|pair| std::str::from_utf8(pair).ok())
            .collect();
        let fingerprint = digits.join(":").to_uppercase();
        db.create(
            "Certificate",
            [
                ("name", Value::text(if kind == "host" { "" } else { name })),
                ("type", Value::text(kind)),
                ("host", Value::text(host)),
                ("not_before", Value::Date(now - 86_400 * 100)),
                ("not_after", Value::Date(now + 86_400 * 3550)),
                ("fingerprint", Value::from(fingerprint.as_str())),
                ("fingerprint_sha256", Value::from(fingerprint)),
            ],
        );
    }
}

fn control_domain(db: &mut Db, host: &str, name: &str, boot: i64) {
    let memory = 4 * GIB;
    let metrics = db.create(
        "VM_metrics",
        [
            ("memory_actual", Value::Int(memory)),
            ("VCPUs_number", Value::Int(8)),
            ("start_time", Value::Date(boot)),
            ("last_updated", Value::Date(boot)),
            ("current_domain_type", Value::text("pv")),
        ],
    );
    let vm = db.create(
        "VM",
        [
            (
                "name_label",
                Value::from(format!("Control domain on host: {name}")),
            ),
            (
                "name_description",
                Value::text("The domain which manages physical devices and manages other domains"),
            ),
            ("power_state", Value::text("Running")),
            ("user_version", Value::Int(1)),
            ("is_control_domain", Value::Bool(true)),
            ("resident_on", Value::text(host)),
            ("affinity", Value::text(host)),
            ("memory_overhead", Value::Int(12 << 20)),
            ("memory_target", Value::Int(memory)),
            ("memory_static_max", Value::Int(memory)),
            ("memory_dynamic_max", Value::Int(memory)),
            ("memory_dynamic_min", Value::Int(memory)),
            ("memory_static_min", Value::Int(memory)),
            ("VCPUs_max", Value::Int(8)),
            ("VCPUs_at_startup", Value::Int(8)),
            ("domarch", Value::text("x64")),
            ("domain_type", Value::text("pv")),
            ("metrics", Value::from(metrics)),
            ("platform", Value::string_map([("cores-per-socket", "1")])),
            ("has_vendor_device", Value::Bool(false)),
        ],
    );
    db.set(host, "control_domain", &vm);
    let address = db.text(host, "address");
    for protocol in ["rfb", "vt100"] {
        let uuid = db.ids().uuid();
        let location = format!("https://{address}/console?uuid={uuid}");
        db.create(
            "console",
            [
                ("uuid", Value::from(uuid)),
                ("protocol", Value::text(protocol)),
                ("location", Value::from(location)),
                ("VM", Value::from(&vm)),
            ],
        );
    }
}

/// Gives each host the memory that its VMs need and as much to spare.
pub(super) fn fit(db: &mut Db, site: &Site) {
    for host in &site.hosts {
        let used: i64 = db
            .refs(host, "resident_VMs")
            .iter()
            .map(|vm| db.int(vm, "memory_dynamic_max") + db.int(vm, "memory_overhead"))
            .sum::<i64>()
            + db.int(host, "memory_overhead");
        let mut total = 256 * GIB;
        while total < used + used / 2 {
            total *= 2;
        }
        let metrics = db.reference(host, "metrics");
        db.set(&metrics, "memory_total", total);
        db.set(&metrics, "memory_free", total - used);
    }
}
