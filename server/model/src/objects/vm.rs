//! VMs, and what shares their class: control domains, snapshots and templates.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use xapi_records::{
    Id,
    record::{Host, Sr, Task, Vbd, Vdi, Vgpu, Vif, Vm, VmGuestMetrics, VmMetrics, Vtpm},
};

use super::{int, int_of};
use crate::{
    ObjectType,
    json::Writer,
    live::{Aspect, View},
};

mod addresses;
mod container;
mod docker;
mod firmware;
mod guest;
mod template;
mod vulnerability;

pub(super) fn kind(vm: &Vm) -> ObjectType {
    if vm.is_control_domain {
        ObjectType::VmController
    } else if vm.is_a_snapshot || !vm.snapshot_of.is_null() {
        ObjectType::VmSnapshot
    } else if vm.is_a_template {
        ObjectType::VmTemplate
    } else {
        ObjectType::Vm
    }
}

/// Whether this is a built-in template.
pub(crate) fn is_default(vm: &Vm) -> bool {
    kind(vm) == ObjectType::VmTemplate
        && (vm.is_default_template || vm.other_config.is("default_template", "true"))
}

/// The key of `other_config` under which XO keeps its own data of a VM, as JSON. It holds the start of the uuid, so that a
/// clone does not inherit the data.
#[must_use]
pub fn vm_data_key(uuid: &Id) -> String {
    uuid.with_str(|uuid| format!("xo:{}", uuid.get(..8).unwrap_or(uuid)))
}

/// A VM with what it is measured to be.
struct Measured<'a> {
    kind: ObjectType,
    vm: &'a Vm,
    metrics: Option<&'a VmMetrics>,
    guest: Option<&'a VmGuestMetrics>,
    is_running: bool,
    is_hvm: bool,
}

pub(super) fn write(kind: ObjectType, vm: &Vm, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    let mode = virtualization_mode(vm);
    let measured = Measured {
        kind,
        vm,
        metrics: view.read(&vm.metrics, Aspect::Whole),
        guest: view.read(&vm.guest_metrics, Aspect::Whole),
        is_running: matches!(&*vm.power_state, "Running" | "Paused"),
        is_hvm: mode == "hvm",
    };
    let container = container::of(&measured, view);
    write_identity(&measured, view, out);
    write_hardware(&measured, view, out);
    out.put("virtualizationMode", mode);
    guest::write(&measured, out);
    out.maybe("$container", container.as_ref());
    write_variant(&measured, view, out, container)
}

fn write_identity(measured: &Measured<'_>, view: &View<'_>, out: &mut Writer<'_>) {
    let Measured { vm, metrics, .. } = *measured;
    let other = &vm.other_config;
    out.maybe("affinityHost", view.link::<Host>(&vm.affinity))
        .put("auto_poweron", other.is("auto_poweron", "true"))
        .put("blockedOperations", &vm.blocked_operations)
        .maybe("creation", creation(vm))
        .put("current_operations", operations(vm, view))
        .maybe("docker", docker::of(other))
        .put("high_availability", &vm.ha_restart_priority)
        .maybe("installTime", metrics.map(|m| m.install_time))
        .put("name_description", &vm.name_description)
        .put("name_label", &vm.name_label)
        .maybe("notes", other.get("xo:notes"))
        .put("other", other)
        .maybe("parent", view.link::<Vm>(&vm.parent))
        .put("power_state", &vm.power_state)
        .maybe("resourceSet", resource_set(vm))
        .put("snapshots", view.links::<Vm>(&vm.snapshots))
        .put("startDelay", vm.start_delay)
        .maybe("startTime", metrics.map(|m| m.start_time))
        .maybe("suspendSr", view.link::<Sr>(&vm.suspend_sr))
        .put("tags", &vm.tags)
        .put("xenStoreData", &vm.xenstore_data);
}

fn write_hardware(measured: &Measured<'_>, view: &View<'_>, out: &mut Writer<'_>) {
    let Measured { vm, is_hvm, .. } = *measured;
    let platform = &vm.platform;
    let exp_nested = platform.is("exp-nested-hvm", "true");
    let nested = if view.has_nested_virt() {
        platform.is("nested-virt", "true")
    } else {
        exp_nested
    };
    let vgpus = view.links::<Vgpu>(&vm.vgpus);
    let mask = vm.vcpus_params.get("mask");
    out.maybe(
        "attachedPcis",
        vm.other_config.get("pci").map(attached_pcis),
    )
    .put("bios_strings", &vm.bios_strings)
    .put("boot", &vm.hvm_boot_params)
    .put(
        "CPUs",
        CpuNumber {
            max: vm.vcpus_max,
            number: cpu_number(measured),
        },
    )
    .put("expNestedHvm", exp_nested)
    .put("isNestedVirtEnabled", nested)
    .put("viridian", platform.is("viridian", "true"))
    .put("isFirmwareSupported", firmware::is_supported(vm))
    .put("memory", Memory::of(measured))
    .put("needsVtpm", platform.is("vtpm", "true"))
    .put("hasVendorDevice", vm.has_vendor_device)
    .put("secureBoot", platform.is("secureboot", "true"))
    .put("VIFs", view.links::<Vif>(&vm.vifs))
    .put("VTPMs", view.links::<Vtpm>(&vm.vtpms))
    .put("$VBDs", view.links::<Vbd>(&vm.vbds))
    .put("VGPUs", &vgpus)
    .put("$VGPUs", &vgpus)
    .maybe("nicType", platform.get("nic_type"))
    .maybe(
        "vga",
        is_hvm.then(|| platform.get("vga").unwrap_or("cirrus")),
    )
    .maybe(
        "videoram",
        is_hvm.then(|| int_of(platform, "videoram").unwrap_or(4)),
    )
    .maybe("coresPerSocket", int_of(platform, "cores-per-socket"))
    .maybe("cpuCap", int_of(&vm.vcpus_params, "cap"))
    .maybe("cpuWeight", int_of(&vm.vcpus_params, "weight"))
    .maybe(
        "cpuMask",
        mask.map(|list| list.split(',').filter_map(int).collect::<Vec<_>>()),
    )
    .maybe("PV_args", (!is_hvm).then_some(&vm.pv_args));
}

