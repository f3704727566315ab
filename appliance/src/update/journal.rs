//! What is remembered of updates, on the data partition: how far one is, what came of earlier ones, how old a system may be.
//!
//! Invariant: it is written whole, and before the step that it tells of goes on. Where it is not what the disk shows, the disk counts:
//! [`super::switch`] looks at what runs and at the kernel images.

use semver::Version;
use serde::{Deserialize, Serialize};

use super::Error;
use super::error::io;
use super::folder::{self, Folder};
use super::source::{Offer, Origin};

const FILE: &str = "journal.json";
const LIMIT: usize = 1024 * 1024;
/// How many outcomes are kept.
const OUTCOMES: usize = 50;

/// All that is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Journal {
    /// One that has begun.
    pub update: Option<Update>,
    /// A way back that has begun.
    pub rollback: Option<Rollback>,
    /// The oldest version that may run, by what was confirmed here.
    pub floor: Option<Version>,
    /// Releases that are not tried again unless somebody asks for them.
    pub refused: Vec<Version>,
    /// What came of earlier ones, the newest first.
    pub outcomes: Vec<Outcome>,
    /// The last look.
    pub checked: Option<Checked>,
    /// What the newest outcome left to do.
    pub put_back: Option<PutBack>,
}

/// Data of before an update, which are to be put back before the server starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PutBack {
    /// What was installed.
    pub version: Version,
    /// The name of the backup that was made before, if it is known.
    #[serde(default)]
    pub backup: Option<String>,
    /// When.
    pub when: When,
}

/// When data are put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum When {
    /// Whatever is there.
    Always,
    /// When this system cannot open what is there.
    FromTheFuture,
}

/// An update on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Update {
    /// What is installed, as it was signed.
    pub offer: Offer,
    /// Its release notes (Markdown), when it has some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Where it comes from.
    #[serde(default)]
    pub origin: Origin,
    /// What ran when it began.
    pub from: Version,
    /// How far it is.
    pub step: Step,
    /// The name of the backup that was made before the switch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<String>,
    /// What the new system did wrong so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
}

/// How far an update is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "name")]
pub enum Step {
    /// Files are coming.
    Fetching,
    /// All are on the data partition.
    Fetched,
    /// The other slot is being written.
    Staging,
    /// The other slot is whole, and its kernel image waits.
    Staged,
    /// The boot loader will start it.
    Applied {
        /// The start in which that was done.
        boot: String,
    },
}

/// A way back to the other slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollback {
    /// What ran.
    pub from: Version,
    /// What is to run.
    pub to: Version,
    /// The start in which it was asked for.
    pub boot: String,
}

/// What came of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// When it was known, in milliseconds since 1970.
    pub at: i64,
    /// The new system.
    pub version: Version,
    /// The one before.
    pub from: Version,
    /// What.
    pub end: End,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The name of the backup that was made before the switch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<String>,
    /// What became of the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum End {
    /// The new system does its work.
    Confirmed,
    /// The old system runs again, by itself.
    Failed,
    /// The old system runs again, as somebody wished.
    RolledBack,
    /// Somebody did not want it any more.
    Cancelled,
}

/// A look at what there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// What could be installed.
    pub found: Option<Version>,
}

impl Journal {
    /// Reads it; an empty one when there is none. One that cannot be understood is set aside.
    pub fn read(store: &dyn Folder) -> Result<Self, Error> {
        let what = || io("the journal of updates cannot be read");
        let Some(bytes) = folder::read(store, FILE, LIMIT).map_err(what())? else {
            return Ok(Self::default());
        };
        if let Ok(journal) = serde_json::from_slice(&bytes) {
            return Ok(journal);
        }
        store.rename(FILE, "journal.damaged").map_err(what())?;
        Ok(Self::default())
    }

    /// Writes it.
    pub fn write(&self, store: &dyn Folder) -> Result<(), Error> {
        let what = || io("the journal of updates cannot be written");
        let bytes = serde_json::to_vec_pretty(self).map_err(|error| what()(error.into()))?;
        folder::replace(store, FILE, &bytes).map_err(what())
    }

    /// Remembers what came of one, and nothing else of it.
    pub fn end(&mut self, outcome: Outcome) {
        // One that is cancelled tells nothing new of the release.
        if outcome.end != End::Cancelled {
            self.refused.retain(|version| *version != outcome.version);
        }
        if matches!(outcome.end, End::Failed | End::RolledBack) {
            self.refused.push(outcome.version.clone());
        }
        self.update = None;
        self.rollback = None;
        self.outcomes.insert(0, outcome);
        self.outcomes.truncate(OUTCOMES);
    }

    /// The backup of before a version was installed, the last time that it was.
    pub fn backup_before(&self, version: &Version) -> Option<String> {
        let mut installed = self
            .outcomes
            .iter()
            .filter(|outcome| outcome.end == End::Confirmed && outcome.version == *version);
        installed.next()?.backup.clone()
    }

    /// Nothing older may run from now on.
    pub fn raise_floor(&mut self, floor: &Version) {
        if self.floor.as_ref().is_none_or(|old| old < floor) {
            self.floor = Some(floor.clone());
        }
    }
}
