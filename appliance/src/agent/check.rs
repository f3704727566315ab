//! The self-check: each thing that must work, and what to do about those that do not.

use std::net::{IpAddr, UdpSocket};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use xo_firstboot::memory::LEAST_BYTES;

use super::network::Now;
use super::protocol::Fault;
use super::{Agent, certificate, settings, status, verbs};

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, and will not for long, or not wholly.
    Warning,
    /// It does not work.
    Failed,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// `disk`, `memory`, …
    pub name: String,
    /// How it is.
    pub state: State,
    /// What was found.
    pub text: String,
    /// What to do, unless all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.name, self.text)?;
        match &self.action {
            Some(action) => write!(f, "; {action}"),
            None => Ok(()),
        }
    }
}

const MIB: u64 = 1024 * 1024;
/// 2026-01-01: this program is younger, so the clock must be past it.
const OLDEST_NOW_MS: i64 = 1_767_225_600_000;
const DAY_MS: i64 = 86_400_000;

fn ok(name: &str, text: impl Into<String>) -> Finding {
    Finding {
        name: name.to_owned(),
        state: State::Ok,
        text: text.into(),
        action: None,
    }
}

fn bad(name: &str, state: State, text: impl Into<String>, action: &str) -> Finding {
    Finding {
        name: name.to_owned(),
        state,
        text: text.into(),
        action: Some(action.to_owned()),
    }
}

pub(super) fn verb(agent: &Agent, params: Map<String, Value>) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    let findings = all(agent);
    let worst = findings.iter().map(|finding| finding.state).max();
    Ok(json!({ "state": worst.unwrap_or(State::Ok), "checks": findings }))
}

/// What costs nothing to look at.
pub(super) fn quick(agent: &Agent, now: &Now) -> Vec<Finding> {
    vec![addresses(now), memory(agent), disk(agent), server(agent)]
}

/// Everything.
pub(super) fn all(agent: &Agent) -> Vec<Finding> {
    let now = Now::look(agent);
    let mut findings = vec![disk(agent), memory(agent), time(agent), addresses(&now)];
    findings.push(gateway(agent, &now));
    findings.push(dns(agent, &now));
    findings.push(kept_settings(agent));
    findings.push(certificate(agent));
    findings.push(server(agent));
    findings.extend(database_and_pools(agent));
    findings
}

fn disk(agent: &Agent) -> Finding {
    const NAME: &str = "disk";
    const GROW: &str = "enlarge the VM's disk and reboot: the data partition grows with it";
    if has_no_data(agent) {
        return bad(NAME, State::Failed, NO_DATA, RESTORE);
    }
    let space = match agent.machine.space(&agent.at("/var")) {
        Ok(space) => space,
        Err(error) => {
            let what = format!("the data partition cannot be looked at: {error}");
            return bad(
                NAME,
                State::Failed,
                what,
                "reboot; if it stays so, restore the VM from a backup",
            );
        }
    };
    let (free, total) = (space.free / MIB, space.total / MIB);
    let text = format!("{free} of {total} MiB are free");
    if space.free < 64 * MIB {
        bad(NAME, State::Failed, text, GROW)
    } else if space.free < space.total / 10 {
        bad(NAME, State::Warning, text, GROW)
    } else {
        ok(NAME, text)
    }
}

const NO_DATA: &str = "the data partition cannot be mounted: it is damaged or not there";
const RESTORE: &str = "what is on it is left as it is: go back to a snapshot of the VM, or import the appliance anew and restore the backup";

/// Memory stands in for the data partition (`xoa-no-data.service`).
fn has_no_data(agent: &Agent) -> bool {
    agent.at("/run/xoa/no-data").exists()
}

fn memory(agent: &Agent) -> Finding {
    const NAME: &str = "memory";
    const MORE: &str =
        "shut the VM down and give it more memory: 1 GiB, and more for thousands of VMs";
    let Some((total, available)) = status::memory(agent) else {
        return bad(NAME, State::Warning, "the kernel does not tell", "reboot");
    };
    let text = format!("{} of {} MiB are available", available / MIB, total / MIB);
    if total < LEAST_BYTES {
        bad(NAME, State::Failed, text, MORE)
    } else if available < 64 * MIB {
        bad(NAME, State::Warning, text, MORE)
    } else {
        ok(NAME, text)
    }
}

