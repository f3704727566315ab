//! Changing, deleting and making objects: PATCH by the `*.set` methods, DELETE, and POST on collections.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method as Verb;
use axum::response::Response;
use serde_json::{Map, Value, json};
use xo_engine::{Engine, Error, ObjectType};

use super::asked::{Asked, created, nothing};
use super::collections::{self, ids_at};
use super::methods::{self, Names};
use super::route::{Field, Route, made};
use crate::problem::Problem;

/// Collection, method, and whether members are spelled in camel case. The members are the method's own parameters.
const PATCHES: &[(&str, &str, bool)] = &[
    ("vms", "vm.set", true),
    ("vm-snapshots", "vm.set", true),
    ("vm-templates", "vm.set", true),
    ("vdis", "vdi.set", false),
    ("vdi-snapshots", "vdi.set", false),
    ("vifs", "vif.set", true),
    ("hosts", "host.set", true),
    ("pools", "pool.set", true),
    ("srs", "sr.set", true),
    ("networks", "network.set", true),
];

/// Members whose names are not just the parameter's in camel case.
const PATCH_NAMES: &[Names] = &[("cpus", "CPUs"), ("cpusStaticMax", "cpusMax")];

/// Collection, method, and flags that are set.
const DELETES: &[(&str, &str, &[&str])] = &[
    ("vms", "vm.delete", &["deleteDisks"]),
    ("vm-snapshots", "vm.delete", &["deleteDisks"]),
    ("vm-templates", "vm.delete", &["deleteDisks"]),
    ("vdis", "vdi.delete", &[]),
    ("vdi-snapshots", "vdi.delete", &[]),
    ("vbds", "vbd.delete", &[]),
    ("vifs", "vif.delete", &[]),
    ("networks", "network.delete", &[]),
    ("srs", "sr.destroy", &[]),
    ("pbds", "pbd.delete", &[]),
    ("messages", "message.delete", &[]),
];

/// Collection, method, and names of members.
const CREATES: &[(&str, &str, &[Names])] = &[
    (
        "vdis",
        "disk.create",
        &[
            ("name_label", "name"),
            ("virtual_size", "size"),
            ("srId", "sr"),
            ("vmId", "vm"),
            ("bootable", "bootable"),
            ("name_description", "description"),
            ("tags", "tags"),
            ("type", "type"),
            ("read_only", "readOnly"),
            ("sharable", "sharable"),
            ("other_config", "otherConfig"),
            ("sm_config", "smConfig"),
            ("xenstore_data", "xenstoreData"),
        ],
    ),
    (
        "vifs",
        "vm.createInterface",
        &[
            ("vmId", "vm"),
            ("networkId", "network"),
            ("device", "position"),
            ("MAC", "mac"),
            ("ipv4_allowed", "allowedIpv4Addresses"),
            ("ipv6_allowed", "allowedIpv6Addresses"),
            ("MTU", "mtu"),
            ("currently_attached", "attached"),
            ("locking_mode", "lockingMode"),
            ("other_config", "otherConfig"),
            ("qos_algorithm_type", "qosAlgorithmType"),
            ("qos_algorithm_params", "qosAlgorithmParams"),
        ],
    ),
    (
        "vbds",
        "vm.attachDisk",
        &[
            ("VM", "vm"),
            ("VDI", "vdi"),
            ("bootable", "bootable"),
            ("mode", "mode"),
            ("userdevice", "position"),
            ("type", "type"),
            ("empty", "empty"),
            ("unpluggable", "unpluggable"),
            ("other_config", "otherConfig"),
            ("qos_algorithm_type", "qosAlgorithmType"),
            ("qos_algorithm_params", "qosAlgorithmParams"),
        ],
    ),
];

pub(super) fn routes(engine: &Engine) -> Vec<Route> {
    let patches = PATCHES.iter().filter_map(|p| patch(engine, p));
    let deletes = DELETES.iter().filter_map(|d| delete(engine, d));
    let creates = CREATES.iter().filter_map(|c| create(engine, c));
    patches.chain(deletes).chain(creates).collect()
}

