//! Taking a host out of service: no VM starts there any more, and those that run move to other hosts.
//!
//! Invariant: when that fails, the host is in service as before.

use serde_json::json;
use xapi::Session;
use xapi_records::{Ref, record};
use xo_inventory::PoolHandle;

use super::super::entry::MapField;
use crate::Result;

/// Disables the host and moves its VMs.
///
/// # Errors
/// Why a VM cannot leave, in the pool's words (`HOST_NOT_ENOUGH_FREE_MEMORY`, `VM_REQUIRES_SR`, ...).
pub(super) async fn clear(pool: &PoolHandle, host: &Ref) -> Result<()> {
    clear_with(pool, host, &[]).await
}

/// As [`clear`]; what blocks the move of the VMs in `forced` is put aside for as long as it takes.
pub(super) async fn clear_with(pool: &PoolHandle, host: &Ref, forced: &[Ref]) -> Result<()> {
    let was_enabled = pool.records(|records| {
        records
            .get::<record::Host>(host)
            .is_some_and(|host| host.enabled)
    });
    pool.session.perform("host.disable", json!([host])).await?;
    let mut blocks = Blocks::default();
    let moved = async {
        for vm in forced {
            blocks
                .lift(pool, vm, &["pool_migrate", "migrate_send"])
                .await?;
        }
        evacuate(pool, host).await
    }
    .await;
    blocks.restore(&pool.session).await;
    if was_enabled {
        or_back_in_service(&pool.session, host, moved).await
    } else {
        moved
    }
}

/// Hands on how it went; after a failure the host is enabled again.
pub(super) async fn or_back_in_service<E>(
    session: &Session,
    host: &Ref,
    done: Result<(), E>,
) -> Result<()>
where
    crate::Error: From<E>,
{
    if done.is_err()
        && let Err(error) = session.perform("host.enable", json!([host])).await
    {
        tracing::warn!(%host, %error, "the host stays disabled after a failure");
    }
    Ok(done?)
}

/// Over the pool's migration network, if it has one.
async fn evacuate(pool: &PoolHandle, host: &Ref) -> Result<()> {
    let network = pool.records(|records| {
        let wanted = records
            .iter::<record::Pool>()
            .next()?
            .1
            .other_config
            .get("xo:migrationNetwork")?;
        let mut networks = records.iter::<record::Network>();
        networks
            .find(|(_, network)| network.uuid == *wanted)
            .map(|(network, _)| network.clone())
    });
    let Some(network) = network else {
        pool.session.run("host.evacuate", json!([host])).await?;
        return Ok(());
    };
    match pool
        .session
        .run("host.evacuate", json!([host, network]))
        .await
    {
        // Before XenServer 8.3 the network cannot be chosen.
        Err(e) if e.code() == Some("MESSAGE_PARAMETER_COUNT_MISMATCH") => {
            pool.session.run("host.evacuate", json!([host])).await?;
        }
        other => drop(other?),
    }
    Ok(())
}

/// Operations that an administrator has blocked on VMs, put aside with the reasons given for it.
#[derive(Default)]
pub(super) struct Blocks(Vec<(Ref, &'static str, String)>);

impl Blocks {
    /// Puts aside those of `operations` that are blocked on the VM.
    pub(super) async fn lift(
        &mut self,
        pool: &PoolHandle,
        vm: &Ref,
        operations: &[&'static str],
    ) -> Result<()> {
        let blocked = pool
            .records(|records| {
                records
                    .get::<record::Vm>(vm)
                    .map(|vm| vm.blocked_operations.clone())
            })
            .unwrap_or_default();
        for &operation in operations {
            if let Some(reason) = blocked.get(operation) {
                blocked_operations(vm)
                    .put(&pool.session, operation, None)
                    .await?;
                self.0.push((vm.clone(), operation, reason.to_owned()));
            }
        }
        Ok(())
    }

    /// Blocks again what was put aside.
    pub(super) async fn restore(self, session: &Session) {
        for (vm, operation, reason) in self.0 {
            let restored = blocked_operations(&vm)
                .put(session, operation, Some(&reason))
                .await;
            if let Err(error) = restored {
                tracing::warn!(%vm, operation, %error, "an operation that was blocked is not blocked any more");
            }
        }
    }
}

fn blocked_operations(vm: &Ref) -> MapField<'_> {
    MapField {
        class: "VM",
        reference: vm,
        field: "blocked_operations",
    }
}
