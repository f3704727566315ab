//! A forgotten password: the server's own program sets another one, as the server's user. For root alone.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::protocol::Fault;
use super::{Agent, server, verbs};

/// Hashing a password takes a while on purpose.
const LIMIT: Duration = Duration::from_secs(60);

pub(super) fn list(agent: &Agent, params: Map<String, Value>) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    let told = server::run(agent, &["admin", "list"], b"", LIMIT)?;
    let names: Vec<&str> = told.lines().filter(|line| !line.is_empty()).collect();
    Ok(json!({ "names": names }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    account: String,
    password: String,
}

pub(super) fn reset(agent: &Agent, params: Map<String, Value>) -> Result<Value, Fault> {
    let Reset { account, password } = verbs::read(params)?;
    if account.is_empty() || account.starts_with('-') {
        return Err(Fault::invalid(
            "account",
            "must be the name of an administrator",
        ));
    }
    if password.chars().count() < 8 {
        return Err(Fault::invalid(
            "password",
            "must have at least 8 characters",
        ));
    }
    let arguments = [
        "admin",
        "reset-password",
        account.as_str(),
        "--password-stdin",
    ];
    server::run(agent, &arguments, password.as_bytes(), LIMIT)?;
    Ok(json!({}))
}
