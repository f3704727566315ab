//! What is made of a VM as a whole: clones, copies, snapshots, templates; and going back to a snapshot.

use std::collections::HashMap;

use serde_json::json;
use time::OffsetDateTime;
use time::macros::format_description;
use xapi_records::Ref;
use xo_inventory::{Item, PoolHandle};
use xo_model::ObjectType::{Sr, Vm, VmSnapshot, VmTemplate};

use super::super::made;
use crate::schema::{boolean, label, string, text, types};
use crate::{Call, Error, Method, Permission, Result};

pub(super) fn methods() -> Vec<Method> {
    let any = &[Vm, VmSnapshot, VmTemplate];
    let convert = |name| {
        Method::new(name, "Turns a VM into a template.")
            .param("id", string())
            .on("id", &[Vm, VmSnapshot], Permission::Administrate)
            .run(convert_to_template)
    };
    vec![
        Method::new(
            "vm.clone",
            "Clones a VM, fast on the same storage or in full.",
        )
        .param("id", string())
        .param("name", label())
        .param("full_copy", boolean())
        .on("id", any, Permission::Administrate)
        .run(clone),
        Method::new("vm.copy", "Copies a VM in full to a storage repository.")
            .param("compress", types(&["boolean", "string"]).optional())
            .param("name", label().optional())
            .param("vm", string())
            .param("sr", string())
            .on("vm", any, Permission::Administrate)
            .on("sr", &[Sr], Permission::Operate)
            .run(copy),
        Method::new(
            "vm.snapshot",
            "Takes a snapshot of a VM, with or without its memory.",
        )
        .param("description", text().optional())
        .param("id", string())
        .param("name", label().optional())
        .param("saveMemory", boolean().optional())
        .on("id", &[Vm], Permission::Operate)
        .run(snapshot),
        Method::new("vm.revert", "Takes a VM back to one of its snapshots.")
            .param("snapshot", string())
            .on("snapshot", &[VmSnapshot], Permission::View)
            .run(revert),
        convert("vm.convertToTemplate"),
        convert("vm.convert"),
        Method::new("vm.copyToTemplate", "Makes a template of a snapshot.")
            .param("id", string())
            .on("id", &[VmSnapshot], Permission::Administrate)
            .run(copy_to_template),
    ]
}

async fn clone(call: Call) -> Result<String> {
    let vm = call.object("id")?;
    let pool = call.pool("id")?;
    super::require_on_storage(&call, &pool, vm, Permission::Operate)?;
    let name = call.str("name")?;
    let made = if call.flag("full_copy") {
        full_copy(&pool, &vm.reference, name, &Ref::NULL).await?
    } else {
        let told = pool
            .session
            .run("VM.clone", json!([vm.reference, name]))
            .await?;
        made::reference(&told, "VM.clone")?
    };
    finish(&call, &pool, vm, &made).await
}

async fn copy(call: Call) -> Result<String> {
    let (vm, sr) = (call.object("vm")?, call.object("sr")?);
    if vm.pool != sr.pool {
        return Err(Error::NotImplemented {
            what: "vm.copy to another pool".into(),
        });
    }
    let pool = call.pool("vm")?;
    let name = match call.str_opt("name") {
        Some(name) => name.to_owned(),
        None => format!("{}_COPY", super::name_of(vm)),
    };
    let made = full_copy(&pool, &vm.reference, &name, &sr.reference).await?;
    finish(&call, &pool, vm, &made).await
}

pub(super) async fn full_copy(pool: &PoolHandle, vm: &Ref, name: &str, sr: &Ref) -> Result<Ref> {
    let told = pool.session.run("VM.copy", json!([vm, name, sr])).await?;
    made::reference(&told, "VM.copy")
}

/// What is made of a snapshot is a template to XAPI; whoever copies a snapshot wants a VM.
async fn finish(call: &Call, pool: &PoolHandle, source: &Item, made: &Ref) -> Result<String> {
    if source.kind == VmSnapshot {
        pool.session
            .perform("VM.set_is_a_template", json!([made, false]))
            .await?;
        made::vm_shows(call, pool, made, |vm| !vm.is_a_template).await;
    }
    let id = made::id_of(call, pool, "VM", made).await?;
    super::grant_to_maker(call, &id).await?;
    Ok(id)
}

