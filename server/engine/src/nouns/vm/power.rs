//! Turning VMs on and off.

use std::time::Duration;

use serde_json::json;
use xapi_records::{Ref, record};
use xo_inventory::{Item, PoolHandle};
use xo_model::ObjectType::{Host, Vm};

use super::super::made;
use super::blocks::Blocked;
use crate::schema::{boolean, number, string};
use crate::{Call, Error, Method, Permission, Result};

/// How long a pool takes to give up an operation.
const TAKEN_BACK_WITHIN: Duration = Duration::from_secs(10);

pub(super) fn methods() -> Vec<Method> {
    let on_vm = |name, text| {
        Method::new(name, text)
            .param("id", string())
            .on("id", &[Vm], Permission::Operate)
    };
    vec![
        Method::new(
            "vm.start",
            "Starts a VM, on a given host or wherever there is room.",
        )
        .param("bypassMacAddressesCheck", boolean().optional())
        .param("force", boolean().optional())
        .param("host", string().optional())
        .param("id", string())
        .on("host", &[Host], Permission::Operate)
        .on("id", &[Vm], Permission::Operate)
        .run(start),
        on_vm("vm.stop", "Shuts a VM down; with force, cuts its power.")
            .param("force", boolean().optional())
            .param("forceShutdownDelay", number().default(0))
            .param("bypassBlockedOperation", boolean().optional())
            .run(stop),
        on_vm("vm.restart", "Restarts a VM; with force, cuts its power.")
            .param("force", boolean().optional())
            .param("bypassBlockedOperation", boolean().optional())
            .run(restart),
        on_vm("vm.pause", "Stops the CPUs of a VM; its memory stays.").run(pause),
        on_vm(
            "vm.suspend",
            "Writes the memory of a VM to storage and stops it.",
        )
        .run(suspend),
        on_vm("vm.resume", "Lets a paused or suspended VM go on.").run(resume),
        on_vm("vm.recoveryStart", "Starts a VM once from its CD drive.").run(recovery_start),
    ]
}

async fn start(call: Call) -> Result<()> {
    let vm = call.object("id")?;
    let pool = call.pool("id")?;
    let force = call.flag("force");
    if !call.bool_opt("bypassMacAddressesCheck").unwrap_or(force) {
        refuse_duplicate_mac(&pool, vm)?;
    }
    let host = call.object_opt("host");
    if let Some(host) = host {
        super::same_pool("host", vm, host)?;
    }
    let work = async {
        match host {
            Some(host) => {
                let args = json!([vm.reference, host.reference, false, false]);
                pool.session.run("VM.start_on", args).await?
            }
            None => {
                pool.session
                    .run("VM.start", json!([vm.reference, false, false]))
                    .await?
            }
        };
        Ok(())
    };
    let blocked = Blocked::bypassed_if(force);
    blocked
        .around(&pool, &vm.reference, &["start", "start_on"], work)
        .await?;
    shows(&call, &pool, &vm.reference, "Running").await
}

/// Two machines with the same address on one network disturb each other.
fn refuse_duplicate_mac(pool: &PoolHandle, vm: &Item) -> Result<()> {
    let other = pool.records(|records| {
        let vifs = &records.get::<record::Vm>(&vm.reference)?.vifs;
        let own: Vec<_> = vifs
            .iter()
            .filter_map(|vif| records.get::<record::Vif>(vif))
            .collect();
        if own.is_empty() {
            return None;
        }
        records.iter::<record::Vif>().find_map(|(_, vif)| {
            let same = |own: &&&record::Vif| own.mac.eq_ignore_ascii_case(&vif.mac);
            own.iter()
                .find(same)
                .filter(|_| vif.vm != vm.reference && vif.currently_attached)?;
            let other = records.get::<record::Vm>(&vif.vm)?;
            Some((
                vif.mac.to_string(),
                other.uuid.to_string(),
                other.name_label.to_string(),
            ))
        })
    });
    let Some((mac, uuid, name)) = other else {
        return Ok(());
    };
    Err(Error::Forbidden {
        operation: "vm.start".into(),
        reason: format!(
            "running VM {name} ({uuid}) has the same MAC address {mac}: change it, \
             or pass bypassMacAddressesCheck=true"
        ),
    })
}

async fn stop(call: Call) -> Result<()> {
    let vm = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    let delay_ms = call
        .get("forceShutdownDelay")
        .and_then(serde_json::Value::as_f64);
    let patience = delay_ms
        .filter(|ms| *ms > 0.0)
        .and_then(|ms| Duration::try_from_secs_f64(ms / 1000.0).ok());
    let force = call.flag("force");
    let blocked = Blocked::bypassed_if(call.flag("bypassBlockedOperation"));
    let operations = ["clean_shutdown", "hard_shutdown", "shutdown"];
    blocked
        .around(
            &pool,
            vm,
            &operations,
            shut_down(&pool, vm, force, patience),
        )
        .await?;
    shows(&call, &pool, vm, "Halted").await
}

