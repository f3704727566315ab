//! The pools' own tasks; those of this server are in [`crate::Tasks`].

use serde_json::json;
use xo_model::ObjectType;

use crate::schema::string;
use crate::{Call, Method, Permission, Result};

pub(super) fn methods() -> Vec<Method> {
    let on_task = |name, text| {
        Method::new(name, text).param("id", string()).on(
            "id",
            &[ObjectType::Task],
            Permission::Administrate,
        )
    };
    vec![
        on_task("task.cancel", "Cancels a task of a pool.").run(cancel),
        on_task("task.destroy", "Removes a task of a pool.").run(destroy),
    ]
}

async fn cancel(call: Call) -> Result<()> {
    let args = json!([call.object("id")?.reference]);
    Ok(call
        .pool("id")?
        .session
        .perform("task.cancel", args)
        .await?)
}

async fn destroy(call: Call) -> Result<()> {
    let args = json!([call.object("id")?.reference]);
    Ok(call
        .pool("id")?
        .session
        .perform("task.destroy", args)
        .await?)
}
