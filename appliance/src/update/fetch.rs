//! From a source to the data partition: whatever is missing of a release.
//!
//! Invariant: a file that is not whole is called `<name>.part`, and is the beginning of the whole one, however its bytes came: as they are,
//! out of an archive of chunks, or from the slot that runs. So a download goes on where another one ended. It gets its name when its
//! hash is the one that was signed.

use std::io::{self, Read};

use xo_release::Part;

use super::Error;
use super::assemble::Plan;
use super::device::Readable;
use super::engine::{Engine, Wanted};
use super::error::io;
use super::folder::{Folder, remove_for_good};
use super::hash::{self, PIECE};
use super::journal::{Journal, Step, Update};
use super::kernels;
use super::notes;
use super::pace::{Limit, Phase, Running};
use super::source::{File, Offer, Source};
use super::stage::{STORED, file, same};

/// What stays free on the data partition for the server.
const RESERVE: u64 = 64 * 1024 * 1024;
/// How much may be lost of a download when the power goes.
const SYNC_EVERY: u64 = 16 * 1024 * 1024;

/// What a release must have; its root file system last, because it takes longest.
pub(super) const NEEDED: [Part; 3] = [Part::Hashes, Part::Boot, Part::Root];

/// How it is downloaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Speed {
    /// The limit of bandwidth; none without a number.
    pub bytes_per_second: Option<u64>,
}

impl Engine {
    /// Downloads what is missing of a release; goes on with one that has begun. Answers what is on the data partition then; nothing when
    /// there is no newer release.
    ///
    /// # Errors
    /// The source's and the disk's; and when this system may not install it.
    pub fn fetch(
        &self,
        source: &mut dyn Source,
        wanted: &Wanted,
        speed: Speed,
    ) -> Result<Option<Offer>, Error> {
        let running = self.pace.begin("a download")?;
        running.enter(Phase::Looking);
        let mut journal = Journal::read(&*self.store)?;
        let Some(offer) = self.choose(&journal, source, wanted)? else {
            return Ok(None);
        };
        match &journal.update {
            Some(update)
                if self.runs(&update.offer) || matches!(update.step, Step::Applied { .. }) =>
            {
                let version = &update.offer.release.version;
                return Err(Error::NotNow {
                    wanted: "fetch a release",
                    why: format!(
                        "{version} is being started: wait until it is confirmed, or cancel it"
                    ),
                });
            }
            Some(update) if update.offer == offer && update.step != Step::Fetching => {
                return Ok(Some(offer));
            }
            Some(update) if update.offer == offer => {
                // It may go on from somewhere else than it began.
                if update.origin != source.origin() {
                    let origin = source.origin();
                    journal.update = Some(Update {
                        origin,
                        ..update.clone()
                    });
                    journal.write(&*self.store)?;
                }
            }
            other => {
                if other.is_some() {
                    self.forget(journal, None)?;
                    journal = Journal::read(&*self.store)?;
                }
                self.begin(&mut journal, source, &offer)?;
            }
        }
        match self.fetch_parts(&running, source, &offer, speed) {
            Ok(()) => {}
            Err(Error::Cancelled) => {
                self.forget(journal, None)?;
                return Err(Error::Cancelled);
            }
            Err(error) => return Err(error),
        }
        if let Some(update) = &mut journal.update {
            update.step = Step::Fetched;
        }
        journal.write(&*self.store)?;
        Ok(Some(offer))
    }

    fn begin(
        &self,
        journal: &mut Journal,
        source: &mut dyn Source,
        offer: &Offer,
    ) -> Result<(), Error> {
        NEEDED
            .iter()
            .try_for_each(|part| file(offer, *part).map(drop))?;
        self.fits_places(offer)?;
        self.clear_store()?;
        journal.update = Some(Update {
            offer: offer.clone(),
            notes: notes::read(source, offer),
            from: self.system.version.clone(),
            origin: source.origin(),
            step: Step::Fetching,
            backup: None,
            doubt: None,
        });
        journal.write(&*self.store)
    }

    fn fetch_parts(
        &self,
        running: &Running<'_>,
        source: &mut dyn Source,
        offer: &Offer,
        speed: Speed,
    ) -> Result<(), Error> {
        let stored = self
            .store
            .list()
            .map_err(io("downloads cannot be listed"))?;
        let mut missing = 0;
        for part in NEEDED {
            let name = part.target(&offer.release.version);
            let has = [&name, &partial(&name)].map(|name| stored.get(name).copied().unwrap_or(0));
            missing += file(offer, part)?.length.saturating_sub(has[0].max(has[1]));
        }
        let free = self
            .store
            .free()
            .map_err(io("the data partition cannot be read"))?;
        if free < missing.saturating_add(RESERVE) {
            return Err(Error::NoSpace {
                place: "the data partition",
                needed: missing.saturating_add(RESERVE),
                free,
            });
        }
        let mut download = Download {
            store: &*self.store,
            running,
            limit: Limit::new(&self.pace, speed.bytes_per_second),
            source,
            offer,
        };
        let kernel = kernels::image(&*self.esp, &self.system.version)?;
        // First all that tells how much it is.
        running.enter(Phase::Comparing);
        let (mut expected, mut planned) = (0, Vec::new());
        for part in NEEDED {
            let name = part.target(&offer.release.version);
            if !stored.contains_key(&name) {
                let length = file(offer, part)?.length;
                let begun = download.begun(&partial(&name), length)?;
                let own: &dyn Readable = match part {
                    Part::Boot => &kernel,
                    _ => &*self.own,
                };
                let plan = match part.archive().filter(|_| begun < length) {
                    Some(archive) => download.plan(own, archive, length)?,
                    None => None,
                };
                expected += missing_of(offer, part, plan.as_ref(), begun)?;
                running.advance(0)?;
                planned.push((part, name, plan, begun));
            }
        }
        running.enter(Phase::Coming);
        running.expect(expected);
        for (part, name, plan, begun) in planned {
            self.fetch_part(&mut download, part, &name, plan.as_ref(), begun)?;
        }
        Ok(())
    }