/// Asks the guest, for at most `patience` if there is one, and cuts the power when it does not obey.
async fn shut_down(
    pool: &PoolHandle,
    vm: &Ref,
    force: bool,
    patience: Option<Duration>,
) -> Result<()> {
    let session = &pool.session;
    if !force {
        let Some(patience) = patience else {
            session.run("VM.clean_shutdown", json!([vm])).await?;
            return Ok(());
        };
        match shut_down_within(pool, vm, patience).await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_connection() || xapi::is_aborted() => return Err(error.into()),
            Err(error) => {
                tracing::info!(%vm, %error, "a VM that does not shut down is forced to");
            }
        }
    }
    session.run("VM.hard_shutdown", json!([vm])).await?;
    Ok(())
}

/// Takes the request back when the guest has not obeyed in time, so that nothing stands in the way of another one.
async fn shut_down_within(
    pool: &PoolHandle,
    vm: &Ref,
    patience: Duration,
) -> Result<(), xapi::Error> {
    let session = &pool.session;
    let task: String = session.call("Async.VM.clean_shutdown", json!([vm])).await?;
    if let Ok(done) = tokio::time::timeout(patience, session.await_task(&task)).await {
        return done.map(drop);
    }
    session.cancel_task(&task).await?;
    let late = || {
        let params = vec![task.clone()];
        xapi::Error::Api(xapi::ApiError {
            code: "TASK_CANCELLED".into(),
            params,
        })
    };
    // It may have obeyed in the last moment.
    let ended = tokio::time::timeout(TAKEN_BACK_WITHIN, session.await_task(&task)).await;
    ended.map_err(|_| late())?.map(drop)
}

/// Halts a VM for a change that it takes only when it is off.
pub(super) async fn halt(call: &Call, pool: &PoolHandle, vm: &Ref, force: bool) -> Result<()> {
    shut_down(pool, vm, force, None).await?;
    shows(call, pool, vm, "Halted").await
}

/// Starts a VM wherever there is room.
pub(super) async fn start_anywhere(call: &Call, pool: &PoolHandle, vm: &Ref) -> Result<()> {
    pool.session
        .run("VM.start", json!([vm, false, false]))
        .await?;
    shows(call, pool, vm, "Running").await
}

async fn restart(call: Call) -> Result<()> {
    let vm = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    let method = if call.flag("force") {
        "VM.hard_reboot"
    } else {
        "VM.clean_reboot"
    };
    let work = async {
        pool.session.run(method, json!([vm])).await?;
        Ok(())
    };
    let blocked = Blocked::bypassed_if(call.flag("bypassBlockedOperation"));
    blocked
        .around(&pool, vm, &["clean_reboot", "hard_reboot"], work)
        .await
}

async fn pause(call: Call) -> Result<()> {
    let vm = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    pool.session.run("VM.pause", json!([vm])).await?;
    shows(&call, &pool, vm, "Paused").await
}

async fn suspend(call: Call) -> Result<()> {
    let vm = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    pool.session.run("VM.suspend", json!([vm])).await?;
    shows(&call, &pool, vm, "Suspended").await
}

async fn resume(call: Call) -> Result<()> {
    let vm = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    if super::power_state(&pool, vm).await? == "Paused" {
        pool.session.run("VM.unpause", json!([vm])).await?;
    } else {
        pool.session
            .run("VM.resume", json!([vm, false, false]))
            .await?;
    }
    shows(&call, &pool, vm, "Running").await
}

/// The boot order is the CD drive's for this start only; what it was is written back at once, as a running VM does not read it.
async fn recovery_start(call: Call) -> Result<()> {
    let vm = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    let (policy, order) = pool.records(|records| {
        let vm = records.get::<record::Vm>(vm);
        let order = vm.and_then(|vm| vm.hvm_boot_params.get("order").map(str::to_owned));
        (
            vm.map(|vm| vm.hvm_boot_policy.to_string())
                .unwrap_or_default(),
            order,
        )
    });
    let session = &pool.session;
    let field = super::super::entry::MapField {
        class: "VM",
        reference: vm,
        field: "HVM_boot_params",
    };
    if policy.is_empty() {
        session
            .perform("VM.set_HVM_boot_policy", json!([vm, "BIOS order"]))
            .await?;
    }
    field.put(session, "order", Some("d")).await?;
    let started = session.run("VM.start", json!([vm, false, false])).await;
    field.put(session, "order", order.as_deref()).await?;
    if policy.is_empty() {
        session
            .perform("VM.set_HVM_boot_policy", json!([vm, ""]))
            .await?;
    }
    started?;
    shows(&call, &pool, vm, "Running").await
}

async fn shows(call: &Call, pool: &PoolHandle, vm: &Ref, state: &str) -> Result<()> {
    made::vm_shows(call, pool, vm, |vm| vm.power_state == *state).await;
    Ok(())
}