fn time(agent: &Agent) -> Finding {
    const NAME: &str = "time";
    if status::now_ms() < OLDEST_NOW_MS {
        let what = "the clock is years behind: certificates and tokens are judged wrongly";
        return bad(
            NAME,
            State::Failed,
            what,
            "set time servers that can be reached",
        );
    }
    if status::is_synchronised(agent) {
        return ok(NAME, "the clock follows a time server");
    }
    let action = "check the time servers (xoa time), and that UDP port 123 is let through";
    bad(
        NAME,
        State::Warning,
        "no time server has answered since the boot",
        action,
    )
}

fn addresses(now: &Now) -> Finding {
    const NAME: &str = "addresses";
    if now.interfaces.is_empty() {
        let action = "give the VM a network interface on the pool";
        return bad(NAME, State::Failed, "there is no network interface", action);
    }
    let urls = now.urls();
    if urls.is_empty() {
        let is_up = now.interfaces.iter().any(|interface| interface.is_up);
        let (what, action) = if is_up {
            (
                "no interface has an address",
                "is there a DHCP server? if not, set a fixed address",
            )
        } else {
            (
                "no interface is connected",
                "connect the VM's interface to a network on the pool",
            )
        };
        return bad(NAME, State::Failed, what, action);
    }
    ok(NAME, urls.join(", "))
}

fn gateway(agent: &Agent, now: &Now) -> Finding {
    const NAME: &str = "gateway";
    const ACTION: &str = "check the gateway's address (xoa network), and that the machine is on";
    if now.gateways.is_empty() {
        let what = "there is none: only the networks that this machine is in can be reached";
        return bad(
            NAME,
            State::Warning,
            what,
            "set a gateway, if pools or time servers are elsewhere",
        );
    }
    let mut silent = Vec::new();
    for gateway in &now.gateways {
        if !is_neighbour(agent, *gateway) {
            silent.push(gateway.to_string());
        }
    }
    if silent.is_empty() {
        let all: Vec<String> = now.gateways.iter().map(ToString::to_string).collect();
        ok(NAME, format!("{} answers", all.join(", ")))
    } else {
        let what = format!("{} does not answer", silent.join(", "));
        bad(NAME, State::Failed, what, ACTION)
    }
}

/// Whether the kernel found the neighbour's hardware address when something was sent to it.
fn is_neighbour(agent: &Agent, address: IpAddr) -> bool {
    let any = if address.is_ipv4() {
        "0.0.0.0:0"
    } else {
        "[::]:0"
    };
    // Port 9 throws away what it gets (RFC 863).
    let _ = UdpSocket::bind(any).and_then(|socket| socket.send_to(b"", (address, 9)));
    let shown = address.to_string();
    for look in 0..8 {
        if look > 0 {
            std::thread::sleep(Duration::from_millis(250));
        }
        let told = agent.run("ip", &["-json", "neighbour", "show", &shown]);
        let told: Vec<Value> = serde_json::from_str(&told.unwrap_or_default()).unwrap_or_default();
        let states: Vec<&str> = told
            .iter()
            .filter_map(|one| one.get("state")?.as_array())
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let found = ["REACHABLE", "STALE", "DELAY", "PROBE", "PERMANENT", "NOARP"];
        if states.iter().any(|state| found.contains(state)) {
            return true;
        }
        if states.contains(&"FAILED") {
            return false;
        }
    }
    false
}

fn dns(agent: &Agent, now: &Now) -> Finding {
    const NAME: &str = "dns";
    if now.dns.is_empty() {
        let what = "there is no name server: hosts and time servers can be reached by address only";
        return bad(NAME, State::Warning, what, "set one (xoa network)");
    }
    let mut silent = Vec::new();
    for server in &now.dns {
        if let Err(error) = agent.machine.ask_name_server(*server) {
            silent.push(format!("{server} ({error})"));
        }
    }
    if silent.is_empty() {
        let all: Vec<String> = now.dns.iter().map(ToString::to_string).collect();
        return ok(NAME, format!("{} answers", all.join(", ")));
    }
    let state = if silent.len() < now.dns.len() {
        State::Warning
    } else {
        State::Failed
    };
    let what = format!("no answer from {}", silent.join(", "));
    bad(
        NAME,
        state,
        what,
        "check the name servers' addresses (xoa network), and that UDP port 53 is let through",
    )
}

fn kept_settings(agent: &Agent) -> Finding {
    const NAME: &str = "settings";
    match settings::kept(agent) {
        Ok(_) => ok(NAME, "readable"),
        Err(fault) => {
            let action = "the defaults are used: set name, network and time again";
            bad(NAME, State::Failed, fault.message, action)
        }
    }
}

