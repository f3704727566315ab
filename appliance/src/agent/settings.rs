//! The settings that stay: name, time, proxy. Kept first, then in force; a power cut in between is made good by the next boot.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use xo_firstboot::Problem;
use xo_firstboot::apply;
use xo_firstboot::settings::{Settings, is_host_name, is_proxy, is_time_zone, server};

use super::protocol::Fault;
use super::{Agent, lock, status, update, verbs};

type Params = Map<String, Value>;

const MOST_TIME_SERVERS: usize = 8;

/// What is kept.
pub(super) fn kept(agent: &Agent) -> Result<Settings, Fault> {
    let _guard = lock(&agent.keeping);
    load(agent)
}

fn load(agent: &Agent) -> Result<Settings, Fault> {
    let mut problems = Vec::new();
    let loaded = apply::load(&agent.places, &mut problems);
    log(&problems);
    loaded.map_err(|error| {
        let path = agent.places.settings();
        Fault::failed(format!("cannot read {}: {error}", path.display()))
    })
}

/// Changes what is kept.
pub(super) fn keep(agent: &Agent, change: impl FnOnce(&mut Settings)) -> Result<Settings, Fault> {
    let _guard = lock(&agent.keeping);
    let mut settings = load(agent)?;
    change(&mut settings);
    let path = agent.places.settings();
    let text = serde_json::to_vec_pretty(&settings).map_err(|e| Fault::failed(e.to_string()))?;
    let written = agent
        .disk
        .make_folder(&agent.places.state, 0o700)
        .and_then(|()| agent.disk.write(&path, 0o600, &text));
    written.map_err(|error| {
        Fault::failed(format!(
            "cannot keep it in {}: {error}; is the data disk full?",
            path.display()
        ))
    })?;
    Ok(settings)
}

/// Changes what is kept, and makes all but the network follow.
fn keep_and_apply(agent: &Agent, change: impl FnOnce(&mut Settings)) -> Result<(), Fault> {
    let settings = keep(agent, change)?;
    let mut problems = Vec::new();
    apply::apply_others(&agent.places, agent.disk.as_ref(), &settings, &mut problems);
    log(&problems);
    match problems.first() {
        None => Ok(()),
        Some(problem) => Err(Fault::failed(format!(
            "it is kept, and counts from the next boot on; now: {problem}"
        ))),
    }
}

fn log(problems: &[Problem]) {
    for problem in problems {
        eprintln!("{problem}");
    }
}

/// All that a backup keeps, with the proxy's password. The network is not a part of it: a machine that is restored is reached where it is.
pub(super) fn all(agent: &Agent, params: Params) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    let kept = kept(agent)?;
    Ok(json!({
        "hostname": kept.hostname,
        "time": { "zone": kept.timezone.as_deref().unwrap_or("UTC"), "ntp": kept.ntp },
        "proxy": kept.proxy,
        "updates": update::kept(agent)?,
    }))
}

pub(super) fn get_hostname(agent: &Agent, params: Params) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    let kept = kept(agent)?.hostname;
    Ok(json!({ "hostname": status::hostname(agent), "kept": kept }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hostname {
    hostname: String,
}

pub(super) fn set_hostname(agent: &Agent, params: Params) -> Result<Value, Fault> {
    let Hostname { hostname } = verbs::read(params)?;
    let name = hostname.trim().to_ascii_lowercase();
    // The kernel takes no more (`__NEW_UTS_LEN`).
    if !is_host_name(&name) || name.len() > 64 {
        let message = "must have letters, digits, hyphens and dots, and 64 characters at most";
        return Err(Fault::invalid("hostname", message));
    }
    keep_and_apply(agent, |settings| settings.hostname = Some(name.clone()))?;
    Ok(json!({ "hostname": name }))
}

pub(super) fn get_time(agent: &Agent, params: Params) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    let kept = kept(agent)?;
    Ok(json!({
        "zone": kept.timezone.as_deref().unwrap_or("UTC"),
        "ntp": kept.ntp,
        "now": status::now_ms(),
        "synchronised": status::is_synchronised(agent),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Time {
    zone: Option<String>,
    ntp: Option<Vec<String>>,
}

pub(super) fn set_time(agent: &Agent, params: Params) -> Result<Value, Fault> {
    let Time { zone, ntp } = verbs::read(params)?;
    if let Some(zone) = &zone {
        // Where zones are installed, it must be one of them.
        let zones = agent.at("/usr/share/zoneinfo");
        let is_known = is_time_zone(zone) && (!zones.is_dir() || zones.join(zone).is_file());
        if !is_known {
            return Err(Fault::invalid(
                "zone",
                "is no time zone: expected a name such as Europe/Paris",
            ));
        }
    }
    for name in ntp.iter().flatten() {
        if server(name).is_none() {
            let message = format!("`{}` is neither a name nor an address", name.escape_debug());
            return Err(Fault::invalid("ntp", message));
        }
    }
    if ntp
        .as_ref()
        .is_some_and(|list| list.len() > MOST_TIME_SERVERS)
    {
        let message = format!("has more than {MOST_TIME_SERVERS} entries");
        return Err(Fault::invalid("ntp", message));
    }
    let changes_servers = ntp.is_some();
    let changes_zone = zone.is_some();
    keep_and_apply(agent, |settings| {
        if let Some(zone) = zone {
            settings.timezone = (zone != "UTC").then_some(zone);
        }
        if let Some(ntp) = ntp {
            settings.ntp = ntp;
        }
    })?;
    if changes_servers {
        agent.run("systemctl", &["try-restart", "systemd-timesyncd.service"])?;
    }
    Ok(json!({ "restart": changes_zone }))
}

pub(super) fn get_proxy(agent: &Agent, params: Params) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    Ok(json!({ "proxy": kept(agent)?.proxy.as_deref().map(without_password) }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proxy {
    proxy: Option<String>,
}

pub(super) fn set_proxy(agent: &Agent, params: Params) -> Result<Value, Fault> {
    if !params.contains_key("proxy") {
        return Err(Fault::invalid(
            "proxy",
            "is required: an address, or null for none",
        ));
    }
    let Proxy { proxy } = verbs::read(params)?;
    let proxy = proxy
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty());
    if proxy.as_deref().is_some_and(|text| !is_proxy(text)) {
        return Err(Fault::invalid("proxy", "must be http://name:port"));
    }
    keep_and_apply(agent, |settings| {
        // Whoever sends back what they were shown changes nothing.
        let shown = settings.proxy.as_deref().map(without_password);
        if proxy != shown {
            settings.proxy = proxy;
        }
    })?;
    Ok(json!({}))
}

/// What others may read of a proxy's address.
pub(super) fn without_password(proxy: &str) -> String {
    match (proxy.split_once("://"), proxy.rsplit_once('@')) {
        (Some((scheme, _)), Some((account, host))) => {
            let account = account
                .split_once("://")
                .map_or(account, |(_, account)| account);
            let user = account.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:***@{host}")
        }
        _ => proxy.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxys_password_is_not_shown() {
        for (given, shown) in [
            ("http://proxy:3128", "http://proxy:3128"),
            ("http://ann:se@cret@proxy:3128", "http://ann:***@proxy:3128"),
            (
                "http://ann:secret@proxy:3128/",
                "http://ann:***@proxy:3128/",
            ),
        ] {
            assert_eq!(without_password(given), shown);
        }
    }
}
