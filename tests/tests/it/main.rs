//! End to end: real clients, the real server, the lab.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says by a panic what is wrong"
)]

mod appliance;
mod architecture;
mod backups;
mod bad_input;
mod certificate;
mod clients;
mod command_line;
mod console;
mod faults;
mod lifecycle;
mod live;
mod security;
mod setup;
mod transfers;
