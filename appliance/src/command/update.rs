//! `xoa update`: one step, or all of them up to the restart. What the agent does in a thread is waited for, and told in a line on a terminal.

mod settings;
mod text;

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use semver::Version;
use serde_json::{Map, Value, json};

use super::{Failure, Streams, UpdateVerb};
use crate::agent::client::{Ask, Error};
use crate::agent::protocol::Fault;

pub use settings::UpdateSettings;
pub(super) use text::standing;

const LOOK: Duration = Duration::from_millis(500);
/// Back to the beginning of the line, and nothing in it.
const ANEW: &str = "\r\x1b[K";

/// Whether it may restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consent {
    /// A person is told what that interrupts, and asked.
    Asked,
    /// When it interrupts nothing.
    Unharmed,
    /// Whatever it interrupts.
    Forced,
}

/// Who updates.
pub(super) struct Update<'a, 'b> {
    agent: &'a dyn Ask,
    consent: Consent,
    streams: &'a mut Streams<'b>,
    /// Nobody reads how far it is.
    is_silent: bool,
}

impl<'a, 'b> Update<'a, 'b> {
    pub(super) fn new(
        agent: &'a dyn Ask,
        consent: Consent,
        streams: &'a mut Streams<'b>,
        is_silent: bool,
    ) -> Self {
        Self {
            agent,
            consent,
            streams,
            is_silent,
        }
    }

    /// Sends a file, fetches from it, and does the rest.
    pub(super) fn install_file(
        &mut self,
        path: &Path,
        accept_expired: bool,
    ) -> Result<Value, Failure> {
        let which = self.send(path, accept_expired)?;
        self.all(which).map_err(hint)
    }

    /// Sends a file, and tells what is in it.
    pub(super) fn look_into(
        &mut self,
        path: &Path,
        accept_expired: bool,
    ) -> Result<Value, Failure> {
        let which = self.send(path, accept_expired)?;
        let told = self.agent.ask("update.check", which);
        let mut told = told.map_err(|error| hint(error.into()))?;
        told["from"] = json!("bundle");
        Ok(told)
    }

    /// Has the newest release, or this one, and starts it.
    pub(super) fn install(&mut self, version: Option<&Version>) -> Result<Value, Failure> {
        self.all(of(version))
    }

    /// Does one step; answers how it stands then.
    pub(super) fn run(&mut self, step: &UpdateVerb) -> Result<Value, Failure> {
        match step {
            UpdateVerb::Status => self.ask("update.status"),
            UpdateVerb::Check { version } => {
                let told = self.agent.ask("update.check", of(version.as_ref()))?;
                if told["found"].is_null() {
                    let mut status = nothing_newer(self.ask("update.status")?);
                    status["elsewhere"] = told["elsewhere"].clone();
                    return Ok(status);
                }
                Ok(told)
            }
            UpdateVerb::Fetch { version } => self.fetch(of(version.as_ref())),
            UpdateVerb::Stage => self.wait("update.stage", Map::new()),
            UpdateVerb::Apply => self.apply(),
            UpdateVerb::Confirm => self.ask("update.confirm"),
            UpdateVerb::Rollback => {
                let status = self.ask("update.status")?;
                let other = status.pointer("/other/version").and_then(Value::as_str);
                self.restart("update.rollback", other, "nothing is done")
            }
            UpdateVerb::Cancel => self.ask("update.cancel"),
            UpdateVerb::TrustClock => self.ask("update.trust-clock"),
            UpdateVerb::Settings(wanted) => {
                let before = self.ask("update.settings")?;
                let change = wanted.change(&before)?;
                if change.is_empty() {
                    return Ok(before);
                }
                Ok(self.agent.ask("update.settings", change)?)
            }
        }
    }

    fn send(&self, path: &Path, accept_expired: bool) -> Result<Map<String, Value>, Failure> {
        let name = path.display().to_string();
        let what = || super::local(&name);
        let mut file = File::open(path).map_err(what())?;
        if file.metadata().map_err(what())?.is_dir() {
            return Err(what()(io::ErrorKind::IsADirectory.into()));
        }
        self.agent.upload("update.upload", &mut file)?;
        let which = json!({ "from": "bundle", "acceptExpired": accept_expired });
        Ok(super::members(which))
    }

