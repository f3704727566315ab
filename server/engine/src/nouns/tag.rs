//! Tags on objects.

use serde_json::json;

use crate::schema::{string, text};
use crate::{Call, Error, Method, Permission, Result};

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
    let args = json!([object.reference, call.str("tag")?]);
    Ok(pool
        .session
        .perform(&format!("{class}.{verb}"), args)
        .await?)
}
