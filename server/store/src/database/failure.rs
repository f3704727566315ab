//! What an error of either database means to us.

use sqlx::error::DatabaseError;

use super::Backend;
use crate::error::StoreError;

/// Turns an error of the database into one of ours.
pub(super) fn classify(
    backend: Backend,
    database: &str,
    operation: &'static str,
    source: sqlx::Error,
) -> StoreError {
    let database = database.to_owned();
    let cause = match &source {
        sqlx::Error::Database(error) => by_code(backend, &**error),
        sqlx::Error::PoolTimedOut => match backend {
            // The only connection that writes is taken.
            Backend::Sqlite => Cause::Busy,
            Backend::Postgres => Cause::Unavailable,
        },
        sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => {
            Cause::DiskFull
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Cause::Unavailable,
        _ => Cause::Refused,
    };
    match cause {
        Cause::Busy => StoreError::Busy {
            operation,
            database,
            source,
        },
        Cause::DiskFull => StoreError::DiskFull {
            operation,
            database,
            source,
        },
        Cause::Unavailable => StoreError::Unavailable {
            operation,
            database,
            source,
        },
        Cause::Damaged => StoreError::Damaged {
            database,
            what: source.to_string(),
        },
        Cause::Refused => StoreError::Refused {
            operation,
            database,
            source,
        },
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Cause {
    Busy,
    DiskFull,
    Unavailable,
    Damaged,
    Refused,
}

fn by_code(backend: Backend, error: &dyn DatabaseError) -> Cause {
    let Some(code) = error.code() else {
        return Cause::Refused;
    };
    match backend {
        Backend::Sqlite => code.parse().map_or(Cause::Refused, sqlite_cause),
        Backend::Postgres => postgres_cause(&code),
    }
}

/// By SQLite's extended result code (sqlite.org/rescode.html).
fn sqlite_cause(code: u32) -> Cause {
    /// `SQLITE_IOERR_SHMSIZE`: the `-shm` file could not grow, which is how a full disk shows
    /// there.
    const IOERR_SHMSIZE: u32 = 4874;
    if code == IOERR_SHMSIZE {
        return Cause::DiskFull;
    }
    match code & 0xff {
        5 | 6 => Cause::Busy,              // SQLITE_BUSY, SQLITE_LOCKED
        13 => Cause::DiskFull,             // SQLITE_FULL
        11 | 26 => Cause::Damaged,         // SQLITE_CORRUPT, SQLITE_NOTADB
        8 | 10 | 14 => Cause::Unavailable, // SQLITE_READONLY, SQLITE_IOERR, SQLITE_CANTOPEN
        _ => Cause::Refused,
    }
}

/// By PostgreSQL's SQLSTATE.
fn postgres_cause(code: &str) -> Cause {
    match code {
        // lock not available, deadlock, serialization failure
        "55P03" | "40P01" | "40001" => Cause::Busy,
        "53100" => Cause::DiskFull,
        // index, data corrupted
        "XX001" | "XX002" => Cause::Damaged,
        // too many connections, out of memory, statement cancelled, shutting down, starting up,
        // read-only
        "53300" | "53200" | "57014" | "57P01" | "57P02" | "57P03" | "25006" => Cause::Unavailable,
        // wrong password, no such database, connection exceptions
        _ if code.starts_with("28") || code.starts_with("3D") || code.starts_with("08") => {
            Cause::Unavailable
        }
        _ => Cause::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_codes_are_told_apart_with_and_without_their_extension() {
        assert_eq!(sqlite_cause(5), Cause::Busy);
        assert_eq!(sqlite_cause(517), Cause::Busy); // SQLITE_BUSY_SNAPSHOT
        assert_eq!(sqlite_cause(13), Cause::DiskFull);
        assert_eq!(sqlite_cause(4874), Cause::DiskFull);
        assert_eq!(sqlite_cause(778), Cause::Unavailable); // SQLITE_IOERR_WRITE
        assert_eq!(sqlite_cause(26), Cause::Damaged);
        assert_eq!(sqlite_cause(2067), Cause::Refused); // SQLITE_CONSTRAINT_UNIQUE
    }

    #[test]
    fn postgres_states_are_told_apart() {
        assert_eq!(postgres_cause("53100"), Cause::DiskFull);
        assert_eq!(postgres_cause("55P03"), Cause::Busy);
        assert_eq!(postgres_cause("08006"), Cause::Unavailable);
        assert_eq!(postgres_cause("28P01"), Cause::Unavailable);
        assert_eq!(postgres_cause("23505"), Cause::Refused);
    }
}
