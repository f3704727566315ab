//! A new root file system or kernel image, put together from chunks of the running one and of an archive.

use std::collections::{HashMap, HashSet};
use std::io::{self, ErrorKind, Read};
use std::ops::Range;

use xo_release::Part;

use super::Error;
use super::chunks::{Chunks, Found, Place, Unusable};
use super::device::Readable;
use super::error;
use super::fetch::{Download, fill, read_all};
use super::hash::PIECE;
use super::pace::Running;

/// How much of an archive is asked for at once.
const RUN_LIMIT: u64 = 4 * 1024 * 1024;

/// Where the bytes of a file come from: from a file of the running system as far as it has them, and else from an archive.
pub(super) struct Plan<'a> {
    own: &'a dyn Readable,
    /// The archive.
    part: Part,
    chunks: Chunks,
    found: Found,
}

impl Plan<'_> {
    /// How much is to be downloaded for what comes behind `from`, in bytes.
    pub(super) fn missing(&self, from: u64) -> u64 {
        let mut known: HashSet<&[u8]> = HashSet::new();
        let mut missing = 0;
        for place in &self.chunks.list {
            let is_new = known.insert(&place.hash) && !self.found.contains_key(&place.hash);
            if is_new && place.file.end > from {
                missing += place.archive.end - place.archive.start;
            }
        }
        missing
    }
}

/// The running system, until somebody does not want it read any more.
struct Stoppable<'a> {
    own: &'a dyn Readable,
    running: &'a Running<'a>,
}

impl Readable for Stoppable<'_> {
    fn len(&self) -> u64 {
        self.own.len()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.running.advance(0).map_err(io::Error::other)?;
        self.own.read_at(buffer, offset)
    }
}

impl Download<'_> {
    /// Finds out which chunks of a file with so many bytes `own` has; nothing when that leads nowhere.
    pub(super) fn plan<'a>(
        &mut self,
        own: &'a dyn Readable,
        part: Part,
        whole: u64,
    ) -> Result<Option<Plan<'a>>, Error> {
        let offer = self.offer;
        let Some(archive) = offer.files.get(&part) else {
            return Ok(None);
        };
        let read = Chunks::read(whole, archive.length, |range| {
            let (mut bytes, limit) = (Vec::new(), range.end - range.start);
            let version = &offer.release.version;
            let stream = self.source.read(version, part, range)?;
            stream.take(limit).read_to_end(&mut bytes)?;
            // It comes over the network too.
            self.limit.wait(bytes.len() as u64);
            self.running.include(bytes.len() as u64);
            Ok(bytes)
        });
        let stoppable = Stoppable {
            own,
            running: self.running,
        };
        let found = read.and_then(|chunks| Ok((chunks.find(&stoppable)?, chunks)));
        self.running.advance(0)?;
        match found {
            Ok((found, chunks)) => Ok(Some(Plan {
                own,
                part,
                chunks,
                found,
            })),
            // Without it, all is downloaded.
            Err(Unusable::Index) => Ok(None),
            // A bundle has none, and some servers give whole files only.
            Err(Unusable::Io(source))
                if matches!(source.kind(), ErrorKind::NotFound | ErrorKind::Unsupported) =>
            {
                Ok(None)
            }
            Err(Unusable::Io(source)) => {
                let what = "what the running system has of the release cannot be found out".into();
                Err(Error::Io { what, source })
            }
        }
    }

    /// Goes on with the file `name` from `from` on, as far as the chunks lead; answers how far.
    pub(super) fn assemble(
        &mut self,
        plan: &Plan<'_>,
        name: &str,
        from: u64,
    ) -> Result<u64, Error> {
        let assembly = Assembly {
            download: self,
            plan,
            name,
            written: HashMap::new(),
            pending: Vec::new(),
            offset: from,
            run: (0, Vec::new()),
        };
        assembly.go()
    }
}

struct Assembly<'a, 'b> {
    download: &'a mut Download<'b>,
    plan: &'a Plan<'a>,
    name: &'a str,
    /// Chunks that the file has already, by their hashes.
    written: HashMap<&'a [u8], u64>,
    /// What is to be written before `offset`.
    pending: Vec<u8>,
    offset: u64,
    /// What came of the archive last, and where it stands there.
    run: (u64, Vec<u8>),
}

