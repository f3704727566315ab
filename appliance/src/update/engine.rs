//! What an update works on, which release is next, how it stands, and how to have none of it.

use semver::Version;
use serde::Serialize;
use xo_release::{Release, Running as Installed};

use super::Error;
use super::device::{Device, Readable};
use super::fetch::NEEDED;
use super::folder::Folder;
use super::journal::{Checked, End, Journal, Outcome, Rollback, Step};
use super::kernels::{self, Kernel};
use super::notes;
use super::pace::{Clock, Pace, Phase, Progress};
use super::source::{Offer, Origin, Source};

/// The system that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// Of the release.
    pub version: Version,
    /// Of the machine, as the kernel calls it.
    pub architecture: String,
    /// What the kernel verifies it by: 64 hexadecimal digits in lower case.
    pub root_hash: String,
    /// Which start this is.
    pub boot: String,
    /// The floor in the image.
    pub floor: Version,
}

/// Two partitions.
pub struct Slot<D: ?Sized> {
    /// The file system.
    pub data: Box<D>,
    /// Hashes of its blocks.
    pub hashes: Box<D>,
}

/// What an update works on.
pub struct Parts {
    /// What runs.
    pub system: System,
    /// Its file system.
    pub own: Box<dyn Readable>,
    /// The slot that does not run.
    pub other: Slot<dyn Device>,
    /// The ESP's folder of kernel images.
    pub esp: Box<dyn Folder>,
    /// Where downloads and the journal are kept.
    pub store: Box<dyn Folder>,
    /// Time.
    pub clock: Box<dyn Clock>,
}

/// The engine.
pub struct Engine {
    pub(super) system: System,
    pub(super) own: Box<dyn Readable>,
    pub(super) other: Slot<dyn Device>,
    pub(super) esp: Box<dyn Folder>,
    pub(super) store: Box<dyn Folder>,
    pub(super) pace: Pace,
}

/// How it stands.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// What runs.
    pub version: Version,
    /// The oldest version that may run.
    pub floor: Version,
    /// The other system on the disk.
    pub other: Option<Other>,
    /// The update on its way.
    pub update: Option<UpdateStatus>,
    /// The way back on its way.
    pub rollback: Option<Rollback>,
    /// What runs at this moment.
    pub progress: Option<Progress>,
    /// The last look for updates.
    pub checked: Option<Checked>,
    /// Releases that are not tried again unless somebody asks for them.
    pub refused: Vec<Version>,
    /// What came of earlier ones, the newest first.
    pub outcomes: Vec<Outcome>,
}

/// The other system.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Other {
    /// Its version.
    pub version: Version,
    /// How often it may still be tried; nothing once it has proved itself.
    pub tries_left: Option<u32>,
}

/// An update on its way.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateStatus {
    /// To which version.
    pub version: Version,
    /// From which.
    pub from: Version,
    /// Where it comes from.
    pub origin: Origin,
    /// How far it is.
    pub step: Step,
    /// The new system runs, and has not been confirmed.
    pub is_on_trial: bool,
    /// Its release notes (Markdown), when it has some.
    pub notes: Option<String>,
}

/// A release that can be installed.
#[derive(Debug)]
pub struct Found {
    /// What it is.
    pub offer: Offer,
    /// What is downloaded at most.
    pub bytes: u64,
    /// Its release notes (Markdown), when it has some.
    pub notes: Option<String>,
}

/// What a look for updates found.
#[derive(Debug)]
pub struct Looked {
    /// What can be installed.
    pub found: Option<Found>,
    /// The newest that could be, if there is a newer one than that on other channels.
    pub elsewhere: Option<Release>,
}

/// Which release is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The newest one of a channel that did not go wrong here.
    Newest {
        /// Such as `stable`.
        channel: String,
    },
    /// This one, also when it went wrong here.
    Version(Version),
}

impl Engine {
    /// One for this system. Nothing is done until it is asked.
    pub fn new(parts: Parts) -> Self {
        Self {
            system: parts.system,
            own: parts.own,
            other: parts.other,
            esp: parts.esp,
            store: parts.store,
            pace: Pace::new(parts.clock),
        }
    }

    /// Has this called whenever it stands otherwise than before. Only the first one is.
    pub fn listen(&self, listener: Box<dyn Fn() + Send + Sync>) {
        self.pace.listen(listener);
    }

    /// Looks which release of `wanted` can be installed; nothing when there is none that is newer.
    ///
    /// # Errors
    /// The source's; for one version also why it cannot be installed.
    pub fn check(&self, source: &mut dyn Source, wanted: &Wanted) -> Result<Looked, Error> {
        let running = self.pace.begin("a look for updates")?;
        running.enter(Phase::Looking);
        let mut journal = Journal::read(&*self.store)?;
        let offers = source.releases().map_err(Error::Source)?;
        let elsewhere = self.on_other_channels(&journal, &offers, wanted);
        let found = self.choose_of(&journal, offers, wanted)?;
        journal.checked = Some(Checked {
            at: self.pace.date_ms(),
            found: found.as_ref().map(|offer| offer.release.version.clone()),
        });
        journal.write(&*self.store)?;
        let found = found.map(|offer| {
            let needed = NEEDED.iter().filter_map(|part| offer.files.get(part));
            Found {
                bytes: needed.map(|file| file.length).sum(),
                notes: notes::read(source, &offer),
                offer,
            }
        });
        let best = found.as_ref().map(|found| &found.offer.release.version);
        let elsewhere = elsewhere.filter(|other| best.is_none_or(|best| other.version > *best));
        Ok(Looked { found, elsewhere })
    }

