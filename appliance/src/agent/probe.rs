//! Whether the server does its work: somebody can sign in, and the pools that were connected before an update are connected again.
//!
//! The sign-in is by a token that the server's own program makes for this, so that no password is kept. A pool that nobody reaches, which a
//! connection to its address shows, says nothing about the new system.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::protocol::Fault;
use super::{Agent, certificate, lock, server, verbs};

const SERVERS: &str = "/rest/v0/servers?fields=id,host,label,enabled,status";
const INTERRUPTIONS: &str = "/rest/v0/appliance/updates/interruptions";
/// Which pools were connected, beside the journal of updates.
const BEFORE: &str = "pools-before-update.json";
const LIMIT: Duration = Duration::from_secs(30);

/// A connection to a pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pool {
    id: String,
    host: String,
    label: Option<String>,
    #[serde(default)]
    enabled: bool,
    status: Option<String>,
}

impl Pool {
    fn is_connected(&self) -> bool {
        self.status.as_deref() == Some("connected")
    }

    fn name(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.host)
    }
}

/// For the gate behind a start: an error says what does not work yet.
pub(super) fn verb(agent: &Agent, params: Map<String, Value>) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    let now = pools(agent)?;
    for pool in before(agent) {
        let Some(now) = now.iter().find(|now| now.id == pool.id && now.enabled) else {
            continue;
        };
        if !now.is_connected() && agent.machine.reach(&now.host).is_ok() {
            return Err(Fault::failed(format!(
                "the pool {} was connected before the update, and is not although it can be reached",
                now.name()
            )));
        }
    }
    Ok(json!({}))
}

/// Before an update: which pools are connected. One that cannot be told keeps nobody from updating.
pub(super) fn remember(agent: &Agent) {
    let connected: Vec<Pool> = match pools(agent) {
        Ok(pools) => pools.into_iter().filter(Pool::is_connected).collect(),
        Err(fault) => {
            eprintln!("which pools are connected is not known: {fault}");
            Vec::new()
        }
    };
    let path = agent.places.state.join(BEFORE);
    let text = serde_json::to_vec_pretty(&connected).unwrap_or_default();
    if let Err(error) = agent.disk.write(&path, 0o600, &text) {
        eprintln!("{}: {error}", path.display());
    }
}

fn before(agent: &Agent) -> Vec<Pool> {
    let text = std::fs::read(agent.places.state.join(BEFORE)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// All connections. Without any account there are none.
fn pools(agent: &Agent) -> Result<Vec<Pool>, Fault> {
    Ok(signed_in(agent, SERVERS)?.unwrap_or_default())
}

/// What the server answers to an administrator; nothing while nobody has an account.
fn signed_in<T: DeserializeOwned>(agent: &Agent, path: &str) -> Result<Option<T>, Fault> {
    // A token that is not good any more is replaced by another one.
    for is_last in [false, true] {
        let Some(token) = token(agent)? else {
            return Ok(None);
        };
        let certificate = agent.at(certificate::PLACE);
        match agent.machine.ask_server(path, &certificate, Some(&token)) {
            Ok(told) => {
                let read = serde_json::from_str(&told);
                return read.map(Some).map_err(|error| {
                    Fault::failed(format!("the server answers {path} in odd words: {error}"))
                });
            }
            Err(error) if is_last => {
                return Err(Fault::failed(format!("nobody can sign in: {error}")));
            }
            Err(_) => *lock(&agent.token) = None,
        }
    }
    Ok(None)
}

#[derive(Deserialize)]
struct Interruptions {
    interrupts: Vec<String>,
}

/// What a restart would interrupt; nothing, when no server answers.
pub(super) fn interruptions(agent: &Agent) -> Vec<String> {
    match signed_in(agent, INTERRUPTIONS) {
        Ok(Some(Interruptions { interrupts })) => interrupts,
        Ok(None) => Vec::new(),
        Err(fault) => {
            eprintln!("what a restart would interrupt is not known: {fault}");
            Vec::new()
        }
    }
}

fn token(agent: &Agent) -> Result<Option<String>, Fault> {
    let mut kept = lock(&agent.token);
    if kept.is_none() {
        let made = server::run(agent, &["admin", "self-test-token"], b"", LIMIT)?;
        *kept = Some(made.trim().to_owned()).filter(|token| !token.is_empty());
    }
    Ok(kept.clone())
}
