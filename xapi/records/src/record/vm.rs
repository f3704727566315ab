//! VMs, templates, snapshots and control domains (one class in XAPI), and what describes them.

use super::record;
use crate::{Id, Ref, StrMap, Word};

record! {
    /// A VM, template, snapshot or control domain.
    Vm {
        uuid: Id = "uuid",
        name_label: Box<str> = "name_label",
        name_description: Word = "name_description",
        power_state: Word = "power_state",
        is_a_template: bool = "is_a_template",
        is_default_template: bool = "is_default_template",
        is_control_domain: bool = "is_control_domain",
        is_a_snapshot: bool = "is_a_snapshot",
        has_vendor_device: bool = "has_vendor_device",
        current_operations: StrMap = "current_operations",
        blocked_operations: StrMap = "blocked_operations",
        suspend_vdi: Ref = "suspend_VDI",
        suspend_sr: Ref = "suspend_SR",
        resident_on: Ref = "resident_on",
        affinity: Ref = "affinity",
        memory_static_max: i64 = "memory_static_max",
        memory_dynamic_max: i64 = "memory_dynamic_max",
        memory_dynamic_min: i64 = "memory_dynamic_min",
        memory_static_min: i64 = "memory_static_min",
        vcpus_params: StrMap = "VCPUs_params",
        vcpus_max: i64 = "VCPUs_max",
        vcpus_at_startup: i64 = "VCPUs_at_startup",
        consoles: Box<[Ref]> = "consoles",
        vifs: Box<[Ref]> = "VIFs",
        vbds: Box<[Ref]> = "VBDs",
        vusbs: Box<[Ref]> = "VUSBs",
        vtpms: Box<[Ref]> = "VTPMs",
        vgpus: Box<[Ref]> = "VGPUs",
        attached_pcis: Box<[Ref]> = "attached_PCIs",
        pv_args: Word = "PV_args",
        hvm_boot_policy: Word = "HVM_boot_policy",
        hvm_boot_params: StrMap = "HVM_boot_params",
        platform: StrMap = "platform",
        other_config: StrMap = "other_config",
        domain_type: Word = "domain_type",
        metrics: Ref = "metrics",
        guest_metrics: Ref = "guest_metrics",
        recommendations: Word = "recommendations",
        xenstore_data: StrMap = "xenstore_data",
        ha_restart_priority: Word = "ha_restart_priority",
        snapshot_of: Ref = "snapshot_of",
        snapshots: Box<[Ref]> = "snapshots",
        snapshot_time: Option<i64> = "snapshot_time",
        tags: Box<[Word]> = "tags",
        parent: Ref = "parent",
        bios_strings: StrMap = "bios_strings",
        start_delay: i64 = "start_delay",
        order: i64 = "order",
        appliance: Ref = "appliance",
    }
}

record! {
    /// What is measured of a VM from outside.
    VmMetrics {
        uuid: Id = "uuid",
        memory_actual: i64 = "memory_actual",
        vcpus_number: i64 = "VCPUs_number",
        start_time: Option<i64> = "start_time",
        install_time: Option<i64> = "install_time",
        current_domain_type: Word = "current_domain_type",
        hvm: Option<bool> = "hvm",
    }
}

record! {
    /// What a VM tells of itself.
    VmGuestMetrics {
        uuid: Id = "uuid",
        os_version: StrMap = "os_version",
        pv_drivers_version: StrMap = "PV_drivers_version",
        pv_drivers_up_to_date: Option<bool> = "PV_drivers_up_to_date",
        pv_drivers_detected: Option<bool> = "PV_drivers_detected",
        memory: StrMap = "memory",
        networks: StrMap = "networks",
        other: StrMap = "other",
    }
}

record! {
    /// A console of a running VM.
    Console {
        uuid: Id = "uuid",
        protocol: Word = "protocol",
        location: Box<str> = "location",
        vm: Ref = "VM",
    }
}
