//! The actions that are more than one renamed call.

use serde_json::{Map, Value, json};
use xo_engine::Error;

use super::{Asked, Field, Problem, Steps};
use crate::rest::route::{of, optional, required};

fn text() -> Value {
    of("string")
}

pub(super) fn clone_fields() -> Vec<Field> {
    vec![
        optional("name_label", text()),
        optional(
            "fast",
            json!({ "type": "boolean", "default": true, "description": "shares disks where the SR can" }),
        ),
        optional(
            "srId",
            json!({ "type": "string", "description": "makes a full copy on this SR" }),
        ),
        optional("compress", json!({ "enum": ["gzip", "zstd"] })),
    ]
}

/// A clone beside the VM, or a full copy on another SR.
pub(super) fn clone(asked: &Asked, body: &Map<String, Value>) -> Result<Steps, Problem> {
    let id = asked.param("id");
    let vm = asked.engine().inventory.find(id);
    let own_name = vm
        .and_then(|vm| vm.at("name_label"))
        .and_then(|n| n.as_str().map(str::to_owned));
    let name = body
        .get("name_label")
        .cloned()
        .unwrap_or_else(|| json!(own_name.unwrap_or_default() + "_clone"));
    let mut params = Map::new();
    params.insert("name".into(), name);
    if let Some(sr) = body.get("srId") {
        if body.contains_key("fast") {
            return Err(Error::invalid(
                "fast",
                "cannot be combined with srId: a copy is a full one",
            )
            .into());
        }
        params.insert("vm".into(), json!(id));
        params.insert("sr".into(), sr.clone());
        params.extend(
            body.get("compress")
                .map(|c| ("compress".to_owned(), c.clone())),
        );
        return Ok(vec![("vm.copy", params)]);
    }
    let is_fast = body.get("fast").and_then(Value::as_bool).unwrap_or(true);
    params.insert("id".into(), json!(id));
    params.insert("full_copy".into(), json!(!is_fast));
    Ok(vec![("vm.clone", params)])
}

pub(super) fn revert_fields() -> Vec<Field> {
    vec![
        required("snapshotId", text()),
        optional("snapshotBefore", of("boolean")),
    ]
}

/// Back to a snapshot of this VM, keeping its present state in another one when asked to.
pub(super) fn revert(asked: &Asked, body: &Map<String, Value>) -> Result<Steps, Problem> {
    let (id, snapshot) = (
        asked.param("id"),
        body.get("snapshotId")
            .and_then(Value::as_str)
            .unwrap_or_default(),
    );
    let found = asked.engine().inventory.find(snapshot);
    let is_of_vm = found
        .and_then(|s| s.at("$snapshot_of"))
        .is_some_and(|of| of == id);
    if !is_of_vm {
        return Err(Error::no_such(snapshot, "VM-snapshot of this VM").into());
    }
    let one = |name: &str, value: &str| Map::from_iter([(name.to_owned(), json!(value))]);
    let mut steps: Steps = Vec::new();
    if body.get("snapshotBefore").and_then(Value::as_bool) == Some(true) {
        steps.push(("vm.snapshot", one("id", id)));
    }
    steps.push(("vm.revert", one("snapshot", snapshot)));
    Ok(steps)
}

pub(super) fn disable_fields() -> Vec<Field> {
    vec![
        optional(
            "evacuate",
            json!({ "type": "boolean", "description": "moves its VMs away first" }),
        ),
        optional(
            "vmIdsToForceMigrate",
            json!({ "type": "array", "items": text() }),
        ),
        optional(
            "autoEnable",
            json!({ "type": "boolean", "description": "is enabled again when the host starts" }),
        ),
    ]
}

/// Takes no more VMs; with `evacuate`, maintenance: the VMs that run there move away.
pub(super) fn disable_host(asked: &Asked, body: &Map<String, Value>) -> Result<Steps, Problem> {
    let mut params = Map::from_iter([("id".to_owned(), json!(asked.param("id")))]);
    if body.get("evacuate").and_then(Value::as_bool) == Some(true) {
        params.insert("maintenance".into(), json!(true));
        params.extend(
            body.get("vmIdsToForceMigrate")
                .map(|v| ("vmsToForceMigrate".to_owned(), v.clone())),
        );
        return Ok(vec![("host.setMaintenanceMode", params)]);
    }
    params.extend(
        body.get("autoEnable")
            .map(|v| ("transient".to_owned(), v.clone())),
    );
    Ok(vec![("host.disable", params)])
}

