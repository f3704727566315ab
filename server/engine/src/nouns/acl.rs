//! Access entries: a user or group, an object, a role or a single permission.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use xo_store::Acl;

use crate::access::permissions_of;
use crate::schema::{array, string};
use crate::{Call, Error, Method, Permission, Result};

pub(super) fn methods() -> Vec<Method> {
    let entry = |name, text| {
        Method::new(name, text)
            .admin()
            .param("subject", string())
            .param("object", string())
            .param("action", string())
    };
    vec![
        Method::new("acl.get", "Lists all access entries.")
            .admin()
            .any_params()
            .untasked()
            .run(get),
        Method::new(
            "acl.getCurrentPermissions",
            "Tells the permissions of the signed-in user, by object.",
        )
        .any_params()
        .untasked()
        .run(get_current_permissions),
        Method::new(
            "acl.getPermissions",
            "Tells what the signed-in user may do with these objects, by entries on them and on what holds them.",
        )
        .param("objects", array(string()))
        .untasked()
        .run(get_permissions),
        entry(
            "acl.add",
            "Grants a role or a permission on an object to a user or a group.",
        )
        .run(add),
        entry("acl.remove", "Takes back what acl.add granted.").run(remove),
    ]
}

async fn get(call: Call) -> Result<Value> {
    Ok(call
        .engine
        .store
        .acls()
        .list()
        .await?
        .iter()
        .map(view)
        .collect())
}

async fn get_current_permissions(call: Call) -> Result<Value> {
    let account = call.engine.account(&call.caller)?;
    let mut objects: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for (object, permissions) in account.grants.iter() {
        let names = permissions.iter().map(|p| (p.name().to_owned(), json!(1)));
        objects.entry(object).or_default().extend(names);
    }
    Ok(json!(objects))
}

/// Objects that are not there, and those that the user may do nothing with, are left out.
async fn get_permissions(call: Call) -> Result<Value> {
    let account = call.engine.account(&call.caller)?;
    let mut found = Map::new();
    for id in call.strings("objects") {
        let Some(object) = call.engine.inventory.find(&id) else {
            continue;
        };
        let held: Vec<&str> = Permission::ALL
            .into_iter()
            .filter(|wanted| call.engine.may(&account, &object, *wanted))
            .map(Permission::name)
            .collect();
        if !held.is_empty() {
            found.insert(id, json!(held));
        }
    }
    Ok(Value::Object(found))
}

async fn add(call: Call) -> Result<()> {
    let (subject, action) = (call.str("subject")?, call.str("action")?);
    if permissions_of(action).is_empty() {
        let roles = "must be viewer, operator, admin, view, operate or administrate";
        return Err(Error::invalid("action", roles));
    }
    let store = &call.engine.store;
    if store.users().find(subject).await?.is_none() {
        store
            .groups()
            .fetch(subject)
            .await
            .map_err(|_| Error::no_such(subject, "user or group"))?;
    }
    store
        .acls()
        .add(subject, call.str("object")?, action)
        .await?;
    call.engine.refresh_directory().await
}

async fn remove(call: Call) -> Result<()> {
    let acls = call.engine.store.acls();
    acls.remove(
        call.str("subject")?,
        call.str("object")?,
        call.str("action")?,
    )
    .await?;
    call.engine.refresh_directory().await
}

fn view(acl: &Acl) -> Value {
    json!({ "id": acl.id, "subject": acl.subject, "object": acl.object, "action": acl.action })
}
