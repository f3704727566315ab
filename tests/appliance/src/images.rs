//! The disks that scenarios start from, built by the tool that builds the appliance.

use std::fs::DirEntry;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// What an image is built from: packages, programs and where they go, one a line; and the first program of its RAM disk.
const PROGRAMS: &str = include_str!("../../../image-build/image/programs");
const INIT: (&str, &str) = ("xo-image-init", "xo-image-init");
/// How the server asks for the version of its tables, and how it would find the oldest.
const READS_VERSION: (&[u8], &[u8]) = (
    b"ORDER BY version DESC LIMIT 1",
    b"ORDER BY version ASC  LIMIT 1",
);

/// Builds disks of one checkout.
#[derive(Debug)]
pub struct Images {
    /// The tool.
    pub tool: PathBuf,
    /// Version of the release.
    pub version: String,
    /// Where the tool keeps what it builds.
    pub target: PathBuf,
}

/// Which disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Image {
    /// That of the release.
    Release,
    /// That of the version behind it.
    Next,
    /// That of the version behind that, whose server takes the database for an older one and cannot migrate it.
    Unmigratable,
    /// That of the version behind that, in which a crate of ours has changed.
    Crate,
    /// That of the version behind that, whose largest library has other bytes throughout. It does not start.
    Library,
    /// That of the release for developers: with a shell.
    Development,
}

/// What is changed in a crate of ours: the one with most code.
const CHANGED: (&str, &str, &str) = (
    "server/engine/src/ongoing.rs",
    "self.0.lock().values().cloned().collect()",
    r#"{
        let all = self.0.lock();
        tracing::debug!(count = all.len(), "what a restart would interrupt");
        let mut names: Vec<String> = all.values().cloned().collect();
        names.dedup();
        names
    }"#,
);
const LIBRARY: &str = "usr/lib/x86_64-linux-gnu/libcrypto.so.3";

impl Images {
    /// Its place.
    pub fn disk(&self, image: Image) -> Result<PathBuf> {
        let version = self.version_of(image)?;
        Ok(self.target.join(match image {
            Image::Development => format!("xoa-{version}-dev.raw"),
            _ => format!("xoa-{version}.raw"),
        }))
    }

    /// Its version.
    pub fn version_of(&self, image: Image) -> Result<String> {
        let behind = match image {
            Image::Release | Image::Development => 0,
            Image::Next => 1,
            Image::Unmigratable => 2,
            Image::Crate => 3,
            Image::Library => 4,
        };
        (0..behind).try_fold(self.version.clone(), |version, _| next(&version))
    }

    /// Builds it; what is there already is not built again.
    pub fn build(&self, image: Image) -> Result<()> {
        let version = self.version_of(image)?;
        let mut command = Command::new(&self.tool);
        command.args([
            "build",
            "--outputs",
            "disk",
            "--version",
            &version,
            "--target",
        ]);
        command.arg(&self.target);
        match image {
            Image::Release | Image::Next => &mut command,
            Image::Development => command.arg("--dev"),
            Image::Unmigratable => command.arg("--programs").arg(self.unmigratable_programs()?),
            Image::Crate => command.arg("--programs").arg(self.changed_programs()?),
            Image::Library => command.arg("--files").arg(self.changed_library()?),
        };
        run(&mut command)
    }

    fn built(&self) -> Result<&Path> {
        self.tool.parent().context("the folder of the tool")
    }

