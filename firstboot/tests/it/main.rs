//! First boots on folders in place of a disk, and XenStore on a bus of our own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod boots;
mod power_cuts;
mod scene;
mod store;
