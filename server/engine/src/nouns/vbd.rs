//! What links a disk or a CD to a VM.

use std::time::Duration;

use serde_json::{Value, json};
use xapi_records::{Ref, record};
use xo_inventory::PoolHandle;
use xo_model::ObjectType::Vbd;

use super::made;
use crate::schema::{boolean, string, types};
use crate::{Call, Method, Permission, Result};

const SEEN_WITHIN: Duration = Duration::from_secs(10);

pub(super) fn methods() -> Vec<Method> {
    let on_vbd = |name, text| {
        Method::new(name, text)
            .param("id", string())
            .on("id", &[Vbd], Permission::Administrate)
    };
    vec![
        on_vbd("vbd.connect", "Plugs a disk into its running VM.").run(connect),
        on_vbd("vbd.disconnect", "Unplugs a disk from its running VM.").run(disconnect),
        on_vbd("vbd.delete", "Detaches a disk from its VM; the disk stays.").run(delete),
        on_vbd("vbd.set", "Changes the position of a disk in its VM.")
            .param("position", types(&["string", "number"]).optional())
            .run(set),
        Method::new(
            "vbd.setBootable",
            "Tells whether a VM may boot from a disk.",
        )
        .param("vbd", string())
        .param("bootable", boolean())
        .on("vbd", &[Vbd], Permission::Administrate)
        .run(set_bootable),
    ]
}

async fn connect(call: Call) -> Result<()> {
    let vbd = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    pool.session.run("VBD.plug", json!([vbd])).await?;
    shows(&call, &pool, vbd, |vbd| vbd.currently_attached).await;
    Ok(())
}

async fn disconnect(call: Call) -> Result<()> {
    let vbd = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    unplug(&pool, vbd).await?;
    shows(&call, &pool, vbd, |vbd| !vbd.currently_attached).await;
    Ok(())
}

async fn unplug(pool: &PoolHandle, vbd: &Ref) -> Result<()> {
    match pool.session.run("VBD.unplug", json!([vbd])).await {
        Err(error) if error.code() == Some("DEVICE_ALREADY_DETACHED") => Ok(()),
        other => Ok(other.map(drop)?),
    }
}

async fn delete(call: Call) -> Result<()> {
    let vbd = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    detach(&pool, vbd).await?;
    made::is_gone(&call, vbd).await;
    Ok(())
}

/// Unplugs a device if it is plugged, and takes it away.
pub(super) async fn detach(pool: &PoolHandle, vbd: &Ref) -> Result<()> {
    let is_plugged: bool = pool
        .session
        .call("VBD.get_currently_attached", json!([vbd]))
        .await?;
    if is_plugged {
        unplug(pool, vbd).await?;
    }
    Ok(pool
        .session
        .run("VBD.destroy", json!([vbd]))
        .await
        .map(drop)?)
}

async fn set(call: Call) -> Result<()> {
    let vbd = &call.object("id")?.reference;
    let position = match call.get("position") {
        Some(Value::String(position)) => position.clone(),
        Some(position) => position.to_string(),
        None => return Ok(()),
    };
    let pool = call.pool("id")?;
    pool.session
        .perform("VBD.set_userdevice", json!([vbd, position]))
        .await?;
    shows(&call, &pool, vbd, |vbd| vbd.userdevice == *position).await;
    Ok(())
}

async fn set_bootable(call: Call) -> Result<()> {
    let vbd = &call.object("vbd")?.reference;
    let wanted = call.flag("bootable");
    let pool = call.pool("vbd")?;
    pool.session
        .perform("VBD.set_bootable", json!([vbd, wanted]))
        .await?;
    shows(&call, &pool, vbd, |vbd| vbd.bootable == wanted).await;
    Ok(())
}

/// Waits until a change of a device can be read; a late event is no failure.
pub(super) async fn shows(
    call: &Call,
    pool: &PoolHandle,
    vbd: &Ref,
    seen: impl Fn(&record::Vbd) -> bool,
) {
    let shows = |records: &xo_model::Records| records.get::<record::Vbd>(vbd).is_none_or(&seen);
    call.engine
        .inventory
        .await_state(SEEN_WITHIN, |_| pool.records(shows))
        .await;
}
