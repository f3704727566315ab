//! The disks that scenarios start from, built by the tool that builds the appliance.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// What an image is built from.
const PROGRAMS: [&str; 4] = ["xo-server", "xo-firstboot", "xoa", "xo-image-init"];
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
    /// That of the release for developers: with a shell.
    Development,
}

impl Images {
    /// Its place.
    pub fn disk(&self, image: Image) -> Result<PathBuf> {
        Ok(self.target.join(match image {
            Image::Release => format!("xoa-{}.raw", self.version),
            Image::Next => format!("xoa-{}.raw", next(&self.version)?),
            Image::Unmigratable => format!("xoa-{}.raw", next(&next(&self.version)?)?),
            Image::Development => format!("xoa-{}-dev.raw", self.version),
        }))
    }

    /// Builds it; what is there already is not built again.
    pub fn build(&self, image: Image) -> Result<()> {
        let version = match image {
            Image::Next => next(&self.version)?,
            Image::Unmigratable => next(&next(&self.version)?)?,
            Image::Release | Image::Development => self.version.clone(),
        };
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
        if image == Image::Development {
            command.arg("--dev");
        }
        if image == Image::Unmigratable {
            command.arg("--programs").arg(self.unmigratable_programs()?);
        }
        run(&mut command)
    }

    /// The programs of the release, but for a server that reads the first version of the database's tables for the newest: it makes tables
    /// again that are there, and fails.
    fn unmigratable_programs(&self) -> Result<PathBuf> {
        let built = self.tool.parent().context("the folder of the tool")?;
        let folder = self.target.join("unmigratable");
        std::fs::create_dir_all(&folder)?;
        for name in PROGRAMS {
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
