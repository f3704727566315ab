//! Hosts: names and settings, power, service, statistics. How running VMs leave a host is told in `host/clear.rs`.

mod clear;
mod multipathing;
mod reboot;

use serde_json::json;
use xapi_records::record;
use xo_model::ObjectType::Host;

use super::entry::MapField;
use super::made;
use crate::schema::{array, boolean, label, string, text};
use crate::{Call, Error, Method, Permission, Result};

pub(super) fn methods() -> Vec<Method> {
    let on_host = |name, text, permission| {
        Method::new(name, text)
            .param("id", string())
            .on("id", &[Host], permission)
    };
    let administered = |name, text| on_host(name, text, Permission::Administrate);
    let operated = |name, text| on_host(name, text, Permission::Operate);
    let restart_agent = |name| {
        administered(name, "Restarts the toolstack of a host; its VMs go on.")
            .param("bypassBackupCheck", boolean().optional())
            .run(restart_agent)
    };
    vec![
        administered("host.set", "Changes names and settings of a host.")
            .param("iscsiIqn", string().optional())
            .param("name_label", label().optional())
            .param("name_description", text().optional())
            .param("multipathing", boolean().optional())
            .run(set),
        operated(
            "host.start",
            "Powers a host on, by the means that it has for that (Wake-on-LAN, iLO, DRAC).",
        )
        .run(start),
        operated(
            "host.stop",
            "Shuts a host down, after its VMs were moved to other hosts.",
        )
        .param("bypassBackupCheck", boolean().optional())
        .param("bypassEvacuate", boolean().optional())
        .run(stop),
        operated(
            "host.restart",
            "Restarts a host, after its VMs were moved to other hosts or suspended.",
        )
        .param("bypassBackupCheck", boolean().optional())
        .param("bypassBlockedSuspend", boolean().optional())
        .param("bypassCurrentVmCheck", boolean().optional())
        .param("force", boolean().optional())
        .param("suspendResidentVms", boolean().default(false))
        .param("bypassVersionCheck", boolean().optional())
        .run(reboot::restart),
        restart_agent("host.restartAgent"),
        restart_agent("host.restart_agent"),
        administered("host.enable", "Lets VMs start on a host again.").run(enable),
        administered(
            "host.disable",
            "Lets no VM start on a host; those that run stay.",
        )
        .param("transient", boolean().optional())
        .run(disable),
        administered(
            "host.setMaintenanceMode",
            "Empties a host and keeps it empty, or takes it back into service.",
        )
        .param("maintenance", boolean())
        .param("vmsToForceMigrate", array(string()).optional())
        .run(set_maintenance_mode),
        administered(
            "host.scanPifs",
            "Looks for new network interfaces of a host.",
        )
        .run(scan_pifs),
    ]
}

async fn set(call: Call) -> Result<()> {
    let host = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    let session = &pool.session;
    if let Some(name) = call.str_opt("name_label") {
        session
            .perform("host.set_name_label", json!([host, name]))
            .await?;
    }
    if let Some(text) = call.str_opt("name_description") {
        session
            .perform("host.set_name_description", json!([host, text]))
            .await?;
    }
    if let Some(iqn) = call.str_opt("iscsiIqn") {
        match session
            .perform("host.set_iscsi_iqn", json!([host, iqn]))
            .await
        {
            // Before XenServer 7.5 the name was an entry like any other.
            Err(e) if e.code() == Some("MESSAGE_METHOD_UNKNOWN") => {
                MapField::other_config("host", host)
                    .put(session, "iscsi_iqn", Some(iqn))
                    .await?;
            }
            other => other?,
        }
    }
    if let Some(wanted) = call.bool_opt("multipathing") {
        multipathing::set(&pool, host, wanted).await?;
    }
    made::settles::<record::Host>(&call, &pool, host).await
}

async fn start(call: Call) -> Result<()> {
    let host = &call.object("id")?.reference;
    call.pool("id")?
        .session
        .run("host.power_on", json!([host]))
        .await?;
    Ok(())
}

async fn stop(call: Call) -> Result<()> {
    let host = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    if call.flag("bypassEvacuate") {
        pool.session.perform("host.disable", json!([host])).await?;
    } else {
        clear::clear(&pool, host).await?;
    }
    let done = pool.session.run("host.shutdown", json!([host])).await;
    clear::or_back_in_service(&pool.session, host, done.map(drop)).await
}

async fn restart_agent(call: Call) -> Result<()> {
    let host = &call.object("id")?.reference;
    match call
        .pool("id")?
        .session
        .run("host.restart_agent", json!([host]))
        .await
    {
        // The toolstack of the master takes the connection with it: that is what was asked for.
        Err(e) if e.is_connection() => Ok(()),
        other => Ok(other.map(drop)?),
    }
}

async fn enable(call: Call) -> Result<()> {
    let host = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    pool.session.perform("host.enable", json!([host])).await?;
    made::settles::<record::Host>(&call, &pool, host).await
}

/// `transient: false` keeps the host out of service also after a restart of its toolstack, which pools know since XAPI 25.31.
async fn disable(call: Call) -> Result<()> {
    let host = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    if call.bool_opt("transient") != Some(false) {
        pool.session.perform("host.disable", json!([host])).await?;
        return made::settles::<record::Host>(&call, &pool, host).await;
    }
    let args = json!([host, false]);
    match pool.session.perform("host.disable", args).await {
        Err(e) if e.code() == Some("MESSAGE_PARAMETER_COUNT_MISMATCH") => {
            Err(Error::NotImplemented {
                what: "host.disable transient=false on this pool: its XAPI is older than 25.31"
                    .into(),
            })
        }
        other => {
            other?;
            made::settles::<record::Host>(&call, &pool, host).await
        }
    }
}

async fn set_maintenance_mode(call: Call) -> Result<()> {
    let host = call.object("id")?;
    let pool = call.pool("id")?;
    if call.bool_opt("maintenance") == Some(false) {
        return Ok(pool
            .session
            .perform("host.enable", json!([host.reference]))
            .await?);
    }
    let mut forced = Vec::new();
    for id in call.strings("vmsToForceMigrate") {
        let vm = call.find(&id, &[xo_model::ObjectType::Vm], Some(Permission::Operate))?;
        if vm.pool != host.pool {
            return Err(Error::invalid(
                "vmsToForceMigrate",
                format!("VM {id} is in another pool"),
            ));
        }
        forced.push(vm.reference.clone());
    }
    clear::clear_with(&pool, &host.reference, &forced).await
}

async fn scan_pifs(call: Call) -> Result<()> {
    let host = &call.object("id")?.reference;
    Ok(call
        .pool("id")?
        .session
        .perform("PIF.scan", json!([host]))
        .await?)
}
