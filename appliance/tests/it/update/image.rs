//! Tiny releases, and a source that has some of them.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};
use std::ops::Range;

use aws_lc_rs::digest::{SHA256, digest};
use bitar::chunk_dictionary::{
    ChunkCompression, ChunkDescriptor, ChunkDictionary, ChunkerParameters,
};
use bitar::chunker::{Config, FilterBits, FilterConfig};
use futures_util::{FutureExt, StreamExt};
use semver::Version;
use xo_appliance::update::hash::hex;
use xo_appliance::update::source::{Failure, File, Offer, Source};
use xo_release::{PRODUCT, Part, Release};

use super::verity;

/// A release and its files.
#[derive(Clone)]
pub struct Image {
    pub offer: Offer,
    pub files: BTreeMap<Part, Vec<u8>>,
}

/// Bytes that look like nothing; the same for the same seed.
pub fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

pub fn version(text: &str) -> Version {
    text.parse().unwrap()
}

impl Image {
    /// A release whose file system has these bytes; its chunks can be had by themselves, too.
    pub fn new(name: &str, root: Vec<u8>) -> Self {
        let (hashes, root_hash) = verity::format(&root, b"salt");
        let boot = [
            &noise(300_000, root.len() as u64)[..],
            format!("ID=xoa\nIMAGE_VERSION={name}\n").as_bytes(),
            format!("quiet roothash={root_hash} panic=10").as_bytes(),
            &noise(1000, 2),
        ]
        .concat();
        let (chunks, boot_chunks) = (archive(&root), archive(&boot));
        let release = Release {
            product: PRODUCT.to_owned(),
            architecture: "x86_64".to_owned(),
            version: version(name),
            channels: vec!["stable".to_owned()],
            min_from: version("1.0.0"),
            security_floor: version("1.0.0"),
            root_hash,
            uki_sha256: sha256(&boot),
            migrations: 1,
        };
        let files = BTreeMap::from([
            (Part::Root, root),
            (Part::Hashes, hashes),
            (Part::Boot, boot),
            (Part::Chunks, chunks),
            (Part::BootChunks, boot_chunks),
            (Part::Notes, format!("# {name}\n").into_bytes()),
        ]);
        let signed = files.iter().map(|(part, bytes)| (*part, signed(bytes)));
        Self {
            offer: Offer {
                release,
                files: signed.collect(),
            },
            files,
        }
    }

    /// Without an archive of chunks.
    pub fn whole(mut self) -> Self {
        for part in [Part::Chunks, Part::BootChunks] {
            self.offer.files.remove(&part);
        }
        self
    }

    /// With other release notes.
    pub fn with_notes(mut self, notes: Vec<u8>) -> Self {
        self.offer.files.insert(Part::Notes, signed(&notes));
        self.files.insert(Part::Notes, notes);
        self
    }

    /// Another description, signed as well.
    pub fn with(mut self, change: impl FnOnce(&mut Release)) -> Self {
        change(&mut self.offer.release);
        self
    }

    pub fn version(&self) -> &Version {
        &self.offer.release.version
    }
}

pub fn signed(bytes: &[u8]) -> File {
    File {
        length: bytes.len() as u64,
        sha256: sha256(bytes),
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

/// An archive as `bita compress` makes one, with chunks of some 16 KiB.
fn archive(root: &[u8]) -> Vec<u8> {
    let filter = FilterConfig {
        filter_bits: FilterBits::from_size(16 * 1024),
        min_chunk_size: 4 * 1024,
        max_chunk_size: 64 * 1024,
        window_size: 64,
    };
    let mut stream = Config::RollSum(filter).new_chunker(root);
    let (mut order, mut descriptors, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    let mut known = HashMap::new();
    while let Some(chunk) = stream.next().now_or_never().unwrap() {
        let chunk = chunk.unwrap().1.verify();
        let hash = chunk.hash().to_vec();
        let number = *known.entry(hash.clone()).or_insert_with(|| {
            descriptors.push(ChunkDescriptor {
                checksum: hash,
                archive_size: chunk.len() as u32,
                archive_offset: bytes.len() as u64,
                source_size: chunk.len() as u32,
            });
            bytes.extend(chunk.data());
            descriptors.len() as u32 - 1
        });
        order.push(number);
    }
    let dictionary = ChunkDictionary {
        source_total_size: root.len() as u64,
        chunker_params: Some(ChunkerParameters {
            chunk_filter_bits: filter.filter_bits.bits(),
            min_chunk_size: filter.min_chunk_size as u32,
            max_chunk_size: filter.max_chunk_size as u32,
            rolling_hash_window_size: filter.window_size as u32,
            chunk_hash_length: 64,
            chunking_algorithm: 1,
        }),
        chunk_compression: Some(ChunkCompression::default()),
        rebuild_order: order,
        chunk_descriptors: descriptors,
        ..ChunkDictionary::default()
    };
    [bitar::header::build(&dictionary, None).unwrap(), bytes].concat()
}

type Fault = Box<dyn Fn(Part, Range<u64>, Vec<u8>) -> Vec<u8>>;

/// Releases that can be had.
#[derive(Default)]
pub struct Shelf {
    pub images: Vec<Image>,
    /// What becomes of bytes on their way.
    pub fault: Option<Fault>,
    /// How many bytes of each file were asked for.
    pub asked: RefCell<BTreeMap<Part, u64>>,
}

impl Shelf {
    pub fn new(images: impl IntoIterator<Item = Image>) -> Self {
        Self {
            images: images.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Since this was asked last.
    pub fn asked(&self, part: Part) -> u64 {
        self.asked.borrow_mut().remove(&part).unwrap_or(0)
    }
}

impl Source for Shelf {
    fn releases(&mut self) -> Result<Vec<Offer>, Failure> {
        Ok(self
            .images
            .iter()
            .map(|image| image.offer.clone())
            .collect())
    }

    fn read<'a>(
        &'a mut self,
        version: &Version,
        part: Part,
        range: Range<u64>,
    ) -> io::Result<Box<dyn Read + 'a>> {
        let image = self.images.iter().find(|image| image.version() == version);
        let bytes = image.and_then(|image| image.files.get(&part));
        let bytes = bytes.ok_or(io::ErrorKind::NotFound)?;
        let end = bytes.len().min(range.end as usize);
        let found = bytes.get(range.start as usize..end).unwrap_or_default();
        *self.asked.borrow_mut().entry(part).or_default() += found.len() as u64;
        let mut found = found.to_vec();
        if let Some(fault) = &self.fault {
            found = fault(part, range, found);
        }
        Ok(Box::new(io::Cursor::new(found)))
    }
}
