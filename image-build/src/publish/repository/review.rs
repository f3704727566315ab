//! What is looked at before an image is published: whether the appliances that install it would be well off with it.

use std::fmt;

use semver::Version;
use tough::schema::{Root, Signed};

use super::{NewRelease, Repository};
use crate::publish::disk::Parts;
use crate::publish::error::PublishError;
use crate::publish::signing::{load, versions};

const OTHER_ROOT: &str = "a root of keys that is none of this repository's";
const UNREADABLE_ROOT: &str = "no root of keys that can be read";

/// Which root an image may trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trusts {
    /// One of this repository's.
    OurRoots,
    /// Any: whoever publishes it knows that its appliances take nothing more from here.
    AnyRoot,
}

/// What whoever publishes should hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The image does not say where updates are.
    NoAddress,
    /// The image has an open door.
    Development,
    /// A newer release is there.
    Older {
        /// What was published.
        version: Version,
        /// The newest that is there.
        newest: Version,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAddress => f.write_str(
                "the image knows no repository: where no administrator chose one, it looks for no updates (`build --repository URL`)",
            ),
            Self::Development => f.write_str(
                "the image is one for developers (`build --dev`): whoever reaches the serial console of an appliance that installs it is root",
            ),
            Self::Older { version, newest } => write!(
                f,
                "{version} is older than {newest}, which is there: appliances that run {newest} do not take it"
            ),
        }
    }
}

impl Repository {
    /// Whether appliances would be well off with this image.
    pub(super) fn look_at(
        &self,
        parts: &Parts,
        new: &NewRelease,
    ) -> Result<Vec<Notice>, PublishError> {
        for (option, value) in [
            ("--security-floor", &new.security_floor),
            ("--min-from", &new.min_from),
        ] {
            if *value > new.version {
                return Err(PublishError::AboveRelease {
                    option,
                    value: value.to_string(),
                    version: new.version.to_string(),
                });
            }
        }
        let said = parts.image.version.as_deref();
        if said != Some(new.version.to_string().as_str()) {
            return Err(PublishError::OtherVersion {
                path: parts.path.clone(),
                image: said.unwrap_or("unknown").to_owned(),
                version: new.version.to_string(),
            });
        }
        let root = parts.image.root.as_ref();
        if new.trusts == Trusts::OurRoots && !root.is_some_and(|root| self.has_root(root)) {
            return Err(PublishError::OtherRoot {
                path: parts.path.clone(),
                root: root.map_or(UNREADABLE_ROOT, |_| OTHER_ROOT),
                keys: self.keys.folder().to_owned(),
            });
        }
        let mut notices = Vec::new();
        if parts.image.repository.is_none() {
            notices.push(Notice::NoAddress);
        }
        if parts.image.is_development {
            notices.push(Notice::Development);
        }
        let releases = self.releases()?.into_iter();
        let newest = releases.map(|release| release.version).max();
        if let Some(newest) = newest.filter(|newest| *newest > new.version) {
            let version = new.version.clone();
            notices.push(Notice::Older { version, newest });
        }
        Ok(notices)
    }

    /// Whether a root is one of those that clients of this repository follow.
    fn has_root(&self, root: &Signed<Root>) -> bool {
        let served = versions(&self.metadata(), "root").into_values();
        let mut roots = served.chain(self.keys.roots());
        roots.any(|path| load::<Root>(&path).is_ok_and(|ours| ours.signed == root.signed))
    }
}
