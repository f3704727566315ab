//! Opening: fresh, again, at once, from the future, of something else, damaged, away, busy, full.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::json;
use xo_store::{DatabaseLocation, ErrorKind, Store, StoreError, Task};

use crate::support::{Lab, NOW, config, map, on_both};
use crate::users::user;

on_both![
    what_was_written_is_there_after_reopening,
    a_database_from_the_future_is_refused_and_not_touched,
    a_database_of_something_else_is_refused,
    a_closed_store_is_unavailable,
    a_writer_that_waits_too_long_is_told_that_the_database_is_busy,
    a_sound_database_passes_its_check,
    calls_that_were_given_up_leave_the_store_usable,
];

async fn what_was_written_is_there_after_reopening(lab: &Lab) {
    let alice = user(&lab.store, "alice").await;
    lab.store.close().await;
    let again = lab.open_again().await;
    assert_eq!(again.users().list().await.unwrap(), [alice]);
    again.close().await;
}

async fn a_database_from_the_future_is_refused_and_not_touched(lab: &Lab) {
    user(&lab.store, "alice").await;
    lab.execute("INSERT INTO schema_version (version) VALUES (99)")
        .await;
    // Not closed: what the future wrote may still be in the write-ahead log alone.
    let before = files(lab);
    let error = Store::open(&lab.config).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unusable);
    let message = error.to_string();
    assert!(message.contains("schema version 99"), "{message}");
    assert!(message.contains("supports up to 2"), "{message}");
    assert!(message.contains("start the newer xo-server"), "{message}");
    assert_eq!(files(lab), before);
}

/// Names and contents of the database's files, but for the shared memory of its readers.
fn files(lab: &Lab) -> Vec<(String, Vec<u8>)> {
    let mut files = std::fs::read_dir(lab.folder())
        .unwrap()
        .map(|file| {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            (name, std::fs::read(file.path()).unwrap())
        })
        .filter(|(name, _)| !name.ends_with("-shm"))
        .collect::<Vec<_>>();
    files.sort();
    files
}

async fn a_database_of_something_else_is_refused(lab: &Lab) {
    lab.execute("DROP TABLE schema_version").await;
    lab.execute("CREATE TABLE recipes (title TEXT)").await;
    let before = files(lab);
    let error = Store::open(&lab.config).await.err().unwrap();
    assert!(
        matches!(&error, StoreError::ForeignDatabase { found, .. } if found.contains("recipes")),
        "{error}"
    );
    assert_eq!(files(lab), before);
}

async fn a_closed_store_is_unavailable(lab: &Lab) {
    lab.store.close().await;
    let error = lab.store.users().count().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

async fn a_writer_that_waits_too_long_is_told_that_the_database_is_busy(lab: &Lab) {
    let mut config = lab.config.clone();
    // Long enough to open it on a busy machine.
    config.wait = Duration::from_secs(1);
    let impatient = Store::open(&config).await.unwrap();
    let alice = user(&lab.store, "alice").await;
    let writing = lab.hold_the_writers_place().await;
    let error = impatient.users().delete(&alice.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    // Readers do not wait for writers.
    assert_eq!(impatient.users().count().await.unwrap(), 1);
    writing.rollback().await.unwrap();
    impatient.users().delete(&alice.id).await.unwrap();
    impatient.close().await;
}

async fn a_sound_database_passes_its_check(lab: &Lab) {
    user(&lab.store, "alice").await;
    lab.store.check().await.unwrap();
}

async fn calls_that_were_given_up_leave_the_store_usable(lab: &Lab) {
    let alice = user(&lab.store, "alice").await;
    let group = lab.store.groups().create("ops").await.unwrap();
    let members = [alice.id.clone()];
    let mut given_up = 0;
    for number in 0..300_u64 {
        let patience = Duration::from_micros(number * 13 % 2000);
        let groups = lab.store.groups();
        let change = async {
            groups.set_users(&group.id, &members).await?;
            groups.set_users(&group.id, &[]).await?;
            lab.store.users().list().await.map(drop)
        };
        match tokio::time::timeout(patience, change).await {
            Ok(done) => done.unwrap(),
            Err(_) => given_up += 1,
        }
    }
    assert!(given_up > 0, "nothing was given up: the test is too slow");
    let group = lab.store.groups().set_users(&group.id, &members).await;
    assert_eq!(group.unwrap().users, members);
    lab.store.check().await.unwrap();
}

#[tokio::test]
async fn many_that_open_a_fresh_file_at_once_all_get_in() {
    let folder = tempfile::tempdir().unwrap();
    let location = DatabaseLocation::Sqlite(folder.path().join("deep/er/xo.db"));
    let config = config(location, folder.path());
    let mut openings = Vec::new();
    for number in 0..8 {
        let config = config.clone();
        openings.push(tokio::spawn(async move {
            let store = Store::open(&config).await.unwrap();
            user(&store, &format!("user {number}")).await;
            store
        }));
    }
    for opening in openings {
        let store = opening.await.unwrap();
        assert!(store.users().count().await.unwrap() >= 1);
        store.close().await;
    }
    let store = Store::open(&config).await.unwrap();
    assert_eq!(store.users().count().await.unwrap(), 8);
}

#[tokio::test]
async fn the_files_are_for_the_owner_only() {
    let lab = Lab::sqlite().await;
    user(&lab.store, "alice").await;
    for file in std::fs::read_dir(lab.folder()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.file_name());
    }
}

#[tokio::test]
async fn a_path_with_unusual_characters_works() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b?mode=memory#%20é.db");
    let config = config(DatabaseLocation::Sqlite(path.clone()), folder.path());
    let store = Store::open(&config).await.unwrap();
    user(&store, "alice").await;
    store.close().await;
    assert!(std::fs::metadata(&path).unwrap().len() > 4096);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("xo.db");
    let content = "Dear diary, ".repeat(1000);
    std::fs::write(&path, &content).unwrap();
    let config = config(DatabaseLocation::Sqlite(path.clone()), folder.path());
    let error = Store::open(&config).await.err().unwrap();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("xo.db"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
}

#[tokio::test]
async fn a_folder_in_the_place_of_the_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(
        DatabaseLocation::Sqlite(folder.path().to_owned()),
        folder.path(),
    );
    let error = Store::open(&config).await.err().unwrap();
    assert!(error.to_string().contains("not available"), "{error}");
}

