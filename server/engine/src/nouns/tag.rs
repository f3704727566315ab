//! Tags on objects, and the colours that administrators give them.

use serde_json::{Value, json};
use xapi_records::record;

use super::made;
use crate::schema::{string, text, types};
use crate::{Call, Error, Method, Permission, Result};

/// Before the tag, in the names of settings.
const COLOURS: &str = "tag.color/";

pub(super) fn methods() -> Vec<Method> {
    let on_object = |name, text| {
        Method::new(name, text)
            .param("id", string())
            .on("id", &[], Permission::Administrate)
    };
    vec![
        on_object("tag.add", "Tags an object.")
            .param("tag", string())
            .run(add),
        on_object("tag.remove", "Removes a tag from an object.")
            .param("tag", text())
            .run(remove),
        Method::new("tag.set", "Gives a tag a colour, or takes it away.")
            .admin()
            .param("id", text())
            .param("color", types(&["string", "null"]).optional())
            .run(set),
        Method::new("tag.getAllConfigured", "Lists the tags that have a colour.")
            .any_params()
            .untasked()
            .run(get_all_configured),
    ]
}

async fn add(call: Call) -> Result<()> {
    edit(&call, "add_tags").await
}

async fn remove(call: Call) -> Result<()> {
    edit(&call, "remove_tags").await
}

async fn edit(call: &Call, verb: &str) -> Result<()> {
    let object = call.object("id")?;
    let class = object.kind.class().name();
    if !matches!(class, "VM" | "VDI" | "SR" | "network" | "host" | "pool") {
        return Err(Error::Forbidden {
            operation: "tag".into(),
            reason: format!("a {} has no tags", object.kind.name()),
        });
    }
    let pool = call.pool("id")?;
    let reference = &object.reference;
    let args = json!([reference, call.str("tag")?]);
    pool.session
        .perform(&format!("{class}.{verb}"), args)
        .await?;
    match class {
        "VM" => made::settles::<record::Vm>(call, &pool, reference).await,
        "VDI" => made::settles::<record::Vdi>(call, &pool, reference).await,
        "SR" => made::settles::<record::Sr>(call, &pool, reference).await,
        "network" => made::settles::<record::Network>(call, &pool, reference).await,
        "host" => made::settles::<record::Host>(call, &pool, reference).await,
        _ => made::settles::<record::Pool>(call, &pool, reference).await,
    }
}

/// `tag.set`: only the colour is kept, as `#rrggbb`.
async fn set(call: Call) -> Result<()> {
    let name = format!("{COLOURS}{}", call.str("id")?);
    let settings = call.engine.store.settings();
    let Some(colour) = call.str_opt("color") else {
        if call.has("color") {
            settings.delete(&name).await?;
        }
        return Ok(());
    };
    let digits = colour.strip_prefix('#').unwrap_or(colour);
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Error::invalid("color", "must be a colour as #1a2b3c"));
    }
    settings.set(&name, &format!("#{digits}")).await?;
    Ok(())
}

async fn get_all_configured(call: Call) -> Result<Value> {
    let all = call.engine.store.settings().list().await?;
    let configured = all.into_iter().filter_map(|(name, color)| {
        let id = name.strip_prefix(COLOURS)?;
        Some(json!({ "id": id, "color": color }))
    });
    Ok(configured.collect())
}
