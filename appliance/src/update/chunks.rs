//! Chunks of a release's root file system: which of them the running slot has, and where the others are in its archive (bitar's `.cba`).
//!
//! Nobody signed the archive's index by itself, so it is not trusted: numbers are checked before they are used, and what comes of them is
//! compared with the signed hash of the whole. Where the index makes no sense, the file is downloaded as it is.

use std::collections::{HashMap, HashSet};
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use bitar::Chunk;
use bitar::chunk_dictionary::chunk_compression::CompressionType;
use bitar::chunk_dictionary::chunker_parameters::ChunkingAlgorithm;
use bitar::chunk_dictionary::{ChunkDictionary, ChunkerParameters};
use bitar::chunker::{Config, FilterBits, FilterConfig};
use bitar::header::{ARCHIVE_MAGIC, PRE_HEADER_SIZE};
use futures_util::{FutureExt, StreamExt};
use prost::Message;
use tokio::io::{AsyncRead, ReadBuf};

use super::device::Readable;
use super::hash::PIECE;

/// The longest index.
const INDEX_LIMIT: u64 = 32 * 1024 * 1024;
/// The longest chunk.
const CHUNK_LIMIT: u32 = 32 * 1024 * 1024;
const WINDOW_LIMIT: u32 = 64 * 1024;

/// Why chunks are of no use.
#[derive(Debug)]
pub(super) enum Unusable {
    /// The index makes no sense.
    Index,
    /// It cannot be read, or the running slot cannot.
    Io(io::Error),
}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// All chunks of a file in their order.
#[derive(Debug)]
pub(super) struct Chunks {
    config: Config,
    hash_len: usize,
    is_brotli: bool,
    pub(super) list: Vec<Place>,
}

/// A chunk.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The beginning of its BLAKE2b hash.
    pub(super) hash: Vec<u8>,
    /// Where it is in the file.
    pub(super) file: Range<u64>,
    /// Where it is in the archive.
    pub(super) archive: Range<u64>,
}

/// Where the running slot has chunks, by their hashes.
pub(super) type Found = HashMap<Vec<u8>, u64>;

impl Chunks {
    /// Reads the index of an archive of so many bytes, for a file of so many.
    pub(super) fn read(
        file: u64,
        archive: u64,
        mut read: impl FnMut(Range<u64>) -> io::Result<Vec<u8>>,
    ) -> Result<Self, Unusable> {
        let begin = PRE_HEADER_SIZE as u64;
        let head = read(0..begin)?;
        let length = head.strip_prefix(ARCHIVE_MAGIC).ok_or(Unusable::Index)?;
        let length = length.try_into().map_err(|_| Unusable::Index)?;
        let length = u64::from_le_bytes(length);
        if length > INDEX_LIMIT {
            return Err(Unusable::Index);
        }
        // Behind the index stand where chunks begin, and a hash that proves nothing.
        let bytes = read(begin..begin + length + 8)?;
        let parsed = usize::try_from(length).ok().and_then(|length| {
            let (index, begin) = bytes.split_at_checked(length)?;
            let begin = u64::from_le_bytes(begin.try_into().ok()?);
            Self::parse(&ChunkDictionary::decode(index).ok()?, begin)
        });
        let parsed = parsed.ok_or(Unusable::Index)?;
        let end = parsed.list.last().map_or(0, |place| place.file.end);
        let is_inside = |place: &Place| place.archive.end <= archive;
        if end == file && parsed.list.iter().all(is_inside) {
            return Ok(parsed);
        }
        Err(Unusable::Index)
    }

    fn parse(index: &ChunkDictionary, begin: u64) -> Option<Self> {
        let parameters = index.chunker_params?;
        let hash_len = usize::try_from(parameters.chunk_hash_length).ok()?;
        let compression = CompressionType::try_from(index.chunk_compression?.compression).ok()?;
        let is_brotli = match compression {
            CompressionType::None => false,
            CompressionType::Brotli => true,
            CompressionType::Lzma | CompressionType::Zstd => return None,
        };
        if !(16..=64).contains(&hash_len) {
            return None;
        }
        let mut list = Vec::with_capacity(index.rebuild_order.len());
        let mut at = 0_u64;
        for number in &index.rebuild_order {
            let chunk = index
                .chunk_descriptors
                .get(usize::try_from(*number).ok()?)?;
            let is_sane = (1..=CHUNK_LIMIT).contains(&chunk.source_size)
                && (1..=CHUNK_LIMIT).contains(&chunk.archive_size)
                && chunk.checksum.len() == hash_len;
            if !is_sane {
                return None;
            }
            let end = at.checked_add(u64::from(chunk.source_size))?;
            let from = begin.checked_add(chunk.archive_offset)?;
            list.push(Place {
                hash: chunk.checksum.clone(),
                file: at..end,
                archive: from..from.checked_add(u64::from(chunk.archive_size))?,
            });
            at = end;
        }
        Some(Self {
            config: config(&parameters)?,
            hash_len,
            is_brotli,
            list,
        })
    }

