//! What is done on the machine's own terminal, beside the running server.

use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::Result;
use xo_engine::{AdminCreation, Engine};

use crate::Config;
use crate::backup::{self, Places, PutBack, Reason, Source, When};
use crate::daemon::open_store;

/// The names of all administrators.
pub async fn list(config: &Config) -> Result<Vec<String>> {
    let store = open_store(config).await?;
    let names = Engine::administrators_in(&store).await?;
    store.close().await;
    Ok(names)
}

/// Gives an administrator another password.
pub async fn reset_password(config: &Config, name: &str, password: &str) -> Result<()> {
    let store = open_store(config).await?;
    Engine::reset_password_in(&store, name, password).await?;
    store.close().await;
    Ok(())
}

/// Makes a short-lived token of an administrator, for a self-test of the sign-in; the one before ends. Nothing while nobody has an account.
pub async fn self_test_token(config: &Config) -> Result<Option<String>> {
    let store = open_store(config).await?;
    let token = Engine::self_test_token_in(&store, SystemTime::now()).await;
    store.close().await;
    Ok(token?)
}

/// Makes an administrator; returns the id. A running server takes it over at the next sign-in.
pub async fn create(
    config: &Config,
    name: &str,
    password: &str,
    creation: AdminCreation,
) -> Result<String> {
    let store = open_store(config).await?;
    let id = Engine::create_admin_in(&store, name, password, creation).await?;
    store.close().await;
    Ok(id)
}

/// Makes a backup, because an update to a version is about to begin, or without a reason; returns its name.
pub async fn back_up(config: &Config, before: Option<String>) -> Result<String> {
    let places = Places::of(config)?;
    let store = open_store(config).await?;
    let reason = before.map_or(Reason::Asked, Reason::Before);
    let made = backup::make(&places, &store, reason).await;
    store.close().await;
    Ok(made?.id)
}

/// Takes a backup from standard input; returns its name.
pub async fn take_backup(config: &Config) -> Result<String> {
    Ok(backup::take(&config.data_dir, tokio::io::stdin()).await?.id)
}

/// Has the next start of the server take the data of a backup, one that is kept or a file; tells which, and what was not taken over.
pub async fn restore(config: &Config, backup: &str, key: Option<&str>) -> Result<String> {
    let places = Places::of(config)?;
    let file = PathBuf::from(backup);
    let source = if file.is_file() {
        Source::File(file)
    } else {
        Source::Kept(backup.to_owned())
    };
    let restored = backup::restore_all(&places, source, key).await?;
    let mut told = format!(
        "made by {} on {}: the next start of the server takes it",
        restored.version, restored.hostname
    );
    for problem in restored.problems {
        told.push_str("\nnot taken over: ");
        told.push_str(&problem);
    }
    Ok(told)
}

/// Has the next start of the server take the data of before an update; tells what becomes of them.
pub async fn put_back(config: &Config, which: &str, if_newer: bool) -> Result<String> {
    let places = Places::of(config)?;
    let when = if if_newer {
        When::FromTheFuture
    } else {
        When::Always
    };
    Ok(match backup::put_back(&places, which, when).await? {
        PutBack::Waits(id) | PutBack::Done(id) => format!(
            "the data of before it are back (backup {id}); what was written since then is kept in {}",
            config.data_dir.join("replaced").display()
        ),
        PutBack::NotNeeded => "its data are used as they are".to_owned(),
    })
}
