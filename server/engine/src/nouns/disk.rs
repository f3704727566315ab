//! Disks as such: new ones, empty or of an image, and their contents as files.

mod content;
mod import;
mod unfinished;
mod vhd;

pub(super) use content::{Format, write};
pub(super) use unfinished::Unfinished;

use serde_json::json;
use xo_model::ObjectType::{Sr, Vm};

use super::made;
use super::vdi::{self, NewVdi};
use super::vm::{NewDisk, attach_disk};
use crate::schema::{array, boolean, label, one_of, string, text, texts, types};
use crate::{Call, Error, Method, Permission, Result};

/// What XAPI knows disks to be for (`vdi_type`).
const KINDS: [&str; 11] = [
    "user",
    "system",
    "suspend",
    "crashdump",
    "ephemeral",
    "ha_statefile",
    "metadata",
    "redo_log",
    "rrd",
    "pvs_cache",
    "cbt_metadata",
];

pub(super) fn methods() -> Vec<Method> {
    let mut methods = vec![
        Method::new(
            "disk.create",
            "Makes an empty disk, and attaches it to a VM if one is named.",
        )
        .param("name", label())
        .param("size", types(&["integer", "string"]))
        .param("sr", string())
        .param("vm", string().optional())
        .param("bootable", boolean().optional())
        .param("mode", string().optional())
        .param("position", string().optional())
        .param("description", text().optional())
        .param("tags", array(string()).optional())
        .param("type", one_of(&KINDS).optional())
        .param("readOnly", boolean().optional())
        .param("sharable", boolean().optional())
        .param("otherConfig", texts().optional())
        .param("smConfig", texts().optional())
        .param("xenstoreData", texts().optional())
        .on("vm", &[Vm], Permission::Administrate)
        .with("sr", &[Sr])
        .run(create),
    ];
    methods.extend(content::methods());
    methods.extend(import::methods());
    methods
}

/// Of a disk without a byte, pools make nothing that can be used.
fn some_size(call: &Call) -> Result<u64> {
    call.size_opt("size")?
        .filter(|size| *size > 0)
        .ok_or_else(|| Error::invalid("size", "must be more than nothing"))
}

async fn create(call: Call) -> Result<String> {
    let sr = call.object("sr")?;
    call.require(sr, Permission::Administrate)?;
    let attached = NewDisk::of(&call)?;
    let pool = call.pool("sr")?;
    let vm = call.object_opt("vm");
    if vm.is_some_and(|vm| vm.pool != sr.pool) {
        return Err(Error::invalid("sr", "is in another pool than the VM"));
    }
    let new = NewVdi {
        sr: sr.reference.clone(),
        size: some_size(&call)?,
        name_label: call.str("name")?.to_owned(),
        name_description: call.str_opt("description").unwrap_or_default().to_owned(),
        others: call.fields(&[
            ("tags", "tags"),
            ("type", "type"),
            ("readOnly", "read_only"),
            ("sharable", "sharable"),
            ("otherConfig", "other_config"),
            ("smConfig", "sm_config"),
            ("xenstoreData", "xenstore_data"),
        ]),
    };
    let disk = vdi::create(&pool, &new).await?;
    if let Some(vm) = vm
        && let Err(error) = attach_disk(&pool, &vm.reference, &disk, &attached).await
    {
        let removed = pool.session.run("VDI.destroy", json!([disk])).await;
        if let Err(left) = removed {
            tracing::warn!(%disk, error = %left, "a disk that could not be attached is left behind");
        }
        return Err(error);
    }
    made::id_of(&call, &pool, "VDI", &disk).await
}
