//! Steps: each tells that it runs and how long it took, keeps its programs' output in a log, and is skipped when its inputs
//! are those of its last success.
//!
//! Invariant: a stamp is removed before a step begins and written when it has ended well; a step that was interrupted is
//! done again.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use sha1::{Digest, Sha1};

use super::Build;
use super::error::{BuildError, hint};

/// Lines of a failed program that are shown.
const TAIL: usize = 12;

/// Runs steps one after the other; a clone runs others at the same time.
#[derive(Clone)]
pub(super) struct Steps {
    source: PathBuf,
    target: PathBuf,
    name: String,
    log: PathBuf,
}

/// What decides whether a step must be done again.
#[derive(Default)]
pub(super) struct Key(Sha1);

impl Key {
    /// A text.
    pub fn text(mut self, text: &str) -> Self {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text);
        self
    }

    /// A file's content, or a folder's: names, links, permissions and content of all that is in it.
    pub fn path(self, path: &Path) -> Result<Self, BuildError> {
        let fault = || BuildError::file("read", path);
        let kind = fs::symlink_metadata(path).map_err(fault())?.file_type();
        let key = self.text(&path.to_string_lossy());
        if kind.is_dir() {
            let entries = fs::read_dir(path).map_err(fault())?;
            let mut names: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
            names.sort();
            names.iter().try_fold(key, |key, path| key.path(path))
        } else if kind.is_symlink() {
            let target = fs::read_link(path).map_err(fault())?;
            Ok(key.text(&target.to_string_lossy()))
        } else {
            let mut key = key;
            let mut file = fs::File::open(path).map_err(fault())?;
            let mut buffer = vec![0; 1 << 16];
            loop {
                let count = file.read(&mut buffer).map_err(fault())?;
                if count == 0 {
                    return Ok(key);
                }
                key.0.update(buffer.get(..count).unwrap_or_default());
            }
        }
    }

    fn finish(self) -> String {
        format!("{:x}", self.0.finalize())
    }
}

impl Steps {
    pub fn new(build: &Build) -> Result<Self, BuildError> {
        let absolute =
            |path: &Path| std::path::absolute(path).map_err(BuildError::file("find", path));
        let target = absolute(&build.target)?;
        let log = target.join("log");
        fs::create_dir_all(&log).map_err(BuildError::file("make", &log))?;
        Ok(Self {
            source: absolute(&build.source)?,
            target,
            name: "build".to_owned(),
            log,
        })
    }

    /// A key that has in it what the step itself is: this program.
    pub fn key(&self) -> Result<Key, BuildError> {
        let program = std::env::current_exe().map_err(BuildError::file("find", "this program"))?;
        Key::default().path(&program)
    }

    /// The folder of results.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The checkout.
    pub fn source(&self) -> &Path {
        &self.source
    }

    /// Does `work` unless `output` is there and was made from the same inputs. Gives the text that identifies them.
    pub fn run(
        &mut self,
        name: &str,
        key: Key,
        output: &Path,
        work: impl FnOnce(&mut Self) -> Result<(), BuildError>,
    ) -> Result<String, BuildError> {
        let key = key.text(name).finish();
        let stamp = self
            .target
            .join(format!("{}.stamp", name.replace(' ', "-")));
        name.clone_into(&mut self.name);
        if output.exists() && fs::read_to_string(&stamp).is_ok_and(|made| made == key) {
            eprintln!("{name}: as before");
            return Ok(key);
        }
        let _ = fs::remove_file(&stamp);
        eprintln!("{name} ...");
        let began = Instant::now();
        work(self)?;
        fs::write(&stamp, &key).map_err(BuildError::file("write", &stamp))?;
        eprintln!("{name}: {:.0} s", began.elapsed().as_secs_f64());
        Ok(key)
    }

    /// Runs a program; its standard output is given back, its standard error kept in the log.
    pub fn program(&self, command: &mut Command) -> Result<String, BuildError> {
        let program = command.get_program().to_string_lossy().into_owned();
        let log = self
            .log
            .join(format!("{}.log", self.name.replace(' ', "-")));
        let mut file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(BuildError::file("write", &log))?;
        let began = file
            .metadata()
            .map(|metadata| metadata.len())
            .unwrap_or_default();
        let _ = writeln!(file, "+ {command:?}");
        let errors = file.try_clone().map_err(BuildError::file("write", &log))?;
        let output = command
            .stdin(Stdio::null())
            .stderr(errors)
            .stdout(Stdio::piped())
            .spawn()
            .and_then(std::process::Child::wait_with_output)
            .map_err(|source| BuildError::Start {
                step: self.name.clone(),
                program: program.clone(),
                source,
            })?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let _ = file.write_all(text.as_bytes());
        if output.status.success() {
            return Ok(text);
        }
        let all = fs::read(&log).unwrap_or_default();
        let said = all.get(began as usize..).unwrap_or_default();
        let said = String::from_utf8_lossy(said).into_owned();
        let lines: Vec<&str> = said.lines().collect();
        let tail = lines
            .get(lines.len().saturating_sub(TAIL)..)
            .unwrap_or_default();
        Err(BuildError::Failed {
            step: self.name.clone(),
            program,
            status: output.status,
            hint: hint(&said),
            said: tail.join("\n"),
            log,
        })
    }

    /// Something that a program gave is not what it should be.
    pub fn unexpected(&self, reason: impl Into<String>) -> BuildError {
        BuildError::Unexpected {
            step: self.name.clone(),
            reason: reason.into(),
        }
    }

    /// Builds programs of the workspace (package and name) for release; Cargo knows best what is still good. Gives their folder.
    pub fn cargo(&mut self, programs: &[(&str, &str)]) -> Result<PathBuf, BuildError> {
        "programs".clone_into(&mut self.name);
        eprintln!("programs ...");
        let began = Instant::now();
        let folder = self.source.join("target");
        let mut command = Command::new("cargo");
        command
            .args(["build", "--release", "--locked", "--quiet", "--target-dir"])
            .arg(&folder)
            // Features of dependencies are those that all these packages want. With this one among them they are the same as when
            // this program was built (`IMAGE_PACKAGES` in the Makefile), and no dependency is built twice.
            .args(["--package", env!("CARGO_PKG_NAME")])
            .current_dir(&self.source);
        for (package, name) in programs {
            command.args(["--package", package, "--bin", name]);
        }
        self.program(&mut command)?;
        eprintln!("programs: {:.0} s", began.elapsed().as_secs_f64());
        Ok(folder.join("release"))
    }
}
