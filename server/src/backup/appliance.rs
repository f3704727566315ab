//! What the appliance is set to, by its agent: name, time, proxy, where updates come from. A backup has it, and a restore sets it.
//!
//! The network is not a part of it: the machine that is restored is reached where it is, and perhaps the old one still has its address.

use std::path::Path;

use serde_json::{Map, Value};
use xo_engine::{Error, ask_agent};

/// Which part of `settings.get` is set by which verb, and what it is called then: none, when its members are parameters.
const PARTS: [(&str, &str, Option<&str>); 4] = [
    ("hostname", "hostname.set", Some("hostname")),
    ("time", "time.set", None),
    ("proxy", "proxy.set", Some("proxy")),
    ("updates", "update.settings", None),
];

/// Nothing where there is no appliance. An agent that does not answer costs its settings, not the backup.
pub(super) async fn settings(agent: &Path) -> Option<Value> {
    match ask_agent(agent, "settings.get", Map::new()).await {
        Ok(settings) => Some(settings),
        Err(Error::NotAppliance) => None,
        Err(error) => {
            tracing::warn!("the backup is made without the appliance's settings: {error}");
            None
        }
    }
}

/// Sets them; answers what could not be set, and why.
pub(super) async fn set(agent: &Path, settings: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    for (part, verb, name) in PARTS {
        let Some(value) = settings.get(part) else {
            continue;
        };
        let params = match (name, value) {
            (Some(name), value) => Map::from_iter([(name.to_owned(), value.clone())]),
            (None, Value::Object(members)) => members.clone(),
            (None, _) => continue,
        };
        // A name that was never chosen stays unchosen.
        if part == "hostname" && value.is_null() {
            continue;
        }
        match ask_agent(agent, verb, params).await {
            Ok(_) => {}
            Err(Error::NotAppliance) => return Vec::new(),
            Err(error) => problems.push(format!("{part}: {error}")),
        }
    }
    problems
}
