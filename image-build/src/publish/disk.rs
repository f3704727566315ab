//! A built disk, taken apart: the first slot as long as it really is, its hashes, the kernel image that starts it, and what it says of itself.
//!
//! Invariant: what is cut out belongs together: the hash at the top of the tree is the one on the kernel's command line.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::error::PublishError;
use super::image::Image;
use super::verity::{BLOCK, Superblock};

const SECTOR: u64 = 512;
/// Types of partitions, as they stand in the table (UEFI's and the Discoverable Partitions Specification's).
const ESP: [u8; 16] = [
    0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b,
];
const ROOT: [u8; 16] = [
    0xe3, 0xbc, 0x68, 0x4f, 0xcd, 0xe8, 0xb1, 0x4d, 0x96, 0xe7, 0xfb, 0xca, 0xf9, 0x84, 0xb7, 0x09,
];
const HASHES: [u8; 16] = [
    0xed, 0x57, 0x73, 0x2c, 0xd2, 0xeb, 0xd9, 0x46, 0xae, 0xc1, 0x23, 0xd4, 0x37, 0xec, 0x2b, 0xf5,
];
const ENTRIES_MAX: u32 = 256;
/// A kernel image is some tens of megabytes.
const KERNEL_MAX: u64 = 512 << 20;
const ROOT_HASH: &[u8] = b"roothash=";

/// A range of bytes of the disk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) length: u64,
}

/// What a release is made of.
#[derive(Debug)]
pub struct Parts {
    pub(super) disk: File,
    pub(super) path: PathBuf,
    pub(super) root: Span,
    pub(super) hashes: Span,
    pub(super) kernel: Vec<u8>,
    pub(super) root_hash: String,
    pub(super) image: Image,
}

impl Parts {
    /// Takes a raw disk apart.
    ///
    /// # Errors
    /// When it is not one that `build` made.
    pub fn of(path: &Path) -> Result<Self, PublishError> {
        let read = |source| PublishError::file("read", path)(source);
        let bad = |reason: &str| PublishError::Disk {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let disk = File::open(path).map_err(PublishError::file("open", path))?;
        let partitions = partitions(&disk).map_err(read)?;
        let first = |kind: [u8; 16], what: &str| {
            let mut of_kind = partitions.iter().filter(|(found, _)| *found == kind);
            let first = of_kind.next().map(|(_, span)| *span);
            first.ok_or_else(|| bad(&format!("it has no {what} partition")))
        };
        let (esp, slot, tree) = (
            first(ESP, "EFI system")?,
            first(ROOT, "root")?,
            first(HASHES, "root-verity")?,
        );
        let mut head = vec![0; 2 * BLOCK as usize];
        disk.read_exact_at(&mut head, tree.start).map_err(read)?;
        let (superblock, top) = head.split_at(BLOCK as usize);
        let superblock = Superblock::read(superblock)
            .ok_or_else(|| bad("its first slot has no superblock of dm-verity that we know"))?;
        if superblock.data() > slot.length || superblock.hashes() > tree.length {
            return Err(bad("its first slot is shorter than its superblock says"));
        }
        let kernel = kernel(&disk, esp)
            .map_err(read)?
            .ok_or_else(|| bad("there is not exactly one kernel image in EFI/Linux"))?;
        let root_hash = superblock.root_hash(top);
        if command_line_hash(&kernel) != Some(root_hash.as_bytes()) {
            return Err(bad("its kernel image starts another root file system"));
        }
        let root = Span {
            start: slot.start,
            length: superblock.data(),
        };
        let image = Image::read(Window::new(&disk, root))
            .map_err(|e| bad(&format!("its root file system cannot be read: {e}")))?;
        Ok(Self {
            path: path.to_owned(),
            root,
            hashes: Span {
                start: tree.start,
                length: superblock.hashes(),
            },
            disk,
            kernel,
            root_hash,
            image,
        })
    }

    /// A part of the disk, to be read from its beginning.
    pub(super) fn reader(&self, span: Span) -> Window<'_> {
        Window::new(&self.disk, span)
    }
}

fn partitions(disk: &File) -> io::Result<Vec<([u8; 16], Span)>> {
    let mut header = [0; 92];
    disk.read_exact_at(&mut header, SECTOR)?;
    if !header.starts_with(b"EFI PART") {
        return Ok(Vec::new());
    }
    let word = |bytes: &[u8], at: usize| {
        let bytes = bytes.get(at..at + 8).and_then(|b| b.try_into().ok());
        u64::from_le_bytes(bytes.unwrap_or_default())
    };
    let (count, size) = (word(&header, 80) as u32, word(&header, 80) >> 32);
    let mut found = Vec::new();
    for index in 0..count.min(ENTRIES_MAX) {
        let mut entry = [0; 48];
        let place = word(&header, 72).saturating_mul(SECTOR);
        disk.read_exact_at(&mut entry, place.saturating_add(u64::from(index) * size))?;
        let kind = entry.first_chunk().copied().unwrap_or_default();
        let (first, last) = (word(&entry, 32), word(&entry, 40));
        if kind != [0; 16] && first <= last && last < u64::MAX / SECTOR {
            let span = Span {
                start: first * SECTOR,
                length: (last - first + 1) * SECTOR,
            };
            found.push((kind, span));
        }
    }
    Ok(found)
}

/// The only kernel image of an EFI system partition.
fn kernel(disk: &File, esp: Span) -> io::Result<Option<Vec<u8>>> {
    let system = fatfs::FileSystem::new(Window::new(disk, esp), fatfs::FsOptions::new())?;
    let folder = system.root_dir().open_dir("EFI/Linux")?;
    let mut images = Vec::new();
    for entry in folder.iter() {
        let entry = entry?;
        if entry.file_name().ends_with(".efi") && entry.len() <= KERNEL_MAX {
            let mut image = Vec::new();
            entry.to_file().read_to_end(&mut image)?;
            images.push(image);
        }
    }
    Ok(images.pop().filter(|_| images.is_empty()))
}

/// The root hash on the command line in a kernel image: 64 hexadecimal digits.
fn command_line_hash(kernel: &[u8]) -> Option<&[u8]> {
    let mut places = kernel.windows(ROOT_HASH.len() + 64);
    let hash = places.find_map(|place| {
        let hash = place.strip_prefix(ROOT_HASH)?;
        hash.iter().all(u8::is_ascii_hexdigit).then_some(hash)
    })?;
    Some(hash)
}

/// A range of a file, as a file of its own. It is only read; writes are refused.
pub(super) struct Window<'a> {
    file: &'a File,
    span: Span,
    at: u64,
}

impl<'a> Window<'a> {
    fn new(file: &'a File, span: Span) -> Self {
        Self { file, span, at: 0 }
    }
}

impl Read for Window<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.span.length.saturating_sub(self.at);
        let count = rest.min(buffer.len() as u64) as usize;
        let place = buffer.get_mut(..count).unwrap_or_default();
        let count = self.file.read_at(place, self.span.start + self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Window<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.span.length.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

impl Write for Window<'_> {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::from(io::ErrorKind::ReadOnlyFilesystem))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
