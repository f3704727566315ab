//! The inventory, kept by real watchers of real labs.

// A helper of a test fails the test by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod changes;
mod losses;
mod many_pools;
mod support;
