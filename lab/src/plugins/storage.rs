//! The plugins that prepare local storage: no ZFS pools, and volume groups that are remembered.

use serde_json::json;

use super::{Request, State, plugin_failure, text};
use crate::failure::Failure;
use crate::value::Text;

pub(super) fn zfs(request: &Request<'_>) -> Result<String, Failure> {
    match request.function {
        "list_zfs_pools" => Ok(text(&json!({}))),
        _ => Err(request.unknown_function()),
    }
}

pub(super) fn lvm(state: &mut State, request: &Request<'_>) -> Result<String, Failure> {
    let groups = state
        .volume_groups
        .entry(Text::clone(&request.uuid))
        .or_default();
    let name = request.arg("vg_name");
    let known = groups.iter().any(|group| group == name);
    let missing = || plugin_failure(&format!("Volume group \"{name}\" not found"));
    match request.function {
        "create_physical_volume" => {
            if request.names("devices").is_empty() {
                return Err(plugin_failure("Missing argument 'devices'"));
            }
        }
        "create_volume_group" => {
            if name.is_empty() {
                return Err(plugin_failure("Missing argument 'vg_name'"));
            }
            if known && request.arg("force") != "true" {
                return Err(plugin_failure(&format!(
                    "Volume group \"{name}\" already exists"
                )));
            }
            if !known {
                groups.push(name.to_owned());
            }
        }
        "create_thin_pool" if known => {}
        "destroy_volume_group" if known => groups.retain(|group| group != name),
        "create_thin_pool" | "destroy_volume_group" => return Err(missing()),
        "list_volume_groups" => {
            let listed = groups.iter().map(|group| {
                (
                    group.clone(),
                    json!({ "vg_attr": "wz--n-", "lv_count": 0, "pv_count": 1 }),
                )
            });
            return Ok(text(&serde_json::Value::Object(listed.collect())));
        }
        "list_physical_volumes" | "list_logical_volumes" => {}
        _ => return Err(request.unknown_function()),
    }
    Ok(text(&json!({})))
}
