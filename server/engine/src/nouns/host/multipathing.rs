//! Turning multipathing on or off: the storage of the host is unplugged meanwhile, and the host is out of service.
//!
//! Invariant: what was plugged and in service before is so afterwards, also after a failure.

use serde_json::json;
use xapi_records::{Ref, record};
use xo_inventory::PoolHandle;

use super::super::entry::MapField;
use crate::Result;

pub(super) async fn set(pool: &PoolHandle, host: &Ref, wanted: bool) -> Result<()> {
    let (enabled, is_set, plugged) = pool.records(|records| {
        let Some(host) = records.get::<record::Host>(host) else {
            return (false, false, Vec::new());
        };
        let attached = |pbd: &&Ref| {
            records
                .get::<record::Pbd>(pbd)
                .is_some_and(|pbd| pbd.currently_attached)
        };
        let plugged = host
            .pbds
            .iter()
            .filter(attached)
            .cloned()
            .collect::<Vec<_>>();
        (host.enabled, host.multipathing, plugged)
    });
    if is_set == wanted {
        return Ok(());
    }
    let session = &pool.session;
    if enabled {
        session.perform("host.disable", json!([host])).await?;
    }
    let mut unplugged = Vec::new();
    let done = async {
        for pbd in &plugged {
            session.run("PBD.unplug", json!([pbd])).await?;
            unplugged.push(pbd);
        }
        change(pool, host, wanted).await
    }
    .await;
    let mut back = Ok(());
    for pbd in unplugged {
        if let Err(error) = session.run("PBD.plug", json!([pbd])).await {
            tracing::warn!(%pbd, %error, "storage stays unplugged after a change of multipathing");
            back = Err(error.into());
        }
    }
    if enabled {
        session.perform("host.enable", json!([host])).await?;
    }
    done.and(back)
}

async fn change(pool: &PoolHandle, host: &Ref, wanted: bool) -> Result<()> {
    let session = &pool.session;
    match session
        .perform("host.set_multipathing", json!([host, wanted]))
        .await
    {
        // Before XenServer 7.5 it was told by two entries.
        Err(e) if e.code() == Some("MESSAGE_METHOD_UNKNOWN") => {
            let field = MapField::other_config("host", host);
            field
                .put(
                    session,
                    "multipathing",
                    Some(if wanted { "true" } else { "false" }),
                )
                .await?;
            field.put(session, "multipathhandle", Some("dmp")).await
        }
        other => Ok(other?),
    }
}
