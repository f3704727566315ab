//! The schema's versions: embedded scripts, each applied once, in one transaction with its own
//! record.
//!
//! Invariant: a database whose version is not known here is never written to.

use crate::database::{Backend, Database, Transaction};
use crate::error::StoreError;
use crate::row;

/// Scripts in order; the version is the place in this list, from 1. Never edit one that was
/// released.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_initial.sql"),
    include_str!("../migrations/0002_cloud_configs.sql"),
];

/// The table that says which version a database has: one row per applied script.
const VERSION_TABLE: &str = "CREATE TABLE schema_version (version BIGINT NOT NULL PRIMARY KEY)";

/// The newest version that this build knows.
pub(crate) fn supported() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Whether a version is that of a database with something in it that this build migrates.
pub(crate) fn is_older(version: i64) -> bool {
    version > 0 && version < supported()
}

/// Fails when the database must not be touched: newer than this build, or not ours. Answers its version.
pub(crate) async fn refuse_unfit(database: &Database) -> Result<i64, StoreError> {
    let mut transaction = database.read("look at the database").await?;
    found_version(&mut transaction, database).await
}

/// Applies what is missing. Two processes that start at once take turns.
pub(crate) async fn migrate(database: &Database) -> Result<(), StoreError> {
    let mut transaction = database.read("look at the database").await?;
    let found = found_version(&mut transaction, database).await?;
    drop(transaction);
    if found == supported() {
        return Ok(());
    }
    let mut transaction = database.write("migrate the database").await?;
    let found = found_version(&mut transaction, database).await?;
    if found == 0 {
        transaction.script(VERSION_TABLE).await?;
    }
    for (version, script) in (1..).zip(MIGRATIONS) {
        if version > found {
            transaction.script(script).await?;
            transaction
                .execute(
                    sqlx::query("INSERT INTO schema_version (version) VALUES ($1)").bind(version),
                )
                .await?;
            tracing::info!(database = database.name(), version, "migrated the database");
        }
    }
    transaction.commit().await
}

/// The version of the database, 0 if it is empty.
async fn found_version(
    transaction: &mut Transaction<'_>,
    database: &Database,
) -> Result<i64, StoreError> {
    let tables = transaction
        .rows(sqlx::query(match database.backend() {
            Backend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
            Backend::Postgres => {
                "SELECT CAST(table_name AS TEXT) AS name FROM information_schema.tables \
                 WHERE table_schema = current_schema() ORDER BY table_name"
            }
        }))
        .await?;
    let tables = tables
        .iter()
        .map(|table| row::text(table, "name"))
        .collect::<Result<Vec<_>, _>>()?;
    if tables.is_empty() {
        return Ok(0);
    }
    let foreign = |found: String| StoreError::ForeignDatabase {
        database: database.name().to_owned(),
        found,
    };
    if !tables.iter().any(|table| table == "schema_version") {
        return Err(foreign(format!("tables: {}", tables.join(", "))));
    }
    let newest = transaction
        .row(sqlx::query(
            "SELECT version FROM schema_version ORDER BY version DESC LIMIT 1",
        ))
        .await?
        .ok_or_else(|| foreign("an empty table schema_version".to_owned()))?;
    let found = row::integer(&newest, "version")?;
    if found > supported() {
        return Err(StoreError::FutureSchema {
            database: database.name().to_owned(),
            found,
            supported: supported(),
        });
    }
    Ok(found)
}
