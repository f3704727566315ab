//! From a disk to a repository of releases, to a bundle, and to those who trust the root.

use std::fs::{self, File};
use std::io::{Cursor, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use backhand::compression::Compressor;
use backhand::{FilesystemCompressor, FilesystemWriter, NodeHeader};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use xo_appliance::update::trust::{Expiry, Location, Offer, Repository, Settings, Trust};
use xo_release::Part;

const TRUSTED: &str = "usr/share/xoa/root.json";
const ADDRESS: &str = "usr/share/xoa/repository";
const BLOCK: usize = 4096;
const MIB: u64 = 1 << 20;
const ESP: [u8; 16] = *b"\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b";
const ROOT: [u8; 16] = *b"\xe3\xbc\x68\x4f\xcd\xe8\xb1\x4d\x96\xe7\xfb\xca\xf9\x84\xb7\x09";
const HASHES: [u8; 16] = *b"\xed\x57\x73\x2c\xd2\xeb\xd9\x46\xae\xc1\x23\xd4\x37\xec\x2b\xf5";

/// A disk as `build` makes it, but small, and what is on it.
struct Disk {
    path: PathBuf,
    root: Vec<u8>,
    hashes: Vec<u8>,
    kernel: Vec<u8>,
}

/// A file system with what an image says of itself, and behind it 300 blocks, with some that are the same in every version.
fn content(version: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let mut system = FilesystemWriter::default();
    let zstd = FilesystemCompressor::new(Compressor::Zstd, None).unwrap();
    system.set_compressor(zstd);
    let release = format!("ID=debian\nIMAGE_ID=xoa\nIMAGE_VERSION={version}\n");
    let header = NodeHeader::default();
    for folder in ["usr/lib", "usr/share/xoa"] {
        system.push_dir_all(folder, header).unwrap();
    }
    for (path, text) in [("usr/lib/os-release", release.as_str())]
        .iter()
        .chain(files)
    {
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
fn verity(data: &[u8]) -> (Vec<u8>, String) {
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
    fn new(folder: &Path, version: &str) -> Self {
        let root = fs::read_to_string(folder.join("keys/1.root.json")).unwrap();
        let files = [(TRUSTED, root.as_str()), (ADDRESS, "https://x.example\n")];
        Self::with_root(folder, version, content(version, &files))
    }

    /// The same version, with another file system.
    fn altered(folder: &Path, version: &str) -> Self {
        let mut root = Self::new(folder, version).root;
        root.extend([7; BLOCK]);
        Self::with_root(folder, version, root)
    }

    fn with_root(folder: &Path, version: &str, root: Vec<u8>) -> Self {
        let (hashes, root_hash) = verity(&root);
        let kernel =
            format!("MZ kernel {version} roothash= roothash={root_hash} quiet").into_bytes();
        Self::write(folder, version, root, hashes, kernel)
    }

    fn write(
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

/// A place to publish from.
struct Press {
    folder: TempDir,
}

impl Press {
    fn new() -> Self {
        let press = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let source = press.path("source");
        fs::create_dir_all(source.join("server/store/migrations")).unwrap();
        fs::create_dir_all(source.join("image-build/image")).unwrap();
        for name in ["1.sql", "2.sql", "README.md"] {
            fs::write(source.join("server/store/migrations").join(name), "").unwrap();
        }
        fs::write(source.join("image-build/image/floor"), "0.9.0\n").unwrap();
        fs::write(press.path("notes.md"), "# New\n").unwrap();
        press.run(&["keys", "make"]).unwrap();
        press
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the program printed, warnings behind the rest, or its complaint.
    fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xo-image-build"));
        command.args(arguments).arg("--keys").arg(self.path("keys"));
        if arguments[0] != "keys" {
            command.arg("--repository").arg(self.path("repository"));
        }
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        if output.status.success() {
            Ok(text(output.stdout) + &text(output.stderr))
        } else {
            Err(text(output.stderr))
        }
    }

    fn publish(&self, disk: &Disk, version: &str) -> Result<String, String> {
        self.publish_with(disk, version, &[])
    }

    fn publish_with(&self, disk: &Disk, version: &str, more: &[&str]) -> Result<String, String> {
        let (notes, source) = (self.path("notes.md"), self.path("source"));
        let mut arguments = vec!["publish", "--version", version];
        arguments.extend(["--disk", disk.path.to_str().unwrap()]);
        arguments.extend(["--notes", notes.to_str().unwrap()]);
        arguments.extend(["--source", source.to_str().unwrap()]);
        arguments.extend(more);
        self.run(&arguments)
    }

    fn look(&self, place: &Path, store: &str) -> Repository {
        let trust = Trust::open(Settings {
            root: self.path("keys/1.root.json"),
            store: self.path(store),
            repository: Location::folder(place),
            proxy: None,
            expiry: Expiry::Enforced,
        });
        trust.unwrap().refresh().unwrap()
    }

    fn offers(&self) -> Vec<Offer> {
        self.look(&self.path("repository"), "store").offers()
    }

    fn reference_takes(&self, place: &Path, names: &[String]) {
        let Some(clients) = std::env::var_os("XO_TEST_CLIENTS") else {
            panic!("XO_TEST_CLIENTS is not set: run `make test`, or tests/clients/install.sh")
        };
        let output = Command::new(PathBuf::from(clients).join("venv/bin/python"))
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tuf_client.py"))
            .arg(place)
            .arg(self.path("keys/1.root.json"))
            .arg(self.path("reference"))
            .args(names)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

fn take(repository: &Repository, offer: &Offer, part: Part) -> Vec<u8> {
    let target = offer.file(part).unwrap();
    let mut content = Vec::new();
    let mut reader = repository.read(target, 0..target.length).unwrap();
    reader.read_to_end(&mut content).unwrap();
    content
}

#[test]
fn a_disk_is_published_as_the_files_that_it_is_made_of() {
    let press = Press::new();
    let disk = Disk::new(press.folder.path(), "1.0.0");
    press.publish(&disk, "1.0.0").unwrap();
    let repository = press.look(&press.path("repository"), "store");
    let [offer] = repository.offers().try_into().unwrap();
    assert!(take(&repository, &offer, Part::Root) == disk.root);
    assert!(take(&repository, &offer, Part::Hashes) == disk.hashes);
    assert_eq!(take(&repository, &offer, Part::Boot), disk.kernel);
    assert_eq!(take(&repository, &offer, Part::Notes), b"# New\n");
    assert_eq!(take(&repository, &offer, Part::Sbom), b"{}");
    let release = &offer.release;
    assert_eq!(release.channels, ["latest"]);
    assert_eq!(
        (release.migrations, release.min_from.to_string().as_str()),
        (2, "0.9.0")
    );
    let kernel = String::from_utf8(disk.kernel.clone()).unwrap();
    assert!(kernel.contains(&format!("roothash={}", release.root_hash)));
    assert_eq!(
        release.uki_sha256,
        format!("{:x}", Sha256::digest(&disk.kernel))
    );
    let names: Vec<_> = Part::ALL.map(|part| part.target(&release.version)).into();
    press.reference_takes(&press.path("repository"), &names);
}

#[test]
fn chunks_of_a_release_are_mostly_those_of_the_one_before() {
    let press = Press::new();
    let mut length = 0;
    for version in ["1.0.0", "1.1.0"] {
        let disk = Disk::new(press.folder.path(), version);
        length = disk.root.len() as u64;
        press.publish(&disk, version).unwrap();
    }
    let repository = press.look(&press.path("repository"), "store");
    let chunks: Vec<_> = repository
        .offers()
        .iter()
        .map(|offer| take(&repository, offer, Part::Chunks))
        .collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sums = |bytes: &[u8]| -> Vec<_> {
        let reader = bitar::archive_reader::IoReader::new(std::io::Cursor::new(bytes.to_vec()));
        let archive = runtime.block_on(bitar::Archive::try_init(reader)).unwrap();
        assert_eq!(archive.total_source_size(), length);
        archive
            .chunk_descriptors()
            .iter()
            .map(|c| c.checksum.clone())
            .collect()
    };
    let (old, new) = (sums(&chunks[0]), sums(&chunks[1]));
    let known = new.iter().filter(|sum| old.contains(sum)).count();
    assert!(
        known * 2 > new.len() && known < new.len(),
        "{known} of {}",
        new.len()
    );
}

#[test]
fn a_version_is_published_once_and_offered_where_its_channels_say() {
    let press = Press::new();
    let disk = Disk::new(press.folder.path(), "1.0.0");
    let nothing = press.run(&["publish", "--refresh"]).unwrap_err();
    assert!(nothing.contains("no repository"), "{nothing}");
    fs::write(press.path("notes.md"), [b'n'; 70_000]).unwrap();
    let long = press.publish(&disk, "1.0.0").unwrap_err();
    assert!(long.contains("notes.md has 70000 bytes"), "{long}");
    fs::write(press.path("notes.md"), "# New\n").unwrap();
    press.publish(&disk, "1.0.0").unwrap();
    press.publish(&disk, "1.0.0").unwrap();
    assert!(!press.path("repository/metadata/2.targets.json").exists());
    let other = Disk::altered(press.folder.path(), "1.0.0");
    let taken = press.publish(&other, "1.0.0").unwrap_err();
    assert!(taken.contains("published already"), "{taken}");
    assert_eq!(press.offers().len(), 1);
    press
        .run(&[
            "publish",
            "--promote",
            "--version",
            "1.0.0",
            "--channel",
            "latest,stable",
        ])
        .unwrap();
    assert_eq!(press.offers()[0].release.channels, ["latest", "stable"]);
    let missing = press.run(&["publish", "--promote", "--version", "2.0.0"]);
    assert!(missing.unwrap_err().contains("2.0.0"));
}

#[test]
fn refreshing_signs_only_what_the_keys_online_sign() {
    let press = Press::new();
    press
        .publish(&Disk::new(press.folder.path(), "1.0.0"), "1.0.0")
        .unwrap();
    let aside = press.path("offline");
    fs::rename(press.path("keys/targets"), &aside).unwrap();
    press.run(&["publish", "--refresh"]).unwrap();
    let version = |name: &str| {
        let path = press.path("repository/metadata").join(name);
        let document: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        document["signed"]["version"].as_u64().unwrap()
    };
    assert_eq!(version("timestamp.json"), 2);
    assert_eq!(version("2.snapshot.json"), 2);
    assert!(!press.path("repository/metadata/2.targets.json").exists());
    let few = press
        .run(&["publish", "--refresh", "--with-targets"])
        .unwrap_err();
    assert!(few.contains("targets: 0 signatures of 2"), "{few}");
    fs::rename(&aside, press.path("keys/targets")).unwrap();
    press
        .run(&["publish", "--refresh", "--with-targets"])
        .unwrap();
    assert_eq!(version("2.targets.json"), 2);
    assert_eq!(press.offers().len(), 1);
}

#[test]
fn keys_are_rotated_under_the_eyes_of_those_who_trust_the_first_root() {
    let press = Press::new();
    press
        .publish(&Disk::new(press.folder.path(), "1.0.0"), "1.0.0")
        .unwrap();
    assert_eq!(press.offers().len(), 1);
    for role in ["timestamp", "snapshot", "targets", "root"] {
        press.run(&["keys", "rotate", role, "1"]).unwrap();
    }
    press.run(&["keys", "rotate", "targets", "2"]).unwrap();
    press.run(&["keys", "renew"]).unwrap();
    let stale = press.run(&["publish", "--refresh"]).unwrap_err();
    assert!(stale.contains("--with-targets"), "{stale}");
    press
        .run(&["publish", "--refresh", "--with-targets"])
        .unwrap();
    assert!(press.path("repository/metadata/7.root.json").exists());
    assert_eq!(press.offers().len(), 1);
    press.reference_takes(&press.path("repository"), &["xoa-1.0.0.efi".into()]);
}

#[test]
fn a_bundle_is_a_repository_of_one_release_and_always_the_same() {
    let press = Press::new();
    let disk = Disk::new(press.folder.path(), "1.0.0");
    press.publish(&disk, "1.0.0").unwrap();
    press
        .publish(&Disk::new(press.folder.path(), "1.1.0"), "1.1.0")
        .unwrap();
    let pack = |name: &str| {
        let file = press.path(name);
        let to = file.to_str().unwrap().to_owned();
        press
            .run(&["bundle", "--version", "1.0.0", "--output", &to])
            .unwrap();
        fs::read(file).unwrap()
    };
    let bytes = pack("one.update");
    assert!(bytes == pack("two.update"));
    let folder = press.path("unpacked");
    tar::Archive::new(bytes.as_slice()).unpack(&folder).unwrap();
    assert_eq!(fs::read_dir(folder.join("targets")).unwrap().count(), 4);
    let repository = press.look(&folder, "offline");
    let offers = repository.offers();
    assert_eq!(offers.len(), 2, "both are signed, one is inside");
    assert!(take(&repository, &offers[0], Part::Root) == disk.root);
    let missing = press.run(&["bundle", "--version", "3.0.0"]).unwrap_err();
    assert!(missing.contains("3.0.0"), "{missing}");
}

#[test]
fn a_disk_whose_parts_do_not_belong_together_is_refused() {
    let press = Press::new();
    let root = content("1.0.0", &[]);
    let (hashes, _) = verity(&root);
    let (_, other) = verity(&content("2.0.0", &[]));
    let kernel = format!("roothash={other}").into_bytes();
    let folder = press.folder.path();
    let mixed = Disk::write(folder, "1.0.0", root.clone(), hashes, kernel.clone());
    let refusal = press.publish(&mixed, "1.0.0").unwrap_err();
    assert!(refusal.contains("another root file system"), "{refusal}");
    let bare = Disk::write(folder, "1.0.1", root, vec![0; BLOCK], kernel);
    let refusal = press.publish(&bare, "1.0.1").unwrap_err();
    assert!(refusal.contains("superblock"), "{refusal}");
    File::create(&bare.path).unwrap().set_len(MIB).unwrap();
    let refusal = press.publish(&bare, "1.0.1").unwrap_err();
    assert!(refusal.contains("no EFI system partition"), "{refusal}");
    assert!(!press.path("repository").exists());
}

#[test]
fn a_disk_is_published_as_the_version_that_its_image_says_it_is() {
    let press = Press::new();
    let disk = Disk::new(press.folder.path(), "1.0.0");
    let refusal = press.publish(&disk, "1.0.7").unwrap_err();
    for part in ["xoa-1.0.0.raw is of version 1.0.0", "not 1.0.7"] {
        assert!(refusal.contains(part), "{refusal}");
    }
    assert!(!press.path("repository").exists());
    press.publish(&disk, "1.0.0").unwrap();
}

#[test]
fn a_disk_without_a_readable_file_system_is_refused() {
    let press = Press::new();
    let mut root = content("1.0.0", &[]);
    root[..BLOCK].fill(0);
    let disk = Disk::with_root(press.folder.path(), "1.0.0", root);
    let refusal = press.publish(&disk, "1.0.0").unwrap_err();
    assert!(
        refusal.contains("root file system cannot be read"),
        "{refusal}"
    );
}

/// The names and lengths of all files of a folder.
fn files(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push((entry.path(), entry.metadata().unwrap().len()));
        }
    }
    found.sort();
    found
}

#[test]
fn a_command_without_all_its_keys_changes_nothing() {
    let press = Press::new();
    let disk = Disk::new(press.folder.path(), "1.0.0");
    let next = Disk::new(press.folder.path(), "1.1.0");
    for role in ["timestamp", "snapshot"] {
        let (key, aside) = (press.path(&format!("keys/{role}/1.key")), press.path(role));
        fs::rename(&key, &aside).unwrap();
        let few = press.publish(&next, "1.1.0").unwrap_err();
        assert!(few.contains(&format!("{role}: 0 signatures of 1")), "{few}");
        fs::rename(&aside, &key).unwrap();
    }
    assert_eq!(files(&press.path("repository")), []);
    press.publish(&disk, "1.0.0").unwrap();
    let before = files(&press.path("repository"));
    let (key, aside) = (press.path("keys/timestamp/1.key"), press.path("aside"));
    fs::rename(&key, &aside).unwrap();
    press.publish(&next, "1.1.0").unwrap_err();
    let promote = ["publish", "--promote", "--version", "1.0.0"];
    let stable = [&promote[..], &["--channel", "stable"]].concat();
    press.run(&stable).unwrap_err();
    press
        .run(&["publish", "--refresh", "--with-targets"])
        .unwrap_err();
    assert_eq!(files(&press.path("repository")), before);
    fs::rename(&aside, &key).unwrap();
    press.run(&["publish", "--refresh"]).unwrap();
    assert_eq!(press.offers()[0].release.channels, ["latest"]);
}

#[test]
fn what_a_run_that_was_cut_off_left_is_neither_taken_nor_in_the_way() {
    let press = Press::new();
    press
        .publish(&Disk::new(press.folder.path(), "1.0.0"), "1.0.0")
        .unwrap();
    let folder = press.path("repository/metadata");
    let kept = fs::read(folder.join("timestamp.json")).unwrap();
    let promote = ["publish", "--promote", "--version", "1.0.0"];
    let stable = [&promote[..], &["--channel", "stable"]].concat();
    press.run(&stable).unwrap();
    // As if the power had gone before the last file was written.
    fs::write(folder.join("timestamp.json"), kept).unwrap();
    assert!(folder.join("2.targets.json").exists());
    press.run(&["publish", "--refresh"]).unwrap();
    assert_eq!(press.offers()[0].release.channels, ["latest"]);
    let to = press.path("one.update");
    let pack = ["bundle", "--version", "1.0.0", "--output"];
    press
        .run(&[&pack[..], &[to.to_str().unwrap()]].concat())
        .unwrap();
    let unpacked = press.path("unpacked");
    tar::Archive::new(File::open(to).unwrap())
        .unpack(&unpacked)
        .unwrap();
    assert!(!unpacked.join("metadata/2.targets.json").exists());
    let both = [&promote[..], &["--channel", "latest,stable"]].concat();
    press.run(&both).unwrap();
    assert_eq!(press.offers()[0].release.channels, ["latest", "stable"]);
    press.reference_takes(&press.path("repository"), &["xoa-1.0.0.efi".into()]);
}

#[test]
fn a_refused_release_leaves_no_files() {
    let press = Press::new();
    press
        .publish(&Disk::new(press.folder.path(), "1.0.0"), "1.0.0")
        .unwrap();
    let before = files(&press.path("repository"));
    let other = Disk::altered(press.folder.path(), "1.0.0");
    let taken = press.publish(&other, "1.0.0").unwrap_err();
    assert!(taken.contains("published already"), "{taken}");
    assert_eq!(files(&press.path("repository")), before);
}

#[test]
fn an_image_that_would_not_believe_the_repository_is_published_only_knowingly() {
    let (press, other) = (Press::new(), Press::new());
    let folder = press.folder.path();
    let foreign = fs::read_to_string(other.path("keys/1.root.json")).unwrap();
    for (root, what) in [
        (Some(foreign.as_str()), "none of this repository's"),
        (Some("no root"), "no root of keys that can be read"),
        (None, "no root of keys that can be read"),
    ] {
        let files: Vec<_> = root.map(|root| (TRUSTED, root)).into_iter().collect();
        let disk = Disk::with_root(folder, "1.0.0", content("1.0.0", &files));
        let refusal = press.publish(&disk, "1.0.0").unwrap_err();
        assert!(refusal.contains(what), "{refusal}");
        assert!(refusal.contains("--any-root"), "{refusal}");
    }
    assert!(!press.path("repository").exists());
    let disk = Disk::with_root(folder, "1.0.0", content("1.0.0", &[(TRUSTED, &foreign)]));
    let said = press.publish_with(&disk, "1.0.0", &["--any-root"]).unwrap();
    assert!(said.contains("the image knows no repository"), "{said}");
}

#[test]
fn an_image_may_trust_any_root_of_the_chain() {
    let press = Press::new();
    let folder = press.folder.path();
    press.run(&["keys", "rotate", "root", "1"]).unwrap();
    let said = press.publish(&Disk::new(folder, "1.0.0"), "1.0.0").unwrap();
    assert!(!said.contains("knows no repository"), "{said}");
    let second = fs::read_to_string(press.path("keys/2.root.json")).unwrap();
    let root = content("1.1.0", &[(TRUSTED, second.as_str())]);
    press
        .publish(&Disk::with_root(folder, "1.1.0", root), "1.1.0")
        .unwrap();
    // Where only the newest root was carried to, the older ones are those that are served.
    fs::remove_file(press.path("keys/1.root.json")).unwrap();
    let first = fs::read_to_string(press.path("repository/metadata/1.root.json")).unwrap();
    let root = content("1.2.0", &[(TRUSTED, first.as_str())]);
    press
        .publish(&Disk::with_root(folder, "1.2.0", root), "1.2.0")
        .unwrap();
}

#[test]
fn a_release_is_not_published_below_its_own_floor() {
    let press = Press::new();
    let disk = Disk::new(press.folder.path(), "1.0.0");
    for option in ["--security-floor", "--min-from"] {
        let refusal = press
            .publish_with(&disk, "1.0.0", &[option, "5.0.0"])
            .unwrap_err();
        for part in [option, "5.0.0", "1.0.0"] {
            assert!(refusal.contains(part), "{refusal}");
        }
    }
    assert!(!press.path("repository").exists());
    let own = ["--security-floor", "1.0.0", "--min-from", "1.0.0"];
    press.publish_with(&disk, "1.0.0", &own).unwrap();
}

#[test]
fn a_release_that_is_older_than_another_is_published_with_a_warning() {
    let press = Press::new();
    let publish = |version: &str| {
        let disk = Disk::new(press.folder.path(), version);
        press.publish(&disk, version).unwrap()
    };
    assert!(!publish("1.2.0").contains("older"));
    let said = publish("1.1.0");
    assert!(said.contains("1.1.0 is older than 1.2.0"), "{said}");
    assert!(!publish("1.3.0").contains("older"));
}

#[test]
fn only_channels_that_appliances_follow_are_taken() {
    let press = Press::new();
    let disk = Disk::new(press.folder.path(), "1.0.0");
    for channel in ["La test", "latest,beta", ""] {
        let refusal = press
            .publish_with(&disk, "1.0.0", &["--channel", channel])
            .unwrap_err();
        assert!(refusal.contains("stable, latest"), "{refusal}");
    }
    assert!(!press.path("repository").exists());
}

#[test]
fn whoever_publishes_hears_who_is_offered_the_release() {
    let press = Press::new();
    let disk = Disk::new(press.folder.path(), "1.0.0");
    let said = press.publish(&disk, "1.0.0").unwrap();
    let promote = "publish --promote --version 1.0.0 --channel stable,latest";
    assert!(said.contains("1.0.0 is offered in: latest\n"), "{said}");
    assert!(said.contains(promote), "{said}");
    let words: Vec<_> = promote.split(' ').collect();
    let said = press.run(&words).unwrap();
    assert!(said.contains("offered in: stable, latest\n"), "{said}");
    assert!(!said.contains("--promote"), "{said}");
    // The same release once more stays where it was promoted to.
    let said = press.publish(&disk, "1.0.0").unwrap();
    assert!(said.contains("offered in: stable, latest\n"), "{said}");
}

#[test]
fn whoever_changes_keys_hears_what_to_do_next() {
    let press = Press::new();
    for change in [&["keys", "rotate", "targets", "1"][..], &["keys", "renew"]] {
        let said = press.run(change).unwrap();
        assert!(said.contains("publish --refresh --with-targets"), "{said}");
    }
    for command in ["sign", "abandon"] {
        let nothing = press.run(&["keys", command]).unwrap_err();
        assert!(nothing.contains("no root waits"), "{nothing}");
    }
    fs::rename(press.path("keys/root"), press.path("away")).unwrap();
    let said = press.run(&["keys", "renew"]).unwrap();
    assert!(said.contains("keys sign"), "{said}");
    let said = press.run(&["keys", "abandon"]).unwrap();
    assert!(
        said.contains("3.root.json\nThis root still counts"),
        "{said}"
    );
}

#[test]
fn a_repository_is_not_signed_with_the_keys_of_another() {
    let (press, other) = (Press::new(), Press::new());
    let disk = Disk::new(press.folder.path(), "1.0.0");
    press.publish(&disk, "1.0.0").unwrap();
    let before = files(&press.path("repository"));
    fs::rename(press.path("keys"), press.path("aside")).unwrap();
    fs::rename(other.path("keys"), press.path("keys")).unwrap();
    let next = Disk::new(press.folder.path(), "1.1.0");
    for refusal in [
        press.publish(&next, "1.1.0").unwrap_err(),
        press
            .run(&["publish", "--refresh", "--with-targets"])
            .unwrap_err(),
    ] {
        assert!(refusal.contains("not those of the repository"), "{refusal}");
    }
    assert_eq!(files(&press.path("repository")), before);
}
