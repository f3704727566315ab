//! What an operation made or did, waited for until the next call of the same client finds it.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::json;
use xapi_records::{Ref, Typed, record};
use xo_inventory::PoolHandle;

use crate::{Call, Error, Result};

/// How long an object takes to come through the events of a busy pool.
const SEEN_WITHIN: Duration = Duration::from_secs(20);
const SETTLED_WITHIN: Duration = Duration::from_secs(3);

/// The XO id of a record that was just made.
pub(super) async fn id_of(
    call: &Call,
    pool: &PoolHandle,
    class: &str,
    made: &Ref,
) -> Result<String> {
    if let Some(object) = call.engine.inventory.await_object(made, SEEN_WITHIN).await {
        return Ok(object.id.to_string());
    }
    // It is there although its event is late.
    Ok(pool
        .session
        .call(&format!("{class}.get_uuid"), json!([made]))
        .await?)
}

/// Waits until the record of a VM that was just made or changed can be read; a late event is no failure.
pub(super) async fn vm_shows(
    call: &Call,
    pool: &PoolHandle,
    vm: &Ref,
    seen: impl Fn(&record::Vm) -> bool,
) {
    let shows = |records: &xo_model::Records| records.get::<record::Vm>(vm).is_some_and(&seen);
    let inventory = &call.engine.inventory;
    if !inventory
        .await_state(SEEN_WITHIN, |_| pool.records(shows))
        .await
    {
        tracing::debug!(%vm, "a change did not show in time");
    }
}

/// Waits until a VM can be read as the pool has it now.
pub(super) async fn vm_settles(call: &Call, pool: &PoolHandle, vm: &Ref) -> Result<()> {
    settles::<record::Vm>(call, pool, vm).await
}

/// Waits until an object can be read as the pool has it now.
pub(super) async fn settles<T>(call: &Call, pool: &PoolHandle, object: &Ref) -> Result<()>
where
    T: Typed + DeserializeOwned + PartialEq + Send + Sync,
{
    let method = format!("{}.get_record", T::CLASS.name());
    let now: T = pool.session.call(&method, json!([object])).await?;
    let settled =
        |records: &xo_model::Records| records.get::<T>(object).is_none_or(|known| *known == now);
    // Somebody else may have changed it once more, so that it never looks like this.
    call.engine
        .inventory
        .await_state(SETTLED_WITHIN, |_| pool.records(settled))
        .await;
    Ok(())
}

/// Waits until an object is gone.
pub(super) async fn is_gone(call: &Call, made: &Ref) {
    let inventory = &call.engine.inventory;
    if !inventory
        .await_state(SEEN_WITHIN, |inventory| inventory.at(made).is_none())
        .await
    {
        tracing::debug!(object = %made, "a removal did not show in time");
    }
}

/// The reference that a task left as its result.
pub(super) fn reference(value: &xapi::TaskValue, method: &str) -> Result<Ref> {
    let reference = value
        .reference()
        .map(Ref::parse)
        .filter(|made| !made.is_null());
    reference.ok_or_else(|| Error::internal(format!("{method} made nothing")))
}
