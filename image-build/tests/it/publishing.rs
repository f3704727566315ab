//! From a disk to a repository of releases, to a bundle, and to those who trust the root.

mod disk;
mod keys;
mod refused;
mod releases;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use disk::Disk;
use tempfile::TempDir;
use xo_appliance::update::trust::{Expiry, Location, Offer, Repository, Settings, Trust};
use xo_release::Part;

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

    /// With 1.0.0.
    fn with_a_release() -> Self {
        let press = Self::new();
        press
            .publish(&Disk::new(press.folder.path(), "1.0.0"), "1.0.0")
            .unwrap();
        press
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the program printed, warnings behind the rest, or its complaint.
    fn run(&self, arguments: &[&str]) -> Result<String, String> {
        self.run_with("keys", arguments)
    }

    /// The same with another folder of keys.
    fn run_with(&self, keys: &str, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xo-image-build"));
        command.args(arguments).arg("--keys").arg(self.path(keys));
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

    /// The files of a role's keys.
    fn keys(&self, role: &str) -> Vec<PathBuf> {
        let found = files(&self.path("keys").join(role)).into_iter();
        found.map(|(path, _)| path).collect()
    }

    /// Rotates the first key of a role.
    fn rotate(&self, role: &str) -> String {
        self.rotate_key(role, &self.keys(role)[0])
    }

    fn rotate_key(&self, role: &str, key: &Path) -> String {
        let name = key.file_stem().unwrap().to_str().unwrap();
        self.run(&["keys", "rotate", role, name]).unwrap()
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
