//! What can go wrong between us and a pool, with XAPI's own code and parameters kept.

use std::fmt;

use crate::Fingerprint;

/// The result of anything that talks to a pool.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error that XAPI itself answered: its code and its parameters, as on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// For example `VM_BAD_POWER_STATE`.
    pub code: String,
    /// For example the VM's reference, the expected state and the actual one.
    pub params: Vec<String>,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.code, self.params.join(", "))
    }
}

/// Why a call, a transfer or a connection failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// XAPI refused or failed the operation.
    #[error("{0}")]
    Api(ApiError),
    /// The address is not one that we can connect to.
    #[error("invalid address `{address}`: {reason}")]
    Address {
        /// As it was given.
        address: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The proxy is not one that we can go through. It is not repeated: it may hold a password.
    #[error("invalid proxy: {reason}")]
    Proxy {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No connection, or it broke.
    #[error("cannot reach {host}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// The cause as the network told it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The session was opened for looking only.
    #[error("{method} would change the pool of {host}, whose connection is read-only")]
    ReadOnly {
        /// Host and port.
        host: String,
        /// The call or the path.
        method: String,
    },
    /// The peer did not answer in time.
    #[error("{host} did not answer {method} in time")]
    Timeout {
        /// Host and port.
        host: String,
        /// The call or the path.
        method: String,
    },
    /// The certificate is not the one that was accepted before.
    #[error(
        "the certificate of {host} has changed: its fingerprint is now {presented}, accepted was {}",
        listed(accepted)
    )]
    CertificateChanged {
        /// Host and port.
        host: String,
        /// What it showed this time.
        presented: Fingerprint,
        /// What was accepted before: one of each member of the pool.
        accepted: Vec<Fingerprint>,
    },
    /// The certificate is not signed by an authority that this machine trusts.
    #[error("the certificate of {host} (fingerprint {presented}) is not trusted: {reason}")]
    CertificateUntrusted {
        /// Host and port.
        host: String,
        /// What it showed.
        presented: Fingerprint,
        /// What the verification found.
        reason: String,
    },
    /// The peer answered something that is not XAPI.
    #[error("{host} answered {method} with something that is not XAPI: {detail}")]
    Garbage {
        /// Host and port.
        host: String,
        /// The call or the path.
        method: String,
        /// What was found.
        detail: String,
    },
    /// An HTTP handler refused a transfer.
    #[error("{host} answered {path} with HTTP status {status}")]
    Status {
        /// Host and port.
        host: String,
        /// The handler.
        path: String,
        /// For example 403.
        status: u16,
    },
    /// The transfer's own source failed.
    #[error("the data to send could not be read")]
    Source(#[source] std::io::Error),
}

impl Error {
    /// XAPI's code, when it is XAPI that answered.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Api(e) => Some(&e.code),
            _ => None,
        }
    }

    /// True when nothing was heard of the pool, so that another try or another member may work.
    pub fn is_connection(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Timeout { .. })
    }
}

/// A copy that says the same: several calls may wait for one attempt. Of causes, only the text of the last is kept, which says what happened.
impl Clone for Error {
    fn clone(&self) -> Self {
        match self {
            Self::Api(e) => Self::Api(e.clone()),
            Self::Address { address, reason } => Self::Address {
                address: address.clone(),
                reason,
            },
            Self::Proxy { reason } => Self::Proxy { reason },
            Self::Unreachable { host, source } => Self::Unreachable {
                host: host.clone(),
                source: last_cause(source.as_ref()).into(),
            },
            Self::ReadOnly { host, method } => Self::ReadOnly {
                host: host.clone(),
                method: method.clone(),
            },
            Self::Timeout { host, method } => Self::Timeout {
                host: host.clone(),
                method: method.clone(),
            },
            Self::CertificateChanged {
                host,
                presented,
                accepted,
            } => Self::CertificateChanged {
                host: host.clone(),
                presented: *presented,
                accepted: accepted.clone(),
            },
            Self::CertificateUntrusted {
                host,
                presented,
                reason,
            } => Self::CertificateUntrusted {
                host: host.clone(),
                presented: *presented,
                reason: reason.clone(),
            },
            Self::Garbage {
                host,
                method,
                detail,
            } => Self::Garbage {
                host: host.clone(),
                method: method.clone(),
                detail: detail.clone(),
            },
            Self::Status { host, path, status } => Self::Status {
                host: host.clone(),
                path: path.clone(),
                status: *status,
            },
            Self::Source(e) => Self::Source(std::io::Error::new(e.kind(), e.to_string())),
        }
    }
}

fn last_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}

/// A few in words; a pool of many members has one each.
fn listed(accepted: &[Fingerprint]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<String> = accepted
        .iter()
        .take(SHOWN)
        .map(ToString::to_string)
        .collect();
    let more = match accepted.len().saturating_sub(SHOWN) {
        0 => String::new(),
        n => format!(" or one of {n} more"),
    };
    format!("{}{more}", shown.join(" or "))
}

impl From<ApiError> for Error {
    fn from(e: ApiError) -> Self {
        Self::Api(e)
    }
}
