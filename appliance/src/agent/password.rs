//! A forgotten password: the server's own program sets another one, as the server's user. For root alone.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::machine::Job;
use super::protocol::Fault;
use super::{Agent, verbs};

const AS_SERVER: [&str; 6] = [
    "--reuid=xo-server",
    "--regid=xo-server",
    "--init-groups",
    "--",
    "xo-server",
    "admin",
];
const DATA: &str = "--data-dir=/var/lib/xo-server";
/// Hashing a password takes a while on purpose.
const LIMIT: Duration = Duration::from_secs(60);

pub(super) fn list(agent: &Agent, params: Map<String, Value>) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    let told = server(agent, &["list"], b"")?;
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
    let arguments = ["reset-password", account.as_str(), "--password-stdin"];
    server(agent, &arguments, password.as_bytes())?;
    Ok(json!({}))
}

fn server(agent: &Agent, arguments: &[&str], input: &[u8]) -> Result<String, Fault> {
    let arguments = [&AS_SERVER[..], arguments, &[DATA]].concat();
    let job = Job {
        input,
        ..Job::new("setpriv", &arguments, LIMIT)
    };
    agent.machine.run(&job).map_err(|error| {
        let error = error.to_string();
        // It is the server's program that speaks.
        Fault::failed(error.strip_prefix("setpriv: ").unwrap_or(&error).to_owned())
    })
}
