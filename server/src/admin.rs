//! What is done on the machine's own terminal, beside the running server.

use anyhow::Result;
use xo_engine::{AdminCreation, Engine};

use crate::Config;
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
