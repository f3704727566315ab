//! The checks of XAPI's importer on `ova.xml`: the fields that have no default (xva.md section 4, "Missing and extra
//! fields") with their types, and the links between objects (section 7).

use std::collections::{HashMap, HashSet};

use super::{Object, Ova, OvaError};
use crate::xmlrpc::Value;

#[derive(Clone, Copy)]
enum Type {
    Text,
    Int,
    Flag,
    Double,
    Date,
    Map,
    Set,
}
use Type::{Date, Double, Flag, Int, Map, Set, Text};

type Fields = &'static [(&'static str, Type)];

const VM: Fields = &[
    ("uuid", Text),
    ("user_version", Int),
    ("is_a_template", Flag),
    ("resident_on", Text),
    ("affinity", Text),
    ("memory_static_max", Int),
    ("memory_dynamic_max", Int),
    ("memory_dynamic_min", Int),
    ("memory_static_min", Int),
    ("VCPUs_params", Map),
    ("VCPUs_max", Int),
    ("VCPUs_at_startup", Int),
    ("actions_after_shutdown", Text),
    ("actions_after_reboot", Text),
    ("actions_after_crash", Text),
    ("PV_bootloader", Text),
    ("PV_kernel", Text),
    ("PV_ramdisk", Text),
    ("PV_args", Text),
    ("PV_bootloader_args", Text),
    ("PV_legacy_args", Text),
    ("HVM_boot_policy", Text),
    ("HVM_boot_params", Map),
    ("platform", Map),
    ("PCI_bus", Text),
    ("other_config", Map),
    ("domid", Int),
    ("domarch", Text),
    ("is_control_domain", Flag),
    ("metrics", Text),
    ("guest_metrics", Text),
    ("recommendations", Text),
];
const VBD: Fields = &[
    ("uuid", Text),
    ("VM", Text),
    ("VDI", Text),
    ("userdevice", Text),
    ("bootable", Flag),
    ("mode", Text),
    ("type", Text),
    ("storage_lock", Flag),
    ("empty", Flag),
    ("other_config", Map),
    ("status_code", Int),
    ("status_detail", Text),
    ("runtime_properties", Map),
    ("qos_algorithm_type", Text),
    ("qos_algorithm_params", Map),
    ("qos_supported_algorithms", Set),
];
const VDI: Fields = &[
    ("uuid", Text),
    ("SR", Text),
    ("virtual_size", Int),
    ("physical_utilisation", Int),
    ("type", Text),
    ("sharable", Flag),
    ("read_only", Flag),
    ("other_config", Map),
    ("storage_lock", Flag),
    ("managed", Flag),
    ("missing", Flag),
    ("parent", Text),
];
const SR: Fields = &[
    ("uuid", Text),
    ("virtual_allocation", Int),
    ("physical_utilisation", Int),
    ("physical_size", Int),
    ("type", Text),
    ("content_type", Text),
    ("shared", Flag),
    ("other_config", Map),
];
const VIF: Fields = &[
    ("uuid", Text),
    ("device", Text),
    ("network", Text),
    ("VM", Text),
    ("MAC", Text),
    ("MTU", Int),
    ("other_config", Map),
    ("status_code", Int),
    ("status_detail", Text),
    ("runtime_properties", Map),
    ("qos_algorithm_type", Text),
    ("qos_algorithm_params", Map),
    ("qos_supported_algorithms", Set),
];
const NETWORK: Fields = &[("uuid", Text), ("other_config", Map)];
const VM_METRICS: Fields = &[
    ("uuid", Text),
    ("memory_actual", Int),
    ("VCPUs_number", Int),
    ("VCPUs_CPU", Map),
    ("VCPUs_params", Map),
    ("VCPUs_flags", Map),
    ("state", Set),
    ("start_time", Date),
    ("install_time", Date),
    ("last_updated", Date),
];
const VM_GUEST_METRICS: Fields = &[
    ("uuid", Text),
    ("os_version", Map),
    ("PV_drivers_version", Map),
    ("PV_drivers_up_to_date", Flag),
    ("networks", Map),
    ("other", Map),
    ("last_updated", Date),
];

/// Fields that have a default and must be of their type when they are there.
const OPTIONAL: &[(&str, &str, Type)] = &[
    ("VM", "HVM_shadow_multiplier", Double),
    ("VBD", "currently_attached", Flag),
];

/// Fields that name an object of a class.
const LINKS: &[(&str, &str, &str)] = &[
    ("VBD", "VM", "VM"),
    ("VDI", "SR", "SR"),
    ("VIF", "VM", "VM"),
    ("VIF", "network", "network"),
];

fn required(class: &str) -> Fields {
    match class {
        "VM" => VM,
        "VBD" => VBD,
        "VDI" => VDI,
        "SR" => SR,
        "VIF" => VIF,
        "network" => NETWORK,
        "VM_metrics" => VM_METRICS,
        "VM_guest_metrics" => VM_GUEST_METRICS,
        // Other classes are ignored by older hosts, or have keys of their own (VTPM).
        _ => &[],
    }
}

pub(super) fn check(ova: &Ova) -> Result<(), OvaError> {
    let mut ids = HashSet::new();
    for object in &ova.objects {
        if !ids.insert(object.id.as_str()) {
            return Err(OvaError::DuplicateId(object.id.clone()));
        }
        for (field, kind) in required(&object.class) {
            check_type(object, field, object.field(field)?, *kind)?;
        }
        for (_, field, kind) in OPTIONAL.iter().filter(|(class, ..)| *class == object.class) {
            if let Some(value) = object.snapshot.get(field) {
                check_type(object, field, value, *kind)?;
            }
        }
    }
    let by_id: HashMap<&str, &Object> = ova
        .objects
        .iter()
        .map(|object| (object.id.as_str(), object))
        .collect();
    for (class, field, target) in LINKS {
        for object in ova.of_class(class) {
            object.target(&by_id, field, target)?;
        }
    }
    ova.disks().map(|_| ())
}

fn check_type(
    object: &Object,
    field: &'static str,
    value: &Value,
    kind: Type,
) -> Result<(), OvaError> {
    let (right, expected) = match kind {
        Text => (matches!(value, Value::String(_)), "text"),
        Int => (value.to_int().is_some(), "an integer"),
        Flag => (value.as_bool().is_some(), "a boolean"),
        Double => (value.to_double().is_some(), "a number"),
        Date => (value.as_text().is_some(), "a date"),
        Map => (value.as_struct().is_some(), "a struct"),
        Set => (value.as_array().is_some(), "an array"),
    };
    if right {
        Ok(())
    } else {
        Err(object.wrong(field, expected, value))
    }
}