/// The properties that only one of the types has, and the ids through which access is inherited.
fn write_variant(
    measured: &Measured<'_>,
    view: &View<'_>,
    out: &mut Writer<'_>,
    container: Option<Id>,
) -> Vec<Id> {
    let vm = measured.vm;
    match measured.kind {
        ObjectType::VmSnapshot => {
            let original = view.link::<Vm>(&vm.snapshot_of);
            out.put("snapshot_time", vm.snapshot_time)
                .maybe("$snapshot_of", original.as_ref())
                .maybe("suspendVdi", view.link::<Vdi>(&vm.suspend_vdi));
            original.into_iter().collect()
        }
        ObjectType::VmTemplate => {
            out.put("isDefaultTemplate", is_default(vm))
                .put("template_info", template::info(&vm.other_config));
            view.pool().cloned().into_iter().collect()
        }
        ObjectType::Vm => {
            out.put("vulnerabilities", vulnerability::of(vm, measured.guest));
            container.into_iter().collect()
        }
        _ => container.into_iter().collect(),
    }
}

/// `hvm`, `pv`, `pvh` or `pv_in_pvh`; hosts before 7.5 tell only whether there is a boot policy.
fn virtualization_mode(vm: &Vm) -> &str {
    match &*vm.domain_type {
        "" | "unspecified" if vm.hvm_boot_policy.is_empty() => "pv",
        "" | "unspecified" => "hvm",
        told => told,
    }
}

#[derive(Serialize)]
struct CpuNumber {
    max: i64,
    number: i64,
}

/// What runs may differ from what is configured; only a guest with tools tells.
fn cpu_number(measured: &Measured<'_>) -> i64 {
    let Measured {
        kind,
        vm,
        metrics,
        is_running,
        ..
    } = *measured;
    match metrics {
        Some(metrics)
            if is_running
                && kind != ObjectType::VmTemplate
                && guest::tools(measured.guest).is_some() =>
        {
            metrics.vcpus_number
        }
        _ => vm.vcpus_at_startup,
    }
}

/// Bytes.
#[derive(Serialize)]
struct Memory {
    dynamic: [i64; 2],
    #[serde(rename = "static")]
    fixed: [i64; 2],
    size: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<i64>,
}

impl Memory {
    /// What a guest, or else its host, tells holds only while it runs; a host that does not know tells 0.
    fn of(measured: &Measured<'_>) -> Self {
        let vm = measured.vm;
        let guest = measured
            .guest
            .filter(|_| measured.is_running)
            .map(|guest| &guest.memory);
        let metrics = measured.metrics.filter(|_| measured.is_running);
        let total = guest.and_then(|memory| int_of(memory, "total"));
        let usage = total.and(guest).and_then(|memory| int_of(memory, "used"));
        let actual = metrics
            .map(|metrics| metrics.memory_actual)
            .filter(|bytes| *bytes > 0);
        let size = total.or(actual).unwrap_or(vm.memory_dynamic_max);
        Self {
            dynamic: [vm.memory_dynamic_min, vm.memory_dynamic_max],
            fixed: [vm.memory_static_min, vm.memory_static_max],
            size,
            usage,
        }
    }
}

fn creation(vm: &Vm) -> Option<Value> {
    let data: Value = serde_json::from_str(vm.other_config.get(&vm_data_key(&vm.uuid))?).ok()?;
    data.get("creation")
        .filter(|creation| creation.is_object())
        .cloned()
}

fn resource_set(vm: &Vm) -> Option<String> {
    serde_json::from_str(vm.other_config.get("xo:resource_set")?).ok()
}

/// Operations by the id of their task; those of tasks that are gone are left out.
fn operations<'a>(vm: &'a Vm, view: &View<'_>) -> BTreeMap<String, &'a str> {
    let known = vm
        .current_operations
        .iter()
        .filter_map(|(task, operation)| {
            Some((view.link::<Task>(&task.into())?.to_string(), operation))
        });
    known.collect()
}

/// `0/0000:04:01.0,0/0000:00:19.0`: what follows the slash.
fn attached_pcis(list: &str) -> Vec<&str> {
    list.split(',')
        .filter_map(|one| one.split_once('/'))
        .map(|(_, address)| address)
        .collect()
}
