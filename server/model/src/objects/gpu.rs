//! GPUs: physical, grouped, shared, and the ways to share them.

use xapi_records::{
    Id,
    record::{GpuGroup, Host, Pci, Pgpu, Vgpu, VgpuType, Vm},
};

use crate::{json::Writer, live::View};

/// `supportedVgpuMaxCapcities` (so spelt) links a map as if it were a reference and is never there upstream; nor is it here.
pub(super) fn write_physical(gpu: &Pgpu, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    let host = view.link::<Host>(&gpu.host);
    let vgpus = view.links::<Vgpu>(&gpu.resident_vgpus);
    out.put("dom0Access", &gpu.dom0_access)
        .put(
            "enabledVgpuTypes",
            view.links::<VgpuType>(&gpu.enabled_vgpu_types),
        )
        .maybe("gpuGroup", view.link::<GpuGroup>(&gpu.gpu_group))
        .put("isSystemDisplayDevice", gpu.is_system_display_device)
        .maybe("pci", view.link::<Pci>(&gpu.pci))
        .put(
            "supportedVgpuTypes",
            view.links::<VgpuType>(&gpu.supported_vgpu_types),
        )
        .maybe("host", host.as_ref())
        .maybe("$host", host.as_ref())
        .put("vgpus", &vgpus)
        .put("$vgpus", &vgpus);
    Vec::new()
}

pub(super) fn write_virtual(gpu: &Vgpu, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    out.put("currentlyAttached", gpu.currently_attached)
        .put("device", &gpu.device)
        .maybe("gpuGroup", view.link::<GpuGroup>(&gpu.gpu_group))
        .put("otherConfig", &gpu.other_config)
        .maybe("resident_on", view.link::<Pgpu>(&gpu.resident_on))
        .maybe("vgpuType", view.link::<VgpuType>(&gpu.kind))
        .maybe("vm", view.link::<Vm>(&gpu.vm));
    Vec::new()
}

pub(super) fn write_group(group: &GpuGroup, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    out.put("allocation", &group.allocation_algorithm)
        .put(
            "enabledVgpuTypes",
            view.links::<VgpuType>(&group.enabled_vgpu_types),
        )
        .put("gpuTypes", &group.gpu_types)
        .put("name_description", &group.name_description)
        .put("name_label", &group.name_label)
        .put("otherConfig", &group.other_config)
        .put("pgpus", view.links::<Pgpu>(&group.pgpus))
        .put(
            "supportedVgpuTypes",
            view.links::<VgpuType>(&group.supported_vgpu_types),
        )
        .put("vgpus", view.links::<Vgpu>(&group.vgpus));
    Vec::new()
}

pub(super) fn write_type(kind: &VgpuType, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    out.put("experimental", kind.experimental)
        .put("framebufferSize", kind.framebuffer_size)
        .put(
            "gpuGroups",
            view.links::<GpuGroup>(&kind.enabled_on_gpu_groups),
        )
        .put("maxHeads", kind.max_heads)
        .put("maxResolutionX", kind.max_resolution_x)
        .put("maxResolutionY", kind.max_resolution_y)
        .put("modelName", &kind.model_name)
        .put("pgpus", view.links::<Pgpu>(&kind.enabled_on_pgpus))
        .put("vendorName", &kind.vendor_name)
        .put("vgpus", view.links::<Vgpu>(&kind.vgpus));
    Vec::new()
}
