//! Storage repositories: names, contents, and how they hang on hosts.

use serde_json::json;
use xapi_records::{Ref, record};
use xo_inventory::PoolHandle;
use xo_model::ObjectType::Sr;

use super::made;
use crate::schema::{label, string, text};
use crate::{Call, Error, Method, Permission, Result};

pub(super) fn methods() -> Vec<Method> {
    let on_sr = |name, text, permission| {
        Method::new(name, text)
            .param("id", string())
            .on("id", &[Sr], permission)
    };
    let administered = |name, text| on_sr(name, text, Permission::Administrate);
    vec![
        on_sr(
            "sr.set",
            "Changes the names of a storage repository.",
            Permission::Operate,
        )
        .param("name_label", label().optional())
        .param("name_description", text().optional())
        .run(set),
        on_sr(
            "sr.scan",
            "Looks at what a storage repository holds.",
            Permission::Operate,
        )
        .run(scan),
        administered(
            "sr.forget",
            "Unplugs a storage repository from all hosts and forgets it; its contents stay.",
        )
        .run(forget),
        administered(
            "sr.destroy",
            "Unplugs a storage repository from all hosts and erases it with its contents.",
        )
        .run(destroy),
        administered(
            "sr.connectAllPbds",
            "Plugs a storage repository on all hosts.",
        )
        .run(connect_all),
        administered(
            "sr.disconnectAllPbds",
            "Unplugs a storage repository from all hosts.",
        )
        .run(disconnect_all),
    ]
}

async fn set(call: Call) -> Result<()> {
    let sr = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    for param in ["name_label", "name_description"] {
        if let Some(value) = call.str_opt(param) {
            pool.session
                .perform(&format!("SR.set_{param}"), json!([sr, value]))
                .await?;
        }
    }
    made::settles::<record::Sr>(&call, &pool, sr).await
}

async fn scan(call: Call) -> Result<()> {
    let sr = &call.object("id")?.reference;
    call.pool("id")?.session.run("SR.scan", json!([sr])).await?;
    Ok(())
}

async fn forget(call: Call) -> Result<()> {
    remove(call, "SR.forget").await
}

async fn destroy(call: Call) -> Result<()> {
    remove(call, "SR.destroy").await
}

/// A repository must be unplugged everywhere to go; if it stays, it is plugged again where it was.
async fn remove(call: Call, method: &str) -> Result<()> {
    let sr = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    let plugged = pbds(&pool, sr, Plug::In);
    let done = async {
        unplug(&pool, &plugged).await?;
        pool.session
            .run(method, json!([sr]))
            .await
            .map(drop)
            .map_err(Error::from)
    }
    .await;
    if done.is_ok() {
        made::is_gone(&call, sr).await;
    } else {
        for pbd in &plugged {
            if let Err(error) = pool.session.run("PBD.plug", json!([pbd])).await {
                tracing::warn!(%sr, %pbd, %error, "storage stays unplugged after a failure to remove it");
            }
        }
    }
    done
}

async fn connect_all(call: Call) -> Result<()> {
    let sr = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    for pbd in pbds(&pool, sr, Plug::Out) {
        pool.session.run("PBD.plug", json!([pbd])).await?;
    }
    Ok(())
}

async fn disconnect_all(call: Call) -> Result<()> {
    let sr = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    unplug(&pool, &pbds(&pool, sr, Plug::In)).await
}

async fn unplug(pool: &PoolHandle, pbds: &[Ref]) -> Result<()> {
    for pbd in pbds {
        pool.session.run("PBD.unplug", json!([pbd])).await?;
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq)]
enum Plug {
    In,
    Out,
}

/// The PBDs of the repository that are plugged, or those that are not, in the order in which to change that.
fn pbds(pool: &PoolHandle, sr: &Ref, plug: Plug) -> Vec<Ref> {
    pool.records(|records| {
        let master = records
            .iter::<record::Pool>()
            .next()
            .map(|(_, pool)| &pool.master);
        let all = records
            .get::<record::Sr>(sr)
            .map(|sr| &*sr.pbds)
            .unwrap_or_default();
        let mut found: Vec<(bool, &Ref)> = all
            .iter()
            .filter_map(|reference| Some((reference, records.get::<record::Pbd>(reference)?)))
            .filter(|(_, pbd)| pbd.currently_attached == (plug == Plug::In))
            .map(|(reference, pbd)| (Some(&pbd.host) == master, reference))
            .collect();
        // Some drivers set up and clean up on the master: plugged there first, unplugged there last.
        found.sort_by_key(|(on_master, _)| *on_master == (plug == Plug::In));
        found
            .into_iter()
            .map(|(_, reference)| reference.clone())
            .collect()
    })
}
