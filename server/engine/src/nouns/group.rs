//! Groups of users.

use serde_json::{Value, json};
use xo_store::Group;

use crate::schema::{array, label, string};
use crate::{Call, Method, Result};

pub(super) fn methods() -> Vec<Method> {
    let on_group = |name, text| Method::new(name, text).admin().param("id", string());
    vec![
        Method::new("group.create", "Creates a group and returns its id.")
            .admin()
            .param("name", label())
            .run(create),
        Method::new("group.getAll", "Lists all groups.")
            .admin()
            .any_params()
            .untasked()
            .run(get_all),
        on_group(
            "group.delete",
            "Deletes a group and what was granted to it.",
        )
        .run(delete),
        on_group("group.set", "Renames a group.")
            .param("name", label().optional())
            .run(set),
        on_group("group.setUsers", "Replaces the members of a group.")
            .param("userIds", array(string()))
            .run(set_users),
        on_group("group.addUser", "Adds a member.")
            .param("userId", string())
            .run(add_user),
        on_group("group.removeUser", "Removes a member.")
            .param("userId", string())
            .run(remove_user),
    ]
}

async fn create(call: Call) -> Result<String> {
    let group = call.engine.store.groups().create(call.str("name")?).await?;
    call.engine.refresh_directory().await?;
    Ok(group.id)
}

async fn get_all(call: Call) -> Result<Value> {
    Ok(call
        .engine
        .store
        .groups()
        .list()
        .await?
        .iter()
        .map(view)
        .collect())
}

async fn delete(call: Call) -> Result<()> {
    call.engine.store.groups().delete(call.str("id")?).await?;
    call.engine.refresh_directory().await
}

async fn set(call: Call) -> Result<()> {
    if let Some(name) = call.str_opt("name") {
        call.engine
            .store
            .groups()
            .rename(call.str("id")?, name)
            .await?;
    }
    Ok(())
}

async fn set_users(call: Call) -> Result<()> {
    let users = call.strings("userIds");
    call.engine
        .store
        .groups()
        .set_users(call.str("id")?, &users)
        .await?;
    call.engine.refresh_directory().await
}

async fn add_user(call: Call) -> Result<()> {
    call.engine
        .store
        .groups()
        .add_user(call.str("id")?, call.str("userId")?)
        .await?;
    call.engine.refresh_directory().await
}

async fn remove_user(call: Call) -> Result<()> {
    call.engine
        .store
        .groups()
        .remove_user(call.str("id")?, call.str("userId")?)
        .await?;
    call.engine.refresh_directory().await
}

fn view(group: &Group) -> Value {
    json!({ "id": group.id, "name": group.name, "users": group.users })
}
