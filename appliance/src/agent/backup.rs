//! Backups, which the server's own program makes and restores: it has the database and the keys.

use std::io::Read;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::protocol::Fault;
use super::{Agent, server, verbs};

type Params = Map<String, Value>;

/// Databases have some megabytes.
const LIMIT: Duration = Duration::from_secs(300);

/// Answers its name.
pub(super) fn make(agent: &Agent, params: Params) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    told(agent, &["backup", "make"])
}

fn told(agent: &Agent, arguments: &[&str]) -> Result<Value, Fault> {
    let told = server::run(agent, arguments, b"", LIMIT)?;
    Ok(json!({ "backup": told.trim() }))
}

pub(super) fn list(agent: &Agent, params: Params) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    let told = server::run(agent, &["backup", "list"], b"", LIMIT)?;
    let names: Vec<&str> = told.lines().filter(|line| !line.is_empty()).collect();
    Ok(json!({ "backups": names }))
}

pub(super) fn key(agent: &Agent, params: Params) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    let told = server::run(agent, &["backup", "key"], b"", LIMIT)?;
    Ok(json!({ "key": told.trim() }))
}

/// Takes one that was made elsewhere.
pub(super) fn upload(agent: &Agent, input: &mut (dyn Read + Send)) -> Result<Value, Fault> {
    let told = server::feed(agent, &["backup", "take"], input, LIMIT)?;
    Ok(json!({ "backup": told.trim() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Restore {
    backup: String,
    key: Option<String>,
}

/// Looks at all of it, and restarts the server with what is in it.
pub(super) fn restore(agent: &Agent, params: Params) -> Result<Value, Fault> {
    let Restore { backup, key } = verbs::read(params)?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-.+".contains(c);
    if !backup.starts_with(|c: char| c.is_ascii_digit()) || !backup.chars().all(is_name) {
        return Err(Fault::invalid("backup", "must be the name of a backup"));
    }
    let mut arguments = vec!["backup", "restore", &backup];
    if key.is_some() {
        arguments.push("--key-stdin");
    }
    let key = key.unwrap_or_default();
    let told = server::run(agent, &arguments, key.as_bytes(), LIMIT)?;
    agent.run("systemctl", &["--no-block", "restart", server::UNIT])?;
    Ok(json!({ "restored": told.trim() }))
}
