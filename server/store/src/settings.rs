//! Settings of the server: a JSON value by name.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Noun, StoreError};
use crate::row;
use crate::store::Store;
use crate::text::check_name;

/// The settings of a store.
#[derive(Clone, Copy)]
pub struct Settings<'s> {
    store: &'s Store,
}

impl<'s> Settings<'s> {
    pub(crate) fn new(store: &'s Store) -> Self {
        Self { store }
    }

    /// The value under `name`, if one was set.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when the stored value is no `T`.
    pub async fn find<T: DeserializeOwned>(self, name: &str) -> Result<Option<T>, StoreError> {
        let mut transaction = self.store.database().read("read a setting").await?;
        let found = transaction
            .row(sqlx::query("SELECT value FROM settings WHERE name = $1").bind(name))
            .await?;
        found.map(|found| row::json(&found, "value")).transpose()
    }

    /// Sets `name` to `value`, whatever was there.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when `value` cannot be JSON.
    pub async fn set<T: Serialize + Sync + ?Sized>(
        self,
        name: &str,
        value: &T,
    ) -> Result<(), StoreError> {
        check_name(Noun::Setting, "name", name)?;
        let value = serde_json::to_string(value)
            .map_err(|error| StoreError::invalid(Noun::Setting, "value", error.to_string()))?;
        let mut transaction = self.store.database().write("write a setting").await?;
        transaction
            .execute(
                sqlx::query(
                    "INSERT INTO settings (name, value) VALUES ($1, $2) \
                     ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                )
                .bind(name)
                .bind(value),
            )
            .await?;
        transaction.commit().await
    }

    /// Forgets `name`; tells whether it was set.
    pub async fn delete(self, name: &str) -> Result<bool, StoreError> {
        let mut transaction = self.store.database().write("delete a setting").await?;
        let deleted = transaction
            .execute(sqlx::query("DELETE FROM settings WHERE name = $1").bind(name))
            .await?;
        transaction.commit().await?;
        Ok(deleted > 0)
    }

    /// All settings, by name.
    pub async fn list(self) -> Result<Vec<(String, Value)>, StoreError> {
        let mut transaction = self.store.database().read("list settings").await?;
        let rows = transaction
            .rows(sqlx::query("SELECT name, value FROM settings"))
            .await?;
        let mut settings = rows
            .iter()
            .map(|found| Ok((row::text(found, "name")?, row::json(found, "value")?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        settings.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(settings)
    }
}