    fn all(&mut self, which: Map<String, Value>) -> Result<Value, Failure> {
        let status = self.fetch(which)?;
        if status.get("found").is_some() {
            return Ok(status);
        }
        self.wait("update.stage", Map::new())?;
        self.apply()
    }

    fn fetch(&mut self, which: Map<String, Value>) -> Result<Value, Failure> {
        let status = self.wait("update.fetch", which)?;
        match status.get("update") {
            None | Some(Value::Null) => Ok(nothing_newer(status)),
            Some(update) if update["isOnTrial"] == json!(true) => Ok(nothing_newer(status)),
            Some(_) => Ok(status),
        }
    }

    fn ask(&self, verb: &str) -> Result<Value, Failure> {
        Ok(self.agent.ask(verb, Map::new())?)
    }

    fn apply(&mut self) -> Result<Value, Failure> {
        let status = self.ask("update.status")?;
        let is_ready = status.pointer("/update/step/name") == Some(&json!("staged"));
        let version = status.pointer("/update/version").and_then(Value::as_str);
        let version = version.filter(|_| is_ready);
        let later = "it stays ready in the other slot: `xoa update apply` starts it";
        self.restart("update.apply", version, later)
    }

    /// Into a version, if there is one to restart into; `otherwise` is told when somebody does not want it.
    fn restart(
        &mut self,
        verb: &str,
        into: Option<&str>,
        otherwise: &str,
    ) -> Result<Value, Failure> {
        let mut force = self.consent == Consent::Forced;
        // Without one, the agent says why.
        if self.consent == Consent::Asked
            && let Some(version) = into
        {
            let told = self.ask("update.interruptions")?;
            let status = self.ask("update.status")?;
            let question = text::before_restart(version, &told, &status);
            if !is_yes(&super::answer(self.streams, &question)?) {
                return Ok(json!({ "left": otherwise }));
            }
            // Whoever was told of it wants it.
            force = text::interrupts(&told);
        }
        let params = super::members(json!({ "force": force }));
        self.agent.ask(verb, params)?;
        Ok(json!({ "restarts": true, "into": into }))
    }

    fn wait(&mut self, verb: &str, params: Map<String, Value>) -> Result<Value, Failure> {
        self.agent.ask(verb, params)?;
        loop {
            let status = self.ask("update.status")?;
            let has_none = |name| status.get(name).is_none_or(Value::is_null);
            if has_none("ended") && has_none("progress") {
                // Somebody else did the next thing before this one was seen to end: how it stands tells all.
                self.tell("")?;
                return Ok(status);
            }
            let line = text::progress(&status).unwrap_or_default();
            match status.pointer("/ended/error") {
                None => {
                    self.tell(&line)?;
                    sleep(LOOK);
                }
                Some(error) => {
                    self.tell("")?;
                    return match error.as_str() {
                        Some(error) => Err(Error::Refused(Fault::failed(error.to_owned())).into()),
                        None => Ok(status),
                    };
                }
            }
        }
    }

    /// In place of what the line told before.
    fn tell(&mut self, text: &str) -> Result<(), Failure> {
        if self.is_silent {
            return Ok(());
        }
        let line = &mut self.streams.output;
        let told = write!(line, "{ANEW}{text}").and_then(|()| line.flush());
        told.map_err(super::local("standard output"))
    }
}

fn of(version: Option<&Version>) -> Map<String, Value> {
    super::members(json!({ "version": version }))
}

/// How it stands, with the answer of a look.
fn nothing_newer(mut status: Value) -> Value {
    status["found"] = Value::Null;
    status
}

fn is_yes(answer: &str) -> bool {
    ["y", "yes"].contains(&answer.trim().to_lowercase().as_str())
}

/// What helps with a file.
fn hint(failure: Failure) -> Failure {
    match failure {
        Failure::Agent(Error::Refused(mut fault)) if fault.message.contains("expired") => {
            fault.message += "; --accept-expired takes a file knowingly all the same";
            Error::Refused(fault).into()
        }
        other => other,
    }
}
