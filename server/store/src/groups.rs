//! Groups of users: names and members.

use std::collections::HashMap;

use crate::database::Transaction;
use crate::error::{Noun, StoreError};
use crate::row;
use crate::store::Store;
use crate::text::check_name;

/// A stored group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// UUID.
    pub id: String,
    /// Unique; case counts.
    pub name: String,
    /// Ids of its members, sorted.
    pub users: Vec<String>,
}

/// The groups of a store.
#[derive(Clone, Copy)]
pub struct Groups<'s> {
    store: &'s Store,
}

impl<'s> Groups<'s> {
    pub(crate) fn new(store: &'s Store) -> Self {
        Self { store }
    }

    /// Makes a group without members.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`] with the id of the group that has the name;
    /// [`StoreError::Invalid`].
    pub async fn create(self, name: &str) -> Result<Group, StoreError> {
        check_name(Noun::Group, "name", name)?;
        let group = Group {
            id: self.store.new_id()?,
            name: name.to_owned(),
            users: Vec::new(),
        };
        let mut transaction = self.store.database().write("create a group").await?;
        refuse_taken_name(&mut transaction, name, &group.id).await?;
        transaction
            .execute(
                sqlx::query("INSERT INTO groups (id, name) VALUES ($1, $2)")
                    .bind(&group.id)
                    .bind(name),
            )
            .await?;
        transaction.commit().await?;
        Ok(group)
    }

    /// All groups, by name.
    pub async fn list(self) -> Result<Vec<Group>, StoreError> {
        let mut transaction = self.store.database().read("list groups").await?;
        let rows = transaction
            .rows(sqlx::query("SELECT id, name FROM groups"))
            .await?;
        let members = transaction
            .rows(sqlx::query(
                "SELECT group_id, user_id FROM group_members ORDER BY user_id",
            ))
            .await?;
        let mut users = HashMap::<String, Vec<String>>::new();
        for member in &members {
            users
                .entry(row::text(member, "group_id")?)
                .or_default()
                .push(row::text(member, "user_id")?);
        }
        let mut groups = Vec::with_capacity(rows.len());
        for found in &rows {
            let id = row::text(found, "id")?;
            groups.push(Group {
                name: row::text(found, "name")?,
                users: users.remove(&id).unwrap_or_default(),
                id,
            });
        }
        groups.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(groups)
    }

    /// The group with this id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn fetch(self, id: &str) -> Result<Group, StoreError> {
        let mut transaction = self.store.database().read("find a group").await?;
        fetch(&mut transaction, id).await
    }

    /// Gives a group another name.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::AlreadyExists`], [`StoreError::Invalid`].
    pub async fn rename(self, id: &str, name: &str) -> Result<(), StoreError> {
        check_name(Noun::Group, "name", name)?;
        let mut transaction = self.store.database().write("rename a group").await?;
        refuse_taken_name(&mut transaction, name, id).await?;
        let renamed = transaction
            .execute(
                sqlx::query("UPDATE groups SET name = $2 WHERE id = $1")
                    .bind(id)
                    .bind(name),
            )
            .await?;
        if renamed == 0 {
            return Err(StoreError::not_found(Noun::Group, id));
        }
        transaction.commit().await
    }

    /// Makes `users` the members, in place of those before. Naming a user twice is naming them
    /// once.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for the group or for a user; then nothing changed.
    pub async fn set_users(self, id: &str, users: &[String]) -> Result<Group, StoreError> {
        let mut transaction = self.store.database().write("set a group's users").await?;
        fetch(&mut transaction, id).await?;
        transaction
            .execute(sqlx::query("DELETE FROM group_members WHERE group_id = $1").bind(id))
            .await?;
        for user in users {
            add_member(&mut transaction, id, user).await?;
        }
        let group = fetch(&mut transaction, id).await?;
        transaction.commit().await?;
        Ok(group)
    }

    /// Adds a member; a member already is fine.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for the group or for the user.
    pub async fn add_user(self, id: &str, user: &str) -> Result<(), StoreError> {
        let mut transaction = self.store.database().write("add a user to a group").await?;
        fetch(&mut transaction, id).await?;
        add_member(&mut transaction, id, user).await?;
        transaction.commit().await
    }

    /// Removes a member; not being one is fine.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for the group.
    pub async fn remove_user(self, id: &str, user: &str) -> Result<(), StoreError> {
        let database = self.store.database();
        let mut transaction = database.write("remove a user from a group").await?;
        fetch(&mut transaction, id).await?;
        transaction
            .execute(
                sqlx::query("DELETE FROM group_members WHERE group_id = $1 AND user_id = $2")
                    .bind(id)
                    .bind(user),
            )
            .await?;
        transaction.commit().await
    }

    /// Deletes a group with its memberships and permission entries.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete(self, id: &str) -> Result<(), StoreError> {
        let mut transaction = self.store.database().write("delete a group").await?;
        for sql in [
            "DELETE FROM acls WHERE subject = $1",
            "DELETE FROM group_members WHERE group_id = $1",
        ] {
            transaction.execute(sqlx::query(sql).bind(id)).await?;
        }
        let deleted = transaction
            .execute(sqlx::query("DELETE FROM groups WHERE id = $1").bind(id))
            .await?;
        if deleted == 0 {
            return Err(StoreError::not_found(Noun::Group, id));
        }
        transaction.commit().await
    }
}

async fn fetch(transaction: &mut Transaction<'_>, id: &str) -> Result<Group, StoreError> {
    let found = transaction
        .row(sqlx::query("SELECT name FROM groups WHERE id = $1").bind(id))
        .await?
        .ok_or_else(|| StoreError::not_found(Noun::Group, id))?;
    let members = transaction
        .rows(
            sqlx::query("SELECT user_id FROM group_members WHERE group_id = $1 ORDER BY user_id")
                .bind(id),
        )
        .await?;
    Ok(Group {
        id: id.to_owned(),
        name: row::text(&found, "name")?,
        users: members
            .iter()
            .map(|member| row::text(member, "user_id"))
            .collect::<Result<_, _>>()?,
    })
}

async fn add_member(
    transaction: &mut Transaction<'_>,
    group: &str,
    user: &str,
) -> Result<(), StoreError> {
    let known = transaction
        .row(sqlx::query("SELECT id FROM users WHERE id = $1").bind(user))
        .await?;
    if known.is_none() {
        return Err(StoreError::not_found(Noun::User, user));
    }
    transaction
        .execute(
            sqlx::query(
                "INSERT INTO group_members (group_id, user_id) VALUES ($1, $2) \
                 ON CONFLICT DO NOTHING",
            )
            .bind(group)
            .bind(user),
        )
        .await
        .map(drop)
}

/// Fails when another group than `id` has the name.
async fn refuse_taken_name(
    transaction: &mut Transaction<'_>,
    name: &str,
    id: &str,
) -> Result<(), StoreError> {
    let holder = transaction
        .row(
            sqlx::query("SELECT id FROM groups WHERE name = $1 AND id <> $2")
                .bind(name)
                .bind(id),
        )
        .await?;
    match holder {
        Some(holder) => Err(StoreError::AlreadyExists {
            noun: Noun::Group,
            id: row::text(&holder, "id")?,
            field: "name",
        }),
        None => Ok(()),
    }
}
