//! `xoa update`: one step, or all of them up to the restart. What the agent does in a thread is waited for, and told in a line on a terminal.

mod settings;
mod text;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Failure, UpdateVerb};
use crate::agent::client::{Ask, Error};
use crate::agent::protocol::Fault;

pub use settings::UpdateSettings;
pub(super) use text::standing;

const LOOK: Duration = Duration::from_millis(500);
/// Back to the beginning of the line, and nothing in it.
const ANEW: &str = "\r\x1b[K";

/// Who updates.
pub(super) struct Update<'a> {
    agent: &'a dyn Ask,
    force: bool,
    /// Where a person reads how far it is.
    line: Option<&'a mut dyn Write>,
}

impl<'a> Update<'a> {
    pub(super) fn new(agent: &'a dyn Ask, force: bool, line: Option<&'a mut dyn Write>) -> Self {
        Self { agent, force, line }
    }

    /// Sends a file, fetches from it, and does the rest.
    pub(super) fn install_file(
        &mut self,
        path: &Path,
        accept_expired: bool,
    ) -> Result<Value, Failure> {
        let mut file = File::open(path).map_err(super::local(&path.display().to_string()))?;
        self.agent.upload("update.upload", &mut file)?;
        let params = json!({ "from": "bundle", "acceptExpired": accept_expired });
        self.all(super::members(params))
    }

    /// Does one step, or all; answers how it stands then.
    pub(super) fn run(&mut self, step: Option<&UpdateVerb>) -> Result<Value, Failure> {
        let Some(step) = step else {
            return self.all(Map::new());
        };
        match step {
            UpdateVerb::Status => self.ask("update.status"),
            UpdateVerb::Check => self.ask("update.check"),
            UpdateVerb::Fetch => self.wait("update.fetch", Map::new()),
            UpdateVerb::Stage => self.wait("update.stage", Map::new()),
            UpdateVerb::Apply => self.restart("update.apply"),
            UpdateVerb::Confirm => self.ask("update.confirm"),
            UpdateVerb::Rollback => self.restart("update.rollback"),
            UpdateVerb::Cancel => self.ask("update.cancel"),
            UpdateVerb::Settings(wanted) => {
                let before = self.ask("update.settings")?;
                let change = wanted.change(&before);
                if change.is_empty() {
                    return Ok(before);
                }
                Ok(self.agent.ask("update.settings", change)?)
            }
        }
    }

    fn all(&mut self, which: Map<String, Value>) -> Result<Value, Failure> {
        let status = self.wait("update.fetch", which)?;
        if status.get("update").is_none_or(Value::is_null) {
            return Ok(status);
        }
        self.wait("update.stage", Map::new())?;
        self.restart("update.apply")?;
        Ok(json!({ "restarts": true }))
    }

    fn ask(&self, verb: &str) -> Result<Value, Failure> {
        Ok(self.agent.ask(verb, Map::new())?)
    }

    fn restart(&self, verb: &str) -> Result<Value, Failure> {
        let params = super::members(json!({ "force": self.force }));
        Ok(self.agent.ask(verb, params)?)
    }

    fn wait(&mut self, verb: &str, params: Map<String, Value>) -> Result<Value, Failure> {
        self.agent.ask(verb, params)?;
        loop {
            let status = self.ask("update.status")?;
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
        let Some(line) = &mut self.line else {
            return Ok(());
        };
        let told = write!(line, "{ANEW}{text}").and_then(|()| line.flush());
        told.map_err(super::local("standard output"))
    }
}