    /// The newest release that could be installed, and is on no channel that is wanted.
    fn on_other_channels(
        &self,
        journal: &Journal,
        offers: &[Offer],
        wanted: &Wanted,
    ) -> Option<Release> {
        let Wanted::Newest { channel } = wanted else {
            return None;
        };
        let others = offers.iter().filter(|offer| {
            let channels = &offer.release.channels;
            !channels.is_empty() && !channels.contains(channel) && self.is_wanted(journal, offer)
        });
        others
            .map(|offer| &offer.release)
            .max_by(|a, b| a.version.cmp(&b.version))
            .cloned()
    }

    /// Whether it may be installed without being asked for by its version.
    fn is_wanted(&self, journal: &Journal, offer: &Offer) -> bool {
        !journal.refused.contains(&offer.release.version) && self.accepts(journal, offer).is_ok()
    }

    pub(super) fn choose(
        &self,
        journal: &Journal,
        source: &mut dyn Source,
        wanted: &Wanted,
    ) -> Result<Option<Offer>, Error> {
        let offers = source.releases().map_err(Error::Source)?;
        self.choose_of(journal, offers, wanted)
    }

    fn choose_of(
        &self,
        journal: &Journal,
        offers: Vec<Offer>,
        wanted: &Wanted,
    ) -> Result<Option<Offer>, Error> {
        match wanted {
            Wanted::Newest { channel } => {
                let fitting = offers.into_iter().filter(|offer| {
                    offer.release.channels.contains(channel) && self.is_wanted(journal, offer)
                });
                Ok(fitting.max_by(|a, b| a.release.version.cmp(&b.release.version)))
            }
            Wanted::Version(version) => {
                let found = offers
                    .into_iter()
                    .find(|offer| offer.release.version == *version)
                    .ok_or_else(|| Error::Unknown(version.clone()))?;
                self.accepts(journal, &found)?;
                Ok(Some(found))
            }
        }
    }

    /// Whether this system may install it.
    pub(super) fn accepts(&self, journal: &Journal, offer: &Offer) -> Result<(), Error> {
        offer.release.fits(&Installed {
            version: self.system.version.clone(),
            architecture: self.system.architecture.clone(),
            floor: self.floor(journal),
        })?;
        if self.runs(offer) && offer.release.version != self.system.version {
            return Err(Error::Renamed {
                version: offer.release.version.clone(),
                running: self.system.version.clone(),
            });
        }
        if offer.release.version <= self.system.version {
            return Err(Error::NotNewer {
                version: offer.release.version.clone(),
                running: self.system.version.clone(),
            });
        }
        Ok(())
    }

    /// The oldest version that may run.
    pub(super) fn floor(&self, journal: &Journal) -> Version {
        let confirmed = journal.floor.iter();
        let floors = confirmed.chain([&self.system.floor]);
        floors.max().unwrap_or(&self.system.floor).clone()
    }

    /// Whether the system of an offer runs.
    pub(super) fn runs(&self, offer: &Offer) -> bool {
        offer.release.root_hash == self.system.root_hash
    }

    /// How it stands.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn status(&self) -> Result<Status, Error> {
        let journal = Journal::read(&*self.store)?;
        let others = kernels::list(&*self.esp)?
            .into_iter()
            .filter(|kernel| kernel.version != self.system.version);
        Ok(Status {
            version: self.system.version.clone(),
            floor: self.floor(&journal),
            other: others.map(Other::from).next(),
            update: journal.update.map(|update| UpdateStatus {
                is_on_trial: self.runs(&update.offer),
                version: update.offer.release.version,
                from: update.from,
                origin: update.origin,
                step: update.step,
                notes: update.notes,
            }),
            rollback: journal.rollback,
            progress: self.pace.progress(),
            checked: journal.checked,
            refused: journal.refused,
            outcomes: journal.outcomes,
        })
    }

    /// Ends what runs, and forgets the update on its way. One that runs forgets by itself a moment later.
    ///
    /// # Errors
    /// Those of the disk; and when the new system runs already.
    pub fn cancel(&self) -> Result<(), Error> {
        if self.pace.stop() {
            return Ok(());
        }
        let _running = self.pace.begin("a cancellation")?;
        self.forget(Journal::read(&*self.store)?, None)
    }

    /// Forgets an update that was coming from a file and cannot go on, and remembers why.
    ///
    /// # Errors
    /// Those of the disk; and when something runs.
    pub fn give_up_file(&self, why: String) -> Result<(), Error> {
        let _running = self.pace.begin("a note")?;
        let journal = Journal::read(&*self.store)?;
        let is_it = journal.update.as_ref().is_some_and(|update| {
            update.step == Step::Fetching && update.origin != Origin::Repository
        });
        if is_it {
            self.forget(journal, Some(why))?;
        }
        Ok(())
    }

    /// Has no update on its way any more.
    pub(super) fn forget(&self, mut journal: Journal, why: Option<String>) -> Result<(), Error> {
        let Some(update) = journal.update.clone() else {
            return Ok(());
        };
        if self.runs(&update.offer) {
            return Err(Error::NotNow {
                wanted: "cancel the update",
                why: format!(
                    "{} runs already: roll back to leave it",
                    self.system.version
                ),
            });
        }
        if matches!(
            update.step,
            Step::Staging | Step::Staged | Step::Applied { .. }
        ) {
            kernels::remove_others(&*self.esp, &self.system.version)?;
        }
        journal.end(Outcome {
            at: self.pace.date_ms(),
            version: update.offer.release.version,
            from: update.from,
            end: End::Cancelled,
            reason: why,
            backup: update.backup,
            data: None,
        });
        journal.write(&*self.store)?;
        self.clear_store()
    }
}

impl From<Kernel> for Other {
    fn from(kernel: Kernel) -> Self {
        Self {
            version: kernel.version,
            tries_left: kernel.tries_left,
        }
    }
}
