//! What was wrong and did not stop the boot.

use serde::{Deserialize, Serialize};

/// Something that an administrator should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where it is: `vm-data/ip`, `network-config`, a file.
    pub place: String,
    /// What is wrong, and what was expected.
    pub what: String,
    /// What is done about it now, or what to do.
    pub therefore: String,
}

impl Problem {
    /// A new one.
    pub fn new(
        place: impl Into<String>,
        what: impl Into<String>,
        therefore: impl Into<String>,
    ) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
            therefore: therefore.into(),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.what, self.therefore)
    }
}