impl<'a> Assembly<'a, '_> {
    fn go(mut self) -> Result<u64, Error> {
        let list = &self.plan.chunks.list;
        for (number, place) in list.iter().enumerate() {
            if place.file.end > self.offset {
                let rest = list.get(number..).unwrap_or_default();
                match self.get(place, rest) {
                    Ok(Some(bytes)) => self.append(place, &bytes)?,
                    // The archive is not what its index says: the rest comes as it is.
                    Ok(None) => break,
                    Err(error) => {
                        // What came is kept.
                        self.flush()?;
                        return Err(error);
                    }
                }
            }
            self.written.entry(&place.hash).or_insert(place.file.start);
        }
        self.flush()?;
        Ok(self.offset)
    }

    /// The bytes of a chunk, the first one of those that are left.
    fn get(&mut self, place: &'a Place, rest: &'a [Place]) -> Result<Option<Vec<u8>>, Error> {
        let length = place.file.end - place.file.start;
        let count = usize::try_from(length).unwrap_or(0);
        let mut bytes = vec![0; count];
        if let Some(at) = self.plan.found.get(&place.hash) {
            let read = self.plan.own.read_at(&mut bytes, *at);
            read.map_err(error::io("the running system cannot be read"))?;
            self.download.running.advance(0)?;
            return Ok(Some(bytes));
        }
        if let Some(at) = self.written.get(&*place.hash).copied() {
            self.flush()?;
            let read = read_all(self.download.store, self.name, &mut bytes, at);
            read.map_err(error::io(format!("{} cannot be read back", self.name)))?;
            return Ok(Some(bytes));
        }
        if self.in_run(&place.archive).is_none() {
            self.fetch(rest)?;
        }
        let came = self.in_run(&place.archive).map(<[u8]>::to_vec);
        Ok(came.and_then(|came| self.plan.chunks.unpack(place, came)))
    }

    fn in_run(&self, range: &Range<u64>) -> Option<&[u8]> {
        let (start, bytes) = &self.run;
        let from = usize::try_from(range.start.checked_sub(*start)?).ok()?;
        let to = usize::try_from(range.end.checked_sub(*start)?).ok()?;
        bytes.get(from..to)
    }

    /// Gets the first of these chunks, and those that are missing and stand right behind it.
    fn fetch(&mut self, rest: &'a [Place]) -> Result<(), Error> {
        let mut missing = rest.iter().filter(|place| {
            !self.plan.found.contains_key(&place.hash) && !self.written.contains_key(&*place.hash)
        });
        let Some(first) = missing.next() else {
            return Ok(());
        };
        let Range { start, mut end } = first.archive;
        for next in missing {
            if next.archive.start != end || next.archive.end - start > RUN_LIMIT {
                break;
            }
            end = next.archive.end;
        }
        let Download {
            running,
            limit,
            source,
            offer,
            ..
        } = &mut *self.download;
        let version = &offer.release.version;
        let what = || error::io(format!("chunks of {version} cannot be downloaded"));
        let mut stream = source
            .read(version, self.plan.part, start..end)
            .map_err(what())?;
        let mut bytes = vec![0; usize::try_from(end - start).unwrap_or(0)];
        let mut came = 0;
        for piece in bytes.chunks_mut(PIECE) {
            let count = fill(&mut stream, piece).map_err(what())?;
            came += count;
            if count < piece.len() {
                return Err(Error::Truncated {
                    part: self.plan.part,
                    came: start + came as u64,
                    length: end,
                });
            }
            limit.wait(count as u64);
            running.advance(count as u64)?;
        }
        self.run = (start, bytes);
        Ok(())
    }

    fn append(&mut self, place: &Place, bytes: &[u8]) -> Result<(), Error> {
        // A part of it may be there from an earlier time.
        let from = self.offset.saturating_sub(place.file.start);
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        self.pending.extend(bytes.get(from..).unwrap_or_default());
        self.offset = place.file.end;
        if self.pending.len() >= PIECE {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let at = self.offset - self.pending.len() as u64;
        let kept = self.download.store.write_at(self.name, &self.pending, at);
        kept.map_err(error::io(format!("{} cannot be kept", self.name)))?;
        self.pending.clear();
        Ok(())
    }
}
