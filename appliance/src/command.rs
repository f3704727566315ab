//! `xoa`: the agent's verbs for people and scripts. Text on a terminal, JSON when piped or with `--json`.
//!
//! Exit codes: 0 done, 1 a check failed, 2 wrong use, 3 the agent is away, 4 it refused, 5 it tried and failed.

mod arguments;
mod text;
mod update;

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::agent::State;
use crate::agent::client::{Ask, Error};
use crate::agent::protocol::{Fault, Kind};

pub(crate) use text::duration;

pub use arguments::{BackupVerb, Command, NetworkVerb, PowerVerb, UpdateVerb, Verb};
pub use update::UpdateSettings;
use update::{Consent, Update};

/// Where it reads and writes.
pub struct Streams<'a> {
    /// Answers.
    pub output: &'a mut dyn Write,
    /// Passwords and typed words.
    pub input: &'a mut dyn BufRead,
    /// A person reads along.
    pub is_terminal: bool,
}

/// Why a command did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The agent's.
    #[error("{0}")]
    Agent(#[from] Error),
    /// The terminal's, or that of a file that is written.
    #[error("{place}: {source}")]
    Local {
        /// Which.
        place: String,
        /// Why.
        source: io::Error,
    },
    /// The person's.
    #[error("{0}")]
    Wrong(String),
}

impl Failure {
    /// For the shell.
    pub fn code(&self) -> u8 {
        match self {
            Self::Wrong(_) => 2,
            Self::Agent(Error::Away { .. }) => 3,
            Self::Agent(Error::Refused(Fault { kind, .. })) => match kind {
                Kind::Invalid => 2,
                Kind::Failed | Kind::WrongFile => 5,
                Kind::NotImplemented | Kind::Forbidden | Kind::Conflict | Kind::Busy => 4,
            },
            Self::Agent(Error::Broken(_)) | Self::Local { .. } => 5,
        }
    }
}

/// Does it; returns the exit code.
///
/// # Errors
/// [`Failure`], to be printed.
pub fn run(command: &Command, agent: &dyn Ask, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let shows_json = command.json || !streams.is_terminal;
    let mut show = |value: &Value, text: Text| print(streams.output, shows_json, value, text);
    match &command.verb {
        Verb::Status => show(&agent.ask("status", Map::new())?, text::status)?,
        Verb::Check => {
            let told = agent.ask("check", Map::new())?;
            show(&told, text::check)?;
            let state = told.get("state").cloned().unwrap_or_default();
            let failed = serde_json::from_value::<State>(state).is_ok_and(|s| s == State::Failed);
            return Ok(u8::from(failed));
        }
        Verb::Network { verb } => match verb {
            None | Some(NetworkVerb::Show) => {
                show(&agent.ask("network.get", Map::new())?, text::network)?;
            }
            Some(NetworkVerb::Dhcp { dns, search, mac }) => {
                let wanted = json!({ "mode": "dhcp", "dns": dns, "search": search, "mac": mac });
                show(&agent.ask("network.set", members(wanted))?, text::trial)?;
            }
            Some(NetworkVerb::Static {
                address,
                gateway,
                dns,
                search,
                mac,
            }) => {
                let wanted = json!({
                    "mode": "static", "addresses": address, "gateways": gateway,
                    "dns": dns, "search": search, "mac": mac,
                });
                show(&agent.ask("network.set", members(wanted))?, text::trial)?;
            }
            Some(NetworkVerb::Confirm { change }) => {
                let params = members(json!({ "change": change }));
                show(&agent.ask("network.confirm", params)?, |_| {
                    "kept\n".to_owned()
                })?;
            }
            Some(NetworkVerb::Revert { change }) => {
                let params = members(json!({ "change": change }));
                show(&agent.ask("network.revert", params)?, |_| {
                    "as before\n".to_owned()
                })?;
            }
        },
        Verb::Hostname { name: None } => {
            show(&agent.ask("hostname.get", Map::new())?, text::hostname)?;
        }
        Verb::Hostname { name: Some(name) } => {
            let params = members(json!({ "hostname": name }));
            show(&agent.ask("hostname.set", params)?, text::hostname)?;
        }
        Verb::Time { zone: None, ntp } if ntp.is_empty() => {
            show(&agent.ask("time.get", Map::new())?, text::time)?;
        }
        Verb::Time { zone, ntp } => {
            let mut params = Map::new();
            if let Some(zone) = zone {
                params.insert("zone".into(), json!(zone));
            }
            if !ntp.is_empty() {
                // `none` goes back to the distribution's.
                let list: Vec<&String> = ntp.iter().filter(|name| *name != "none").collect();
                params.insert("ntp".into(), json!(list));
            }
            show(&agent.ask("time.set", params)?, text::time_set)?;
        }
        Verb::Proxy { address: None } => show(&agent.ask("proxy.get", Map::new())?, text::proxy)?,
        Verb::Proxy {
            address: Some(address),
        } => {
            let proxy = (address != "none").then_some(address);
            let params = members(json!({ "proxy": proxy }));
            show(&agent.ask("proxy.set", params)?, text::done)?;
        }
        Verb::Power { action } => {
            let action = match action {
                PowerVerb::Reboot => "reboot",
                PowerVerb::Off => "poweroff",
            };
            show(
                &agent.ask("power", members(json!({ "action": action })))?,
                text::done,
            )?;
        }
        Verb::Bundle { output } => {
            let name = bundle(agent, output.as_deref())?;
            show(&json!({ "file": name }), |told| {
                format!(
                    "{}\n",
                    told.get("file").and_then(Value::as_str).unwrap_or_default()
                )
            })?;
        }
        Verb::FactoryReset { word } => {
            let word = match word {
                Some(word) => word.clone(),
                None => typed(streams, text::BEFORE_RESET)?,
            };
            agent.ask("factory-reset", members(json!({ "word": word })))?;
        }
        Verb::Administrators => {
            show(
                &agent.ask("administrators", Map::new())?,
                text::administrators,
            )?;
        }
        Verb::ResetPassword { account } => {
            let password = typed(
                streams,
                &format!("New password of {account} (it is shown): "),
            )?;
            let params = members(json!({ "account": account, "password": password }));
            agent.ask("reset-password", params)?;
        }
        Verb::SetupCode => show(&agent.ask("setup-code", Map::new())?, text::setup_code)?,
        Verb::CertificateChanged => {
            show(&agent.ask("certificate-changed", Map::new())?, text::done)?;
        }
        Verb::Update {
            check,
            rollback,
            version,
            from,
            accept_expired,
            yes,
            force,
            verb,
        } => {
            let step = match verb {
                Some(verb) => Some(verb.clone()),
                None if *check => Some(UpdateVerb::Check {
                    version: version.clone(),
                }),
                None if *rollback => Some(UpdateVerb::Rollback),
                None => None,
            };
            let consent = match (force, yes) {
                (true, _) => Consent::Forced,
                (false, false) if !shows_json => Consent::Asked,
                (false, _) => Consent::Unharmed,
            };
            let mut update = Update::new(agent, consent, &mut *streams, shows_json);
            let told = match (from, step) {
                (Some(file), Some(_)) => update.look_into(file, *accept_expired)?,
                (Some(file), None) => update.install_file(file, *accept_expired)?,
                (None, Some(step)) => update.run(&step)?,
                (None, None) => update.install(version.as_ref())?,
            };
            print(streams.output, shows_json, &told, update::standing)?;
        }
        Verb::Backup { verb } => {
            let verb = match verb {
                None => "backup",
                Some(BackupVerb::List) => "backup.list",
                Some(BackupVerb::Key) => "backup.key",
            };
            show(&agent.ask(verb, Map::new())?, text::backup)?;
        }
        Verb::Restore { backup, from } => {
            let params = match from {
                None => json!({ "backup": backup }),
                Some(path) => uploaded(agent, path, streams)?,
            };
            let told = agent.ask("restore", members(params))?;
            print(streams.output, shows_json, &told, text::backup)?;
        }
    }
    Ok(0)
}

