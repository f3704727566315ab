//! What is wrong with an archive: where, what, and what to do about it.

use std::error::Error as _;
use std::path::Path;

use serde::Serialize;
use xva::{Error, OvaError};

/// A reason not to import a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// The file.
    pub file: String,
    /// The entry of the archive, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// Bytes from the start of the (decompressed) archive, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub advice: &'static str,
}

const AGAIN: &str = "transfer or export the file again";
const OTHER_TOOL: &str =
    "export the VM again; if another program wrote the file, hosts will refuse it too";

impl Damage {
    pub(super) fn of(path: &Path, error: &Error) -> Self {
        let place = error.place();
        let entry = match error {
            Error::Ova(_) => Some("ova.xml".to_owned()),
            _ => place.and_then(|place| place.entry.clone()),
        };
        Self {
            file: path.display().to_string(),
            entry,
            offset: place.map(|place| place.offset),
            problem: whole_text(error),
            advice: advice(error),
        }
    }
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", self.file)?;
        // Most problems name their place themselves.
        match &self.entry {
            Some(entry) if !self.problem.contains(entry.as_str()) => {
                write!(f, "entry `{entry}`: ")?;
            }
            _ => {}
        }
        write!(f, "{}. What to do: {}", self.problem, self.advice)
    }
}

fn whole_text(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn advice(error: &Error) -> &'static str {
    match error {
        Error::Read { .. } => {
            "check the disk that the file lies on; if that is sound, the compressed stream is not: \
             transfer or export the file again"
        }
        Error::NotAnXva { .. } => {
            "name an .xva file as hosts export it: a tar, or one compressed by gzip or zstd"
        }
        Error::TooLarge { .. } => {
            "nothing that hosts write is so large: do not trust the file, and export the VM again"
        }
        Error::Ova(OvaError::TooNew { .. }) => "import it on a newer host",
        Error::UnexpectedEntry { .. } | Error::Chunk { .. } | Error::Ova(_) => OTHER_TOOL,
        _ => AGAIN,
    }
}
