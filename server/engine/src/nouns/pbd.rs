//! The links between storage repositories and hosts.

use serde_json::json;
use xo_model::ObjectType::Pbd;

use crate::schema::string;
use crate::{Call, Error, Method, Permission, Result};

pub(super) fn methods() -> Vec<Method> {
    let on_pbd = |name, text| {
        Method::new(name, text)
            .param("id", string())
            .on("id", &[Pbd], Permission::Administrate)
    };
    vec![
        on_pbd("pbd.connect", "Plugs a storage repository on a host.").run(connect),
        on_pbd(
            "pbd.disconnect",
            "Unplugs a storage repository from a host.",
        )
        .run(disconnect),
        on_pbd(
            "pbd.delete",
            "Forgets the link between a storage repository and a host.",
        )
        .run(delete),
    ]
}

async fn connect(call: Call) -> Result<()> {
    let pbd = &call.object("id")?.reference;
    call.pool("id")?
        .session
        .run("PBD.plug", json!([pbd]))
        .await?;
    Ok(())
}

async fn disconnect(call: Call) -> Result<()> {
    let pbd = &call.object("id")?.reference;
    call.pool("id")?
        .session
        .run("PBD.unplug", json!([pbd]))
        .await?;
    Ok(())
}

async fn delete(call: Call) -> Result<()> {
    let pbd = call.object("id")?;
    if pbd.at("attached") == Some(json!(true)) {
        return Err(Error::IncorrectState {
            id: pbd.id.to_string(),
            kind: "PBD".into(),
            property: "attached".into(),
            actual: "true".into(),
            expected: "false: call pbd.disconnect first".into(),
        });
    }
    Ok(call
        .pool("id")?
        .session
        .perform("PBD.destroy", json!([pbd.reference]))
        .await?)
}
