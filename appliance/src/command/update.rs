//! `xoa update`: one step, or all of them up to the restart. What the agent does in a thread is waited for.

use std::fmt::Write;
use std::fs::File;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::text::{self, size};
use super::{Failure, UpdateVerb};
use crate::agent::client::{Ask, Error};
use crate::agent::protocol::Fault;

const LOOK: Duration = Duration::from_millis(500);

/// Sends a file, fetches from it, and does the rest.
pub(super) fn from_file(
    agent: &dyn Ask,
    path: &Path,
    accept_expired: bool,
    force: bool,
) -> Result<Value, Failure> {
    let mut file = File::open(path).map_err(super::local(&path.display().to_string()))?;
    agent.upload("update.upload", &mut file)?;
    let params = json!({ "from": "bundle", "acceptExpired": accept_expired });
    all(agent, super::members(params), force)
}

fn all(agent: &dyn Ask, which: Map<String, Value>, force: bool) -> Result<Value, Failure> {
    let status = waited_for(agent, "update.fetch", which)?;
    if status.get("update").is_none_or(Value::is_null) {
        return Ok(status);
    }
    waited_for(agent, "update.stage", Map::new())?;
    restart(agent, "update.apply", force)?;
    Ok(json!({ "restarts": true }))
}

/// Does one step, or all; answers how it stands then.
pub(super) fn run(
    agent: &dyn Ask,
    step: Option<UpdateVerb>,
    force: bool,
) -> Result<Value, Failure> {
    let Some(step) = step else {
        return all(agent, Map::new(), force);
    };
    match step {
        UpdateVerb::Status => ask(agent, "update.status"),
        UpdateVerb::Check => ask(agent, "update.check"),
        UpdateVerb::Fetch => waited_for(agent, "update.fetch", Map::new()),
        UpdateVerb::Stage => waited_for(agent, "update.stage", Map::new()),
        UpdateVerb::Apply => restart(agent, "update.apply", force),
        UpdateVerb::Confirm => ask(agent, "update.confirm"),
        UpdateVerb::Rollback => restart(agent, "update.rollback", force),
        UpdateVerb::Cancel => ask(agent, "update.cancel"),
    }
}

fn ask(agent: &dyn Ask, verb: &str) -> Result<Value, Failure> {
    Ok(agent.ask(verb, Map::new())?)
}

fn restart(agent: &dyn Ask, verb: &str, force: bool) -> Result<Value, Failure> {
    let params = super::members(json!({ "force": force }));
    Ok(agent.ask(verb, params)?)
}

fn waited_for(agent: &dyn Ask, verb: &str, params: Map<String, Value>) -> Result<Value, Failure> {
    agent.ask(verb, params)?;
    loop {
        let status = ask(agent, "update.status")?;
        let error = status.pointer("/ended/error");
        match error {
            None => sleep(LOOK),
            Some(Value::String(error)) => {
                return Err(Error::Refused(Fault::failed(error.clone())).into());
            }
            Some(_) => return Ok(status),
        }
    }
}

/// What a look for updates found.
fn found_text(found: &Value) -> String {
    let Some(version) = found.get("version").and_then(Value::as_str) else {
        return "there is no newer release\n".to_owned();
    };
    let most = size(text::number(found, "/bytes"));
    let notes = match found.get("notes").and_then(Value::as_str) {
        Some(notes) => format!("\n{}\n", notes.trim_end()),
        None => "It has no release notes.\n".to_owned(),
    };
    format!("{version} can be installed: {most} to download at most\n{notes}")
}

/// For people.
pub(super) fn standing(told: &Value) -> String {
    let word = |pointer: &str| told.pointer(pointer).and_then(Value::as_str);
    let mut text = String::new();
    if told.get("restarts").is_some() {
        return "the appliance restarts into the new system\n".to_owned();
    }
    if let Some(found) = told.get("found") {
        return found_text(found);
    }
    let Some(version) = word("/version") else {
        return "done\n".to_owned();
    };
    let _ = writeln!(text, "{version} runs");
    if let Some(other) = word("/other/version") {
        let _ = writeln!(text, "{other} is in the other slot");
    }
    if let (Some(version), Some(step)) = (word("/update/version"), word("/update/step/name")) {
        let _ = writeln!(text, "{version} is being installed: {step}");
    }
    if let Some(Value::Array(names)) = told.pointer("/waits/interrupts") {
        let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
        let _ = writeln!(text, "it waits for {}", names.join(", "));
    }
    if let (Some(version), Some(end)) = (word("/outcomes/0/version"), word("/outcomes/0/end")) {
        let reason = word("/outcomes/0/reason").map_or(String::new(), |why| format!(" ({why})"));
        let _ = writeln!(text, "the last one was {version}: {end}{reason}");
        if let Some(data) = word("/outcomes/0/data") {
            let _ = writeln!(text, "{data}");
        }
    }
    text
}