/// Members of `create_vm` that are parameters of `vm.create`, some by another name.
const CREATE: &[(&str, &str, &str)] = &[
    ("template", "template", "string"),
    ("name_label", "name_label", "string"),
    ("name_description", "name_description", "string"),
    ("memory", "memory", "integer"),
    ("cpus", "CPUs", "integer"),
    ("secureBoot", "secureBoot", "boolean"),
    ("clone", "clone", "boolean"),
    ("gpuGroup", "gpuGroup", "string"),
    ("vgpuType", "vgpuType", "string"),
    ("autoPoweron", "auto_poweron", "boolean"),
    ("copyHostBiosStrings", "copyHostBiosStrings", "boolean"),
    ("hvmBootFirmware", "hvmBootFirmware", "string"),
    ("high_availability", "high_availability", "string"),
    ("affinity", "affinityHost", "string"),
    ("install", "installation", "object"),
    ("cloud_config", "cloudConfig", "string"),
    ("network_config", "networkConfig", "string"),
    ("boot", "bootAfterCreate", "boolean"),
    (
        "destroy_cloud_config_vdi",
        "destroyCloudConfigVdiAfterBoot",
        "boolean",
    ),
    ("createVtpm", "createVtpm", "boolean"),
];

pub(super) fn create_fields() -> Vec<Field> {
    let field = |(name, _, kind): &(&str, &str, &str)| {
        let is_required = matches!(*name, "template" | "name_label");
        Field {
            name: (*name).into(),
            schema: of(kind),
            is_required,
        }
    };
    let mut fields: Vec<Field> = CREATE.iter().map(field).collect();
    let list = |description: &str| json!({ "type": "array", "items": of("object"), "description": description });
    fields.push(optional(
        "vifs",
        list("{network, mac?, mtu?, ipv4_allowed?, ipv6_allowed?, device?}, or {device, destroy: true} for one of the template's"),
    ));
    fields.push(optional(
        "vdis",
        list("{size, name_label, sr?} for a new disk; with userdevice for one of the template's; {userdevice, destroy: true}"),
    ));
    fields
}

/// A VM from a template of this pool.
pub(super) fn create(asked: &Asked, body: &Map<String, Value>) -> Result<Steps, Problem> {
    let template = body
        .get("template")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let found = asked.engine().fetch(
        &asked.caller,
        template,
        &[xo_engine::ObjectType::VmTemplate],
    )?;
    if found.pool.with_str(|pool| pool != asked.param("id")) {
        return Err(Error::no_such(template, "VM-template of this pool").into());
    }
    let default_sr = asked
        .engine()
        .inventory
        .get(&found.pool)
        .and_then(|pool| pool.at("default_SR"));
    let mut params = Map::new();
    for (name, value) in body {
        match name.as_str() {
            "vifs" => {
                let mut vifs = renamed(name, value, vif)?;
                // Interfaces that are told replace those of the template; what shall go is just not told.
                vifs.retain(|vif| vif.get("destroy") != Some(&Value::Bool(true)));
                params.insert("VIFs".into(), vifs.into());
            }
            "vdis" => disks(renamed(name, value, vdi)?, default_sr.as_ref(), &mut params),
            _ => {
                let known = CREATE.iter().find(|(n, ..)| n == name);
                let param = known.map_or(name.as_str(), |(_, param, _)| param);
                params.insert(param.to_owned(), value.clone());
            }
        }
    }
    Ok(vec![("vm.create", params)])
}

/// Those with a `userdevice` are the template's; the others are new.
fn disks(
    disks: Vec<Map<String, Value>>,
    default_sr: Option<&Value>,
    params: &mut Map<String, Value>,
) {
    let (mut existing, mut new) = (Map::new(), Vec::new());
    for mut disk in disks {
        if let Some(Value::String(device)) = disk.shift_remove("userdevice") {
            if let Some(sr) = disk.shift_remove("SR") {
                disk.insert("$SR".into(), sr);
            }
            existing.insert(device, Value::Object(disk));
            continue;
        }
        if let Some(sr) = default_sr {
            disk.entry("SR").or_insert_with(|| sr.clone());
        }
        disk.entry("type").or_insert_with(|| json!("user"));
        new.push(Value::Object(disk));
    }
    params.insert("VDIs".into(), Value::Array(new));
    params.insert("existingDisks".into(), Value::Object(existing));
}

/// A list of objects with their members renamed.
fn renamed(
    name: &str,
    list: &Value,
    rename: fn(&str) -> &str,
) -> Result<Vec<Map<String, Value>>, Problem> {
    let objects = list.as_array().map(|items| {
        items
            .iter()
            .map(Value::as_object)
            .collect::<Option<Vec<_>>>()
    });
    let Some(Some(objects)) = objects else {
        return Err(Error::invalid(name, "must be a list of objects").into());
    };
    let one = |members: &Map<String, Value>| {
        members
            .iter()
            .map(|(name, value)| (rename(name).to_owned(), value.clone()))
            .collect()
    };
    Ok(objects.into_iter().map(one).collect())
}

fn vif(name: &str) -> &str {
    match name {
        "ipv4_allowed" => "allowedIpv4Addresses",
        "ipv6_allowed" => "allowedIpv6Addresses",
        other => other,
    }
}

fn vdi(name: &str) -> &str {
    match name {
        "sr" => "SR",
        // Upstream's document spells it so in one place.
        "userdervice" => "userdevice",
        other => other,
    }
}