async fn snapshot(call: Call) -> Result<String> {
    let vm = call.object("id")?;
    let pool = call.pool("id")?;
    super::require_on_storage(&call, &pool, vm, Permission::Operate)?;
    let name = match call.str_opt("name") {
        Some(name) => name.to_owned(),
        None => format!("{}_{}", super::name_of(vm), now_text()),
    };
    let method = if call.flag("saveMemory") {
        "VM.checkpoint"
    } else {
        "VM.snapshot"
    };
    let made = take(&pool, &vm.reference, method, &name).await?;
    if let Some(description) = call.str_opt("description") {
        pool.session
            .perform("VM.set_name_description", json!([made, description]))
            .await?;
        made::vm_shows(&call, &pool, &made, |vm| {
            vm.name_description == *description
        })
        .await;
    }
    let id = made::id_of(&call, &pool, "VM", &made).await?;
    super::grant_to_maker(&call, &id).await?;
    Ok(id)
}

/// Takes a snapshot by `VM.snapshot` or `VM.checkpoint`.
pub(super) async fn take(pool: &PoolHandle, vm: &Ref, method: &str, name: &str) -> Result<Ref> {
    let told = pool.session.run(method, json!([vm, name])).await?;
    made::reference(&told, method)
}

async fn revert(call: Call) -> Result<()> {
    let snapshot = call.object("snapshot")?;
    let pool = call.pool("snapshot")?;
    let of = snapshot.at("$snapshot_of");
    let of = of
        .as_ref()
        .and_then(serde_json::Value::as_str)
        .ok_or_else(|| Error::IncorrectState {
            id: snapshot.id.to_string(),
            kind: "VM-snapshot".into(),
            property: "$snapshot_of".into(),
            actual: "none".into(),
            expected: "a VM: it was deleted; make a new one with vm.copy or vm.clone".into(),
        })?;
    let vm = call.find(of, &[Vm], Some(Permission::Operate))?;
    super::require_on_storage(&call, &pool, &vm, Permission::Operate)?;
    let info: HashMap<String, String> = pool
        .session
        .call("VM.get_snapshot_info", json!([snapshot.reference]))
        .await?;
    pool.session
        .run("VM.revert", json!([snapshot.reference]))
        .await?;
    // It was running when the snapshot was taken: so it is again, with or without its memory.
    if info
        .get("power-state-at-snapshot")
        .is_some_and(|state| state == "Running")
    {
        match super::power_state(&pool, &vm.reference).await?.as_str() {
            "Halted" => {
                pool.session
                    .run("VM.start", json!([vm.reference, false, false]))
                    .await?
            }
            "Suspended" => {
                pool.session
                    .run("VM.resume", json!([vm.reference, false, false]))
                    .await?
            }
            _ => return Ok(()),
        };
    }
    Ok(())
}

async fn convert_to_template(call: Call) -> Result<()> {
    let vm = call.object("id")?;
    super::require_on_pool(&call, vm, Permission::Administrate)?;
    let pool = call.pool("id")?;
    pool.session
        .perform("VM.set_is_a_template", json!([vm.reference, true]))
        .await?;
    made::vm_shows(&call, &pool, &vm.reference, |vm| vm.is_a_template).await;
    Ok(())
}

async fn copy_to_template(call: Call) -> Result<String> {
    let snapshot = call.object("id")?;
    super::require_on_pool(&call, snapshot, Permission::Administrate)?;
    let pool = call.pool("id")?;
    let args = json!([snapshot.reference, super::name_of(snapshot)]);
    let told = pool.session.run("VM.clone", args).await?;
    let made = made::reference(&told, "VM.clone")?;
    // What is cloned of a snapshot is a template already, and XAPI refuses to make it one again.
    let is_template: bool = pool
        .session
        .call("VM.get_is_a_template", json!([made]))
        .await?;
    if !is_template {
        pool.session
            .perform("VM.set_is_a_template", json!([made, true]))
            .await?;
    }
    made::id_of(&call, &pool, "VM", &made).await
}

/// `20260821T020023Z`, which fits into file names too.
pub(super) fn now_text() -> String {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    OffsetDateTime::now_utc().format(format).unwrap_or_default()
}