type Text = fn(&Value) -> String;

fn print(
    output: &mut dyn Write,
    shows_json: bool,
    value: &Value,
    text: Text,
) -> Result<(), Failure> {
    let shown = if shows_json {
        format!("{value:#}\n")
    } else {
        text(value)
    };
    let written = output.write_all(shown.as_bytes());
    written.map_err(local("standard output"))
}

/// Sends a backup of another machine; answers what it takes to restore it.
fn uploaded(agent: &dyn Ask, path: &Path, streams: &mut Streams<'_>) -> Result<Value, Failure> {
    let mut file = File::open(path).map_err(local(&path.display().to_string()))?;
    let key = typed(streams, "Recovery key of the machine that made it: ")?;
    let taken = agent.upload("backup.upload", &mut file)?;
    Ok(json!({ "backup": taken.get("backup"), "key": key }))
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(k, v)| k == "proxy" || !v.is_null())
            .collect(),
        _ => Map::new(),
    }
}

fn local(place: &str) -> impl Fn(io::Error) -> Failure {
    move |source| Failure::Local {
        place: place.to_owned(),
        source,
    }
}

/// A line from the terminal, or from who pipes one in.
fn typed(streams: &mut Streams<'_>, question: &str) -> Result<String, Failure> {
    let line = answer(streams, question)?;
    if line.is_empty() {
        return Err(Failure::Wrong(
            "nothing was typed, and nothing is done".to_owned(),
        ));
    }
    Ok(line)
}

/// The same, where nothing is an answer too.
fn answer(streams: &mut Streams<'_>, question: &str) -> Result<String, Failure> {
    if streams.is_terminal {
        let asked = streams.output.write_all(question.as_bytes());
        asked
            .and_then(|()| streams.output.flush())
            .map_err(local("standard output"))?;
    }
    let mut line = String::new();
    streams
        .input
        .read_line(&mut line)
        .map_err(local("standard input"))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Fetches the bundle into a file that appears when it is whole.
fn bundle(agent: &dyn Ask, path: Option<&Path>) -> Result<String, Failure> {
    let folder = path
        .and_then(Path::parent)
        .filter(|p| !p.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let fresh = folder.join(format!(".xoa-support-{}.part", std::process::id()));
    let shown = fresh.display().to_string();
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&fresh);
    let mut file = file.map_err(local(&shown))?;
    let fetched = agent.fetch("bundle", &mut file);
    let kept = fetched.map_err(Failure::from).and_then(|name| {
        let name = Path::new(&name).file_name().unwrap_or_default();
        let target = path.map_or_else(|| folder.join(name), Path::to_owned);
        let renamed = file
            .sync_all()
            .and_then(|()| std::fs::rename(&fresh, &target));
        renamed.map_err(local(&target.display().to_string()))?;
        Ok(target.display().to_string())
    });
    if kept.is_err() {
        let _ = std::fs::remove_file(&fresh);
    }
    kept
}