    /// Looks which of them `own` has.
    pub(super) fn find(&self, own: &dyn Readable) -> Result<Found, Unusable> {
        let wanted: HashSet<&[u8]> = self.list.iter().map(|place| &*place.hash).collect();
        let mut found = Found::new();
        let mut chunks = self.config.new_chunker(Reading { own, at: 0 });
        // What it reads is always there: it never waits.
        while let Some(chunk) = chunks.next().now_or_never().flatten() {
            let (at, chunk) = chunk?;
            let hash = self.hash(chunk);
            if wanted.contains(&*hash) {
                found.entry(hash).or_insert(at);
            }
        }
        Ok(found)
    }

    /// The bytes of a chunk that came from the archive; nothing when they are not what the index says.
    pub(super) fn unpack(&self, place: &Place, came: Vec<u8>) -> Option<Vec<u8>> {
        let length = usize::try_from(place.file.end - place.file.start).ok()?;
        // One that would have become longer is kept as it is.
        let bytes = if self.is_brotli && came.len() != length {
            let mut bytes = Room(Vec::new(), length);
            brotli_decompressor::BrotliDecompress(&mut &came[..], &mut bytes).ok()?;
            bytes.0
        } else {
            came
        };
        let is_right = bytes.len() == length && self.hash(bytes.clone().into()) == place.hash;
        is_right.then_some(bytes)
    }

    fn hash(&self, chunk: Chunk) -> Vec<u8> {
        let mut hash = chunk.verify().hash().to_vec();
        hash.truncate(self.hash_len);
        hash
    }
}

fn config(parameters: &ChunkerParameters) -> Option<Config> {
    let (min, max) = (parameters.min_chunk_size, parameters.max_chunk_size);
    if !(1..=CHUNK_LIMIT).contains(&max) || min > max {
        return None;
    }
    let algorithm = ChunkingAlgorithm::try_from(parameters.chunking_algorithm).ok()?;
    let window = parameters.rolling_hash_window_size;
    if algorithm == ChunkingAlgorithm::FixedSize {
        return Some(Config::FixedSize(usize::try_from(max).ok()?));
    }
    if !(1..=31).contains(&parameters.chunk_filter_bits) || !(1..=WINDOW_LIMIT).contains(&window) {
        return None;
    }
    let filter = FilterConfig {
        filter_bits: FilterBits::from_bits(parameters.chunk_filter_bits),
        min_chunk_size: usize::try_from(min).ok()?,
        max_chunk_size: usize::try_from(max).ok()?,
        window_size: usize::try_from(window).ok()?,
    };
    match algorithm {
        ChunkingAlgorithm::Buzhash => Some(Config::BuzHash(filter)),
        ChunkingAlgorithm::Rollsum => Some(Config::RollSum(filter)),
        ChunkingAlgorithm::FixedSize => None,
    }
}

/// As the chunker wants to read.
struct Reading<'a> {
    own: &'a dyn Readable,
    at: u64,
}

impl AsyncRead for Reading<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let left = self.own.len().saturating_sub(self.at);
        let count = usize::try_from(left).unwrap_or(PIECE);
        let count = count.min(PIECE).min(buffer.remaining());
        let read = self
            .own
            .read_at(buffer.initialize_unfilled_to(count), self.at);
        buffer.advance(count);
        self.at += count as u64;
        Poll::Ready(read)
    }
}

/// Takes so many bytes and no more.
struct Room(Vec<u8>, usize);

