//! The lab, seen by its clients.

// A helper of a test fails the test by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod console;
mod dumps;
mod events;
mod export_import;
mod faults;
mod links;
mod plugins;
mod population;
mod power;
mod raw_disks;
mod statistics;
mod stopping;
mod storage;
mod support;
mod transfer_support;
mod wire;
