//! Devices that are passed through: PCI, GPU, USB, TPM.

use super::record;
use crate::{Id, Ref, StrMap, Word};

record! {
    /// A PCI device of a host.
    Pci {
        uuid: Id = "uuid",
        class_name: Word = "class_name",
        device_name: Word = "device_name",
        pci_id: Word = "pci_id",
        host: Ref = "host",
    }
}

record! {
    /// A GPU of a host.
    Pgpu {
        uuid: Id = "uuid",
        pci: Ref = "PCI",
        gpu_group: Ref = "GPU_group",
        host: Ref = "host",
        supported_vgpu_types: Box<[Ref]> = "supported_VGPU_types",
        enabled_vgpu_types: Box<[Ref]> = "enabled_VGPU_types",
        resident_vgpus: Box<[Ref]> = "resident_VGPUs",
        dom0_access: Word = "dom0_access",
        is_system_display_device: bool = "is_system_display_device",
    }
}

record! {
    /// GPUs that can stand in for each other.
    GpuGroup {
        uuid: Id = "uuid",
        name_label: Box<str> = "name_label",
        name_description: Word = "name_description",
        pgpus: Box<[Ref]> = "PGPUs",
        vgpus: Box<[Ref]> = "VGPUs",
        gpu_types: Box<[Word]> = "GPU_types",
        other_config: StrMap = "other_config",
        allocation_algorithm: Word = "allocation_algorithm",
        supported_vgpu_types: Box<[Ref]> = "supported_VGPU_types",
        enabled_vgpu_types: Box<[Ref]> = "enabled_VGPU_types",
    }
}

record! {
    /// A share of a GPU that a VM has.
    Vgpu {
        uuid: Id = "uuid",
        vm: Ref = "VM",
        gpu_group: Ref = "GPU_group",
        device: Word = "device",
        currently_attached: bool = "currently_attached",
        other_config: StrMap = "other_config",
        kind: Ref = "type",
        resident_on: Ref = "resident_on",
    }
}

record! {
    /// A way to share a GPU.
    VgpuType {
        uuid: Id = "uuid",
        vendor_name: Word = "vendor_name",
        model_name: Word = "model_name",
        framebuffer_size: i64 = "framebuffer_size",
        max_heads: i64 = "max_heads",
        max_resolution_x: i64 = "max_resolution_x",
        max_resolution_y: i64 = "max_resolution_y",
        vgpus: Box<[Ref]> = "VGPUs",
        enabled_on_pgpus: Box<[Ref]> = "enabled_on_PGPUs",
        enabled_on_gpu_groups: Box<[Ref]> = "enabled_on_GPU_groups",
        experimental: bool = "experimental",
    }
}

record! {
    /// A trusted platform module of a VM.
    Vtpm {
        uuid: Id = "uuid",
        vm: Ref = "VM",
    }
}

record! {
    /// A USB device of a host.
    Pusb {
        uuid: Id = "uuid",
        usb_group: Ref = "USB_group",
        host: Ref = "host",
        path: Word = "path",
        vendor_id: Word = "vendor_id",
        vendor_desc: Word = "vendor_desc",
        product_id: Word = "product_id",
        product_desc: Word = "product_desc",
        serial: Word = "serial",
        version: Word = "version",
        description: Word = "description",
        passthrough_enabled: bool = "passthrough_enabled",
        speed: f64 = "speed",
    }
}

record! {
    /// USB devices that can stand in for each other.
    UsbGroup {
        uuid: Id = "uuid",
        name_label: Box<str> = "name_label",
        name_description: Word = "name_description",
        pusbs: Box<[Ref]> = "PUSBs",
        vusbs: Box<[Ref]> = "VUSBs",
    }
}

record! {
    /// A USB device that a VM has.
    Vusb {
        uuid: Id = "uuid",
        vm: Ref = "VM",
        usb_group: Ref = "USB_group",
        currently_attached: bool = "currently_attached",
    }
}
