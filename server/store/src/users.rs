//! Users: names, permissions, passwords, preferences (xo-access-control "Users").
//!
//! A name belongs to one user; case counts. A password leaves this file only as an argon2id hash,
//! and the hash never.

use serde_json::{Map, Value};
use sqlx::any::AnyRow;

use crate::database::Transaction;
use crate::error::{Noun, StoreError};
use crate::row;
use crate::secret::Secret;
use crate::store::Store;
use crate::text::check_name;
use preferences::merge_preferences;

mod preferences;
mod sign_in;

/// What a user may do as such, beside permission entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Permission {
    /// Only what entries give.
    #[default]
    None,
    /// In XO's ranking; no method asks for it.
    Read,
    /// In XO's ranking; no method asks for it.
    Write,
    /// Everything.
    Admin,
}

impl Permission {
    /// XO's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    /// From XO's word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::None, Self::Read, Self::Write, Self::Admin]
            .into_iter()
            .find(|permission| permission.as_str() == word)
    }
}

/// A stored user.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// UUID.
    pub id: String,
    /// Unique; XO's `email` and `name`.
    pub name: String,
    /// What they may do.
    pub permission: Permission,
    /// Whatever clients keep here; `otp` holds the TOTP secret.
    pub preferences: Map<String, Value>,
    /// By provider: `{id, data?}`. `None` for a user who only has a password.
    pub auth_providers: Option<Map<String, Value>>,
    /// Whether a password is set.
    pub has_password: bool,
    /// Ids of their groups, sorted.
    pub groups: Vec<String>,
}

/// A user to make.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    /// Unique name.
    pub name: String,
    /// `None`: the user can only come through a provider.
    pub password: Option<Secret>,
    /// What they may do.
    pub permission: Permission,
    /// Initial preferences.
    pub preferences: Map<String, Value>,
    /// Providers that know the user.
    pub auth_providers: Option<Map<String, Value>>,
}

/// What to change of a user; `None` keeps.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// New name.
    pub name: Option<String>,
    /// New password. Their tokens live on: see [`crate::Tokens::delete_of_user`].
    pub password: Option<Secret>,
    /// New permission.
    pub permission: Option<Permission>,
    /// Merged key by key at the top level; `null` deletes a key.
    pub preferences: Option<Map<String, Value>>,
    /// Replaces all providers; `Some(None)` removes them.
    pub auth_providers: Option<Option<Map<String, Value>>>,
}

/// The users of a store.
#[derive(Clone, Copy)]
pub struct Users<'s> {
    store: &'s Store,
}

const COLUMNS: &str = "id, name, permission, password_hash, preferences, auth_providers";

impl<'s> Users<'s> {
    pub(crate) fn new(store: &'s Store) -> Self {
        Self { store }
    }

    /// How many users exist. While it is 0, the server is in setup state.
    pub async fn count(self) -> Result<u64, StoreError> {
        let mut transaction = self.store.database().read("count users").await?;
        let count = transaction
            .count(sqlx::query("SELECT COUNT(*) FROM users"))
            .await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Makes a user.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`] with the id of the user who has the name;
    /// [`StoreError::Invalid`].
    pub async fn create(self, new: NewUser) -> Result<User, StoreError> {
        self.insert(new, Condition::Always).await
    }

    /// Makes the first administrator. Of two callers at once, one gets in.
    ///
    /// # Errors
    /// [`StoreError::SetupDone`] when any user exists.
    pub async fn create_first_admin(
        self,
        name: &str,
        password: Secret,
    ) -> Result<User, StoreError> {
        let new = NewUser {
            name: name.to_owned(),
            password: Some(password),
            permission: Permission::Admin,
            ..NewUser::default()
        };
        self.insert(new, Condition::NoUsers).await
    }

    async fn insert(self, new: NewUser, condition: Condition) -> Result<User, StoreError> {
        check_name(Noun::User, "name", &new.name)?;
        let password_hash = match &new.password {
            Some(password) => Some(self.hash(password).await?),
            None => None,
        };
        let user = User {
            id: self.store.new_id()?,
            name: new.name,
            permission: new.permission,
            preferences: merge_preferences(Map::new(), new.preferences),
            auth_providers: new.auth_providers,
            has_password: password_hash.is_some(),
            groups: Vec::new(),
        };
        let mut transaction = self.store.database().write("create a user").await?;
        if condition == Condition::NoUsers
            && transaction
                .count(sqlx::query("SELECT COUNT(*) FROM users"))
                .await?
                > 0
        {
            return Err(StoreError::SetupDone);
        }
        refuse_taken_name(&mut transaction, &user.name, &user.id).await?;
        transaction
            .execute(
                sqlx::query(
                    "INSERT INTO users (id, name, permission, password_hash, preferences, \
                     auth_providers) VALUES ($1, $2, $3, $4, $5, $6)",
                )
                .bind(&user.id)
                .bind(&user.name)
                .bind(user.permission.as_str())
                .bind(password_hash)
                .bind(json(&user.preferences))
                .bind(user.auth_providers.as_ref().map(json)),
            )
            .await?;
        transaction.commit().await?;
        Ok(user)
    }

    /// All users, by name.
    pub async fn list(self) -> Result<Vec<User>, StoreError> {
        let mut transaction = self.store.database().read("list users").await?;
        let sql = format!("SELECT {COLUMNS} FROM users");
        let rows = transaction.rows(sqlx::query(&sql)).await?;
        let members = transaction
            .rows(sqlx::query(
                "SELECT user_id, group_id FROM group_members ORDER BY group_id",
            ))
            .await?;
        let mut groups = std::collections::HashMap::<String, Vec<String>>::new();
        for member in &members {
            groups
                .entry(row::text(member, "user_id")?)
                .or_default()
                .push(row::text(member, "group_id")?);
        }
        let mut users = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut user = read_user(row)?;
            user.groups = groups.remove(&user.id).unwrap_or_default();
            users.push(user);
        }
        users.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(users)
    }

    /// The user with this id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn fetch(self, id: &str) -> Result<User, StoreError> {
        let found = self.find(id).await?;
        found.ok_or_else(|| StoreError::not_found(Noun::User, id))
    }

    /// The user with this id, if any.
    pub async fn find(self, id: &str) -> Result<Option<User>, StoreError> {
        let mut transaction = self.store.database().read("find a user").await?;
        find(&mut transaction, "id", id).await
    }

    /// The user with this name, if any. Case counts.
    pub async fn find_by_name(self, name: &str) -> Result<Option<User>, StoreError> {
        let mut transaction = self.store.database().read("find a user").await?;
        find(&mut transaction, "name", name).await
    }

    /// Changes a user; answers what it is now.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::AlreadyExists`] for a taken name,
    /// [`StoreError::Invalid`].
    pub async fn update(self, id: &str, change: UserChange) -> Result<User, StoreError> {
        if let Some(name) = &change.name {
            check_name(Noun::User, "name", name)?;
        }
        let new_hash = match &change.password {
            Some(password) => Some(self.hash(password).await?),
            None => None,
        };
        let mut transaction = self.store.database().write("change a user").await?;
        let mut user = find(&mut transaction, "id", id)
            .await?
            .ok_or_else(|| StoreError::not_found(Noun::User, id))?;
        if let Some(name) = change.name {
            refuse_taken_name(&mut transaction, &name, id).await?;
            user.name = name;
        }
        if let Some(permission) = change.permission {
            user.permission = permission;
        }
        if let Some(preferences) = change.preferences {
            user.preferences = merge_preferences(user.preferences, preferences);
        }
        if let Some(auth_providers) = change.auth_providers {
            user.auth_providers = auth_providers;
        }
        user.has_password |= new_hash.is_some();
        transaction
            .execute(
                sqlx::query(
                    "UPDATE users SET name = $2, permission = $3, preferences = $4, \
                     auth_providers = $5, password_hash = COALESCE($6, password_hash) \
                     WHERE id = $1",
                )
                .bind(id)
                .bind(&user.name)
                .bind(user.permission.as_str())
                .bind(json(&user.preferences))
                .bind(user.auth_providers.as_ref().map(json))
                .bind(new_hash),
            )
            .await?;
        transaction.commit().await?;
        Ok(user)
    }