fn kind_of(path: &str) -> Option<ObjectType> {
    collections::ALL
        .iter()
        .find(|c| c.path == path)
        .map(|c| c.kind)
}

fn patch(engine: &Engine, &(path, name, is_camel): &'static (&str, &str, bool)) -> Option<Route> {
    let (method, kind) = (methods::find(engine, name)?, kind_of(path)?);
    let params = method.params.iter().flatten().map(|param| param.name);
    let names: Arc<[(String, &str)]> = params
        .filter(|param| *param != "id")
        .map(|param| (shown(param, is_camel), param))
        .collect();
    let mut fields = methods::fields(method, &names);
    let has_tags = method.name.starts_with("vm.");
    if has_tags {
        let tags = json!({ "type": "array", "items": { "type": "string" } });
        fields.push(Field {
            name: "tags".into(),
            schema: tags,
            is_required: false,
        });
    }
    let route = Route::new(
        Verb::PATCH,
        format!("/{path}/{{id}}"),
        format!("Changes one {}.", kind.name()),
        {
            move |mut asked: Asked| {
                let names = Arc::clone(&names);
                async move {
                    let id = asked.param("id").to_owned();
                    let item = asked.engine().fetch(&asked.caller, &id, &[kind])?;
                    // Both spellings are taken; the method refuses what it does not know.
                    asked.shape = None;
                    let mut body = asked.body().await?;
                    let tags = if has_tags {
                        body.shift_remove("tags")
                    } else {
                        None
                    };
                    let mut params = methods::rename(body, &names);
                    if !params.is_empty() {
                        params.insert("id".into(), json!(id));
                        let object = Some((item.id.to_string(), kind.name().to_owned()));
                        let label = label_of(path, name);
                        let done = asked.record(&label, object, name, params).await;
                        done.map_err(|error| methods::in_body_names(error, &names))?;
                    }
                    if let Some(tags) = tags {
                        set_tags(&asked, &id, &ids_at(&item, "tags"), &tags).await?;
                    }
                    Ok(nothing())
                }
            }
        },
    );
    Some(
        route
            .body(fields)
            .reply(204, "Changed")
            .reply(404, "No such object"),
    )
}

/// What the history calls it: the method, but for VMs that are none to people.
fn label_of(path: &str, method: &str) -> String {
    let noun = match path {
        "vm-snapshots" => "snapshot",
        "vm-templates" => "template",
        _ => return method.to_owned(),
    };
    let verb = method.split_once('.').map_or(method, |(_, verb)| verb);
    format!("{noun}.{verb}")
}

/// How a parameter is spelled here.
fn shown(param: &str, is_camel: bool) -> String {
    match PATCH_NAMES.iter().find(|(_, p)| *p == param) {
        Some((name, _)) if is_camel => (*name).to_owned(),
        _ if is_camel && param.starts_with(char::is_lowercase) => camel(param),
        _ => param.to_owned(),
    }
}

/// `name_label` is `nameLabel`.
fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut is_start = false;
    for c in name.chars() {
        if c == '_' {
            is_start = true;
        } else if std::mem::take(&mut is_start) {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
    }
    out
}

async fn set_tags(asked: &Asked, id: &str, now: &[String], wanted: &Value) -> Result<(), Problem> {
    let Value::Array(wanted) = wanted else {
        return Err(Error::invalid("tags", "must be a list of strings").into());
    };
    let wanted: Vec<&str> = wanted.iter().filter_map(Value::as_str).collect();
    let removed = now
        .iter()
        .map(String::as_str)
        .filter(|t| !wanted.contains(t))
        .map(|t| ("tag.remove", t));
    let added = wanted
        .iter()
        .filter(|t| !now.iter().any(|n| n == *t))
        .map(|t| ("tag.add", *t));
    for (method, tag) in removed.chain(added) {
        let params = Map::from_iter([("id".to_owned(), json!(id)), ("tag".to_owned(), json!(tag))]);
        asked.call(method, params).await?;
    }
    Ok(())
}

