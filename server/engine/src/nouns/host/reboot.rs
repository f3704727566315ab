//! Restarting a host: its VMs move away first, or are suspended and resumed when it is back.

use std::time::Duration;

use serde_json::{Value, json};
use xapi_records::{Ref, record};
use xo_inventory::{Item, PoolHandle};

use super::clear::{self, Blocks};
use crate::{Call, Error, Result};

/// Large machines test their memory for that long.
const BACK_WITHIN: Duration = Duration::from_secs(30 * 60);

pub(super) async fn restart(call: Call) -> Result<()> {
    let host = call.object("id")?;
    let pool = call.pool("id")?;
    let force = call.flag("force");
    if !force && !call.flag("bypassVersionCheck") {
        refuse_before_master(&call, host)?;
    }
    if call.flag("suspendResidentVms") {
        return suspend_and_restart(&call, &pool, host).await;
    }
    let cleared = clear::clear(&pool, &host.reference).await;
    if force && let Err(error) = &cleared {
        tracing::warn!(host = %host.id, %error, "restarted by force although not all VMs could leave");
        pool.session
            .perform("host.disable", json!([host.reference]))
            .await?;
    } else {
        cleared?;
    }
    let done = reboot(&pool, &host.reference).await;
    clear::or_back_in_service(&pool.session, &host.reference, done).await
}

/// The master is updated and restarted before the other members: a member must not run newer software than its master.
fn refuse_before_master(call: &Call, host: &Item) -> Result<()> {
    let inventory = &call.engine.inventory;
    let master = inventory.get(&host.pool).and_then(|pool| pool.at("master"));
    let Some(master) = master
        .as_ref()
        .and_then(Value::as_str)
        .and_then(|id| inventory.find(id))
    else {
        return Ok(());
    };
    let waits = |host: &Item| host.at("rebootRequired") == Some(json!(true));
    if master.id == host.id || !waits(host) || !waits(&master) {
        return Ok(());
    }
    Err(Error::IncorrectState {
        id: master.id.to_string(),
        kind: "host".into(),
        property: "rebootRequired".into(),
        actual: "true".into(),
        expected: "false: restart the master first, or pass bypassVersionCheck=true".into(),
    })
}

async fn suspend_and_restart(call: &Call, pool: &PoolHandle, host: &Item) -> Result<()> {
    let vms = residents(pool, &host.reference);
    if !call.flag("bypassCurrentVmCheck") {
        refuse_own_vm(&vms)?;
    }
    if !call.flag("bypassBlockedSuspend")
        && let Some(vm) = vms.iter().find(|vm| vm.is_blocked)
    {
        let reason = format!(
            "suspending VM {} is blocked: unblock it, or pass bypassBlockedSuspend=true",
            vm.uuid
        );
        return Err(forbidden(reason));
    }
    pool.session
        .perform("host.disable", json!([host.reference]))
        .await?;
    let (mut blocks, mut suspended) = (Blocks::default(), Vec::new());
    let done = async {
        for vm in &vms {
            blocks.lift(pool, &vm.reference, &["suspend"]).await?;
            if vm.is_paused {
                // Only what runs can be suspended; it resumes paused.
                pool.session
                    .run("VM.unpause", json!([vm.reference]))
                    .await?;
            }
            pool.session
                .run("VM.suspend", json!([vm.reference]))
                .await?;
            suspended.push(vm);
        }
        reboot(pool, &host.reference).await
    }
    .await;
    let done = clear::or_back_in_service(&pool.session, &host.reference, done).await;
    if done.is_ok() {
        await_back(call, host).await?;
    }
    // The connection may have been made anew while the master restarted.
    let session = call.engine.pool_of(host)?.session;
    blocks.restore(&session).await;
    let mut resumed = Ok(());
    for vm in suspended {
        let args = json!([vm.reference, host.reference, vm.is_paused, false]);
        if let Err(error) = session.run("VM.resume_on", args).await {
            tracing::warn!(vm = %vm.uuid, %error, "a VM stays suspended after the restart of its host");
            resumed = Err(error.into());
        }
    }
    done.and(resumed)
}

async fn reboot(pool: &PoolHandle, host: &Ref) -> Result<()> {
    match pool.session.run("host.reboot", json!([host])).await {
        // The master goes down with the connection on which it would tell so.
        Err(e) if e.is_connection() => Ok(()),
        other => Ok(other.map(drop)?),
    }
}

/// Waits until the toolstack has started anew since `before` was read, and the host takes VMs.
async fn await_back(call: &Call, before: &Item) -> Result<()> {
    let is_back = call.engine.inventory.await_state(BACK_WITHIN, |inventory| {
        inventory.get(&before.id).is_some_and(|now| {
            now.at("agentStartTime") != before.at("agentStartTime")
                && now.at("enabled") == Some(json!(true))
                && now.at("power_state") == Some(json!("Running"))
                && inventory.pool(&now.pool).is_some()
        })
    });
    if is_back.await {
        return Ok(());
    }
    Err(Error::Unreachable {
        what: format!("host {}", before.id),
        id: Some(before.id.to_string()),
        reason: "it did not come back within 30 minutes; its VMs are suspended and can be resumed elsewhere".into(),
    })
}

struct Guest {
    reference: Ref,
    uuid: String,
    is_blocked: bool,
    is_paused: bool,
}

fn residents(pool: &PoolHandle, host: &Ref) -> Vec<Guest> {
    pool.records(|records| {
        let resident = records.get::<record::Host>(host).map(|h| &*h.resident_vms);
        let vms = resident.unwrap_or_default().iter();
        vms.filter_map(|reference| Some((reference, records.get::<record::Vm>(reference)?)))
            .filter(|(_, vm)| !vm.is_control_domain)
            .map(|(reference, vm)| Guest {
                reference: reference.clone(),
                uuid: vm.uuid.to_string(),
                is_blocked: vm.blocked_operations.get("suspend").is_some(),
                is_paused: vm.power_state == "Paused",
            })
            .collect()
    })
}

/// A server that suspends the VM that it runs in cannot resume it.
fn refuse_own_vm(vms: &[Guest]) -> Result<()> {
    let Ok(own) = std::fs::read_to_string("/sys/hypervisor/uuid") else {
        return Ok(());
    };
    if vms.iter().all(|vm| vm.uuid != own.trim()) {
        return Ok(());
    }
    Err(forbidden(format!(
        "this server runs in VM {} on that host and would be suspended itself: move it to another host first",
        own.trim()
    )))
}

fn forbidden(reason: String) -> Error {
    Error::Forbidden {
        operation: "host.restart suspendResidentVms=true".into(),
        reason,
    }
}
