//! From the data partition into the other slot: written where it differs, read back, and its kernel image put on the ESP under a name that
//! the boot loader does not look at.

use xo_release::{Part, Release};

use super::engine::{Engine, Slot};
use super::error::io;
use super::hash::{self, PIECE, Sum};
use super::journal::{Journal, Step};
use super::pace::{Phase, Running};
use super::source::{File, Offer};
use super::{Error, folder, kernels, verity};

use super::device::{Device, Readable};

const SLOT: &str = "in the slot";
const ESP: &str = "on the ESP";

impl Engine {
    /// Writes what was fetched.
    ///
    /// # Errors
    /// When nothing was fetched; those of the disk; and when what is read back is not what was signed.
    pub fn stage(&self) -> Result<(), Error> {
        let running = self.pace.begin("writing the other slot")?;
        let mut journal = Journal::read(&*self.store)?;
        let mut update = match journal.update.clone() {
            Some(update) if !matches!(update.step, Step::Fetching | Step::Applied { .. }) => update,
            Some(update) if update.step == Step::Fetching => {
                return Err(not_now("the release is not fetched whole: fetch it"));
            }
            _ => return Err(not_now("no release was fetched: fetch one")),
        };
        self.accepts(&journal, &update.offer)?;
        if update.step == Step::Staged && self.is_staged(&update.offer)? {
            return Ok(());
        }
        let written = self.write_slot(&running, &mut journal, &update.offer);
        match written {
            Ok(()) => {}
            Err(Error::Cancelled) => {
                self.forget(Journal::read(&*self.store)?, None)?;
                return Err(Error::Cancelled);
            }
            // What is on the data partition is not what was fetched: it is to be fetched anew.
            Err(error @ Error::WrongHash { place: STORED, .. }) => {
                self.clear_store()?;
                update.step = Step::Fetching;
                journal.update = Some(update);
                journal.write(&*self.store)?;
                return Err(error);
            }
            Err(error) => return Err(error),
        }
        update.step = Step::Staged;
        journal.update = Some(update);
        journal.write(&*self.store)?;
        self.clear_store()
    }

    fn write_slot(
        &self,
        running: &Running<'_>,
        journal: &mut Journal,
        offer: &Offer,
    ) -> Result<(), Error> {
        self.fits_places(offer)?;
        running.enter(Phase::Writing);
        let found =
            verity::root_hash(&*self.other.hashes).map_err(io("the other slot cannot be read"))?;
        if found.as_ref() == Some(&self.system.root_hash) {
            return Err(Error::RunningSlot);
        }
        self.kernel_says(offer)?;
        // From here on the other slot cannot be started.
        kernels::remove_others(&*self.esp, &self.system.version)?;
        if let Some(update) = &mut journal.update {
            update.step = Step::Staging;
        }
        journal.write(&*self.store)?;
        let places = [
            (Part::Root, &self.other.data),
            (Part::Hashes, &self.other.hashes),
        ];
        for (part, _) in places {
            running.expect(file(offer, part)?.length);
        }
        for (part, device) in places {
            self.copy(running, offer, part, &**device)?;
        }
        for (part, device) in places {
            let what = || io(format!("the {part} cannot be read back"));
            device.sync().map_err(what())?;
            let File { length, sha256 } = file(offer, part)?;
            let found = hash::of(*length, |piece, offset| device.read_at(piece, offset));
            same(part, SLOT, sha256, found.map_err(what())?)?;
        }
        self.slot_is_whole(offer)?;
        self.put_kernel(offer)
    }

    /// Writes the pieces of a part that the device does not have.
    fn copy(
        &self,
        running: &Running<'_>,
        offer: &Offer,
        part: Part,
        device: &dyn Device,
    ) -> Result<(), Error> {
        let File { length, sha256 } = file(offer, part)?;
        let name = part.target(&offer.release.version);
        let (mut wanted, mut found) = (vec![0; PIECE], vec![0; PIECE]);
        let (mut sum, mut offset) = (Sum::new(), 0);
        while offset < *length {
            let count = usize::try_from(length - offset).map_or(PIECE, |left| left.min(PIECE));
            let wanted = wanted.get_mut(..count).unwrap_or_default();
            let found = found.get_mut(..count).unwrap_or_default();
            self.read_stored(&name, wanted, offset)?;
            sum.add(wanted);
            let what = || io(format!("the {part} cannot be written into the other slot"));
            device.read_at(found, offset).map_err(what())?;
            if wanted != found {
                device.write_at(wanted, offset).map_err(what())?;
            }
            offset += count as u64;
            running.advance(count as u64)?;
        }
        same(part, STORED, sha256, sum.digits())
    }