impl io::Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > self.1 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bitar::chunk_dictionary::{ChunkCompression, ChunkDescriptor};
    use proptest::prelude::*;

    use super::*;

    fn index() -> ChunkDictionary {
        let chunk = |offset| ChunkDescriptor {
            checksum: vec![1; 64],
            archive_size: 10,
            archive_offset: offset,
            source_size: 10,
        };
        ChunkDictionary {
            chunker_params: Some(ChunkerParameters {
                chunk_filter_bits: 12,
                min_chunk_size: 100,
                max_chunk_size: 10_000,
                rolling_hash_window_size: 64,
                chunk_hash_length: 64,
                chunking_algorithm: ChunkingAlgorithm::Rollsum.into(),
            }),
            chunk_compression: Some(ChunkCompression {
                compression: CompressionType::None.into(),
                compression_level: 0,
            }),
            rebuild_order: vec![0, 1, 0],
            chunk_descriptors: vec![chunk(0), chunk(10)],
            source_total_size: 30,
            ..ChunkDictionary::default()
        }
    }

    fn read(index: &ChunkDictionary) -> Result<Chunks, Unusable> {
        let archive = [bitar::header::build(index, None).unwrap(), vec![0; 20]].concat();
        of(&archive, 30)
    }

    fn of(archive: &[u8], file: u64) -> Result<Chunks, Unusable> {
        Chunks::read(file, archive.len() as u64, |range| {
            let rest = archive.get(range.start as usize..).unwrap_or_default();
            let count = rest.len().min((range.end - range.start) as usize);
            Ok(rest[..count].to_vec())
        })
    }

    #[test]
    fn an_index_that_makes_no_sense_is_of_no_use() {
        assert_eq!(read(&index()).unwrap().list.len(), 3);
        let changes: [fn(&mut ChunkDictionary); 14] = [
            |index| index.rebuild_order.push(2),
            |index| index.rebuild_order.truncate(2),
            |index| index.chunk_descriptors[0].archive_offset = u64::MAX,
            |index| index.chunk_descriptors[1].archive_offset = 11,
            |index| index.chunk_descriptors[0].source_size = 0,
            |index| index.chunk_descriptors[0].source_size = u32::MAX,
            |index| index.chunk_descriptors[0].archive_size = u32::MAX,
            |index| index.chunk_descriptors[0].checksum.truncate(3),
            |index| index.chunker_params = None,
            |index| index.chunk_compression.as_mut().unwrap().compression = 9,
            |index| index.chunker_params.as_mut().unwrap().chunk_filter_bits = 0,
            |index| index.chunker_params.as_mut().unwrap().max_chunk_size = 50,
            |index| {
                index
                    .chunker_params
                    .as_mut()
                    .unwrap()
                    .rolling_hash_window_size = 0;
            },
            |index| index.chunker_params.as_mut().unwrap().chunk_hash_length = 65,
        ];
        for (at, change) in changes.iter().enumerate() {
            let mut changed = index();
            change(&mut changed);
            assert!(matches!(read(&changed), Err(Unusable::Index)), "{at}");
        }
        let long = [&ARCHIVE_MAGIC[..], &u64::MAX.to_le_bytes()].concat();
        for archive in [&b""[..], b"BITA1\0", &long] {
            assert!(matches!(of(archive, 30), Err(Unusable::Index)));
        }
    }

    #[test]
    fn a_chunk_that_is_not_what_the_index_says_is_none() {
        let chunks = read(&index()).unwrap();
        let place = Place {
            hash: chunks.hash(b"0123456789".to_vec().into()),
            ..chunks.list[0].clone()
        };
        assert!(chunks.unpack(&place, b"0123456789".to_vec()).is_some());
        for came in [&b"0123456788"[..], b"01234567890", b""] {
            assert!(chunks.unpack(&place, came.to_vec()).is_none());
        }
        let packed = Chunks {
            is_brotli: true,
            ..chunks
        };
        // Stored without compression: header of one last block of 10 bytes, the bytes, the end.
        assert!(packed.unpack(&place, b"0123456789".to_vec()).is_some());
        assert!(packed.unpack(&place, vec![0xff; 9]).is_none());
    }

    proptest! {
        #[test]
        fn whatever_an_archive_says_nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let length = (bytes.len() as u64).saturating_sub(8).to_le_bytes();
            let archive = [&ARCHIVE_MAGIC[..], &length, &bytes].concat();
            let _ = of(&archive, 30);
        }
    }
}
