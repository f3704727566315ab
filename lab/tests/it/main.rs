//! The lab, seen by its clients.

// A helper of a test fails the test by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod console;
mod export_import;
mod plugins;
mod raw_disks;
mod statistics;
mod stopping;
mod transfer_support;
