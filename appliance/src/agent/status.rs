//! How the appliance is: what the screen and the first page show.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use xo_firstboot::Problem;

use super::network::Now;
use super::protocol::Fault;
use super::{Agent, Finding, State, certificate, check, code, network, slots, verbs};
use crate::entries::image_version;

pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn verb(agent: &Agent, params: Map<String, Value>) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    Ok(look(agent))
}

/// Everything; what cannot be told is null.
pub(super) fn look(agent: &Agent) -> Value {
    let now = Now::look(agent);
    let problems = first_boot_problems(agent);
    let findings = check::quick(agent, &now);
    let memory = memory(agent);
    json!({
        "version": version(agent),
        "hostname": hostname(agent),
        "slots": slots::look(agent),
        "uptimeSeconds": uptime(agent),
        "now": now_ms(),
        "health": health(&findings, &problems),
        "problems": problems,
        "disk": agent.machine.space(&agent.at("/var")).ok().map(|space| json!({
            "totalBytes": space.total, "freeBytes": space.free,
        })),
        "memory": memory.map(|(total, available)| json!({
            "totalBytes": total, "availableBytes": available,
        })),
        "interfaces": now.interfaces,
        "urls": now.urls(),
        "network": network::pending(agent),
        "certificate": certificate::look(agent).ok(),
    })
}

/// Of the image, as whoever published it calls it; a system that says none has that of this program.
fn version(agent: &Agent) -> String {
    let release = agent.text("usr/lib/os-release");
    image_version(&release).unwrap_or(VERSION).to_owned()
}

/// One word and one line: the worst that was found.
fn health(findings: &[Finding], problems: &[Problem]) -> Value {
    let worst = findings.iter().max_by_key(|finding| finding.state);
    let (state, text) = match worst {
        Some(finding) if finding.state > State::Ok => (finding.state, finding.to_string()),
        _ => match problems.first() {
            Some(problem) => (State::Warning, problem.to_string()),
            None => (State::Ok, "all is well".to_owned()),
        },
    };
    json!({ "state": state, "text": text })
}

fn first_boot_problems(agent: &Agent) -> Vec<Problem> {
    let text = std::fs::read(agent.places.report()).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// What only the screen may show; it is no part of what the server is told.
pub(super) fn setup_code(agent: &Agent, params: Map<String, Value>) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    Ok(json!({ "code": code::setup_code(agent) }))
}

pub(super) fn hostname(agent: &Agent) -> String {
    agent.text("/proc/sys/kernel/hostname").trim().to_owned()
}

fn uptime(agent: &Agent) -> Option<u64> {
    let text = agent.text("/proc/uptime");
    text.split('.').next()?.parse().ok()
}

/// Total and available, in bytes.
pub(super) fn memory(agent: &Agent) -> Option<(u64, u64)> {
    let text = agent.text("/proc/meminfo");
    let bytes = |name: &str| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
        kib.checked_mul(1024)
    };
    Some((bytes("MemTotal")?, bytes("MemAvailable")?))
}

/// timesyncd made this file when it set the clock since the boot.
pub(super) fn is_synchronised(agent: &Agent) -> bool {
    agent.at("/run/systemd/timesync/synchronized").exists()
}

pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
