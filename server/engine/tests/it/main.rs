//! Integration tests of the engine: the whole of it, in process, against a simulated pool.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod authorisation;
mod compatibility;
mod disks;
mod hosts;
mod networks;
mod pools;
mod stats;
mod storage;
mod streams;
mod support;
mod vms;
