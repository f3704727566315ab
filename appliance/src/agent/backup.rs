//! Backups, which the server's own program makes and restores: it has the database and the keys.

use std::io::Read;
use std::time::Duration;

use semver::Version;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::protocol::Fault;
use super::{Agent, server, verbs};
use crate::update::journal::{PutBack, When};

type Params = Map<String, Value>;

/// Databases have some megabytes.
const LIMIT: Duration = Duration::from_secs(300);
/// The server waits for it.
const AT_START: Duration = Duration::from_secs(60);

/// Answers its name.
pub(super) fn make(agent: &Agent, params: Params) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    told(agent, &["backup", "make"])
}

/// An update to this version is about to begin. Answers the name.
pub(super) fn make_before(agent: &Agent, version: &Version) -> Result<String, Fault> {
    let version = version.to_string();
    let arguments = ["backup", "make", "--before", &version];
    let made = server::run(agent, &arguments, b"", LIMIT);
    made.map(|told| told.trim().to_owned()).map_err(|fault| {
        let message = format!("the data cannot be backed up, so nothing is done: {fault}");
        Fault::failed(message)
    })
}

/// Has the server start with the data of before an update. Told in words, also why it is not done.
pub(super) fn put_back(agent: &Agent, wanted: &PutBack) -> String {
    let version = wanted.version.to_string();
    let which = wanted.backup.as_deref().unwrap_or(&version);
    let mut arguments = vec!["backup", "put-back", which];
    if wanted.when == When::FromTheFuture {
        arguments.push("--if-newer");
    }
    match server::run(agent, &arguments, b"", AT_START) {
        Ok(told) => told.trim().to_owned(),
        Err(fault) => format!("the data of before it cannot be put back: {fault}"),
    }
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
