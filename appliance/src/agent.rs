//! The agent: root's hands for those who may ask. One socket, lines of JSON, the verbs of [`verbs`], nothing else.
//!
//! - [`protocol`] is what goes over the socket, [`listen`] serves it, [`client`] asks;
//! - [`verbs`] is the table: name, who may ask, what runs;
//! - [`machine`] is everything outside of files: programs, free space, name servers. Tests have one of their own.
//!
//! Invariant: what a request says never becomes a program's name, a path or an option; it is checked by type before it is used.

mod backup;
pub mod bundle;
mod certificate;
pub mod check;
pub mod client;
mod code;
pub mod listen;
pub mod machine;
mod network;
mod password;
mod power;
mod probe;
pub mod protocol;
mod schedule;
mod server;
mod settings;
mod slots;
mod status;
mod update;
pub mod verbs;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use xo_firstboot::apply::Places;
use xo_firstboot::durable::{Disk, Real};

pub use check::{Finding, State};
pub use network::Pending;

use machine::{Job, Machine};
use protocol::Fault;

/// How long a change of the network may stay unconfirmed.
pub const CONFIRM_WITHIN: Duration = Duration::from_secs(60);
const LIMIT: Duration = Duration::from_secs(20);

/// All that verbs work with.
pub struct Agent {
    root: PathBuf,
    places: Places,
    disk: Box<dyn Disk + Send + Sync>,
    machine: Box<dyn Machine>,
    confirm_within: Duration,
    /// One change of kept settings at a time; what it guards is on the disk.
    keeping: Mutex<()>,
    network: Mutex<network::Trial>,
    updates: update::Updates,
    turns: Mutex<schedule::Turns>,
    /// Of the last self-test.
    token: Mutex<Option<String>>,
}

impl Agent {
    /// An agent for the system below `root`.
    pub fn new(root: &Path, machine: Box<dyn Machine>, confirm_within: Duration) -> Self {
        Self {
            root: root.to_owned(),
            places: Places::below(root),
            disk: Box::new(Real),
            machine,
            confirm_within,
            keeping: Mutex::default(),
            network: Mutex::default(),
            updates: update::Updates::new(root),
            turns: Mutex::default(),
            token: Mutex::default(),
        }
    }

    /// Another disk, for tests that take its power.
    pub fn on(mut self, disk: Box<dyn Disk + Send + Sync>) -> Self {
        self.disk = disk;
        self
    }

    /// What time brings: a change of the network begins, or goes back. To be called about once a second.
    pub fn tick(&self, now: Instant) {
        network::tick(self, now);
    }

    /// What is due of updates that install themselves, at this time in milliseconds since 1970. It may take long. To be called about twice a
    /// minute.
    pub fn take_turn(&self, now_ms: i64) {
        schedule::take_turn(self, now_ms);
    }

    /// At the start: an earlier run may have left an unconfirmed network behind, or an update that now shows how it ended.
    pub fn settle(&self) {
        network::settle(self);
        update::settle(self);
    }

    /// A file of the system, by its absolute path.
    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// A file's text; empty when it is not there or cannot be read.
    fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.at(path)).unwrap_or_default()
    }

    /// Runs a program that must succeed; returns what it printed.
    fn run(&self, program: &'static str, arguments: &[&str]) -> Result<String, Fault> {
        self.machine
            .run(&Job::new(program, arguments, LIMIT))
            .map_err(|error| Fault::failed(error.to_string()))
    }
}

/// A lock that outlives a panic of its holder: what it guards is checked again by whoever uses it.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
