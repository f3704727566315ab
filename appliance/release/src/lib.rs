//! What a release of the appliance is, to those who publish it and to those who install it.
//!
//! Invariant: what stands here is data. Who signed it is the business of the repository's metadata (TUF): a [`Release`] is the
//! custom part of the target that holds a release's root file system, and lengths and hashes of its files are those of the targets.

use std::fmt;

use semver::Version;
use serde::{Deserialize, Serialize};

/// The `product` of our releases.
pub const PRODUCT: &str = "xoa";
/// Under which key a [`Release`] stands in the custom part of its target.
pub const CUSTOM: &str = "release";

/// The longest release notes, in bytes: an appliance leaves out longer ones.
pub const NOTES_LIMIT: usize = 64 << 10;

/// The channel of those who chose none.
pub const STABLE: &str = "stable";

/// The channel of a release that was not promoted yet.
pub const LATEST: &str = "latest";

/// What appliances can follow.
pub const CHANNELS: [&str; 2] = [STABLE, LATEST];

/// The signed description of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// [`PRODUCT`].
    pub product: String,
    /// Of the machine, as the kernel calls it: `x86_64`.
    pub architecture: String,
    /// Its version.
    pub version: Version,
    /// Whoever follows one of them is offered the release: of [`CHANNELS`].
    pub channels: Vec<String>,
    /// Older systems must install another release first.
    pub min_from: Version,
    /// Once this release has been confirmed, nothing older than this is installed or rolled back to.
    pub security_floor: Version,
    /// Of dm-verity, 64 hexadecimal digits in lower case.
    pub root_hash: String,
    /// SHA-256 of the kernel image, 64 hexadecimal digits in lower case.
    pub uki_sha256: String,
    /// How many migrations of the database the release knows.
    pub migrations: u32,
}

/// A file of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The root file system (squashfs), as long as it is; carries the description.
    Root,
    /// Hashes of all its blocks (dm-verity, with superblock).
    Hashes,
    /// The unified kernel image.
    Boot,
    /// `Root` as a bitar archive: an index of chunks, and the chunks.
    Chunks,
    /// `Boot` as such an archive.
    BootChunks,
    /// The bill of materials (SPDX, JSON).
    Sbom,
    /// Release notes (Markdown).
    Notes,
}

/// For people.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Root => "root file system",
            Self::Hashes => "hashes of the root file system",
            Self::Boot => "kernel image",
            Self::Chunks => "chunks of the root file system",
            Self::BootChunks => "chunks of the kernel image",
            Self::Sbom => "bill of materials",
            Self::Notes => "release notes",
        })
    }
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 7] = [
        Self::Root,
        Self::Hashes,
        Self::Boot,
        Self::Chunks,
        Self::BootChunks,
        Self::Sbom,
        Self::Notes,
    ];

    fn suffix(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Hashes => "hashes",
            Self::Boot => "efi",
            Self::Chunks => "cba",
            Self::BootChunks => "efi.cba",
            Self::Sbom => "spdx.json",
            Self::Notes => "md",
        }
    }

    /// The same file as an archive of chunks.
    pub fn archive(self) -> Option<Self> {
        match self {
            Self::Root => Some(Self::Chunks),
            Self::Boot => Some(Self::BootChunks),
            _ => None,
        }
    }

    /// The name of the target: `xoa-1.2.3.root`.
    pub fn target(self, version: &Version) -> String {
        format!("{PRODUCT}-{version}.{}", self.suffix())
    }
}

/// Why a release is not for this system.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is something else.
    #[error("this is {found}, not {PRODUCT}: it is not an update of this appliance")]
    Product {
        /// Its product.
        found: String,
    },
    /// It is for other machines.
    #[error("the release is for {found} machines, this one is {wanted}")]
    Architecture {
        /// Its own.
        found: String,
        /// This machine's.
        wanted: String,
    },
    /// It is too old.
    #[error("version {found} is older than {floor}, the oldest that this system may run")]
    Floor {
        /// Its version.
        found: Version,
        /// The oldest that may run.
        floor: Version,
    },
    /// This system is too old for it.
    #[error(
        "version {version} can be installed from {min_from} on, this system runs {running}: install a release between them first"
    )]
    TooFar {
        /// Its version.
        version: Version,
        /// The oldest system that may install it.
        min_from: Version,
        /// What runs.
        running: Version,
    },
}

