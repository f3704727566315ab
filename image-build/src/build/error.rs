//! Why an image cannot be built: what is missing or failed, and what to do.

use std::io;
use std::path::PathBuf;

/// Why an image cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// There is nothing to build from.
    #[error(
        "{} is no checkout of XOA (it has no {missing}): run this in one, or name one by --source",
        path.display()
    )]
    NoCheckout {
        /// The folder.
        path: PathBuf,
        /// What every checkout has.
        missing: &'static str,
    },
    /// An image of this version was not built.
    #[error(
        "there is no image of version {version} in {}; built are: {versions}. Name one of them by --version, or another folder by --target",
        path.display()
    )]
    NotBuilt {
        /// The folder of results.
        path: PathBuf,
        /// What was asked for.
        version: String,
        /// What is there.
        versions: String,
    },
    /// Trees with other owners' files need it.
    #[error("an image is built as root: its files belong to root and others")]
    NotRoot,
    /// A program is not there.
    #[error(
        "{program} is missing: `make appliance` installs it; on Debian: apt-get install {package}"
    )]
    MissingProgram {
        /// The program.
        program: &'static str,
        /// Debian's package of it.
        package: &'static str,
    },
    /// The disk of the target folder is too full.
    #[error(
        "{} has {free_mib} MiB free and a build needs {needed_mib}: free some, or choose another folder by --target",
        path.display()
    )]
    NoSpace {
        /// The folder.
        path: PathBuf,
        /// What there is.
        free_mib: u64,
        /// What is needed.
        needed_mib: u64,
    },
    /// A file or folder cannot be read or written.
    #[error("cannot {what} {}", path.display())]
    File {
        /// Read, write, make.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program failed.
    #[error("{step}: {program} failed ({status}){hint}\n{said}\nThe whole output: {}", log.display())]
    Failed {
        /// What was being done.
        step: String,
        /// The program.
        program: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// What is probably wrong and what to do; empty or starting with `: `.
        hint: &'static str,
        /// Its last lines.
        said: String,
        /// Where all of it is.
        log: PathBuf,
    },
    /// A program cannot be started.
    #[error("{step}: cannot start {program}")]
    Start {
        /// What was being done.
        step: String,
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program did not give what it should.
    #[error("{step}: {reason}")]
    Unexpected {
        /// What was being done.
        step: String,
        /// What is wrong and what to do.
        reason: String,
    },
}

impl BuildError {
    pub(super) fn file(
        what: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { what, path, source }
    }
}

/// What the output of a failed program lets guess.
pub(super) fn hint(said: &str) -> &'static str {
    const HINTS: [(&str, &str); 8] = [
        (
            "No space left on device",
            ": the disk is full; free some, or choose another folder by --target",
        ),
        ("Could not resolve", NO_NETWORK),
        ("Temporary failure resolving", NO_NETWORK),
        ("Unable to connect", NO_NETWORK),
        ("Could not connect", NO_NETWORK),
        ("Connection timed out", NO_NETWORK),
        (
            "NO_PUBKEY",
            ": the archive's keys are too old; apt-get install --only-upgrade debian-archive-keyring",
        ),
        (
            "Operation not permitted",
            ": this machine (a container?) forbids it; build in a VM or on a real machine",
        ),
    ];
    const NO_NETWORK: &str = ": the package mirror cannot be reached; check the network and apt's proxy settings, and run again";
    HINTS
        .iter()
        .find(|(sign, _)| said.contains(sign))
        .map_or("", |(_, hint)| hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_reasons_are_recognised() {
        assert!(hint("E: Could not resolve 'mirror'").contains("network"));
        assert!(hint("write: No space left on device").contains("disk is full"));
        assert_eq!(hint("segmentation fault"), "");
    }
}
