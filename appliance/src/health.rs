//! The gate behind a start that the boot loader still counts as a try: it was good when the server answers over TLS and the agent is there.
//!
//! The server tells that it is ready when its database is open and its listeners are there; the gate's unit runs after that. Here it is
//! asked as a client would ask. When it does not answer in time, and another system is on the disk that may be started, the machine is to
//! be restarted: the boot loader takes the other one when this one has no tries left.
//!
//! Invariant: without another system to go to, a machine is never restarted: whoever looks at its screen must be able to read.

use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::{entries, local_https};

/// Between two questions.
const PAUSE: Duration = Duration::from_secs(1);
const QUESTION: &str = "/rest/v0/ping";

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
    /// For how long they may be silent.
    pub patience: Duration,
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
    /// Asks until all answer, or patience ends.
    pub fn judge(&self) -> Verdict {
        let began = Instant::now();
        let reason = loop {
            match self.ask() {
                Ok(()) => return Verdict::Good,
                Err(reason) if began.elapsed() >= self.patience => break reason,
                Err(_) => sleep(PAUSE),
            }
        };
        match entries::other(&self.entries, &self.os_release) {
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
        local_https::get(self.server, QUESTION, &self.certificate)
            .map_err(|error| format!("the server does not answer: {error}"))?;
        UnixStream::connect(&self.agent).map_err(|error| {
            let path = self.agent.display();
            format!("the agent does not answer on {path}: {error}")
        })?;
        Ok(())
    }
}