    fn fetch_part(
        &self,
        download: &mut Download<'_>,
        part: Part,
        name: &str,
        plan: Option<&Plan<'_>>,
        begun: u64,
    ) -> Result<(), Error> {
        let File { length, sha256 } = file(download.offer, part)?;
        let partial = partial(name);
        for first in [begun, 0] {
            let mut from = first;
            if from < *length
                && let Some(plan) = plan
            {
                from = download.assemble(plan, &partial, from)?;
                if from < *length {
                    download.running.spare(plan.missing(from));
                    download.running.expect(*length - from);
                }
            }
            match download.stream(part, &partial, from..*length) {
                // Only whole files can be had: once more, from nothing.
                Err(Error::Io { source, .. })
                    if source.kind() == io::ErrorKind::Unsupported && from > 0 =>
                {
                    let what = io(format!("{partial} cannot be kept"));
                    remove_for_good(&*self.store, &partial).map_err(what)?;
                    download.running.expect(from);
                    download.stream(part, &partial, 0..*length)?;
                }
                streamed => streamed?,
            }
            let what = || io(format!("{partial} cannot be kept"));
            if *length > 0 {
                self.store.sync_file(&partial).map_err(what())?;
            }
            let found = hash::of(*length, |piece, offset| {
                read_all(&*self.store, &partial, piece, offset)
            });
            let judged = same(part, STORED, sha256, found.map_err(what())?);
            if judged.is_ok() {
                self.store.rename(&partial, name).map_err(what())?;
                return self.store.sync().map_err(what());
            }
            remove_for_good(&*self.store, &partial).map_err(what())?;
            // Its beginning may be what a power cut left: once more, from nothing.
            if first == 0 {
                return judged;
            }
            let again = missing_of(download.offer, part, plan, 0)?;
            download.running.expect(again);
        }
        Ok(())
    }

    /// Removes all downloads.
    pub(super) fn clear_store(&self) -> Result<(), Error> {
        let what = || io("downloads cannot be removed");
        for name in self.store.list().map_err(what())?.into_keys() {
            if name.starts_with("xoa-") {
                self.store.remove(&name).map_err(what())?;
            }
        }
        self.store.sync().map_err(what())
    }
}

/// How much is to be downloaded of a part behind `from`, in bytes.
fn missing_of(offer: &Offer, part: Part, plan: Option<&Plan<'_>>, from: u64) -> Result<u64, Error> {
    let length = file(offer, part)?.length;
    Ok(plan.map_or(length.saturating_sub(from), |plan| plan.missing(from)))
}

fn partial(name: &str) -> String {
    format!("{name}.part")
}

/// What a download works with.
pub(super) struct Download<'a> {
    pub(super) store: &'a dyn Folder,
    pub(super) running: &'a Running<'a>,
    pub(super) limit: Limit<'a>,
    pub(super) source: &'a mut dyn Source,
    pub(super) offer: &'a Offer,
}

impl Download<'_> {
    /// How much of a file is there.
    fn begun(&self, name: &str, length: u64) -> Result<u64, Error> {
        let what = || io(format!("{name} cannot be kept"));
        let files = self.store.list().map_err(what())?;
        let begun = files.get(name).copied().unwrap_or(0);
        if begun > length {
            remove_for_good(self.store, name).map_err(what())?;
            return Ok(0);
        }
        Ok(begun)
    }

    /// Downloads a range of a file onto the end of what is there.
    fn stream(&mut self, part: Part, name: &str, range: std::ops::Range<u64>) -> Result<(), Error> {
        let (mut offset, length) = (range.start, range.end);
        if offset >= length {
            return Ok(());
        }
        let version = &self.offer.release.version;
        let what = || io(format!("the {part} of {version} cannot be downloaded"));
        let mut stream = self.source.read(version, part, range).map_err(what())?;
        let mut piece = vec![0; PIECE];
        let mut synced = offset;
        while offset < length {
            let count = usize::try_from(length - offset).map_or(PIECE, |left| left.min(PIECE));
            let piece = piece.get_mut(..count).unwrap_or_default();
            let count = fill(&mut stream, piece).map_err(what())?;
            let came = piece.get(..count).unwrap_or_default();
            if count > 0 {
                let kept = self.store.write_at(name, came, offset);
                kept.map_err(io(format!("{name} cannot be kept")))?;
                offset += count as u64;
            }
            if count < piece.len() {
                return Err(Error::Truncated {
                    part,
                    came: offset,
                    length,
                });
            }
            if offset - synced >= SYNC_EVERY {
                let kept = self.store.sync_file(name);
                kept.map_err(io(format!("{name} cannot be kept")))?;
                synced = offset;
            }
            self.limit.wait(count as u64);
            self.running.advance(count as u64)?;
        }
        Ok(())
    }
}

/// Reads until the buffer is full or the stream ends; answers how much came.
pub(super) fn fill(stream: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match stream.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // What came is kept: the rest comes another time.
            Err(_) if filled > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Fills all of a buffer from a file.
pub(super) fn read_all(
    folder: &dyn Folder,
    name: &str,
    mut buffer: &mut [u8],
    mut offset: u64,
) -> io::Result<()> {
    while !buffer.is_empty() {
        match folder.read_at(name, buffer, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                buffer = buffer.get_mut(count..).unwrap_or_default();
                offset += count as u64;
            }
        }
    }
    Ok(())
}
