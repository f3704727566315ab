//! What the set-up needs of the daemon, which alone has a certificate and can run a lab: this crate knows neither TLS nor the lab.

use std::pin::Pin;

use serde::Serialize;
use xo_engine::Result;

/// The certificate that this server shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// SHA-256 in hexadecimal with colons, as browsers show it.
    pub fingerprint: String,
    /// Names and addresses that it is for.
    pub names: Vec<String>,
    /// Milliseconds since the epoch.
    pub not_before: i64,
    /// Milliseconds since the epoch.
    pub not_after: i64,
    /// Nobody else vouches for it.
    pub self_signed: bool,
}

/// Whether there is a simulated pool, or can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LabState {
    /// No pool is here: one can be started.
    Available,
    /// One runs and is among the connections.
    Running,
    /// Real pools are here: none is started beside them.
    Unavailable,
}

/// Something that is waited for.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Implemented by the daemon.
pub trait SetupHost: Send + Sync {
    /// `None` when the server speaks no TLS itself.
    fn certificate(&self) -> Option<Certificate>;

    /// Shows another certificate from now on: a chain and its key, both PEM. What cannot be used is refused, with the field that is
    /// wrong: `certificate` or `key`.
    fn replace_certificate(&self, chain: String, key: String) -> Later<'_, Result<Certificate>>;

    /// Looks at the connections.
    fn lab(&self) -> Later<'_, Result<LabState>>;

    /// Makes sure that a simulated pool runs and is connected; returns the id of its connection. It comes back with the next start of
    /// the server. Fails while other pools are here.
    fn start_lab(&self) -> Later<'_, Result<String>>;
}