fn delete(engine: &Engine, &(path, name, flags): &'static (&str, &str, &[&str])) -> Option<Route> {
    methods::find(engine, name)?;
    let kind = kind_of(path)?;
    let summary = format!("Deletes one {}.", kind.name());
    let route = Route::new(
        Verb::DELETE,
        format!("/{path}/{{id}}"),
        summary,
        move |asked| async move {
            let id = asked.param("id");
            let item = asked.engine().fetch(&asked.caller, id, &[kind])?;
            let mut params = Map::from_iter([("id".to_owned(), json!(id))]);
            params.extend(flags.iter().map(|flag| ((*flag).to_owned(), json!(true))));
            let object = Some((item.id.to_string(), kind.name().to_owned()));
            let label = label_of(path, name);
            asked.record(&label, object, name, params).await?;
            Ok(nothing())
        },
    );
    Some(route.reply(204, "Deleted").reply(404, "No such object"))
}

fn create(engine: &Engine, &(path, name, names): &'static (&str, &str, &[Names])) -> Option<Route> {
    let method = methods::find(engine, name)?;
    let kind = kind_of(path)?;
    let fields = methods::fields(method, names);
    let summary = format!("Makes a {}.", kind.name());
    let route = Route::new(
        Verb::POST,
        format!("/{path}"),
        summary,
        move |mut asked: Asked| async move {
            let body = asked.body().await?;
            let disk = body.get("VDI").and_then(Value::as_str).map(str::to_owned);
            let vm = body.get("VM").and_then(Value::as_str).map(str::to_owned);
            let params = methods::rename(body, names);
            // Of the VM that gets it, or the storage that holds it.
            let about = [("vm", "VM"), ("sr", "SR")];
            let about = about.iter().find_map(|(param, kind)| {
                let id = params.get(*param)?.as_str()?.to_owned();
                Some((id, (*kind).to_owned()))
            });
            let result = asked.record(name, about, name, params).await;
            let made = match result.map_err(|e| methods::in_body_names(e, names))? {
                Value::String(id) => Some(id),
                // `vm.attachDisk` does not tell what it made.
                _ => match (disk, vm) {
                    (Some(disk), Some(vm)) => attached(&asked, &disk, &vm).await?,
                    _ => None,
                },
            };
            answer(path, made)
        },
    );
    Some(route.body(fields).reply_json(201, "Made", made()))
}

fn answer(path: &str, made: Option<String>) -> Result<Response, Problem> {
    let lost = || {
        Error::Unavailable("it was made, but the pool has not told of it yet: list it later".into())
    };
    created(path, &made.ok_or_else(lost)?)
}

/// The VBD between a VM and a disk, once the pool told of it.
async fn attached(asked: &Asked, disk: &str, vm: &str) -> Result<Option<String>, Problem> {
    let inventory = &asked.engine().inventory;
    let link = |inventory: &xo_engine::Inventory| {
        let ids = inventory
            .find(disk)
            .map(|disk| ids_at(&disk, "$VBDs"))
            .unwrap_or_default();
        ids.into_iter().find(|id| {
            inventory
                .find(id)
                .and_then(|vbd| vbd.at("VM"))
                .is_some_and(|of| of == vm)
        })
    };
    inventory
        .await_state(Duration::from_secs(10), |inventory| {
            link(inventory).is_some()
        })
        .await;
    Ok(link(inventory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_spelled_as_upstream_spells_them() {
        for (param, name) in [
            ("name_label", "nameLabel"),
            ("auto_poweron", "autoPoweron"),
            ("CPUs", "cpus"),
            ("cpusMax", "cpusStaticMax"),
            ("PV_args", "PV_args"),
            ("high_availability", "highAvailability"),
            ("memory", "memory"),
        ] {
            assert_eq!(shown(param, true), name);
        }
        assert_eq!(shown("name_label", false), "name_label");
    }
}
