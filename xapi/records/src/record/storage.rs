//! Storage: repositories, drivers, disks, and what plugs them in.

use super::record;
use crate::{Id, Ref, StrMap, Word};

record! {
    /// A storage repository.
    Sr {
        uuid: Id = "uuid",
        name_label: Box<str> = "name_label",
        name_description: Word = "name_description",
        current_operations: StrMap = "current_operations",
        vdis: Box<[Ref]> = "VDIs",
        pbds: Box<[Ref]> = "PBDs",
        virtual_allocation: i64 = "virtual_allocation",
        physical_utilisation: i64 = "physical_utilisation",
        physical_size: i64 = "physical_size",
        kind: Word = "type",
        content_type: Word = "content_type",
        shared: bool = "shared",
        other_config: StrMap = "other_config",
        tags: Box<[Word]> = "tags",
        sm_config: StrMap = "sm_config",
        is_tools_sr: bool = "is_tools_sr",
    }
}

record! {
    /// A storage driver.
    Sm {
        uuid: Id = "uuid",
        name_label: Word = "name_label",
        name_description: Word = "name_description",
        kind: Word = "type",
        vendor: Word = "vendor",
        configuration: StrMap = "configuration",
        features: StrMap = "features",
        driver_filename: Word = "driver_filename",
        required_cluster_stack: Box<[Word]> = "required_cluster_stack",
        supported_image_formats: Box<[Word]> = "supported_image_formats",
    }
}

record! {
    /// The link between a repository and a host.
    Pbd {
        uuid: Id = "uuid",
        host: Ref = "host",
        sr: Ref = "SR",
        device_config: StrMap = "device_config",
        currently_attached: bool = "currently_attached",
        other_config: StrMap = "other_config",
    }
}

record! {
    /// A disk.
    Vdi {
        uuid: Id = "uuid",
        name_label: Word = "name_label",
        name_description: Word = "name_description",
        current_operations: StrMap = "current_operations",
        sr: Ref = "SR",
        vbds: Box<[Ref]> = "VBDs",
        virtual_size: i64 = "virtual_size",
        physical_utilisation: i64 = "physical_utilisation",
        kind: Word = "type",
        sharable: bool = "sharable",
        read_only: bool = "read_only",
        other_config: StrMap = "other_config",
        managed: bool = "managed",
        missing: bool = "missing",
        sm_config: StrMap = "sm_config",
        is_a_snapshot: bool = "is_a_snapshot",
        snapshot_of: Ref = "snapshot_of",
        snapshots: Box<[Ref]> = "snapshots",
        snapshot_time: Option<i64> = "snapshot_time",
        tags: Box<[Word]> = "tags",
        is_tools_iso: bool = "is_tools_iso",
        cbt_enabled: bool = "cbt_enabled",
    }
}

record! {
    /// The link between a disk and a VM.
    Vbd {
        uuid: Id = "uuid",
        vm: Ref = "VM",
        vdi: Ref = "VDI",
        device: Word = "device",
        userdevice: Word = "userdevice",
        bootable: bool = "bootable",
        mode: Word = "mode",
        kind: Word = "type",
        unpluggable: bool = "unpluggable",
        empty: bool = "empty",
        currently_attached: bool = "currently_attached",
        other_config: StrMap = "other_config",
    }
}
