//! The fixed roles that an access entry can grant.

use serde_json::{Value, json};

use crate::access::ROLES;
use crate::{Call, Method, Permission, Result};

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new("role.getAll", "Lists the roles.")
            .any_params()
            .untasked()
            .run(get_all),
    ]
}

async fn get_all(_: Call) -> Result<Value> {
    let roles = ROLES.iter().map(|(id, name, permissions)| {
        let permissions: Vec<&str> = permissions.iter().copied().map(Permission::name).collect();
        json!({ "id": id, "name": name, "permissions": permissions })
    });
    Ok(roles.collect())
}
