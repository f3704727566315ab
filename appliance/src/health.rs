//! The gate behind a start that the boot loader still counts as a try: it was good when the server answers over TLS, and the agent, which
//! signs in there and looks at the pools, has nothing to say against it, for a while without a break.
//!
//! The server listens when its database is open and migrated; here it is asked as a client would ask. When that does not come in time, or
//! does not last, and another system is on the disk that may be started, the machine is to be restarted into that one.
//!
//! Invariant: without another system to go to, a machine is never restarted: whoever looks at its screen must be able to read.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Map;

use crate::agent::client::{Ask, Client, Error};
use crate::{entries, local_https};

/// Between two questions.
const PAUSE: Duration = Duration::from_secs(1);
const QUESTION: &str = "/rest/v0/ping";
/// Of the agent.
const PROBE: &str = "update.probe";

/// Whom to ask, and for how long.
#[derive(Debug, Clone)]
pub struct Gate {
    /// Where the server answers.
    pub server: SocketAddr,
    /// The certificate that it must show: a PEM file.
    pub certificate: PathBuf,
    /// Where the agent answers.
    pub agent: PathBuf,
    /// The folder of kernel images that the boot loader chooses from.
    pub entries: PathBuf,
    /// Names the version that runs.
    pub os_release: PathBuf,
    /// How long it may take until all is well.
    pub patience: Duration,
    /// How long all must be well then, if there is another system to go to.
    pub hold: Duration,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All answer.
    Good,
    /// The reason, and the kernel image to go to by a restart.
    GoTo(String, String),
    /// The reason, and why it stays up as it is.
    Stay(String, String),
}

impl Gate {
    /// Asks until all has been well for long enough, or patience ends. What fails once patience is over counts at once.
    pub fn judge(&self) -> Verdict {
        let began = Instant::now();
        let other = entries::other(&self.entries, &self.os_release);
        // With nowhere to go, nothing is gained by looking for longer.
        let hold = match &other {
            Ok(Some(_)) => self.hold,
            Ok(None) | Err(_) => Duration::ZERO,
        };
        let mut well_since = None;
        let reason = loop {
            match self.ask() {
                Ok(()) => {
                    let since = *well_since.get_or_insert_with(Instant::now);
                    if since.elapsed() >= hold {
                        return Verdict::Good;
                    }
                }
                Err(reason) if began.elapsed() >= self.patience => break reason,
                Err(_) => well_since = None,
            }
            sleep(PAUSE);
        };
        match other {
            Ok(Some(other)) => Verdict::GoTo(reason, other),
            Ok(None) => Verdict::Stay(
                reason,
                "there is no other system on the disk to go to".into(),
            ),
            Err(error) => Verdict::Stay(
                reason,
                format!("the other systems on the disk cannot be listed ({error})"),
            ),
        }
    }

    fn ask(&self) -> Result<(), String> {
        local_https::get(self.server, QUESTION, &self.certificate, None)
            .map_err(|error| format!("the server does not answer: {error}"))?;
        match Client::new(&self.agent).ask(PROBE, Map::new()) {
            Ok(_) => Ok(()),
            Err(Error::Refused(fault)) => Err(fault.message),
            Err(error) => Err(error.to_string()),
        }
    }
}
