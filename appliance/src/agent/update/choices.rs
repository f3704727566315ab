//! What administrators choose: which releases, from where, how fast, and when they are installed by themselves.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use xo_release::{CHANNELS, STABLE};

use super::{Params, origin};
use crate::agent::protocol::Fault;
use crate::agent::schedule::{WAIT_SECONDS, Window};
use crate::agent::{Agent, verbs};
use crate::update::folder::{self, OnDisk};
use crate::update::here::STORE;
use crate::update::trust::{Expiry, Location};

const CHOICES: &str = "settings.json";
const CHOICES_LIMIT: usize = 64 * 1024;
/// The repository that the image knows.
const REPOSITORY: &str = "usr/share/xoa/repository";

/// What administrators choose.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(in crate::agent) struct Choices {
    /// Which releases: `stable`, `latest`.
    pub(super) channel: Option<String>,
    /// Where releases come from; the image's repository when left out.
    pub(super) repository: Option<String>,
    /// The limit of bandwidth.
    pub(super) bytes_per_second: Option<u64>,
    /// Updates install themselves.
    pub(in crate::agent) automatic: bool,
    /// When they do; at any time when left out.
    pub(in crate::agent) window: Option<Window>,
    /// How long they wait for what a restart would interrupt.
    pub(in crate::agent) wait_seconds: Option<u64>,
}

/// As they are kept.
pub(in crate::agent) fn choices(agent: &Agent) -> Result<Choices, Fault> {
    let store = OnDisk::new(agent.at(STORE));
    let bytes = folder::read(&store, CHOICES, CHOICES_LIMIT);
    let bytes = bytes.map_err(|error| {
        Fault::failed(format!("the settings of updates cannot be read: {error}"))
    })?;
    Ok(bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default())
}

/// Without members it tells them; null takes a choice back.
pub(in crate::agent) fn choose(agent: &Agent, params: Params) -> Result<Value, Fault> {
    agent.updates.engine()?;
    if params.is_empty() {
        return shown(agent);
    }
    let mut all = serde_json::to_value(choices(agent)?)
        .ok()
        .and_then(|value| value.as_object().cloned())
        .unwrap_or_default();
    all.extend(params);
    all.retain(|_, choice| !choice.is_null());
    let chosen: Choices = verbs::read(all)?;
    let is_one = |name: &String| CHANNELS.contains(&name.as_str());
    if chosen.channel.as_ref().is_some_and(|name| !is_one(name)) {
        return Err(Fault::invalid(
            "channel",
            format!("must be one of {}", CHANNELS.join(", ")),
        ));
    }
    if let Some(address) = &chosen.repository {
        Location::web(address)
            .and_then(|place| origin::open(agent, place, None, Expiry::Enforced))
            .map_err(|error| Fault::invalid("repository", error.to_string()))?;
    }
    let store = OnDisk::new(agent.at(STORE));
    let bytes = serde_json::to_vec_pretty(&chosen).map_err(|e| Fault::failed(e.to_string()))?;
    folder::replace(&store, CHOICES, &bytes).map_err(|error| {
        Fault::failed(format!("the settings of updates cannot be kept: {error}"))
    })?;
    agent.updates.tell();
    shown(agent)
}

/// What was chosen, as `update.settings` takes it.
pub(in crate::agent) fn kept(agent: &Agent) -> Result<Value, Fault> {
    serde_json::to_value(choices(agent)?).map_err(|e| Fault::failed(e.to_string()))
}

pub(super) fn shown(agent: &Agent) -> Result<Value, Fault> {
    let chosen = choices(agent)?;
    Ok(json!({
        "channel": chosen.channel.as_deref().unwrap_or(STABLE),
        "repository": repository(agent, &chosen),
        "bytesPerSecond": chosen.bytes_per_second,
        "automatic": chosen.automatic,
        "window": chosen.window,
        "waitSeconds": chosen.wait_seconds.unwrap_or(WAIT_SECONDS),
    }))
}

/// Where releases come from: as was chosen, or as the image knows it.
pub(super) fn repository(agent: &Agent, chosen: &Choices) -> Option<String> {
    if chosen.repository.is_some() {
        return chosen.repository.clone();
    }
    let text = agent.text(REPOSITORY);
    let address = text.trim();
    (!address.is_empty()).then(|| address.to_owned())
}
