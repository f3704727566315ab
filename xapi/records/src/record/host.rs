//! Hosts and what describes them.

use super::record;
use crate::{Id, Ref, StrMap, Word};

record! {
    /// A host.
    Host {
        uuid: Id = "uuid",
        name_label: Box<str> = "name_label",
        name_description: Word = "name_description",
        current_operations: StrMap = "current_operations",
        enabled: bool = "enabled",
        software_version: StrMap = "software_version",
        other_config: StrMap = "other_config",
        capabilities: Box<[Word]> = "capabilities",
        resident_vms: Box<[Ref]> = "resident_VMs",
        logging: StrMap = "logging",
        pifs: Box<[Ref]> = "PIFs",
        suspend_image_sr: Ref = "suspend_image_sr",
        patches: Box<[Ref]> = "patches",
        updates: Box<[Ref]> = "updates",
        pbds: Box<[Ref]> = "PBDs",
        cpu_info: StrMap = "cpu_info",
        hostname: Word = "hostname",
        address: Word = "address",
        metrics: Ref = "metrics",
        license_params: StrMap = "license_params",
        tags: Box<[Word]> = "tags",
        license_server: StrMap = "license_server",
        bios_strings: StrMap = "bios_strings",
        power_on_mode: Word = "power_on_mode",
        chipset_info: StrMap = "chipset_info",
        pcis: Box<[Ref]> = "PCIs",
        pgpus: Box<[Ref]> = "PGPUs",
        pusbs: Box<[Ref]> = "PUSBs",
        control_domain: Ref = "control_domain",
        updates_requiring_reboot: Box<[Ref]> = "updates_requiring_reboot",
        iscsi_iqn: Word = "iscsi_iqn",
        multipathing: bool = "multipathing",
        certificates: Option<Box<[Ref]>> = "certificates",
        edition: Word = "edition",
    }
}

record! {
    /// What a host measures.
    HostMetrics {
        uuid: Id = "uuid",
        memory_total: i64 = "memory_total",
        memory_free: i64 = "memory_free",
        live: bool = "live",
    }
}

record! {
    /// A patch applied to a host (before XenServer 7.1).
    HostPatch {
        uuid: Id = "uuid",
        name_label: Box<str> = "name_label",
        name_description: Word = "name_description",
        host: Ref = "host",
        applied: bool = "applied",
        timestamp_applied: Option<i64> = "timestamp_applied",
        size: i64 = "size",
        pool_patch: Ref = "pool_patch",
    }
}

record! {
    /// A TLS certificate of a host.
    Certificate {
        uuid: Id = "uuid",
        name: Word = "name",
        kind: Word = "type",
        host: Ref = "host",
        not_before: Option<i64> = "not_before",
        not_after: Option<i64> = "not_after",
        fingerprint: Word = "fingerprint",
    }
}
