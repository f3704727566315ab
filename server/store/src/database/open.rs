//! Opening: a look that changes nothing, then connections with the durability that we promise, then
//! migrations.

use std::fmt::Write as _;
use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use sqlx::{AnyPool, Executor};
use url::Url;

use super::{Database, pool_options};
use crate::config::DatabaseLocation;
use crate::error::StoreError;
use crate::schema;

/// Longest wait for a connection or a lock.
pub(super) const WAIT: Duration = Duration::from_secs(5);

/// Run on each SQLite connection. FULL: a commit is on the disk when it returns, also across a
/// power cut.
const SQLITE_SESSION: &str = "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; \
     PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216;";

/// Run on each PostgreSQL connection.
const POSTGRES_SESSION: &str =
    "SET lock_timeout = '5s'; SET statement_timeout = '30s'; SET client_min_messages = 'warning';";

/// Which of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

impl Database {
    /// Opens the database, making it if it is absent (SQLite), and brings its schema up to date.
    ///
    /// # Errors
    /// A database from the future, or one that is not ours, is refused before anything is written
    /// to it.
    pub(crate) async fn open(
        location: &DatabaseLocation,
        sqlite_max_bytes: Option<u64>,
    ) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let database = match location {
            DatabaseLocation::Sqlite(path) => open_sqlite(path, sqlite_max_bytes).await?,
            DatabaseLocation::Postgres(url) => open_postgres(url, location.to_string()).await?,
        };
        schema::migrate(&database).await?;
        Ok(database)
    }
}

async fn open_sqlite(path: &Path, max_bytes: Option<u64>) -> Result<Database, StoreError> {
    let at = |source| StoreError::File {
        path: path.to_owned(),
        source,
    };
    let path = std::path::absolute(path).map_err(at)?;
    let name = path.display().to_string();
    if make_file(&path)? == Made::Before {
        look(&path, &name).await?;
    }

    let url = sqlite_url(&path, "rw")?;
    // 4096 is the page size of every file that we make.
    let max_pages = max_bytes.map(|bytes| (bytes / 4096).max(1));
    let session = move |options: sqlx::any::AnyPoolOptions| {
        options.after_connect(move |connection, _| {
            Box::pin(async move {
                let mut session = SQLITE_SESSION.to_owned();
                if let Some(pages) = max_pages {
                    // Writing to a String cannot fail.
                    let _ = write!(session, "PRAGMA max_page_count = {pages};");
                }
                connection.execute(session.as_str()).await?;
                Ok(())
            })
        })
    };
    let failure =
        |source| super::failure::classify(Backend::Sqlite, &name, "open the database", source);
    let writer = session(pool_options().max_connections(1))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect(&url)
        .await
        .map_err(failure)?;
    // Kept in the file; the other connections follow.
    writer
        .execute("PRAGMA journal_mode = WAL")
        .await
        .map_err(failure)?;
    let reader = session(pool_options().max_connections(3))
        .test_before_acquire(false)
        .connect_lazy(&url)
        .map_err(failure)?;
    Ok(Database {
        backend: Backend::Sqlite,
        name,
        writer,
        reader,
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
async fn look(path: &Path, name: &str) -> Result<(), StoreError> {
    let pool = pool_options()
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
    let fit = schema::refuse_unfit(&seen).await;
    seen.close().await;
    fit
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

async fn open_postgres(url: &Url, name: String) -> Result<Database, StoreError> {
    let pool: AnyPool = pool_options()
        .max_connections(8)
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute(POSTGRES_SESSION).await?;
                Ok(())
            })
        })
        .connect(url.as_str())
        .await
        .map_err(|source| {
            super::failure::classify(Backend::Postgres, &name, "open the database", source)
        })?;
    let database = Database {
        backend: Backend::Postgres,
        name,
        writer: pool.clone(),
        reader: pool,
    };
    schema::refuse_unfit(&database).await?;
    Ok(database)
}
