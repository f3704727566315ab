//! Raw disks, archives of them, and a tar writer for what other programs write.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use xo_image_build::{Appliance, Packed, Progress, RawDisk, Report, inspect, pack};
use xva::{ChecksumKind, Compression, Ova};

pub const MIB: u64 = 1 << 20;
pub const DISK: &str = "Ref:5";

/// A folder with a raw disk in it.
pub struct Bench {
    pub folder: TempDir,
    pub disk: PathBuf,
}

impl Bench {
    /// A disk of that size; `blocks` are written, as `(offset, length, byte)`.
    pub fn new(size: u64, blocks: &[(u64, u64, u8)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk = folder.path().join("disk.raw");
        let file = File::create(&disk).unwrap();
        file.set_len(size).unwrap();
        for (offset, length, byte) in blocks {
            file.write_all_at(&vec![*byte; *length as usize], *offset)
                .unwrap();
        }
        Self { folder, disk }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Packs the disk into `name`.
    pub fn pack(&self, name: &str, compression: Compression) -> (PathBuf, Packed) {
        let target = self.path(name);
        let disk = RawDisk::open(&self.disk).unwrap();
        let appliance = Appliance::default();
        let packed = pack(&appliance, &disk, &target, compression, &Progress::silent());
        (target, packed.unwrap())
    }
}

/// The description of an appliance with a disk of that size.
pub fn ova(size: u64) -> Ova {
    Appliance::default().ova(size).unwrap()
}

pub fn examine(path: &Path) -> Report {
    inspect(path, &Progress::silent()).unwrap()
}

/// Examines bytes.
pub fn examine_bytes(archive: &[u8]) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some.xva");
    std::fs::write(&path, archive).unwrap();
    examine(&path)
}

/// Writes entries as told, right or wrong, with the old headers that XAPI writes.
pub struct Tar(pub Vec<u8>);

impl Tar {
    /// An archive of an appliance with a disk of that size.
    pub fn of(size: u64) -> Self {
        Self(Vec::new()).entry("ova.xml", ova(size).to_xml().as_bytes())
    }

    pub fn entry(mut self, name: &str, content: &[u8]) -> Self {
        let mut header = tar::Header::new_old();
        header.set_path(name).unwrap();
        header.set_size(content.len() as u64);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    pub fn chunk(self, number: u32, content: &[u8], kind: ChecksumKind) -> Self {
        let name = format!("{DISK}/{number:08}");
        let extension = match kind {
            ChecksumKind::Xxhash => "xxhash",
            ChecksumKind::Sha1 => "checksum",
        };
        self.entry(&name, content)
            .entry(&format!("{name}.{extension}"), kind.of(content).as_bytes())
    }

    pub fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&[0; 1024]);
        self.0
    }
}
