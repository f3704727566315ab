//! Templates of what new VMs read at their first boot.

use crate::error::{Noun, StoreError};
use crate::row;
use crate::store::Store;
use crate::text::{check_name, check_text};

/// What a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloudConfigKind {
    /// `user-data`
    User,
    /// `network-config`
    Network,
}

impl CloudConfigKind {
    fn word(self) -> &'static str {
        match self {
            Self::User => "",
            Self::Network => "network",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::User, Self::Network]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

/// A stored template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudConfig {
    /// UUID.
    pub id: String,
    /// What it is for.
    pub kind: CloudConfigKind,
    /// Not unique.
    pub name: String,
    /// The text, at most 16 KiB.
    pub template: String,
}

/// The templates of a store.
#[derive(Clone, Copy)]
pub struct CloudConfigs<'s> {
    store: &'s Store,
}

impl<'s> CloudConfigs<'s> {
    pub(crate) fn new(store: &'s Store) -> Self {
        Self { store }
    }

    /// Makes a template.
    ///
    /// # Errors
    /// [`StoreError::Invalid`].
    pub async fn create(
        self,
        kind: CloudConfigKind,
        name: &str,
        template: &str,
    ) -> Result<CloudConfig, StoreError> {
        let made = CloudConfig {
            id: self.store.new_id()?,
            kind,
            name: name.to_owned(),
            template: template.to_owned(),
        };
        check(&made)?;
        let mut transaction = self.store.database().write("create a cloud config").await?;
        transaction
            .execute(
                sqlx::query(
                    "INSERT INTO cloud_configs (id, kind, name, template) VALUES ($1, $2, $3, $4)",
                )
                .bind(&made.id)
                .bind(kind.word())
                .bind(name)
                .bind(template),
            )
            .await?;
        transaction.commit().await?;
        Ok(made)
    }

    /// All templates, by name.
    pub async fn list(self) -> Result<Vec<CloudConfig>, StoreError> {
        let mut transaction = self.store.database().read("list cloud configs").await?;
        let rows = transaction
            .rows(sqlx::query(
                "SELECT id, kind, name, template FROM cloud_configs",
            ))
            .await?;
        let mut all = rows
            .iter()
            .map(|found| {
                Ok(CloudConfig {
                    id: row::text(found, "id")?,
                    kind: row::word(found, "kind", CloudConfigKind::parse)?,
                    name: row::text(found, "name")?,
                    template: row::text(found, "template")?,
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        all.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        Ok(all)
    }

    /// Changes the name, the text, or both.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Invalid`].
    pub async fn update(
        self,
        id: &str,
        name: Option<&str>,
        template: Option<&str>,
    ) -> Result<CloudConfig, StoreError> {
        let mut transaction = self.store.database().write("change a cloud config").await?;
        let found = transaction
            .row(
                sqlx::query("SELECT kind, name, template FROM cloud_configs WHERE id = $1")
                    .bind(id),
            )
            .await?
            .ok_or_else(|| StoreError::not_found(Noun::CloudConfig, id))?;
        let text = |new: Option<&str>, column| match new {
            Some(new) => Ok(new.to_owned()),
            None => row::text(&found, column),
        };
        let changed = CloudConfig {
            id: id.to_owned(),
            kind: row::word(&found, "kind", CloudConfigKind::parse)?,
            name: text(name, "name")?,
            template: text(template, "template")?,
        };
        check(&changed)?;
        transaction
            .execute(
                sqlx::query("UPDATE cloud_configs SET name = $2, template = $3 WHERE id = $1")
                    .bind(id)
                    .bind(&changed.name)
                    .bind(&changed.template),
            )
            .await?;
        transaction.commit().await?;
        Ok(changed)
    }

    /// Deletes a template.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete(self, id: &str) -> Result<(), StoreError> {
        let mut transaction = self.store.database().write("delete a cloud config").await?;
        let deleted = transaction
            .execute(sqlx::query("DELETE FROM cloud_configs WHERE id = $1").bind(id))
            .await?;
        if deleted == 0 {
            return Err(StoreError::not_found(Noun::CloudConfig, id));
        }
        transaction.commit().await
    }
}

fn check(config: &CloudConfig) -> Result<(), StoreError> {
    check_name(Noun::CloudConfig, "name", &config.name)?;
    check_text(Noun::CloudConfig, "template", &config.template)
}
