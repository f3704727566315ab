//! Permission entries, ACL v1: who (subject) may do what (action) with which object
//! (xo-access-control "ACL v1").

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::{Noun, StoreError};
use crate::row;
use crate::store::Store;
use crate::text::check_name;

/// A permission entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Acl {
    /// Hash of the three others: the same entry always has the same id.
    pub id: String,
    /// Id of a user or group.
    pub subject: String,
    /// Any XO id. The object need not exist (a pool may be away).
    pub object: String,
    /// Id of a role, or a bare permission.
    pub action: String,
}

impl Acl {
    /// The entry of these three.
    pub fn new(
        subject: impl Into<String>,
        object: impl Into<String>,
        action: impl Into<String>,
    ) -> Self {
        let (subject, object, action) = (subject.into(), object.into(), action.into());
        // As a JSON array, so that no two triples read the same.
        let whole = serde_json::json!([subject, object, action]).to_string();
        Self {
            id: URL_SAFE_NO_PAD.encode(digest(&SHA256, whole.as_bytes())),
            subject,
            object,
            action,
        }
    }
}

/// The permission entries of a store.
#[derive(Clone, Copy)]
pub struct Acls<'s> {
    store: &'s Store,
}

impl<'s> Acls<'s> {
    pub(crate) fn new(store: &'s Store) -> Self {
        Self { store }
    }

    /// All entries, by id.
    pub async fn list(self) -> Result<Vec<Acl>, StoreError> {
        let mut transaction = self.store.database().read("list permissions").await?;
        let rows = transaction
            .rows(sqlx::query("SELECT subject, object, action FROM acls"))
            .await?;
        let mut acls = rows
            .iter()
            .map(|found| {
                Ok(Acl::new(
                    row::text(found, "subject")?,
                    row::text(found, "object")?,
                    row::text(found, "action")?,
                ))
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        acls.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(acls)
    }

    /// The entries of any of `subjects` (a user and their groups), by id.
    pub async fn list_of_subjects(self, subjects: &[String]) -> Result<Vec<Acl>, StoreError> {
        let mut transaction = self.store.database().read("list permissions").await?;
        let mut acls = Vec::new();
        for subject in subjects {
            let rows = transaction
                .rows(
                    sqlx::query("SELECT object, action FROM acls WHERE subject = $1").bind(subject),
                )
                .await?;
            for found in &rows {
                acls.push(Acl::new(
                    subject,
                    row::text(found, "object")?,
                    row::text(found, "action")?,
                ));
            }
        }
        acls.sort_by(|a, b| a.id.cmp(&b.id));
        acls.dedup();
        Ok(acls)
    }

    /// Adds an entry; one that exists is fine.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when no user and no group has the id `subject`.
    pub async fn add(self, subject: &str, object: &str, action: &str) -> Result<Acl, StoreError> {
        check_name(Noun::Acl, "object", object)?;
        check_name(Noun::Acl, "action", action)?;
        check_name(Noun::Acl, "subject", subject)?;
        let acl = Acl::new(subject, object, action);
        let mut transaction = self.store.database().write("add a permission").await?;
        let known = transaction
            .row(
                sqlx::query(
                    "SELECT id FROM users WHERE id = $1 UNION SELECT id FROM groups WHERE id = $1",
                )
                .bind(subject),
            )
            .await?;
        if known.is_none() {
            return Err(StoreError::not_found(Noun::User, subject));
        }
        transaction
            .execute(
                sqlx::query(
                    "INSERT INTO acls (id, subject, object, action) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT DO NOTHING",
                )
                .bind(&acl.id)
                .bind(subject)
                .bind(object)
                .bind(action),
            )
            .await?;
        transaction.commit().await?;
        Ok(acl)
    }

    /// Removes an entry.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove(self, subject: &str, object: &str, action: &str) -> Result<(), StoreError> {
        let acl = Acl::new(subject, object, action);
        let mut transaction = self.store.database().write("remove a permission").await?;
        let removed = transaction
            .execute(sqlx::query("DELETE FROM acls WHERE id = $1").bind(&acl.id))
            .await?;
        if removed == 0 {
            return Err(StoreError::not_found(Noun::Acl, &acl.id));
        }
        transaction.commit().await
    }

    /// Removes all entries on an object, such as a VM that was deleted; tells how many there were.
    pub async fn remove_of_object(self, object: &str) -> Result<u64, StoreError> {
        let mut transaction = self.store.database().write("remove permissions").await?;
        let removed = transaction
            .execute(sqlx::query("DELETE FROM acls WHERE object = $1").bind(object))
            .await?;
        transaction.commit().await?;
        Ok(removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_its_three_parts_apart() {
        assert_eq!(Acl::new("a", "b", "c").id, Acl::new("a", "b", "c").id);
        assert_ne!(Acl::new("ab", "c", "d").id, Acl::new("a", "bc", "d").id);
        assert_ne!(Acl::new("a", "b", "c").id, Acl::new("b", "a", "c").id);
    }
}
