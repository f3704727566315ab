//! The two databases behind one face: pools, transactions, and what their error codes mean.
//!
//! Invariant: a writing transaction excludes every other writer from its beginning, also of other
//! processes: SQLite by `BEGIN IMMEDIATE`, PostgreSQL by an advisory lock. So "look, then write"
//! inside one transaction is safe.
//! Invariant: every wait here ends: for a connection, for a lock, for a statement.

use std::time::Duration;

use sqlx::any::{AnyArguments, AnyPoolOptions, AnyRow};
use sqlx::{Any, AnyPool};

use crate::error::StoreError;
use crate::row;
pub(crate) use open::Backend;

mod copy;
mod failure;
mod migrate;
mod open;

/// A statement with its arguments. Placeholders are `$1`, `$2`…, which both databases read.
pub(crate) type Query<'q> = sqlx::query::Query<'q, Any, AnyArguments<'q>>;

/// Key of the advisory lock that makes writers of one PostgreSQL database take turns ("xo-store").
const WRITER_LOCK: &str = "SELECT pg_advisory_xact_lock(8678364938277138021)";

/// An open database.
pub(crate) struct Database {
    backend: Backend,
    /// What to call it in messages; no password.
    name: String,
    writer: AnyPool,
    reader: AnyPool,
}

impl Database {
    pub(crate) fn backend(&self) -> Backend {
        self.backend
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Begins a consistent view. `operation` says in an error what was tried ("list users").
    pub(crate) async fn read(
        &self,
        operation: &'static str,
    ) -> Result<Transaction<'_>, StoreError> {
        let begin = match self.backend {
            Backend::Sqlite => "BEGIN",
            Backend::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        let inner = begun(&self.reader, begin).await;
        Ok(Transaction {
            inner: inner.map_err(|source| self.failure(operation, source))?,
            database: self,
            operation,
        })
    }

    /// Begins a change, alone. Dropped without [`Transaction::commit`], nothing happened.
    pub(crate) async fn write(
        &self,
        operation: &'static str,
    ) -> Result<Transaction<'_>, StoreError> {
        let begin = match self.backend {
            Backend::Sqlite => "BEGIN IMMEDIATE",
            Backend::Postgres => "BEGIN",
        };
        let inner = begun(&self.writer, begin).await;
        let mut transaction = Transaction {
            inner: inner.map_err(|source| self.failure(operation, source))?,
            database: self,
            operation,
        };
        if self.backend == Backend::Postgres {
            transaction.execute(sqlx::query(WRITER_LOCK)).await?;
        }
        Ok(transaction)
    }

    /// Reads all of it for damage (SQLite), or asks whether it answers (PostgreSQL).
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let mut transaction = self.read("check the database").await?;
        if self.backend == Backend::Postgres {
            return transaction
                .count(sqlx::query("SELECT COUNT(*) FROM schema_version"))
                .await
                .map(drop);
        }
        let findings = transaction
            .rows(sqlx::query("PRAGMA integrity_check"))
            .await?;
        let mut what = Vec::new();
        for finding in &findings {
            let text = row::text(finding, "integrity_check")?;
            if text != "ok" {
                what.push(text);
            }
        }
        if what.is_empty() {
            return Ok(());
        }
        Err(StoreError::Damaged {
            database: self.name.clone(),
            what: what.join("; "),
        })
    }

    /// Closes the connections; waits for the transactions that are under way.
    pub(crate) async fn close(&self) {
        for pool in [&self.reader, &self.writer] {
            // A connection on its way back to the pool while it closes would stay open: the first
            // call waits for it, the second one finds and closes it.
            pool.close().await;
            pool.close().await;
        }
    }

    fn failure(&self, operation: &'static str, source: sqlx::Error) -> StoreError {
        failure::classify(self.backend, &self.name, operation, source)
    }
}

/// Begins a transaction, also when nobody waits for it any more. A connection to PostgreSQL that was left between the statement and
/// its answer would go back to the pool with a transaction that sqlx does not know of; the next one to use it would be in that.
async fn begun(
    pool: &AnyPool,
    statement: &'static str,
) -> Result<sqlx::Transaction<'static, Any>, sqlx::Error> {
    let pool = pool.clone();
    let beginning = tokio::spawn(async move { pool.begin_with(statement).await });
    beginning.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
}

/// A transaction, reading or writing. Rolled back when dropped.
pub(crate) struct Transaction<'d> {
    inner: sqlx::Transaction<'static, Any>,
    database: &'d Database,
    operation: &'static str,
}

impl Transaction<'_> {
    /// Runs a statement; tells how many rows it changed.
    pub(crate) async fn execute(&mut self, query: Query<'_>) -> Result<u64, StoreError> {
        match query.execute(&mut *self.inner).await {
            Ok(done) => Ok(done.rows_affected()),
            Err(source) => Err(self.failure(source)),
        }
    }

    /// Runs several statements without arguments.
    pub(crate) async fn script(&mut self, sql: &'static str) -> Result<(), StoreError> {
        match sqlx::Executor::execute(&mut *self.inner, sql).await {
            Ok(_) => Ok(()),
            Err(source) => Err(self.failure(source)),
        }
    }

    /// All rows of a query.
    pub(crate) async fn rows(&mut self, query: Query<'_>) -> Result<Vec<AnyRow>, StoreError> {
        let rows = query.fetch_all(&mut *self.inner).await;
        rows.map_err(|source| self.failure(source))
    }

    /// The first row of a query, if any.
    pub(crate) async fn row(&mut self, query: Query<'_>) -> Result<Option<AnyRow>, StoreError> {
        let row = query.fetch_optional(&mut *self.inner).await;
        row.map_err(|source| self.failure(source))
    }

    /// The number in the only column of a `SELECT COUNT(*)`.
    pub(crate) async fn count(&mut self, query: Query<'_>) -> Result<i64, StoreError> {
        use sqlx::Row;
        let row = query.fetch_one(&mut *self.inner).await;
        row.and_then(|row| row.try_get(0))
            .map_err(|source| self.failure(source))
    }

    /// Makes the changes last. When this returns `Ok`, they survive a killed process.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let Self {
            inner,
            database,
            operation,
        } = self;
        let committed = inner.commit().await;
        committed.map_err(|source| database.failure(operation, source))
    }

    fn failure(&self, source: sqlx::Error) -> StoreError {
        self.database.failure(self.operation, source)
    }
}

/// Pool options that both databases share.
fn pool_options(wait: Duration) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .acquire_timeout(wait)
        // A statement that failed for want of disk space may have ended its transaction behind
        // sqlx's back. Such a connection would refuse the next transaction: throw it away.
        .before_acquire(|connection, _| {
            use sqlx::Connection;
            let clean = !connection.is_in_transaction();
            Box::pin(async move { Ok(clean) })
        })
}
