//! From one system to the other: apply, confirm, what a start shows, and the way back.
//!
//! Invariant: the name of a kernel image decides what starts, and it changes by one rename; the journal says why.

use super::engine::Engine;
use super::error::io;
use super::folder;
use super::journal::{End, Journal, Outcome, PutBack, Rollback, Step, Update, When};
use super::kernels::{self, Kernel};
use super::{Error, verity};

impl Engine {
    /// Has the boot loader start what was staged; whoever asks restarts the machine then.
    ///
    /// # Errors
    /// When nothing was staged, or what was is not what it was.
    pub fn apply(&self) -> Result<(), Error> {
        let _running = self.pace.begin("the switch to the other slot")?;
        let mut journal = Journal::read(&*self.store)?;
        let wrong = |why: &str| Error::NotNow {
            wanted: "start the new system",
            why: why.to_owned(),
        };
        let Some(update) = &mut journal.update else {
            return Err(wrong("no update was prepared: fetch and stage one"));
        };
        if self.runs(&update.offer) {
            return Err(wrong(
                "it runs already, and is confirmed in a minute or gone back from",
            ));
        }
        let version = &update.offer.release.version;
        let is_armed = kernels::list(&*self.esp)?
            .iter()
            .any(|kernel| kernel.version == *version && kernel.may_start());
        match &update.step {
            Step::Applied { .. } => return Ok(()),
            // The power went, or the process ended, after the rename.
            Step::Staged if is_armed => {}
            Step::Staged if self.is_staged(&update.offer)? => {
                let what = || io("the new system cannot be given to the boot loader");
                let staged = kernels::staged(version);
                let rename = self.esp.rename(&staged, &kernels::fresh(version));
                rename.map_err(what())?;
                self.esp.sync().map_err(what())?;
            }
            Step::Staged => {
                return Err(wrong(
                    "what was prepared is not whole any more: cancel, and fetch it again",
                ));
            }
            Step::Fetching | Step::Fetched | Step::Staging => {
                return Err(wrong("the other slot is not written yet: stage it"));
            }
        }
        update.step = Step::Applied {
            boot: self.system.boot.clone(),
        };
        journal.write(&*self.store)
    }