/// The system that an update is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// What runs.
    pub version: Version,
    /// Of the machine, as the kernel calls it.
    pub architecture: String,
    /// The higher one of the floor in the image and the floor of what was confirmed here.
    pub floor: Version,
}

impl Release {
    /// Reads the custom part of a target; `None` when it describes no release.
    pub fn of_custom(custom: &serde_json::Map<String, serde_json::Value>) -> Option<Self> {
        serde_json::from_value(custom.get(CUSTOM)?.clone()).ok()
    }

    /// Whether `running` may install it.
    pub fn fits(&self, running: &Running) -> Result<(), Unfit> {
        if self.product != PRODUCT {
            return Err(Unfit::Product {
                found: self.product.clone(),
            });
        }
        if self.architecture != running.architecture {
            return Err(Unfit::Architecture {
                found: self.architecture.clone(),
                wanted: running.architecture.clone(),
            });
        }
        if self.version < running.floor {
            return Err(Unfit::Floor {
                found: self.version.clone(),
                floor: running.floor.clone(),
            });
        }
        if running.version < self.min_from {
            return Err(Unfit::TooFar {
                version: self.version.clone(),
                min_from: self.min_from.clone(),
                running: running.version.clone(),
            });
        }
        Ok(())
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.product, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    fn release() -> Release {
        Release {
            product: PRODUCT.into(),
            architecture: "x86_64".into(),
            version: version("1.2.0"),
            channels: vec!["latest".into()],
            min_from: version("1.0.0"),
            security_floor: version("1.1.0"),
            root_hash: "ab".repeat(32),
            uki_sha256: "cd".repeat(32),
            migrations: 3,
        }
    }

    fn running(at: &str, floor: &str) -> Running {
        Running {
            version: version(at),
            architecture: "x86_64".into(),
            floor: version(floor),
        }
    }

    #[test]
    fn what_is_written_is_read_back_and_other_targets_describe_no_release() {
        let mut custom = serde_json::Map::new();
        assert_eq!(Release::of_custom(&custom), None);
        custom.insert(CUSTOM.into(), serde_json::to_value(release()).unwrap());
        assert_eq!(Release::of_custom(&custom), Some(release()));
        custom.insert(CUSTOM.into(), "1.2.0".into());
        assert_eq!(Release::of_custom(&custom), None);
    }

    #[test]
    fn names_of_targets_are_told_by_version_and_part() {
        let names = Part::ALL.map(|part| part.target(&version("1.2.0-rc.1")));
        assert_eq!(names[0], "xoa-1.2.0-rc.1.root");
        assert_eq!(names[4], "xoa-1.2.0-rc.1.efi.cba");
    }

    #[test]
    fn a_release_fits_from_its_oldest_predecessor_on_and_above_the_floor() {
        assert_eq!(release().fits(&running("1.0.0", "0.1.0")), Ok(()));
        assert_eq!(release().fits(&running("1.3.0", "1.2.0")), Ok(()));
        for (unfit, running) in [
            (release().fits(&running("0.9.0", "0.1.0")), "far"),
            (release().fits(&running("1.3.0", "1.2.1")), "floor"),
        ] {
            let is_far = matches!(unfit, Err(Unfit::TooFar { .. }));
            let is_below = matches!(unfit, Err(Unfit::Floor { .. }));
            assert_eq!((is_far, is_below), (running == "far", running == "floor"));
        }
        let other = Release {
            product: "other".into(),
            ..release()
        };
        assert!(matches!(
            other.fits(&running("1.0.0", "0.1.0")),
            Err(Unfit::Product { .. })
        ));
        let other = Release {
            architecture: "aarch64".into(),
            ..release()
        };
        assert!(matches!(
            other.fits(&running("1.0.0", "0.1.0")),
            Err(Unfit::Architecture { .. })
        ));
    }
}
