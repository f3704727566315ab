//! The repository of TUF as a [`Source`]: signatures are [`super::trust`]'s affair.

use std::io::{self, Read};
use std::ops::Range;

use semver::Version;
use xo_release::Part;

use super::hash::hex;
use super::source::{Failure, File, Offer, Origin, Source};
use super::trust::{Repository, Settings, Trust, TrustError};

/// A repository, asked anew by each [`Source::releases`].
pub struct Signed {
    trust: Trust,
    seen: Option<Repository>,
}

impl Signed {
    /// Asks nobody yet.
    ///
    /// # Errors
    /// When an address makes no sense.
    pub fn open(settings: Settings) -> Result<Self, TrustError> {
        Ok(Self {
            trust: Trust::open(settings)?,
            seen: None,
        })
    }
}

impl Source for Signed {
    fn origin(&self) -> Origin {
        self.trust.origin()
    }

    fn releases(&mut self) -> Result<Vec<Offer>, Failure> {
        let asked = self.trust.refresh().map_err(|error| match self.origin() {
            Origin::Repository => error,
            Origin::Bundle | Origin::ExpiredBundle => error.of_file(),
        });
        let repository = self.seen.insert(asked?);
        let offers = repository.offers().into_iter().map(|offer| Offer {
            release: offer.release,
            files: offer
                .files
                .into_iter()
                .map(|(part, target)| {
                    let sha256 = hex(&target.sha256);
                    let length = target.length;
                    (part, File { length, sha256 })
                })
                .collect(),
        });
        Ok(offers.collect())
    }

    fn read<'a>(
        &'a mut self,
        version: &Version,
        part: Part,
        range: Range<u64>,
    ) -> io::Result<Box<dyn Read + 'a>> {
        let name = part.target(version);
        let repository = self.seen.as_ref();
        let found = repository.and_then(|repository| Some((repository, repository.target(&name)?)));
        let (repository, target) =
            found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, name))?;
        let reader = repository
            .read(&target, range)
            .map_err(|error| match error {
                TrustError::Missing { .. } => io::Error::new(io::ErrorKind::NotFound, error),
                TrustError::NoRanges { .. } => io::Error::new(io::ErrorKind::Unsupported, error),
                other => io::Error::other(other),
            })?;
        Ok(Box::new(reader))
    }
}
