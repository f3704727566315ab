//! How the engine is asked: JSON-RPC over WebSocket, REST, one-shot transfers, sign-in pages, the web client's files, metrics.
//!
//! Nothing here decides: a request is parsed, the engine is asked, the answer is serialised.

mod app;
mod backup_host;
mod client;
mod console;
#[doc(hidden)]
pub mod fuzzing;
mod http_metrics;
mod layers;
mod problem;
mod rate;
mod rest;
mod rpc;
mod setup_host;
mod sign_in;
mod transfers;
mod unread;
mod websocket;

pub use app::{App, Metrics, Site, redirect_site, router, site};
pub use backup_host::{Backup, BackupHost, BackupReason, Restored};
pub use setup_host::{Certificate, LabState, Later, SetupHost};
