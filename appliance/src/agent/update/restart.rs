//! Into the new system, or back into the one before, and what that would interrupt.

use semver::Version;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Params, fault};
use crate::agent::protocol::{Fault, Kind};
use crate::agent::{Agent, backup, probe, verbs};
use crate::update::journal::Step;

/// How a restart is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Restart {
    /// Whatever it interrupts.
    #[serde(default)]
    force: bool,
}

/// Says what a restart would interrupt, unless that is known.
fn admit(agent: &Agent, restart: &Restart) -> Result<(), Fault> {
    let interrupts = if restart.force {
        Vec::new()
    } else {
        probe::interruptions(agent)
    };
    if interrupts.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the restart would interrupt {}: wait for the end, or force it",
        interrupts.join(", ")
    );
    Err(Fault::new(Kind::Conflict, message))
}

/// What a restart would interrupt.
pub(in crate::agent) fn interruptions(agent: &Agent, params: Params) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    Ok(json!({ "interrupts": probe::interruptions(agent) }))
}

pub(in crate::agent) fn apply(agent: &Agent, params: Params) -> Result<Value, Fault> {
    let restart: Restart = verbs::read(params)?;
    if staged(agent)?.is_some() {
        admit(agent, &restart)?;
    }
    start_new(agent)
}

/// The version that waits in the other slot.
fn staged(agent: &Agent) -> Result<Option<Version>, Fault> {
    let status = agent.updates.engine()?.status();
    let update = status.map_err(|error| fault(&error))?.update;
    Ok(update
        .filter(|update| update.step == Step::Staged)
        .map(|update| update.version))
}

/// Restarts into what was staged.
pub(in crate::agent) fn start_new(agent: &Agent) -> Result<Value, Fault> {
    let engine = agent.updates.engine()?;
    if let Some(version) = staged(agent)? {
        let backup = backup::make_before(agent, &version)?;
        let kept = engine.was_backed_up(backup);
        kept.map_err(|error| fault(&error))?;
        probe::remember(agent);
    }
    engine.apply().map_err(|error| fault(&error))?;
    reboot(agent)
}

pub(in crate::agent) fn rollback(agent: &Agent, params: Params) -> Result<Value, Fault> {
    admit(agent, &verbs::read(params)?)?;
    agent
        .updates
        .engine()?
        .rollback()
        .map_err(|error| fault(&error))?;
    reboot(agent)
}

fn reboot(agent: &Agent) -> Result<Value, Fault> {
    agent.run("systemctl", &["--no-block", "reboot"])?;
    Ok(json!({}))
}
