//! REST against an engine with a store of its own and a lab pool, without a socket between test and router.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod accounts;
mod acls;
mod actions;
mod authentication;
mod compatibility;
mod disks;
mod documentation;
mod events;
mod lists;
mod one_time_passwords;
mod servers;
mod setup;
mod support;
mod tasks;
