//! Messages and alarms of the pools.

use serde_json::json;
use xo_model::ObjectType;

use crate::schema::string;
use crate::{Call, Method, Permission, Result};

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new("message.delete", "Deletes a message.")
            .param("id", string())
            .on("id", &[ObjectType::Message], Permission::Administrate)
            .run(delete),
    ]
}

async fn delete(call: Call) -> Result<()> {
    let args = json!([call.object("id")?.reference]);
    Ok(call
        .pool("id")?
        .session
        .perform("message.destroy", args)
        .await?)
}