    /// The data were backed up before the switch: the name of the backup.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn was_backed_up(&self, backup: String) -> Result<(), Error> {
        let _running = self.pace.begin("a note")?;
        let mut journal = Journal::read(&*self.store)?;
        if let Some(update) = &mut journal.update {
            update.backup = Some(backup).filter(|name| !name.is_empty());
        }
        journal.write(&*self.store)
    }

    /// The new system does its work: it stays. Nothing else than an update on trial needs it.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn confirm(&self) -> Result<(), Error> {
        let _running = self.pace.begin("a confirmation")?;
        let mut journal = Journal::read(&*self.store)?;
        let Some(update) = journal.update.clone() else {
            return Ok(());
        };
        if !self.runs(&update.offer) || journal.rollback.is_some() {
            return Ok(());
        }
        if let Some(reason) = update.doubt {
            return Err(Error::NotNow {
                wanted: "confirm the new system",
                why: format!("the next start is that of the old one ({reason})"),
            });
        }
        journal.raise_floor(&update.offer.release.security_floor);
        journal.end(self.outcome(update, End::Confirmed, None));
        journal.write(&*self.store)?;
        self.clear_store()
    }

    /// The new system does not do its work, says the gate behind its start; told when the old one runs again. That is at the next start: the
    /// boot loader tries this one no more.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn doubt(&self, reason: &str) -> Result<(), Error> {
        let _running = self.pace.begin("a note")?;
        let mut journal = Journal::read(&*self.store)?;
        match &mut journal.update {
            Some(update) if self.runs(&update.offer) => {
                update.doubt = Some(reason.chars().take(2000).collect());
                journal.write(&*self.store)?;
                kernels::retire(&*self.esp, &self.system.version)
            }
            _ => Ok(()),
        }
    }

    /// At each start: draws the conclusion from what runs. To be called before anything else.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn settle(&self) -> Result<(), Error> {
        let _running = self.pace.begin("a look at the start")?;
        let mut journal = Journal::read(&*self.store)?;
        if let Some(rollback) = journal.rollback.clone() {
            return self.settle_rollback(journal, &rollback);
        }
        let Some(update) = journal.update.clone() else {
            return Ok(());
        };
        let version = &update.offer.release.version;
        let kernel = kernels::list(&*self.esp)?
            .into_iter()
            .find(|kernel| kernel.version == *version);
        if self.runs(&update.offer) {
            // The boot loader counts no more: the gate had let it through before the power went.
            if kernel.is_some_and(|kernel| kernel.tries_left.is_none()) {
                journal.raise_floor(&update.offer.release.security_floor);
                journal.end(self.outcome(update, End::Confirmed, None));
                journal.write(&*self.store)?;
            }
            return Ok(());
        }
        if !self.has_failed(&update, kernel.as_ref()) {
            return Ok(());
        }
        kernels::retire(&*self.esp, version)?;
        let tries = kernel.map_or(0, |kernel| kernel.tries_done);
        let reason = update.doubt.clone().unwrap_or_else(|| match tries {
            0 => "another system was started in its place".to_owned(),
            tries => format!("it did not come up in {tries} starts, and left no word why"),
        });
        journal.put_back = Some(PutBack {
            version: version.clone(),
            backup: update.backup.clone(),
            when: When::Always,
        });
        journal.end(self.outcome(update, End::Failed, Some(reason)));
        journal.write(&*self.store)?;
        self.clear_store()
    }

    /// The data that are to be put back, after [`Engine::settle`] and before the server starts. Asked again until [`Engine::was_put_back`]:
    /// whoever does it must be able to do it twice.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn to_put_back(&self) -> Result<Option<PutBack>, Error> {
        Ok(Journal::read(&*self.store)?.put_back)
    }

    /// It was done, or cannot be: what is to be told of it.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn was_put_back(&self, told: String) -> Result<(), Error> {
        let _running = self.pace.begin("a note")?;
        let mut journal = Journal::read(&*self.store)?;
        if journal.put_back.take().is_some()
            && let Some(outcome) = journal.outcomes.first_mut()
        {
            outcome.data = Some(told);
        }
        journal.write(&*self.store)
    }

    /// Whether the old system runs although the new one was to.
    fn has_failed(&self, update: &Update, kernel: Option<&Kernel>) -> bool {
        match &update.step {
            Step::Applied { boot } => *boot != self.system.boot,
            // The rename was the last thing on the disk.
            Step::Staged => {
                update.doubt.is_some() || kernel.is_some_and(|kernel| kernel.tries_done > 0)
            }
            Step::Fetching | Step::Fetched | Step::Staging => false,
        }
    }

    fn settle_rollback(&self, mut journal: Journal, rollback: &Rollback) -> Result<(), Error> {
        if rollback.boot == self.system.boot {
            return Ok(());
        }
        if self.system.version == rollback.from {
            // The power went before the boot loader was told.
            journal.rollback = None;
        } else {
            let on_trial = journal.update.as_ref().and_then(|u| u.backup.clone());
            let backup = on_trial.or_else(|| journal.backup_before(&rollback.from));
            journal.put_back = Some(PutBack {
                version: rollback.from.clone(),
                backup: backup.clone(),
                when: When::FromTheFuture,
            });
            journal.end(Outcome {
                at: self.pace.date_ms(),
                version: rollback.from.clone(),
                from: rollback.to.clone(),
                end: End::RolledBack,
                reason: None,
                backup,
                data: None,
            });
        }
        journal.write(&*self.store)
    }

    /// Has the boot loader start the other system; whoever asks restarts the machine then. Answers its version.
    ///
    /// # Errors
    /// When there is none, or it is too old, damaged, or never proved itself.
    pub fn rollback(&self) -> Result<semver::Version, Error> {
        let _running = self.pace.begin("the way back")?;
        let mut journal = Journal::read(&*self.store)?;
        if let Some(update) = &journal.update
            && !self.runs(&update.offer)
        {
            return Err(Error::NotNow {
                wanted: "roll back",
                why: format!(
                    "an update to {} is on its way: cancel it",
                    update.offer.release.version
                ),
            });
        }
        let other = self.way_back(&journal)?;
        journal.rollback = Some(Rollback {
            from: self.system.version.clone(),
            to: other.version.clone(),
            boot: self.system.boot.clone(),
        });
        journal.write(&*self.store)?;
        kernels::retire(&*self.esp, &self.system.version)?;
        Ok(other.version)
    }

    /// The other system, if it may be gone back to.
    fn way_back(&self, journal: &Journal) -> Result<Kernel, Error> {
        let refuse = |why: String| Err(Error::NoWayBack(why));
        let mut others = kernels::list(&*self.esp)?
            .into_iter()
            .filter(|kernel| kernel.version != self.system.version);
        let Some(other) = others.next() else {
            return refuse("there is no other system on the disk".to_owned());
        };
        let floor = self.floor(journal);
        if other.version < floor {
            return Err(Error::BelowFloor {
                version: other.version,
                floor,
            });
        }
        if other.tries_left.is_some() {
            return refuse(format!("{} never proved itself", other.version));
        }
        let what = || io("the other slot cannot be read");
        let root = verity::root_hash(&*self.other.hashes).map_err(what())?;
        let is_whole = match &root {
            Some(root) => {
                verity::is_whole(&*self.other.data, &*self.other.hashes, root).map_err(what())?
                    && folder::holds(&*self.esp, &other.file, &format!("roothash={root}"))
                        .map_err(io(format!("{} cannot be read", other.file)))?
            }
            None => false,
        };
        if is_whole {
            return Ok(other);
        }
        refuse(format!("the slot of {} is damaged", other.version))
    }

    pub(super) fn outcome(&self, update: Update, end: End, reason: Option<String>) -> Outcome {
        Outcome {
            at: self.pace.date_ms(),
            version: update.offer.release.version,
            from: update.from,
            end,
            reason,
            backup: update.backup,
            data: None,
        }
    }
}
