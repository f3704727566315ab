//! Users: accounts of this server, not of the pools.
//!
//! Unlike upstream, nobody but an administrator changes another user's preferences.

use std::time::Instant;

use serde_json::{Map, Value};
use xo_store::{NewUser, Permission, Secret, UserChange};

use crate::caller::user_view;
use crate::schema::{label, object, string};
use crate::{Call, Error, Method, Result};

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new("user.create", "Creates a user and returns its id.")
            .admin()
            .param("email", label())
            .param("password", string())
            .param("permission", string().optional())
            .run(create),
        Method::new(
            "user.delete",
            "Deletes a user, their tokens and what was granted to them.",
        )
        .admin()
        .param("id", string())
        .run(delete),
        Method::new("user.getAll", "Lists all users.")
            .admin()
            .any_params()
            .untasked()
            .run(get_all),
        Method::new(
            "user.set",
            "Changes a user; preferences are merged, a null deletes its key.",
        )
        .param("id", string())
        .param("email", label().optional())
        .param("password", string().optional())
        .param("permission", string().optional())
        .param("preferences", object().optional())
        .run(set),
        Method::new(
            "user.changePassword",
            "Changes the password of the signed-in user; wrong old ones are slowed down like failed sign-ins.",
        )
        .param("oldPassword", string())
        .param("newPassword", string())
        .run(change_password),
        Method::new(
            "user.removeAuthProvider",
            "Unlinks a user from an authentication provider.",
        )
        .admin()
        .param("id", string())
        .param("authProvider", string())
        .run(remove_auth_provider),
    ]
}

async fn create(call: Call) -> Result<String> {
    let new = NewUser {
        name: call.str("email")?.to_owned(),
        password: Some(Secret::new(call.str("password")?)),
        permission: permission(&call)?.unwrap_or_default(),
        ..NewUser::default()
    };
    let user = call.engine.store.users().create(new).await?;
    call.engine.refresh_directory().await?;
    Ok(user.id)
}

async fn delete(call: Call) -> Result<()> {
    let id = call.str("id")?;
    if call.caller.user.as_deref() == Some(id) {
        return Err(Error::Forbidden {
            operation: "user.delete".into(),
            reason: "nobody can delete the account that they are signed in with".into(),
        });
    }
    call.engine.store.users().delete(id).await?;
    call.engine.refresh_directory().await
}

async fn get_all(call: Call) -> Result<Value> {
    Ok(call
        .engine
        .store
        .users()
        .list()
        .await?
        .iter()
        .map(user_view)
        .collect())
}

async fn set(call: Call) -> Result<()> {
    let (id, engine) = (call.str("id")?, &call.engine);
    let is_self = call.caller.user.as_deref() == Some(id);
    let is_admin = engine.is_admin(&call.caller);
    let only_preferences = !["email", "password", "permission"]
        .iter()
        .any(|p| call.has(p));
    if !(is_admin || is_self && only_preferences) {
        return Err(Error::Unauthorized {
            permission: "admin".into(),
            object: None,
        });
    }
    let permission = permission(&call)?;
    if is_self && permission.is_some_and(|p| p != Permission::Admin) {
        return Err(Error::Forbidden {
            operation: "user.set".into(),
            reason: "nobody can take the permission of the account that they are signed in with"
                .into(),
        });
    }
    let change = UserChange {
        name: call.str_opt("email").map(str::to_owned),
        password: call.str_opt("password").map(Secret::new),
        permission,
        preferences: call.get("preferences").and_then(Value::as_object).cloned(),
        ..UserChange::default()
    };
    engine.store.users().update(id, change).await?;
    engine.refresh_directory().await
}

async fn change_password(call: Call) -> Result<()> {
    let users = call.engine.store.users();
    let id = call.caller.user.as_deref().ok_or(Error::NotSignedIn)?;
    let user = users.fetch(id).await?;
    let (throttle, from) = (&call.engine.throttle, call.caller.address);
    throttle.check(&user.name, from, Instant::now())?;
    let old = Secret::new(call.str("oldPassword")?);
    if users.verify_password(&user.name, &old).await?.is_none() {
        throttle.failed(&user.name, from, Instant::now());
        tracing::warn!(user = user.name, address = ?from, "change of the password refused");
        return Err(Error::InvalidCredentials);
    }
    throttle.succeeded(&user.name);
    let password = Some(Secret::new(call.str("newPassword")?));
    users
        .update(
            id,
            UserChange {
                password,
                ..UserChange::default()
            },
        )
        .await?;
    call.engine.recent.forget_all();
    Ok(())
}

async fn remove_auth_provider(call: Call) -> Result<()> {
    let (users, id) = (call.engine.store.users(), call.str("id")?);
    let mut providers: Map<String, Value> =
        users.fetch(id).await?.auth_providers.unwrap_or_default();
    let name = call.str("authProvider")?;
    providers
        .shift_remove(name)
        .ok_or_else(|| Error::no_such(name, "authentication provider"))?;
    let left = (!providers.is_empty()).then_some(providers);
    users
        .update(
            id,
            UserChange {
                auth_providers: Some(left),
                ..UserChange::default()
            },
        )
        .await?;
    Ok(())
}

fn permission(call: &Call) -> Result<Option<Permission>> {
    let Some(word) = call.str_opt("permission") else {
        return Ok(None);
    };
    let known = Permission::parse(word);
    known
        .map(Some)
        .ok_or_else(|| Error::invalid("permission", "must be admin, write, read or none"))
}
