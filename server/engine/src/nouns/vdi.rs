//! Disks: names, size, where they are, and deleting them.

use std::time::Duration;

use serde_json::{Map, Value, json};
use xapi::Session;
use xapi_records::{Ref, record};
use xo_inventory::PoolHandle;
use xo_model::ObjectType::{Sr, Vdi, VdiSnapshot};

use super::made;
use crate::schema::{boolean, label, string, text, types};
use crate::{Call, Error, Method, Permission, Result};

const SEEN_WITHIN: Duration = Duration::from_secs(10);
const IN_USE_TRIES: u32 = 5;
const IN_USE_PAUSE: Duration = Duration::from_secs(2);

pub(super) fn methods() -> Vec<Method> {
    let on_vdi = |name, text| {
        Method::new(name, text).param("id", string()).on(
            "id",
            &[Vdi, VdiSnapshot],
            Permission::Administrate,
        )
    };
    vec![
        on_vdi("vdi.delete", "Deletes a disk.").run(delete),
        on_vdi(
            "vdi.set",
            "Changes names, size or change tracking of a disk.",
        )
        .param("name_label", label().optional())
        .param("name_description", text().optional())
        .param("size", types(&["integer", "string"]).optional())
        .param("cbt", boolean().optional())
        .run(set),
        on_vdi(
            "vdi.migrate",
            "Moves a disk to another storage repository, also while it is used.",
        )
        .param("resourceSet", string().optional())
        .param("sr_id", string())
        .with("sr_id", &[Sr])
        .run(migrate),
    ]
}

async fn delete(call: Call) -> Result<()> {
    let vdi = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    destroy(&pool.session, vdi).await?;
    made::is_gone(&call, vdi).await;
    Ok(())
}

/// Destroys a disk; one that is just being let go is waited for.
pub(super) async fn destroy(session: &Session, vdi: &Ref) -> Result<()> {
    for _ in 1..IN_USE_TRIES {
        match session.run("VDI.destroy", json!([vdi])).await {
            Err(error) if error.code() == Some("VDI_IN_USE") => {
                tokio::time::sleep(IN_USE_PAUSE).await;
            }
            other => return Ok(other.map(drop)?),
        }
    }
    Ok(session.run("VDI.destroy", json!([vdi])).await.map(drop)?)
}

async fn set(call: Call) -> Result<()> {
    let vdi = call.object("id")?;
    let pool = call.pool("id")?;
    let session = &pool.session;
    if let Some(size) = call.size_opt("size")? {
        resize(&pool, &vdi.reference, size).await?;
    }
    for field in ["name_label", "name_description"] {
        if let Some(value) = call.str_opt(field) {
            session
                .perform(&format!("VDI.set_{field}"), json!([vdi.reference, value]))
                .await?;
        }
    }
    if let Some(wanted) = call.bool_opt("cbt") {
        let method = if wanted {
            "VDI.enable_cbt"
        } else {
            "VDI.disable_cbt"
        };
        session.run(method, json!([vdi.reference])).await?;
    }
    let now: record::Vdi = session
        .call("VDI.get_record", json!([vdi.reference]))
        .await?;
    shows(&call, &pool, &vdi.reference, |vdi| {
        (
            &vdi.name_label,
            &vdi.name_description,
            vdi.virtual_size,
            vdi.cbt_enabled,
        ) == (
            &now.name_label,
            &now.name_description,
            now.virtual_size,
            now.cbt_enabled,
        )
    })
    .await;
    Ok(())
}

/// Makes a disk larger. A size that is what it is already is no change.
pub(super) async fn resize(pool: &PoolHandle, vdi: &Ref, size: u64) -> Result<()> {
    let now: i64 = pool
        .session
        .call("VDI.get_virtual_size", json!([vdi]))
        .await?;
    let size = i64::try_from(size).map_err(|_| Error::invalid("size", "is too large"))?;
    if size == now {
        return Ok(());
    }
    if size < now {
        return Err(Error::Forbidden {
            operation: "vdi.set size".into(),
            reason: format!("a disk cannot shrink: it has {now} bytes, {size} were asked for"),
        });
    }
    Ok(pool
        .session
        .run("VDI.resize", json!([vdi, size]))
        .await
        .map(drop)?)
}

