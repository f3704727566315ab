//! The daemon around the engine and the API: configuration, TLS, listeners, the built-in lab, start and stop.

pub mod admin;
pub mod backup;
pub mod config;
pub mod daemon;
mod labs;
mod listen;
mod process;
mod setup_code;
mod tls;

pub use config::{Config, ConfigError};
pub use daemon::Daemon;
