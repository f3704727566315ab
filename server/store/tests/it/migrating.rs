//! An older file is migrated on a copy, and the file is copied while it is used.

use std::path::{Path, PathBuf};

use sqlx::Executor;
use xo_store::{DatabaseLocation, ErrorKind, Store, StoreConfig, StoreError};

use crate::support::{Lab, config};
use crate::users::user;

const WITH_A_LOG: &str = "PRAGMA journal_mode = WAL";

/// A file as the first version made it, with somebody in it.
async fn older(folder: &Path, and: &'static str) -> (StoreConfig, PathBuf) {
    let path = folder.join("xo.db");
    std::fs::write(&path, "").unwrap();
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&format!("sqlite://{}", path.display()))
        .await
        .unwrap();
    for sql in [
        "CREATE TABLE schema_version (version BIGINT NOT NULL PRIMARY KEY)",
        include_str!("../../migrations/0001_initial.sql"),
        "INSERT INTO schema_version (version) VALUES (1)",
        "INSERT INTO settings (name, value) VALUES ('kept', '\"since version 1\"')",
        and,
    ] {
        pool.execute(sql).await.unwrap();
    }
    pool.close().await;
    let config = config(DatabaseLocation::Sqlite(path.clone()), folder);
    (config, path)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

async fn kept(store: &Store) -> Option<String> {
    store.settings().find("kept").await.unwrap()
}

#[tokio::test]
async fn an_older_file_is_migrated_with_all_that_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let (config, _) = older(folder.path(), WITH_A_LOG).await;
    // What an earlier attempt left when its power went.
    std::fs::write(folder.path().join("xo.db.migrating"), "half").unwrap();
    let store = Store::open(&config).await.unwrap();
    assert_eq!(kept(&store).await.as_deref(), Some("since version 1"));
    assert!(store.cloud_configs().list().await.unwrap().is_empty());
    store.close().await;
    assert!(!names(folder.path()).contains(&"xo.db.migrating".to_owned()));
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let in_the_way = "CREATE TABLE cloud_configs (id TEXT)";
    let (config, path) = older(folder.path(), in_the_way).await;
    let before = std::fs::read(&path).unwrap();
    let error = Store::open(&config).await.err().unwrap();
    assert!(error.to_string().contains("migrate"), "{error}");
    assert!(std::fs::read(&path).unwrap() == before, "it was changed");
    assert_eq!(names(folder.path()), ["xo.db"]);
}

#[tokio::test]
async fn many_that_open_an_older_file_at_once_all_get_in() {
    let folder = tempfile::tempdir().unwrap();
    let (config, _) = older(folder.path(), WITH_A_LOG).await;
    let openings = (0..8).map(|_| {
        let config = config.clone();
        tokio::spawn(async move { Store::open(&config).await.unwrap() })
    });
    for opening in openings.collect::<Vec<_>>() {
        let store = opening.await.unwrap();
        assert_eq!(kept(&store).await.as_deref(), Some("since version 1"));
        store.close().await;
    }
}

#[tokio::test]
async fn a_file_that_somebody_else_has_open_is_not_taken_away_under_them() {
    let folder = tempfile::tempdir().unwrap();
    let (mut config, path) = older(folder.path(), WITH_A_LOG).await;
    config.wait = std::time::Duration::from_millis(50);
    let other = sqlx::AnyPool::connect(&format!("sqlite://{}", path.display()))
        .await
        .unwrap();
    let write = "INSERT INTO settings (name, value) VALUES ('theirs', '1')";
    other.execute(write).await.unwrap();
    let error = Store::open(&config).await.err().unwrap();
    assert!(matches!(error, StoreError::OpenElsewhere { .. }), "{error}");
    other.close().await;
    config.wait = std::time::Duration::from_secs(30);
    let store = Store::open(&config).await.unwrap();
    let theirs: Option<u32> = store.settings().find("theirs").await.unwrap();
    assert_eq!(theirs, Some(1));
    store.close().await;
}

#[tokio::test]
async fn a_copy_has_what_was_written_before_it_and_is_a_database_of_its_own() {
    let lab = Lab::sqlite().await;
    let alice = user(&lab.store, "alice").await;
    let path = lab.folder().join("copy.db");
    std::fs::write(&path, "an older copy").unwrap();
    lab.store.copy_to(&path).await.unwrap();
    user(&lab.store, "bob").await;
    let config = config(DatabaseLocation::Sqlite(path), lab.folder());
    let copy = Store::open(&config).await.unwrap();
    assert_eq!(copy.users().list().await.unwrap(), [alice]);
    copy.check().await.unwrap();
    copy.close().await;
    assert_eq!(lab.store.users().count().await.unwrap(), 2);
}

#[tokio::test]
async fn a_copy_that_cannot_be_made_is_told() {
    let lab = Lab::sqlite().await;
    let error = lab.store.copy_to(&lab.folder().join("away/copy.db")).await;
    let error = error.unwrap_err();
    assert!(matches!(error, StoreError::File { .. }), "{error}");
    let Some(lab) = Lab::postgres().await else {
        eprintln!("skipped: XO_TEST_POSTGRES is not set");
        return;
    };
    let error = lab.store.copy_to(&lab.folder().join("copy.db")).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("pg_dump"), "{error}");
    lab.end().await;
}