async fn migrate(call: Call) -> Result<String> {
    let (vdi, sr) = (call.object("id")?, call.object("sr_id")?);
    if call.str_opt("resourceSet").is_some() {
        return Err(Error::NotImplemented {
            what: "resourceSet of a disk".into(),
        });
    }
    if vdi.pool != sr.pool {
        return Err(Error::invalid("sr_id", "is in another pool"));
    }
    call.require(sr, Permission::Administrate)?;
    let pool = call.pool("id")?;
    let moved = relocate(&pool, &vdi.reference, &sr.reference).await?;
    made::id_of(&call, &pool, "VDI", &moved).await
}

/// Moves a disk within its pool and tells what it is afterwards. One that no running VM uses is copied, and the copy takes its place.
pub(super) async fn relocate(pool: &PoolHandle, vdi: &Ref, sr: &Ref) -> Result<Ref> {
    let session = &pool.session;
    let now: Ref = session.call("VDI.get_SR", json!([vdi])).await?;
    if now == *sr {
        return Ok(vdi.clone());
    }
    match session.run("VDI.pool_migrate", json!([vdi, sr, {}])).await {
        Ok(told) => return made::reference(&told, "VDI.pool_migrate"),
        Err(error) => match error.code() {
            Some("VDI_NEEDS_VM_FOR_MIGRATE" | "VM_BAD_POWER_STATE" | "LICENCE_RESTRICTION") => {}
            _ => return Err(error.into()),
        },
    }
    let told = session.run("VDI.copy", json!([vdi, sr])).await?;
    let copy = made::reference(&told, "VDI.copy")?;
    if let Err(error) = take_place(pool, vdi, &copy).await {
        destroy(session, &copy).await?;
        return Err(error);
    }
    destroy(session, vdi).await?;
    Ok(copy)
}

/// Puts `copy` wherever `vdi` is attached.
async fn take_place(pool: &PoolHandle, vdi: &Ref, copy: &Ref) -> Result<()> {
    let session = &pool.session;
    let vbds: Vec<Ref> = session.call("VDI.get_VBDs", json!([vdi])).await?;
    for vbd in vbds {
        let old: record::Vbd = session.call("VBD.get_record", json!([vbd])).await?;
        let new = json!({
            "VM": old.vm,
            "VDI": copy,
            "userdevice": old.userdevice,
            "bootable": old.bootable,
            "mode": old.mode,
            "type": old.kind,
            "unpluggable": old.unpluggable,
            "empty": false,
            "other_config": old.other_config,
            "qos_algorithm_type": "",
            "qos_algorithm_params": {},
        });
        super::vbd::detach(pool, &vbd).await?;
        session.perform("VBD.create", json!([new])).await?;
    }
    Ok(())
}

/// A disk to be made.
#[derive(Debug, Default)]
pub(super) struct NewVdi {
    pub(super) sr: Ref,
    /// Bytes.
    pub(super) size: u64,
    pub(super) name_label: String,
    pub(super) name_description: String,
    /// Fields of XAPI's record that shall not be as usual.
    pub(super) others: Map<String, Value>,
}

/// Makes an empty disk.
pub(super) async fn create(pool: &PoolHandle, new: &NewVdi) -> Result<Ref> {
    let mut record = json!({
        "SR": new.sr,
        "virtual_size": new.size,
        "name_label": new.name_label,
        "name_description": new.name_description,
        "type": "user",
        "sharable": false,
        "read_only": false,
        "other_config": {},
        "xenstore_data": {},
        "sm_config": {},
        "tags": [],
    });
    for (field, value) in &new.others {
        record[field] = value.clone();
    }
    let told = pool.session.run("VDI.create", json!([record])).await?;
    made::reference(&told, "VDI.create")
}

async fn shows(call: &Call, pool: &PoolHandle, vdi: &Ref, seen: impl Fn(&record::Vdi) -> bool) {
    let shows = |records: &xo_model::Records| records.get::<record::Vdi>(vdi).is_none_or(&seen);
    call.engine
        .inventory
        .await_state(SEEN_WITHIN, |_| pool.records(shows))
        .await;
}
