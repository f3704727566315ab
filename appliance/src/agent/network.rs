//! The network: as it is, as it is kept, and a change that goes back by itself unless somebody confirms it.
//!
//! Invariant: what is kept on the data disk was reached by somebody at least once, or came from outside at the first boot. A trial stands
//! in `/run` only: going back, a crash of the agent and a power cut all lead to what is kept.

mod now;
mod wanted;

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use xo_firstboot::apply;
use xo_firstboot::settings::Interface;

use super::protocol::{Fault, Kind};
use super::{Agent, lock, settings, verbs};

pub(super) use now::Now;
use wanted::Wanted;

/// A change begins this long after it was answered: who asked over the network may lose the address that they asked.
const BEGINS_AFTER: Duration = Duration::from_secs(1);
/// When going back fails, it is tried again after this time.
const AGAIN: Duration = Duration::from_secs(5);

/// A change on trial, if there is one.
#[derive(Debug, Default)]
pub(super) struct Trial {
    running: Option<Running>,
    /// Of the last one.
    number: u64,
    /// The last one went back by itself.
    went_back: Option<WentBack>,
}

/// A change that went back by itself.
#[derive(Debug, Clone, Serialize)]
struct WentBack {
    change: u64,
    /// Why it could not be made; nothing when nobody kept it in time.
    fault: Option<String>,
}

#[derive(Debug)]
struct Running {
    wanted: Interface,
    /// When it begins; nothing once it has.
    begins: Option<Instant>,
    until: Instant,
    /// Why it goes back, if it could not begin.
    fault: Option<Fault>,
}

/// What others see of a change on trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    /// To confirm or revert it by.
    pub change: u64,
    /// Until it goes back.
    pub seconds_left: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    change: u64,
}

pub(super) fn pending(agent: &Agent) -> Option<Pending> {
    let trial = lock(&agent.network);
    trial.running.as_ref().map(|running| Pending {
        change: trial.number,
        seconds_left: running
            .until
            .saturating_duration_since(Instant::now())
            .as_secs(),
    })
}

pub(super) fn get(agent: &Agent, params: Map<String, Value>) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    let kept = settings::kept(agent)?;
    let (trial, went_back) = {
        let trial = lock(&agent.network);
        let wanted = trial.running.as_ref().map(|r| shown(&r.wanted));
        (wanted, trial.went_back.clone())
    };
    Ok(json!({
        "kept": shown(&kept.interface),
        "trial": trial,
        "wentBack": went_back,
        "pending": pending(agent),
        "now": Now::look(agent),
    }))
}

fn shown(interface: &Interface) -> Value {
    let mode = if interface.addresses.is_empty() {
        "dhcp"
    } else {
        "static"
    };
    json!({
        "mode": mode,
        "mac": interface.mac,
        "addresses": interface.addresses,
        "gateways": interface.gateways,
        "dns": interface.dns,
        "search": interface.search,
    })
}

pub(super) fn set(agent: &Agent, params: Map<String, Value>) -> Result<Value, Fault> {
    let wanted = verbs::read::<Wanted>(params)?.checked()?;
    if let Some(mac) = &wanted.mac {
        let now = Now::look(agent);
        if !now.interfaces.iter().any(|one| one.mac == *mac) {
            let known: Vec<&str> = now.interfaces.iter().map(|one| one.mac.as_str()).collect();
            let message = format!("no interface has {mac}; there are: {}", known.join(", "));
            return Err(Fault::invalid("mac", message));
        }
    }
    let mut trial = lock(&agent.network);
    trial.number += 1;
    let urls: Vec<String> = wanted
        .addresses
        .iter()
        .map(|net| now::url(net.addr()))
        .collect();
    let begins = Instant::now() + BEGINS_AFTER;
    trial.went_back = None;
    trial.running = Some(Running {
        wanted,
        begins: Some(begins),
        until: begins + agent.confirm_within,
        fault: None,
    });
    Ok(json!({
        "change": trial.number,
        "confirmWithinSeconds": agent.confirm_within.as_secs(),
        "urls": urls,
    }))
}

pub(super) fn confirm(agent: &Agent, params: Map<String, Value>) -> Result<Value, Fault> {
    let Named { change } = verbs::read(params)?;
    let mut trial = lock(&agent.network);
    let wanted = match &trial.running {
        Some(running) if trial.number == change => {
            if running.begins.is_some() {
                try_out(agent, &running.wanted)?;
            }
            running.wanted.clone()
        }
        _ => return Err(too_late(change)),
    };
    settings::keep(agent, |kept| kept.interface = wanted)?;
    trial.running = None;
    Ok(json!({}))
}

pub(super) fn revert(agent: &Agent, params: Map<String, Value>) -> Result<Value, Fault> {
    let Named { change } = verbs::read(params)?;
    let mut trial = lock(&agent.network);
    if trial.running.is_none() || trial.number != change {
        return Err(too_late(change));
    }
    go_back(agent, &mut trial)?;
    Ok(json!({}))
}

fn too_late(change: u64) -> Fault {
    let message = format!(
        "change {change} is not on trial any more: it was confirmed, replaced, or the appliance went back to what it had"
    );
    Fault::new(Kind::Conflict, message)
}

/// Begins a trial, and goes back when its time is over.
pub(super) fn tick(agent: &Agent, now: Instant) {
    let mut trial = lock(&agent.network);
    let Some(running) = &mut trial.running else {
        return;
    };
    if running.begins.is_some_and(|begins| begins <= now) {
        running.begins = None;
        if let Err(fault) = try_out(agent, &running.wanted) {
            // Half a change may have been taken: what counted before counts again.
            running.until = now;
            running.fault = Some(fault);
        }
    }
    if running.until > now {
        return;
    }
    let fault = running.fault.as_ref().map(ToString::to_string);
    match go_back(agent, &mut trial) {
        Ok(()) => {
            let why = fault.as_deref().unwrap_or("nobody confirmed the change");
            eprintln!("network: {why}: back to what was kept");
            let change = trial.number;
            trial.went_back = Some(WentBack { change, fault });
        }
        Err(fault) => {
            eprintln!("network: cannot go back, trying again: {fault}");
            if let Some(running) = &mut trial.running {
                running.until = now + AGAIN;
            }
        }
    }
}

/// What an earlier run left on trial goes back.
pub(super) fn settle(agent: &Agent) {
    let kept = match settings::kept(agent) {
        Ok(kept) => kept.interface,
        Err(fault) => {
            eprintln!("network: {fault}");
            return;
        }
    };
    let path = agent.places.network();
    if std::fs::read_to_string(&path).is_ok_and(|text| text == xo_firstboot::network::unit(&kept)) {
        return;
    }
    match try_out(agent, &kept) {
        Ok(()) => eprintln!(
            "network: {} was not what is kept, and is now",
            path.display()
        ),
        Err(fault) => eprintln!("network: {fault}"),
    }
}

fn go_back(agent: &Agent, trial: &mut Trial) -> Result<(), Fault> {
    let kept = settings::kept(agent)?;
    try_out(agent, &kept.interface)?;
    trial.running = None;
    Ok(())
}

/// Makes networkd use it; nothing is kept.
fn try_out(agent: &Agent, interface: &Interface) -> Result<(), Fault> {
    apply::apply_network(&agent.places, agent.disk.as_ref(), interface).map_err(|error| {
        let path = agent.places.network();
        Fault::failed(format!("cannot write {}: {error}", path.display()))
    })?;
    agent.run("networkctl", &["reload"])?;
    Ok(())
}