fn certificate(agent: &Agent) -> Finding {
    const NAME: &str = "certificate";
    const ACTION: &str = "upload a new one in the web client, under Appliance";
    let certificate = match certificate::look(agent) {
        Ok(certificate) => certificate,
        Err(what) => return bad(NAME, State::Failed, what, ACTION),
    };
    let left = certificate.not_after - status::now_ms();
    if left <= 0 {
        bad(
            NAME,
            State::Failed,
            "it is no longer valid: browsers refuse it",
            ACTION,
        )
    } else if left < 30 * DAY_MS {
        let what = format!("it is valid for {} days only", left / DAY_MS);
        bad(NAME, State::Warning, what, ACTION)
    } else {
        ok(NAME, format!("valid for {} days", left / DAY_MS))
    }
}

fn server(agent: &Agent) -> Finding {
    const NAME: &str = "server";
    const ACTION: &str =
        "reboot; if it stays so, take a support bundle and look at the end of its journal";
    if has_no_data(agent) {
        let what = format!("is not started, since {NO_DATA}");
        return bad(NAME, State::Failed, what, RESTORE);
    }
    let told = agent.run(
        "systemctl",
        &[
            "show",
            "xo-server.service",
            "--property=ActiveState,SubState,NRestarts",
        ],
    );
    let told = match told {
        Ok(told) => told,
        Err(fault) => return bad(NAME, State::Failed, fault.message, ACTION),
    };
    let value = |name: &str| {
        let line = told
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_default().trim()
    };
    let state = value("ActiveState");
    match state {
        "active" => ok(NAME, "runs"),
        "activating" | "reloading" if matches!(value("NRestarts"), "" | "0") => {
            bad(NAME, State::Warning, "is starting", "wait a moment")
        }
        _ => {
            let what = format!(
                "does not run ({state}, {}; started again {} times)",
                value("SubState"),
                value("NRestarts")
            );
            bad(NAME, State::Failed, what, ACTION)
        }
    }
}

/// Asks the server itself: its answer about the set-up comes out of the database.
fn database_and_pools(agent: &Agent) -> Vec<Finding> {
    const ACTION: &str =
        "look at the end of the journal in a support bundle: the server says there what is wrong";
    let certificate = agent.at(certificate::PLACE);
    let ask = |path: &str| agent.machine.ask_server(path, &certificate, None);
    let database = match ask("/rest/v0/setup") {
        Ok(_) => ok("database", "answers"),
        Err(error) => {
            let what = format!("the server does not answer out of its database: {error}");
            bad("database", State::Failed, what, ACTION)
        }
    };
    let pools = match ask("/metrics") {
        Ok(text) => pools(&text),
        Err(error) => {
            let what = format!("the server does not tell: {error}");
            bad("pools", State::Failed, what, ACTION)
        }
    };
    vec![database, pools]
}

fn pools(metrics: &str) -> Finding {
    const NAME: &str = "pools";
    let count = |state: &str| {
        let key = format!("xo_pools{{state=\"{state}\"}} ");
        metrics
            .lines()
            .find_map(|line| line.strip_prefix(&key)?.trim().parse::<u64>().ok())
    };
    match (count("connected"), count("lost")) {
        (Some(0), Some(0)) => ok(NAME, "none is connected yet"),
        (Some(up), Some(0)) => ok(NAME, format!("{up} connected")),
        (Some(up), Some(lost)) => {
            let what = format!("{up} connected, {lost} lost");
            let action = "the web client tells why, under Pools and connections";
            bad(
                NAME,
                if up == 0 {
                    State::Failed
                } else {
                    State::Warning
                },
                what,
                action,
            )
        }
        _ => bad(NAME, State::Failed, "the server does not tell", "reboot"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pools_are_counted_from_the_servers_metrics() {
        let metrics = |up: u32, lost: u32| {
            format!(
                "# TYPE xo_pools gauge\nxo_pools{{state=\"connected\"}} {up}\nxo_pools{{state=\"lost\"}} {lost}\n"
            )
        };
        for (up, lost, state) in [
            (0, 0, State::Ok),
            (2, 0, State::Ok),
            (2, 1, State::Warning),
            (0, 1, State::Failed),
        ] {
            assert_eq!(pools(&metrics(up, lost)).state, state, "{up} {lost}");
        }
        assert_eq!(pools("nothing").state, State::Failed);
    }
}
