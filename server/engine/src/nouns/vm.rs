//! Virtual machines: a file per group of operations.

mod blocks;
mod config_drive;
mod copies;
mod create;
mod delete;
mod devices;
mod migrate;
mod power;
mod set;
mod transfer;

use serde_json::{Value, json};
use xapi_records::{Ref, record};
use xo_inventory::{Item, PoolHandle};
use xo_model::ObjectType;

use crate::{Call, Error, Method, Permission, Result};

pub(super) use devices::{NewDisk, attach_disk};
pub(super) use transfer::until_finished;

pub(super) fn methods() -> Vec<Method> {
    let mut methods = vec![
        Method::new(
            "vm.getHaValues",
            "Lists the values of a VM's high_availability.",
        )
        .any_params()
        .untasked()
        .run(get_ha_values),
    ];
    methods.extend(power::methods());
    methods.extend(create::methods());
    methods.extend(config_drive::methods());
    methods.extend(set::methods());
    methods.extend(delete::methods());
    methods.extend(copies::methods());
    methods.extend(devices::methods());
    methods.extend(transfer::methods());
    methods.extend(migrate::methods());
    methods
}

async fn get_ha_values(_: Call) -> Result<Value> {
    Ok(json!(["best-effort", "restart", ""]))
}

/// A disk of a VM, and the storage repository that holds it.
#[derive(Debug, Clone)]
struct Disk {
    vdi: Ref,
    sr: Ref,
}

/// The disks of a VM; CD drives are none.
fn disks_of(pool: &PoolHandle, vm: &Ref) -> Vec<Disk> {
    pool.records(|records| {
        let vbds = records.get::<record::Vm>(vm).map(|vm| vm.vbds.iter());
        let vbds = vbds.into_iter().flatten();
        vbds.filter_map(|vbd| records.get::<record::Vbd>(vbd))
            .filter(|vbd| vbd.kind != "CD" && !vbd.vdi.is_null())
            .map(|vbd| Disk {
                vdi: vbd.vdi.clone(),
                sr: records
                    .get::<record::Vdi>(&vbd.vdi)
                    .map(|v| v.sr.clone())
                    .unwrap_or_default(),
            })
            .collect()
    })
}

/// Fails unless the caller has `permission` on every storage repository that holds a disk of the VM.
fn require_on_storage(
    call: &Call,
    pool: &PoolHandle,
    vm: &Item,
    permission: Permission,
) -> Result<()> {
    for disk in disks_of(pool, &vm.reference) {
        if let Some(sr) = call.engine.inventory.at(&disk.sr) {
            call.require(&sr, permission)?;
        }
    }
    Ok(())
}

/// Fails unless the caller has `permission` on the pool of the object.
fn require_on_pool(call: &Call, object: &Item, permission: Permission) -> Result<()> {
    let pool = object
        .pool
        .with_str(|id| call.find(id, &[ObjectType::Pool], None))?;
    call.require(&pool, permission)
}

/// Fails when two objects that must be in one pool are not.
fn same_pool(param: &'static str, one: &Item, other: &Item) -> Result<()> {
    if one.pool == other.pool {
        return Ok(());
    }
    let message = format!(
        "{} {} is in another pool than {} {}",
        other.kind.name(),
        other.id,
        one.kind.name(),
        one.id
    );
    Err(Error::invalid(param, message))
}

/// The power state as the pool tells it now.
async fn power_state(pool: &PoolHandle, vm: &Ref) -> Result<String> {
    Ok(pool.session.call("VM.get_power_state", json!([vm])).await?)
}

/// Whoever is no administrator and made an object gets all rights on it.
async fn grant_to_maker(call: &Call, id: &str) -> Result<()> {
    let Some(user) = &call.caller.user else {
        return Ok(());
    };
    if call.engine.is_admin(&call.caller) {
        return Ok(());
    }
    call.engine.store.acls().add(user, id, "admin").await?;
    call.engine.refresh_directory().await
}

pub(super) fn name_of(object: &Item) -> String {
    let name = object.at("name_label");
    name.as_ref()
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}
