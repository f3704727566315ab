//! A simulated XCP-ng 8.3 pool over real HTTP and HTTPS: for tests, for demonstrations and for scale runs.
//!
//! [`Lab::start`] populates a pool and serves it. What clients see follows the captures of a real XAPI; the object model is
//! data (`schema.txt`), the calls are in `calls/`, one file per noun, the population in `population/`.

pub mod calls;
mod config;
mod contents;
pub mod date;
pub mod db;
mod disks;
mod domain;
mod failure;
mod faults;
pub mod http;
pub mod interfaces;
mod lab;
pub mod messages;
pub mod operations;
pub mod placement;
mod plugins;
mod population;
pub mod rpc;
pub mod schema;
pub mod snapshots;
pub mod tasks;
mod tls;
mod unrest;
pub mod value;

pub use config::LabConfig;
pub use failure::Failure;
pub use faults::{Faults, Times};
pub use lab::{Inner, Lab, StartError};
pub use value::Value;
