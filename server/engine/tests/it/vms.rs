//! VMs, from their making to their end.

mod config_drive;
mod copies;
mod create;
mod devices;
mod migrate;
mod power;
mod set;
mod transfer;

use std::sync::Arc;

use serde_json::{Value, json};
use xo_inventory::Item;
use xo_model::ObjectType;

use crate::support::Rig;

/// A VM in this power state, with at least one disk.
fn vm(rig: &Rig, state: &str) -> Arc<Item> {
    rig.one(ObjectType::Vm, |vm| {
        vm.at("power_state") == Some(json!(state)) && !disks(rig, vm).is_empty()
    })
}

fn ids(item: &Item, property: &str) -> Vec<String> {
    serde_json::from_value(item.at(property).unwrap_or(json!([]))).unwrap()
}

fn text(item: &Item, property: &str) -> String {
    item.at(property)
        .as_ref()
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn find(rig: &Rig, id: &Value) -> Arc<Item> {
    let id = id.as_str().unwrap();
    rig.inventory()
        .find(id)
        .unwrap_or_else(|| panic!("no object {id}"))
}

/// The devices of a VM that hold a disk, and the disks.
fn disks(rig: &Rig, vm: &Item) -> Vec<(Arc<Item>, Arc<Item>)> {
    let vbds = ids(vm, "$VBDs")
        .into_iter()
        .filter_map(|id| rig.inventory().find(&id));
    vbds.filter(|vbd| vbd.at("is_cd_drive") != Some(json!(true)))
        .filter_map(|vbd| {
            let vdi = rig.inventory().find(vbd.at("VDI")?.as_str()?)?;
            Some((vbd, vdi))
        })
        .collect()
}

fn shared_sr(rig: &Rig) -> Arc<Item> {
    rig.one(ObjectType::Sr, |sr| {
        sr.at("shared") == Some(json!(true)) && sr.at("content_type") != Some(json!("iso"))
    })
}