    /// The kernel image, under a name that waits.
    fn put_kernel(&self, offer: &Offer) -> Result<(), Error> {
        let File { length, sha256 } = file(offer, Part::Boot)?;
        let name = Part::Boot.target(&offer.release.version);
        let staged = kernels::staged(&offer.release.version);
        let fresh = format!("{staged}.new");
        let what = || io("the kernel image cannot be written to the ESP");
        let mut piece = vec![0; PIECE];
        let mut offset = 0;
        while offset < *length {
            let count = usize::try_from(length - offset).map_or(PIECE, |left| left.min(PIECE));
            let piece = piece.get_mut(..count).unwrap_or_default();
            self.read_stored(&name, piece, offset)?;
            self.esp.write_at(&fresh, piece, offset).map_err(what())?;
            offset += count as u64;
        }
        self.esp.sync_file(&fresh).map_err(what())?;
        self.kernel_is(&fresh, *length, sha256)?;
        self.esp.rename(&fresh, &staged).map_err(what())?;
        self.esp.sync().map_err(what())
    }

    fn read_stored(&self, name: &str, buffer: &mut [u8], offset: u64) -> Result<(), Error> {
        super::fetch::read_all(&*self.store, name, buffer, offset)
            .map_err(io(format!("{name} cannot be read")))
    }

    /// The kernel image that was fetched is of the version that it was signed as, and starts the file system beside it.
    fn kernel_says(&self, offer: &Offer) -> Result<(), Error> {
        let Release {
            version, root_hash, ..
        } = &offer.release;
        let name = Part::Boot.target(version);
        let what = || io(format!("{name} cannot be read"));
        for text in [
            format!("roothash={root_hash}"),
            format!("IMAGE_VERSION={version}\n"),
        ] {
            if folder::holds(&*self.store, &name, &text).map_err(what())? {
                continue;
            }
            let File { length, sha256 } = file(offer, Part::Boot)?;
            let found = hash::of(*length, |piece, offset| {
                super::fetch::read_all(&*self.store, &name, piece, offset)
            });
            same(Part::Boot, STORED, sha256, found.map_err(what())?)?;
            return Err(Error::Mislabelled {
                version: version.clone(),
                text: text.trim_end().to_owned(),
            });
        }
        Ok(())
    }

    /// Whether a file of the ESP is what was signed.
    fn kernel_is(&self, name: &str, length: u64, sha256: &str) -> Result<(), Error> {
        let what = || io(format!("{name} cannot be read back"));
        let found = hash::of(length, |piece, offset| {
            super::fetch::read_all(&*self.esp, name, piece, offset)
        });
        same(Part::Boot, ESP, sha256, found.map_err(what())?)
    }

    /// Whether each block of the other slot is what the release's root hash says.
    pub(super) fn slot_is_whole(&self, offer: &Offer) -> Result<(), Error> {
        let Slot { data, hashes } = &self.other;
        let root = &offer.release.root_hash;
        let whole = verity::is_whole(&**data as &dyn Readable, &**hashes as &dyn Readable, root);
        if whole.map_err(io("the other slot cannot be read"))? {
            return Ok(());
        }
        Err(Error::NotWhole {
            version: offer.release.version.clone(),
            root_hash: root.clone(),
        })
    }

    /// Whether all of it is there, down to the kernel image that waits.
    pub(super) fn is_staged(&self, offer: &Offer) -> Result<bool, Error> {
        let File { length, sha256 } = file(offer, Part::Boot)?;
        let staged = kernels::staged(&offer.release.version);
        let files = self.esp.list().map_err(io("the ESP cannot be read"))?;
        Ok(files.get(&staged) == Some(length)
            && self.kernel_is(&staged, *length, sha256).is_ok()
            && self.slot_is_whole(offer).is_ok())
    }

    /// Whether each file has room where it goes.
    pub(super) fn fits_places(&self, offer: &Offer) -> Result<(), Error> {
        let version = &offer.release.version;
        for (part, room) in [
            (Part::Root, self.other.data.len()),
            (Part::Hashes, self.other.hashes.len()),
        ] {
            let length = file(offer, part)?.length;
            if length > room {
                return Err(Error::TooLarge {
                    version: version.clone(),
                    part,
                    length,
                    room,
                });
            }
        }
        let needed = file(offer, Part::Boot)?.length;
        let freed: u64 = kernels::others(&*self.esp, &self.system.version)?;
        let free = self.esp.free().map_err(io("the ESP cannot be read"))?;
        if free.saturating_add(freed) < needed {
            return Err(Error::NoSpace {
                place: "the ESP",
                needed,
                free,
            });
        }
        Ok(())
    }
}

/// As [`Error::WrongHash`] calls what was fetched.
pub(super) const STORED: &str = "as downloaded";

/// What is signed of a file that every release has.
pub(super) fn file(offer: &Offer, part: Part) -> Result<&File, Error> {
    offer.files.get(&part).ok_or_else(|| Error::Lacks {
        version: offer.release.version.clone(),
        part,
    })
}

/// Compares sums.
pub(super) fn same(
    part: Part,
    place: &'static str,
    expected: &str,
    found: String,
) -> Result<(), Error> {
    if expected == found {
        return Ok(());
    }
    Err(Error::WrongHash {
        part,
        place,
        expected: expected.to_owned(),
        found,
    })
}

fn not_now(why: &str) -> Error {
    Error::NotNow {
        wanted: "write the other slot",
        why: why.to_owned(),
    }
}
