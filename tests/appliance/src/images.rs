//! The disks that scenarios start from, built by the tool that builds the appliance.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

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
    /// That of the release for developers: with a shell.
    Development,
}

impl Images {
    /// Its place.
    pub fn disk(&self, image: Image) -> Result<PathBuf> {
        Ok(self.target.join(match image {
            Image::Release => format!("xoa-{}.raw", self.version),
            Image::Next => format!("xoa-{}.raw", next(&self.version)?),
            Image::Development => format!("xoa-{}-dev.raw", self.version),
        }))
    }

    /// Builds it; what is there already is not built again.
    pub fn build(&self, image: Image) -> Result<()> {
        let version = match image {
            Image::Next => next(&self.version)?,
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
        run(&mut command)
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