    /// Deletes a user with their tokens, memberships and permission entries.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete(self, id: &str) -> Result<(), StoreError> {
        let mut transaction = self.store.database().write("delete a user").await?;
        for sql in [
            "DELETE FROM acls WHERE subject = $1",
            "DELETE FROM tokens WHERE user_id = $1",
            "DELETE FROM group_members WHERE user_id = $1",
        ] {
            transaction.execute(sqlx::query(sql).bind(id)).await?;
        }
        let deleted = transaction
            .execute(sqlx::query("DELETE FROM users WHERE id = $1").bind(id))
            .await?;
        if deleted == 0 {
            return Err(StoreError::not_found(Noun::User, id));
        }
        transaction.commit().await
    }
}

#[derive(PartialEq, Eq)]
enum Condition {
    Always,
    NoUsers,
}

/// Fails when another user than `id` has the name.
async fn refuse_taken_name(
    transaction: &mut Transaction<'_>,
    name: &str,
    id: &str,
) -> Result<(), StoreError> {
    let holder = transaction
        .row(
            sqlx::query("SELECT id FROM users WHERE name = $1 AND id <> $2")
                .bind(name)
                .bind(id),
        )
        .await?;
    match holder {
        Some(holder) => Err(StoreError::AlreadyExists {
            noun: Noun::User,
            id: row::text(&holder, "id")?,
            field: "name",
        }),
        None => Ok(()),
    }
}

async fn find(
    transaction: &mut Transaction<'_>,
    by: &'static str,
    value: &str,
) -> Result<Option<User>, StoreError> {
    // PostgreSQL refuses NUL in text; no stored name or id has one.
    if value.contains('\0') {
        return Ok(None);
    }
    let sql = format!("SELECT {COLUMNS} FROM users WHERE {by} = $1");
    let Some(found) = transaction.row(sqlx::query(&sql).bind(value)).await? else {
        return Ok(None);
    };
    let mut user = read_user(&found)?;
    let groups = transaction
        .rows(
            sqlx::query("SELECT group_id FROM group_members WHERE user_id = $1 ORDER BY group_id")
                .bind(&user.id),
        )
        .await?;
    user.groups = groups
        .iter()
        .map(|group| row::text(group, "group_id"))
        .collect::<Result<_, _>>()?;
    Ok(Some(user))
}

fn read_user(found: &AnyRow) -> Result<User, StoreError> {
    Ok(User {
        id: row::text(found, "id")?,
        name: row::text(found, "name")?,
        permission: row::word(found, "permission", Permission::parse)?,
        preferences: row::json(found, "preferences")?,
        auth_providers: row::maybe_json(found, "auth_providers")?,
        has_password: row::maybe_text(found, "password_hash")?.is_some(),
        groups: Vec::new(),
    })
}

fn json(map: &Map<String, Value>) -> String {
    Value::Object(map.clone()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_rank_as_in_xo() {
        assert!(Permission::None < Permission::Read);
        assert!(Permission::Read < Permission::Write);
        assert!(Permission::Write < Permission::Admin);
        assert_eq!(Permission::parse("admin"), Some(Permission::Admin));
        assert_eq!(Permission::parse("root"), None);
    }
}