    /// The programs of a copy of the checkout in which a crate was changed. What was built for the release is not built again.
    fn changed_programs(&self) -> Result<PathBuf> {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folder = std::path::absolute(self.target.join("changed"))?;
        let (source, built) = (folder.join("source"), folder.join("target"));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(source.join("web"))?;
        std::fs::create_dir_all(&built)?;
        for (from, to, not) in [
            (
                checkout.clone(),
                source.clone(),
                &["target", ".git", "web"][..],
            ),
            (checkout.join("web"), source.join("web"), &["node_modules"]),
        ] {
            let entries = std::fs::read_dir(&from)?.collect::<std::io::Result<Vec<_>>>()?;
            let wanted = entries
                .iter()
                .filter(|entry| !not.iter().any(|name| entry.file_name() == *name));
            // With their dates, which Cargo goes by.
            let mut copy = Command::new("cp");
            run(copy
                .arg("--archive")
                .args(wanted.map(DirEntry::path))
                .arg(to))?;
        }
        run(Command::new("cp")
            .arg("--archive")
            .arg(self.built()?)
            .arg(&built))?;
        let (file, from, to) = CHANGED;
        let file = source.join(file);
        let text = std::fs::read_to_string(&file)?;
        ensure!(
            text.contains(from),
            "{} has other words now",
            file.display()
        );
        std::fs::write(&file, text.replace(from, to))?;
        let mut cargo = Command::new("cargo");
        cargo
            .args(["build", "--release", "--locked", "--quiet", "--target-dir"])
            .arg(&built)
            .args(["--package", "xo-image-build"])
            .current_dir(&source);
        for (package, program) in programs() {
            cargo.args(["--package", package, "--bin", program]);
        }
        run(&mut cargo)?;
        Ok(built.join("release"))
    }

    /// A folder with another library in its place.
    fn changed_library(&self) -> Result<PathBuf> {
        let folder = self.target.join("other-library");
        let library = self.target.join("packages").join(LIBRARY);
        // Packages come with the first image that is built here.
        if !library.exists() {
            self.build(Image::Release)?;
        }
        let mut bytes = std::fs::read(library)
            .with_context(|| format!("{LIBRARY} is not in the system any more"))?;
        for byte in &mut bytes {
            *byte = byte.wrapping_add(1);
        }
        let place = folder.join(LIBRARY);
        std::fs::create_dir_all(place.parent().context("its folder")?)?;
        std::fs::write(place, bytes)?;
        Ok(folder)
    }

    /// The programs of the release, but for a server that reads the first version of the database's tables for the newest: it makes tables
    /// again that are there, and fails.
    fn unmigratable_programs(&self) -> Result<PathBuf> {
        let built = self.built()?;
        let folder = self.target.join("unmigratable");
        std::fs::create_dir_all(&folder)?;
        for (_, name) in programs() {
            std::fs::copy(built.join(name), folder.join(name))
                .with_context(|| format!("{name} is not built"))?;
        }
        let server = folder.join("xo-server");
        let mut program = std::fs::read(&server)?;
        let (from, to) = READS_VERSION;
        let places = program.windows(from.len()).enumerate();
        let places: Vec<_> = places
            .filter(|(_, bytes)| *bytes == from)
            .map(|(at, _)| at)
            .collect();
        ensure!(
            !places.is_empty(),
            "the server reads the version of its tables in other words"
        );
        for at in places {
            program
                .get_mut(at..at + to.len())
                .context("a place")?
                .copy_from_slice(to);
        }
        std::fs::write(&server, program)?;
        Ok(folder)
    }
}

/// Packages and programs.
fn programs() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = PROGRAMS.lines().filter(|line| !line.starts_with('#'));
    let listed = lines.filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?, words.next()?))
    });
    listed.chain([INIT])
}

/// Runs it where its words can be seen.
fn run(command: &mut Command) -> Result<()> {
    let done = command.status().with_context(|| format!("{command:?}"))?;
    ensure!(done.success(), "{command:?}: {done}");
    Ok(())
}

/// `0.1.2` of `0.1.1`.
fn next(version: &str) -> Result<String> {
    let mut numbers = version.splitn(3, '.');
    let (Some(major), Some(minor), Some(patch)) = (numbers.next(), numbers.next(), numbers.next())
    else {
        bail!("{version} is no version of three numbers");
    };
    let digits: String = patch.chars().take_while(char::is_ascii_digit).collect();
    let patch: u64 = digits
        .parse()
        .with_context(|| format!("the version {version}"))?;
    Ok(format!("{major}.{minor}.{}", patch + 1))
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn the_next_version_has_a_higher_last_number() {
        assert_eq!(next("0.1.9").unwrap(), "0.1.10");
        assert_eq!(next("1.2.3-rc1").unwrap(), "1.2.4");
        assert!(next("1.2").is_err());
        assert!(next("1.2.x").is_err());
    }
}
