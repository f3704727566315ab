//! A disk as `build` makes it, but small, and what is on it.

use std::fs::{self, File};
use std::io::{Cursor, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use backhand::compression::Compressor;
use backhand::{FilesystemCompressor, FilesystemWriter, NodeHeader};
use sha2::{Digest, Sha256};

pub const RELEASE: &str = "usr/lib/os-release";
pub const TRUSTED: &str = "usr/share/xoa/root.json";
pub const ADDRESS: &str = "usr/share/xoa/repository";
pub const BLOCK: usize = 4096;
pub const MIB: u64 = 1 << 20;
const ESP: [u8; 16] = *b"\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b";
const ROOT: [u8; 16] = *b"\xe3\xbc\x68\x4f\xcd\xe8\xb1\x4d\x96\xe7\xfb\xca\xf9\x84\xb7\x09";
const HASHES: [u8; 16] = *b"\xed\x57\x73\x2c\xd2\xeb\xd9\x46\xae\xc1\x23\xd4\x37\xec\x2b\xf5";

/// A disk as `build` makes it, but small, and what is on it.
pub struct Disk {
    pub path: PathBuf,
    pub root: Vec<u8>,
    pub hashes: Vec<u8>,
    pub kernel: Vec<u8>,
}

/// A file system with what an image says of itself, and behind it 300 blocks, with some that are the same in every version.
pub fn content(version: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let mut system = FilesystemWriter::default();
    let zstd = FilesystemCompressor::new(Compressor::Zstd, None).unwrap();
    system.set_compressor(zstd);
    let release = format!("ID=debian\nIMAGE_ID=xoa\nIMAGE_VERSION={version}\n");
    let header = NodeHeader::default();
    for folder in ["usr/lib", "usr/share/xoa"] {
        system.push_dir_all(folder, header).unwrap();
    }
    let given = files.iter().any(|(path, _)| *path == RELEASE);
    let ours = (!given).then_some((RELEASE, release.as_str()));
    for (path, text) in ours.iter().chain(files) {
        let text = Cursor::new((*text).to_owned());
        system.push_file(text, path, header).unwrap();
    }
    let mut written = Cursor::new(Vec::new());
    system.write(&mut written).unwrap();
    let mut root = written.into_inner();
    root.resize(root.len().next_multiple_of(BLOCK), 0);
    for block in 0..300u32 {
        let seed = if block < 200 { "same" } else { version };
        let mut bytes = Sha256::digest(format!("{seed} {block}")).repeat(BLOCK / 32);
        bytes[..4].copy_from_slice(&block.to_le_bytes());
        root.extend(bytes);
    }
    root
}

/// The hashes of dm-verity, as `veritysetup format` writes them; and the root hash.
pub fn verity(data: &[u8]) -> (Vec<u8>, String) {
    let salt = b"some salt";
    let mut levels = vec![data.to_vec()];
    while levels.last().unwrap().len() > BLOCK || levels.len() == 1 {
        let below = levels.last().unwrap().chunks(BLOCK);
        let mut level: Vec<u8> = below
            .flat_map(|block| Sha256::digest([salt, block].concat()))
            .collect();
        level.resize(level.len().next_multiple_of(BLOCK), 0);
        levels.push(level);
    }
    let root_hash = format!(
        "{:x}",
        Sha256::digest([salt, levels.last().unwrap().as_slice()].concat())
    );
    let mut bytes = vec![0; BLOCK];
    bytes[..8].copy_from_slice(b"verity\0\0");
    bytes[8..16].copy_from_slice(b"\x01\0\0\0\x01\0\0\0");
    bytes[32..38].copy_from_slice(b"sha256");
    bytes[64..72].copy_from_slice(b"\0\x10\0\0\0\x10\0\0");
    bytes[72..80].copy_from_slice(&((data.len() / BLOCK) as u64).to_le_bytes());
    bytes[80] = salt.len() as u8;
    bytes[88..88 + salt.len()].copy_from_slice(salt);
    for level in levels[1..].iter().rev() {
        bytes.extend(level);
    }
    (bytes, root_hash)
}

fn esp(kernel: &[u8]) -> Vec<u8> {
    let mut bytes = Cursor::new(vec![0; 8 * MIB as usize]);
    fatfs::format_volume(&mut bytes, fatfs::FormatVolumeOptions::new()).unwrap();
    let system = fatfs::FileSystem::new(&mut bytes, fatfs::FsOptions::new()).unwrap();
    {
        let root = system.root_dir();
        let folder = root.create_dir("EFI").unwrap().create_dir("Linux").unwrap();
        let mut file = folder.create_file("xoa_1.0.0+3.efi").unwrap();
        file.write_all(kernel).unwrap();
    }
    system.unmount().unwrap();
    bytes.into_inner()
}

impl Disk {
    pub fn new(folder: &Path, version: &str) -> Self {
        let root = fs::read_to_string(folder.join("keys/1.root.json")).unwrap();
        let files = [(TRUSTED, root.as_str()), (ADDRESS, "https://x.example\n")];
        Self::with_root(folder, version, content(version, &files))
    }

    /// The same version, with another file system.
    pub fn altered(folder: &Path, version: &str) -> Self {
        let mut root = Self::new(folder, version).root;
        root.extend([7; BLOCK]);
        Self::with_root(folder, version, root)
    }

    pub fn with_root(folder: &Path, version: &str, root: Vec<u8>) -> Self {
        let (hashes, root_hash) = verity(&root);
        let kernel =
            format!("MZ kernel {version} roothash= roothash={root_hash} quiet").into_bytes();
        Self::write(folder, version, root, hashes, kernel)
    }

    pub fn write(
        folder: &Path,
        version: &str,
        root: Vec<u8>,
        hashes: Vec<u8>,
        kernel: Vec<u8>,
    ) -> Self {
        let path = folder.join(format!("xoa-{version}.raw"));
        let disk = File::create(&path).unwrap();
        disk.set_len(24 * MIB).unwrap();
        let mut header = [0; 92];
        header[..8].copy_from_slice(b"EFI PART");
        header[72] = 2;
        header[80] = 128;
        header[84] = 128;
        disk.write_all_at(&header, 512).unwrap();
        let partitions = [(ESP, 1, 8), (ROOT, 10, 4), (HASHES, 15, 2), (ROOT, 18, 4)];
        for (index, (kind, start, length)) in partitions.into_iter().enumerate() {
            let mut entry = [0; 128];
            entry[..16].copy_from_slice(&kind);
            entry[32..40].copy_from_slice(&(start * MIB / 512u64).to_le_bytes());
            entry[40..48].copy_from_slice(&((start + length) * MIB / 512 - 1).to_le_bytes());
            disk.write_all_at(&entry, 1024 + 128 * index as u64)
                .unwrap();
        }
        disk.write_all_at(&esp(&kernel), MIB).unwrap();
        disk.write_all_at(&root, 10 * MIB).unwrap();
        disk.write_all_at(&hashes, 15 * MIB).unwrap();
        fs::write(path.with_extension("spdx.json"), "{}").unwrap();
        Self {
            path,
            root,
            hashes,
            kernel,
        }
    }
}
