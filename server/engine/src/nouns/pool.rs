//! Pools as a whole: names, defaults, the master.

use std::time::Duration;

use serde_json::json;
use xapi_records::{Ref, record};
use xo_model::ObjectType::{Host, Pool, Sr};

use super::entry::MapField;
use super::made;
use crate::schema::{boolean, label, string, text, types};
use crate::{Call, Error, Method, Permission, Result};

/// The toolstacks of all members restart when the master changes.
const NEW_MASTER_WITHIN: Duration = Duration::from_secs(5 * 60);

pub(super) fn methods() -> Vec<Method> {
    let nullable = || types(&["string", "null"]).optional();
    vec![
        Method::new("pool.set", "Changes names and settings of a pool.")
            .param("id", string())
            .param("auto_poweron", boolean().optional())
            .param("name_label", label().optional())
            .param("name_description", text().optional())
            .param("backupNetwork", nullable())
            .param("migrationCompression", boolean().optional())
            .param("migrationNetwork", nullable())
            .param("suspendSr", nullable())
            .param("crashDumpSr", nullable())
            .on("id", &[Pool], Permission::Administrate)
            .on("suspendSr", &[Sr], Permission::Administrate)
            .on("crashDumpSr", &[Sr], Permission::Administrate)
            .run(set),
        Method::new(
            "pool.setDefaultSr",
            "Makes a storage repository the default one of its pool.",
        )
        .param("sr", string())
        .on("sr", &[Sr], Permission::Administrate)
        .run(set_default_sr),
        Method::new("pool.setPoolMaster", "Makes a host the master of its pool.")
            .param("host", string())
            .on("host", &[Host], Permission::Administrate)
            .run(set_pool_master),
    ]
}

async fn set(call: Call) -> Result<()> {
    let object = call.object("id")?;
    let handle = call.pool("id")?;
    let (pool, session) = (&object.reference, &handle.session);
    for param in ["suspendSr", "crashDumpSr"] {
        if call
            .object_opt(param)
            .is_some_and(|sr| sr.pool != object.pool)
        {
            return Err(Error::invalid(param, "is in another pool"));
        }
    }
    for param in ["name_label", "name_description"] {
        if let Some(value) = call.str_opt(param) {
            session
                .perform(&format!("pool.set_{param}"), json!([pool, value]))
                .await?;
        }
    }
    if let Some(wanted) = call.bool_opt("migrationCompression") {
        session
            .perform("pool.set_migration_compression", json!([pool, wanted]))
            .await?;
    }
    let settings = MapField::other_config("pool", pool);
    if let Some(wanted) = call.bool_opt("auto_poweron") {
        let value = if wanted { "true" } else { "false" };
        settings.put(session, "auto_poweron", Some(value)).await?;
    }
    for (param, key) in [
        ("backupNetwork", "xo:backupNetwork"),
        ("migrationNetwork", "xo:migrationNetwork"),
    ] {
        if call.has(param) {
            settings.put(session, key, call.str_opt(param)).await?;
        }
    }
    for (param, field) in [
        ("suspendSr", "suspend_image_SR"),
        ("crashDumpSr", "crash_dump_SR"),
    ] {
        if call.has(param) {
            let sr = call
                .object_opt(param)
                .map_or(&Ref::NULL, |sr| &sr.reference);
            session
                .perform(&format!("pool.set_{field}"), json!([pool, sr]))
                .await?;
        }
    }
    made::settles::<record::Pool>(&call, &handle, pool).await
}

async fn set_default_sr(call: Call) -> Result<()> {
    let sr = call.object("sr")?;
    let pool = call.engine.inventory.get(&sr.pool);
    let pool = pool.ok_or_else(|| Error::no_such(sr.pool.to_string(), "pool"))?;
    let args = json!([pool.reference, sr.reference]);
    Ok(call
        .pool("sr")?
        .session
        .perform("pool.set_default_SR", args)
        .await?)
}

/// The old master restarts its toolstack and may drop the connection before it answers: what counts is the pool's own word.
async fn set_pool_master(call: Call) -> Result<()> {
    let host = call.object("host")?;
    let session = call.pool("host")?.session;
    match session
        .run("pool.designate_new_master", json!([host.reference]))
        .await
    {
        Err(e) if !e.is_connection() => return Err(e.into()),
        _ => {}
    }
    let is_master = call
        .engine
        .inventory
        .await_state(NEW_MASTER_WITHIN, |inventory| {
            let pool = inventory.get(&host.pool);
            pool.is_some_and(|pool| pool.at("master") == Some(json!(host.id)))
        });
    if is_master.await {
        return Ok(());
    }
    Err(Error::Unreachable {
        what: format!("pool {}", host.pool),
        id: Some(host.pool.to_string()),
        reason: format!(
            "host {} did not become its master within 5 minutes",
            host.id
        ),
    })
}
