//! Who signs what, how many of them are needed, and how long it is good.

use tough::schema::RoleType;

/// The version of TUF's specification that the metadata follows.
pub(super) const SPECIFICATION: &str = "1.0.31";

const DAY: i64 = 24 * 60 * 60;

/// A role of the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Duty {
    /// Says who the others are. Kept apart, offline.
    Root,
    /// Says which releases there are. Kept offline.
    Targets,
    /// Says which lists of releases belong together.
    Snapshot,
    /// Says that nothing newer is held back.
    Timestamp,
}

impl Duty {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Root, Self::Targets, Self::Snapshot, Self::Timestamp];

    /// As it is called in metadata.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Targets => "targets",
            Self::Snapshot => "snapshot",
            Self::Timestamp => "timestamp",
        }
    }

    pub(super) fn role(self) -> RoleType {
        match self {
            Self::Root => RoleType::Root,
            Self::Targets => RoleType::Targets,
            Self::Snapshot => RoleType::Snapshot,
            Self::Timestamp => RoleType::Timestamp,
        }
    }

    /// How many keys there are.
    pub(crate) fn keys(self) -> u64 {
        match self {
            Self::Root => 5,
            Self::Targets => 3,
            Self::Snapshot | Self::Timestamp => 1,
        }
    }

    /// How many of them must sign.
    pub(crate) fn threshold(self) -> u64 {
        match self {
            Self::Root => 3,
            Self::Targets => 2,
            Self::Snapshot | Self::Timestamp => 1,
        }
    }

    fn days(self) -> i64 {
        match self {
            Self::Root => 365,
            Self::Targets => 90,
            Self::Snapshot => 14,
            Self::Timestamp => 3,
        }
    }

    /// When what is signed now expires. Both in seconds since 1970.
    pub(super) fn expiry(self, now: i64) -> i64 {
        now.saturating_add(self.days() * DAY)
    }
}