#[tokio::test]
async fn a_damaged_page_is_found_by_the_check() {
    let lab = Lab::sqlite().await;
    user(&lab.store, "alice").await;
    lab.store.close().await;
    let DatabaseLocation::Sqlite(path) = &lab.config.database else {
        panic!("no file");
    };
    let mut bytes = std::fs::read(path).unwrap();
    for byte in &mut bytes[3 * 4096..5 * 4096] {
        *byte ^= 0x5a;
    }
    std::fs::write(path, bytes).unwrap();
    let error = match Store::open(&lab.config).await {
        Ok(store) => store.check().await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn a_full_disk_is_told_loses_nothing_and_passes() {
    let folder = tempfile::tempdir().unwrap();
    let location = DatabaseLocation::Sqlite(folder.path().join("xo.db"));
    let mut config = config(location, folder.path());
    config.sqlite_max_bytes = Some(512 * 1024);
    let store = Store::open(&config).await.unwrap();
    let padding = "x".repeat(10_000);
    let save = async |number: usize| {
        let properties = map(json!({ "padding": padding }));
        let task = Task::begin(format!("task-{number}"), properties, NOW);
        store.tasks().save(&task).await
    };
    let mut saved = 0;
    let error = loop {
        match save(saved).await {
            Ok(()) => saved += 1,
            Err(error) => break error,
        }
        assert!(saved < 1000, "the limit did not hold");
    };
    assert_eq!(error.kind(), ErrorKind::DiskFull, "{error}");
    assert!(error.to_string().contains("is full"), "{error}");
    for _ in 0..3 {
        let error = save(saved).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DiskFull, "{error}");
    }
    assert_eq!(store.tasks().list(1000).await.unwrap().len(), saved);
    store.check().await.unwrap();

    store.tasks().delete("task-0").await.unwrap();
    store.tasks().delete("task-1").await.unwrap();
    save(saved).await.unwrap();
    assert_eq!(store.tasks().list(1000).await.unwrap().len(), saved - 1);
}

#[tokio::test]
async fn a_postgres_that_is_away_is_told_with_the_reason() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let folder = tempfile::tempdir().unwrap();
    let url = format!("postgres://xo:hunter2@127.0.0.1:{port}/xo");
    let config = config(url.parse().unwrap(), folder.path());
    let error = Store::open(&config).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("refused"), "{source}");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_postgres_that_cut_its_connections_is_found_again() {
    let Some(lab) = Lab::postgres().await else {
        eprintln!("skipped: XO_TEST_POSTGRES is not set");
        return;
    };
    let alice = user(&lab.store, "alice").await;
    lab.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .await;
    assert_eq!(lab.store.users().list().await.unwrap(), [alice]);
    user(&lab.store, "bob").await;
    lab.end().await;
}
