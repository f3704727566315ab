//! What `xo-bench` is made of: the processes under test, a lean TLS client, statistics, and one module for each group of rows.
//!
//! The server is measured from outside, as its own process; clients add as little work of their own as they can, because they
//! share the processors with it.

pub mod image;
pub mod latency;
pub mod listing;
pub mod plan;
pub mod process;
pub mod reading;
pub mod starting;
pub mod table;
pub mod wire;
