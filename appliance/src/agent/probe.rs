//! Whether the server does its work: somebody can sign in, and the pools that were connected before an update are connected again.
//!
//! The sign-in is by a token that the server's own program makes for this, so that no password is kept. A pool that nobody reaches, which a
//! connection to its address shows, says nothing about the new system.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::time::Duration;

use super::protocol::Fault;
use super::{Agent, certificate, lock, server, verbs};

const SERVERS: &str = "/rest/v0/servers?fields=id,host,label,enabled,status";
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

/// All connections, asked as an administrator. Without any account there are none, and nobody to sign in.
fn pools(agent: &Agent) -> Result<Vec<Pool>, Fault> {
    // A token that is not good any more is replaced by another one.
    for is_last in [false, true] {
        let Some(token) = token(agent)? else {
            return Ok(Vec::new());
        };
        let certificate = agent.at(certificate::PLACE);
        match agent
            .machine
            .ask_server(SERVERS, &certificate, Some(&token))
        {
            Ok(told) => {
                return serde_json::from_str(&told).map_err(|error| {
                    Fault::failed(format!("the server tells its pools in odd words: {error}"))
                });
            }
            Err(error) if is_last => {
                return Err(Fault::failed(format!("nobody can sign in: {error}")));
            }
            Err(_) => *lock(&agent.token) = None,
        }
    }
    Ok(Vec::new())
}

fn token(agent: &Agent) -> Result<Option<String>, Fault> {
    let mut kept = lock(&agent.token);
    if kept.is_none() {
        let made = server::run(agent, &["admin", "self-test-token"], b"", LIMIT)?;
        *kept = Some(made.trim().to_owned()).filter(|token| !token.is_empty());
    }
    Ok(kept.clone())
}
