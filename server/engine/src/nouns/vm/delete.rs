//! Deleting VMs, templates and snapshots, with what belongs to them alone.

use std::pin::Pin;

use serde_json::json;
use xapi_records::{Ref, record};
use xo_inventory::{Item, PoolHandle};
use xo_model::ObjectType::{Vm, VmSnapshot, VmTemplate};

use super::super::entry::MapField;
use super::super::{made, vdi};
use super::blocks::Blocked;
use crate::schema::{boolean, string};
use crate::{Call, Error, Method, Permission, Result};

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "vm.delete",
            "Deletes a VM, its snapshots and, unless told otherwise, its disks.",
        )
        .param("id", string())
        .param("deleteDisks", boolean().optional())
        .param("force", boolean().optional())
        .param("forceDeleteDefaultTemplate", boolean().optional())
        .param("forceBlockedOperation", boolean().optional())
        .on(
            "id",
            &[Vm, VmSnapshot, VmTemplate],
            Permission::Administrate,
        )
        .run(delete),
    ]
}

/// What becomes of the disks of a VM that is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disks {
    Keep,
    Delete,
}

async fn delete(call: Call) -> Result<()> {
    let vm = call.object("id")?;
    let pool = call.pool("id")?;
    release_default_template(&call, &pool, vm).await?;
    let disks = if call.bool_opt("deleteDisks").unwrap_or(true) {
        Disks::Delete
    } else {
        Disks::Keep
    };
    let work = async {
        if call.flag("force") && super::power_state(&pool, &vm.reference).await? != "Halted" {
            pool.session
                .run("VM.hard_shutdown", json!([vm.reference]))
                .await?;
        }
        destroy(&pool, &vm.reference, disks).await
    };
    let blocked = Blocked::bypassed_if(call.flag("forceBlockedOperation"));
    blocked
        .around(&pool, &vm.reference, &["destroy", "hard_shutdown"], work)
        .await?;
    call.engine
        .store
        .acls()
        .remove_of_object(&vm.id.to_string())
        .await?;
    call.engine.refresh_directory().await?;
    made::is_gone(&call, &vm.reference).await;
    Ok(())
}

/// Templates that come with the pool are deleted only by who says so twice.
async fn release_default_template(call: &Call, pool: &PoolHandle, vm: &Item) -> Result<()> {
    if vm.at("isDefaultTemplate") != Some(json!(true)) {
        return Ok(());
    }
    if !call.flag("forceDeleteDefaultTemplate") {
        return Err(Error::Forbidden {
            operation: "vm.delete".into(),
            reason: format!(
                "{} is a template that comes with the pool: pass forceDeleteDefaultTemplate=true",
                vm.id
            ),
        });
    }
    let field = MapField::other_config("VM", &vm.reference);
    field.put(&pool.session, "default_template", None).await?;
    match pool
        .session
        .perform("VM.set_is_default_template", json!([vm.reference, false]))
        .await
    {
        // Before XenServer 7.2 the entry alone told it.
        Err(error) if error.code() == Some("MESSAGE_METHOD_UNKNOWN") => Ok(()),
        other => Ok(other?),
    }
}

/// Destroys a VM and its snapshots, and disks that no other VM uses.
pub(super) fn destroy<'a>(
    pool: &'a PoolHandle,
    vm: &'a Ref,
    disks: Disks,
) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
    Box::pin(async move {
        let (snapshots, suspended, holds_memory) = pool.records(|records| {
            let vm = records.get::<record::Vm>(vm);
            let snapshots = vm.map(|vm| vm.snapshots.to_vec()).unwrap_or_default();
            (
                snapshots,
                vm.and_then(|vm| vm.suspend_vdi.non_null().cloned()),
                vm.is_some_and(|vm| vm.is_a_snapshot && vm.power_state == "Suspended"),
            )
        });
        // A snapshot with memory is a suspended VM, which XAPI does not destroy.
        if holds_memory {
            pool.session.run("VM.hard_shutdown", json!([vm])).await?;
        }
        let mut own: Vec<Ref> = match disks {
            Disks::Keep => Vec::new(),
            Disks::Delete => {
                let disks = super::disks_of(pool, vm).into_iter().map(|disk| disk.vdi);
                disks.filter(|vdi| is_only_of(pool, vdi, vm)).collect()
            }
        };
        own.extend(suspended);
        pool.session.run("VM.destroy", json!([vm])).await?;
        for vdi in own {
            let gone = vdi::destroy(&pool.session, &vdi).await;
            // The VM is gone already: what is left of it is told to the administrator.
            if let Err(error) = gone {
                tracing::warn!(%vm, %vdi, %error, "a disk of a deleted VM is left behind");
            }
        }
        // One that cannot go does not keep the others.
        let mut outcome = Ok(());
        for snapshot in snapshots {
            outcome = outcome.and(destroy(pool, &snapshot, disks).await);
        }
        outcome
    })
}

fn is_only_of(pool: &PoolHandle, vdi: &Ref, vm: &Ref) -> bool {
    pool.records(|records| {
        let vbds = records.get::<record::Vdi>(vdi).map(|vdi| vdi.vbds.iter());
        let mut vbds = vbds
            .into_iter()
            .flatten()
            .filter_map(|vbd| records.get::<record::Vbd>(vbd));
        vbds.all(|vbd| {
            let is_service = records
                .get::<record::Vm>(&vbd.vm)
                .is_some_and(|vm| vm.is_control_domain);
            vbd.vm == *vm || (is_service && !vbd.currently_attached)
        })
    })
}

/// The disks of a VM as the pool tells them now, for one that was made a moment ago.
pub(super) async fn disks_as_told(pool: &PoolHandle, vm: &Ref) -> Result<Vec<Ref>> {
    let vbds: Vec<Ref> = pool.session.call("VM.get_VBDs", json!([vm])).await?;
    let mut disks = Vec::new();
    for vbd in vbds {
        let vbd: record::Vbd = pool.session.call("VBD.get_record", json!([vbd])).await?;
        if vbd.kind != "CD" && !vbd.vdi.is_null() {
            disks.push(vbd.vdi);
        }
    }
    Ok(disks)
}
