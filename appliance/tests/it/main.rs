//! What runs in the appliance: on a folder in place of `/`, with a XenStore in memory, with programs that are written down.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod bundle;
mod check;
mod console;
mod guest;
mod health;
mod network;
mod probe;
mod process;
mod scene;
mod schedule;
mod settings;
mod status;
mod trust;
mod update;
