//! Opening: a look that changes nothing, then connections with the durability that we promise, then
//! migrations.

use std::fmt::Write as _;
use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, Connection, Executor};
use url::Url;

use super::{Database, pool_options};
use crate::config::{DatabaseLocation, StoreConfig};
use crate::error::StoreError;
use crate::schema;

/// Which of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

impl Database {
    /// Opens the database, making it if it is absent (SQLite), and brings its schema up to date: that
    /// of an older SQLite file on a copy, that of PostgreSQL in one transaction.
    ///
    /// # Errors
    /// A database from the future, or one that is not ours, is refused before anything is written
    /// to it.
    pub(crate) async fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let database = match &config.database {
            DatabaseLocation::Sqlite(path) => open_sqlite(path, config).await?,
            DatabaseLocation::Postgres(url) => {
                open_postgres(url, config.database.to_string(), config).await?
            }
        };
        schema::migrate(&database).await?;
        Ok(database)
    }
}

async fn open_sqlite(path: &Path, config: &StoreConfig) -> Result<Database, StoreError> {
    let path = std::path::absolute(path).map_err(|source| StoreError::File {
        path: path.to_owned(),
        source,
    })?;
    let name = path.display().to_string();
    if make_file(&path)? == Made::Before && schema::is_older(look(&path, &name, config).await?) {
        super::migrate::on_a_copy(&path, &name, config).await?;
    }
    let database = connect_sqlite(&path, &name, config).await?;
    // Kept in the file; the other connections follow.
    database
        .writer
        .execute("PRAGMA journal_mode = WAL")
        .await
        .map_err(|source| database.failure("open the database", source))?;
    Ok(database)
}

/// Connections to a file that is there.
pub(super) async fn connect_sqlite(
    path: &Path,
    name: &str,
    config: &StoreConfig,
) -> Result<Database, StoreError> {
    let failure =
        |source| super::failure::classify(Backend::Sqlite, name, "open the database", source);
    let url = sqlite_url(path, "rw")?;
    let options = with_session(pool_options(config.wait), sqlite_session(config));
    let writer = options
        .clone()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect(&url)
        .await
        .map_err(failure)?;
    let reader = options
        .max_connections(3)
        .test_before_acquire(false)
        .connect_lazy(&url)
        .map_err(failure)?;
    Ok(Database {
        backend: Backend::Sqlite,
        name: name.to_owned(),
        writer,
        reader,
    })
}

/// What each SQLite connection begins with. FULL: a commit is on the disk when it returns, also
/// across a power cut.
fn sqlite_session(config: &StoreConfig) -> String {
    let mut session = format!(
        "PRAGMA busy_timeout = {}; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; \
         PRAGMA journal_size_limit = 16777216;",
        config.wait.as_millis()
    );
    if let Some(bytes) = config.sqlite_max_bytes {
        // 4096 is the page size of every file that we make. Writing to a String cannot fail.
        let _ = write!(
            session,
            "PRAGMA max_page_count = {};",
            (bytes / 4096).max(1)
        );
    }
    session
}

/// What each PostgreSQL connection begins with.
fn postgres_session(config: &StoreConfig) -> String {
    format!(
        "SET lock_timeout = {}; SET statement_timeout = 30000; SET client_min_messages = warning;",
        config.wait.as_millis()
    )
}

fn with_session(options: AnyPoolOptions, session: String) -> AnyPoolOptions {
    let session: Arc<str> = session.into();
    options.after_connect(move |connection, _| {
        let session = Arc::clone(&session);
        Box::pin(async move {
            connection.execute(&*session).await?;
            Ok(())
        })
    })
}

#[derive(PartialEq, Eq)]
enum Made {
    Now,
    Before,
}

/// Makes the folder (0700) and an empty file (0600), unless they exist.
fn make_file(path: &Path) -> Result<Made, StoreError> {
    let at = |path: &Path, source| StoreError::File {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path.parent() {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(folder).map_err(|error| at(folder, error))?;
    }
    match OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
    {
        Ok(_) => Ok(Made::Now),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(Made::Before),
        Err(error) => Err(at(path, error)),
    }
}

/// Reads the schema version over a read-only connection.
pub(super) async fn look(path: &Path, name: &str, config: &StoreConfig) -> Result<i64, StoreError> {
    let pool = pool_options(config.wait)
        .max_connections(1)
        .connect(&sqlite_url(path, "ro")?)
        .await
        .map_err(|source| {
            super::failure::classify(Backend::Sqlite, name, "look at the database", source)
        })?;
    let seen = Database {
        backend: Backend::Sqlite,
        name: name.to_owned(),
        writer: pool.clone(),
        reader: pool,
    };
    let version = schema::refuse_unfit(&seen).await;
    seen.close().await;
    version
}

/// `sqlite:///path?mode=…`, as sqlx reads it.
fn sqlite_url(path: &Path, mode: &str) -> Result<String, StoreError> {
    let path = path.to_str().ok_or_else(|| StoreError::InvalidLocation {
        reason: format!("{} is not UTF-8", path.display()),
    })?;
    let mut url = "sqlite://".to_owned();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte) {
            url.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
    Ok(format!("{url}?mode={mode}"))
}

async fn open_postgres(
    url: &Url,
    name: String,
    config: &StoreConfig,
) -> Result<Database, StoreError> {
    let failure =
        |source| super::failure::classify(Backend::Postgres, &name, "open the database", source);
    // A pool tries again and again and then only says that it timed out; this says why.
    tokio::time::timeout(config.wait, AnyConnection::connect(url.as_str()))
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
        .map_err(failure)?
        .close()
        .await
        .map_err(failure)?;
    let pool = with_session(pool_options(config.wait), postgres_session(config))
        .max_connections(8)
        .connect(url.as_str())
        .await
        .map_err(failure)?;
    let database = Database {
        backend: Backend::Postgres,
        name,
        writer: pool.clone(),
        reader: pool,
    };
    schema::refuse_unfit(&database).await?;
    Ok(database)
}
