//! A database of its own for each test, and the macro that runs a test on both kinds.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};
use sqlx::Executor;
use xo_store::{DatabaseLocation, PasswordCost, Store, StoreConfig};

/// A moment that tests agree on, ms since 1970.
pub const NOW: i64 = 1_790_000_000_000;

/// Some id that exists nowhere.
pub const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// An open store on a database of its own.
pub struct Lab {
    pub store: Store,
    pub config: StoreConfig,
    folder: tempfile::TempDir,
    /// The server's URL and the database to drop at the end.
    postgres: Option<(String, String)>,
}

impl Lab {
    /// On a fresh SQLite file.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = DatabaseLocation::Sqlite(folder.path().join("xo.db"));
        Self::open(location, folder, None).await
    }

    /// On a fresh PostgreSQL database, if there is a server.
    pub async fn postgres() -> Option<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let server = std::env::var("XO_TEST_POSTGRES").ok()?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let name = format!(
            "xo_test_{}_{}_{}",
            since.as_nanos(),
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        on_server(&server, &format!("CREATE DATABASE {name}")).await;
        let (base, _) = server.rsplit_once('/').unwrap();
        let location = format!("{base}/{name}").parse().unwrap();
        let folder = tempfile::tempdir().unwrap();
        Some(Self::open(location, folder, Some((server, name))).await)
    }

    async fn open(
        database: DatabaseLocation,
        folder: tempfile::TempDir,
        postgres: Option<(String, String)>,
    ) -> Self {
        let config = config(database, folder.path());
        Self {
            store: Store::open(&config).await.unwrap(),
            config,
            folder,
            postgres,
        }
    }

    /// A folder that ends with the test.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A second store on the same database.
    pub async fn open_again(&self) -> Store {
        Store::open(&self.config).await.unwrap()
    }

    /// Runs a statement behind the store's back.
    pub async fn execute(&self, sql: &str) {
        sqlx::any::install_default_drivers();
        let pool = sqlx::AnyPool::connect(&self.url()).await.unwrap();
        pool.execute(sql).await.unwrap();
        pool.close().await;
    }

    /// The text in the only column of the only row.
    pub async fn text(&self, sql: &str) -> String {
        sqlx::any::install_default_drivers();
        let pool = sqlx::AnyPool::connect(&self.url()).await.unwrap();
        let text = sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap();
        pool.close().await;
        text
    }

    /// Takes the writer's place behind the store's back, until the answer is rolled back.
    pub async fn hold_the_writers_place(&self) -> sqlx::Transaction<'static, sqlx::Any> {
        sqlx::any::install_default_drivers();
        let pool = sqlx::AnyPool::connect(&self.url()).await.unwrap();
        if self.postgres.is_none() {
            return pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
        }
        let mut transaction = pool.begin().await.unwrap();
        transaction
            .execute("SELECT pg_advisory_xact_lock(8678364938277138021)")
            .await
            .unwrap();
        transaction
    }

    fn url(&self) -> String {
        match &self.config.database {
            DatabaseLocation::Sqlite(path) => format!("sqlite://{}", path.display()),
            DatabaseLocation::Postgres(url) => url.to_string(),
        }
    }

    /// Closes the store and drops what was made.
    pub async fn end(self) {
        self.store.close().await;
        if let Some((server, name)) = &self.postgres {
            on_server(server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

/// The members of a JSON object.
pub fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("no object: {other}"),
    }
}

/// A cheap configuration with its key in `folder`.
pub fn config(database: DatabaseLocation, folder: &Path) -> StoreConfig {
    let mut config = StoreConfig::new(database, key_file(folder));
    config.password_cost = PasswordCost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };
    config
}

pub fn key_file(folder: &Path) -> PathBuf {
    folder.join("key")
}

async fn on_server(url: &str, sql: &str) {
    sqlx::any::install_default_drivers();
    let pool = sqlx::any::AnyPoolOptions::new()
        .max_connections(1)
        .connect(url)
        .await
        .unwrap();
    pool.execute(sql).await.unwrap();
    pool.close().await;
}

/// Makes two tests of each `async fn name(lab: &Lab)`: `sqlite::name` and `postgres::name`.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $name() {
                    let lab = $crate::support::Lab::sqlite().await;
                    super::$name(&lab).await;
                    lab.end().await;
                }
            )*
        }
        mod postgres {
            $(
                #[tokio::test]
                async fn $name() {
                    let Some(lab) = $crate::support::Lab::postgres().await else {
                        eprintln!("skipped: XO_TEST_POSTGRES is not set");
                        return;
                    };
                    super::$name(&lab).await;
                    lab.end().await;
                }
            )*
        }
    };
}
pub(crate) use on_both;
