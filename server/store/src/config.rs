//! What a store is opened with: where the database is, where the key file is, how costly passwords
//! are.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::entropy::{Entropy, SystemEntropy};
use crate::error::StoreError;

/// Everything that [`crate::Store::open`] needs.
#[derive(Clone)]
pub struct StoreConfig {
    /// The database: a SQLite file or a PostgreSQL URL.
    pub database: DatabaseLocation,
    /// File of 32 random bytes that seals pool passwords; made with mode 0600 when absent. It must
    /// not lie in the database, and belongs into a backup beside it.
    pub key_file: PathBuf,
    /// Cost of new password hashes.
    pub password_cost: PasswordCost,
    /// SQLite only: refuse to grow the file beyond this many bytes, as if the disk were full.
    /// `None`: no limit.
    pub sqlite_max_bytes: Option<u64>,
    /// Longest wait for a connection, another writer, or a free password hasher; then the operation
    /// fails as busy or unavailable.
    pub wait: Duration,
    /// Where random bytes come from.
    pub entropy: Arc<dyn Entropy>,
}

impl StoreConfig {
    /// A configuration with the default cost and wait, no size limit, and the system's randomness.
    pub fn new(database: DatabaseLocation, key_file: impl Into<PathBuf>) -> Self {
        Self {
            database,
            key_file: key_file.into(),
            password_cost: PasswordCost::default(),
            sqlite_max_bytes: None,
            wait: Duration::from_secs(5),
            entropy: Arc::new(SystemEntropy::default()),
        }
    }
}

impl fmt::Debug for StoreConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreConfig")
            .field("database", &self.database)
            .field("key_file", &self.key_file)
            .field("password_cost", &self.password_cost)
            .field("sqlite_max_bytes", &self.sqlite_max_bytes)
            .field("wait", &self.wait)
            .finish_non_exhaustive()
    }
}

/// argon2id parameters of new hashes. A stored hash that is cheaper is renewed at its owner's next
/// sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory per hash in KiB, at least 8 per lane.
    pub memory_kib: u32,
    /// Passes over the memory, at least 1.
    pub passes: u32,
    /// Lanes, at least 1.
    pub lanes: u32,
}

impl Default for PasswordCost {
    /// 19 MiB, 2 passes, 1 lane: OWASP's recommendation for argon2id.
    fn default() -> Self {
        Self {
            memory_kib: 19 * 1024,
            passes: 2,
            lanes: 1,
        }
    }
}

/// Where the database is. Parsed from a `postgres://` or `postgresql://` URL, `sqlite:PATH`, or a
/// bare path. `Display` and `Debug` leave the URL's password out.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseLocation {
    /// One file (and its `-wal` and `-shm` companions while open).
    Sqlite(PathBuf),
    /// A PostgreSQL database, or what speaks its protocol.
    Postgres(Url),
}

impl FromStr for DatabaseLocation {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let invalid = |reason: &str| StoreError::InvalidLocation {
            reason: reason.to_owned(),
        };
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let url = Url::parse(text).map_err(|error| invalid(&error.to_string()))?;
            if url.path().len() <= 1 {
                return Err(invalid(
                    "the URL names no database: postgres://user@host/NAME",
                ));
            }
            return Ok(Self::Postgres(url));
        }
        let path = match text.strip_prefix("sqlite:") {
            Some(rest) => rest.strip_prefix("//").unwrap_or(rest),
            None if text.contains("://") => {
                return Err(invalid(
                    "expected a path, sqlite:PATH or postgres://user:password@host/name",
                ));
            }
            None => text,
        };
        if path.is_empty() {
            return Err(invalid("the path is empty"));
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }
}

impl fmt::Display for DatabaseLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(url) => {
                write!(f, "{}://", url.scheme())?;
                if !url.username().is_empty() {
                    write!(f, "{}@", url.username())?;
                }
                write!(f, "{}", url.host_str().unwrap_or_default())?;
                if let Some(port) = url.port() {
                    write!(f, ":{port}")?;
                }
                f.write_str(url.path())
            }
        }
    }
}

impl fmt::Debug for DatabaseLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseLocation({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_path_or_a_url() {
        let parse = |text: &str| text.parse::<DatabaseLocation>();
        let file = DatabaseLocation::Sqlite("/var/lib/xo/xo.db".into());
        assert_eq!(parse("/var/lib/xo/xo.db").unwrap(), file);
        assert_eq!(parse("sqlite:/var/lib/xo/xo.db").unwrap(), file);
        assert_eq!(parse("sqlite:///var/lib/xo/xo.db").unwrap(), file);
        assert!(matches!(
            parse("postgres://xo@db/xo").unwrap(),
            DatabaseLocation::Postgres(_)
        ));
        for wrong in [
            "mysql://db/xo",
            "",
            "sqlite:",
            "postgres://db",
            "postgres://db/",
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?} was accepted");
        }
    }

    #[test]
    fn the_password_of_a_url_is_not_shown() {
        let location: DatabaseLocation = "postgres://xo:hunter2@db:5433/xo?sslmode=require"
            .parse()
            .unwrap();
        assert_eq!(location.to_string(), "postgres://xo@db:5433/xo");
        assert!(!format!("{location:?}").contains("hunter2"));
    }
}
