//! The client against labs, and against hosts that are older or worse than a lab.

// A helper of a test fails the test by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod calls;
mod certificates;
mod consoles;
mod downloads;
mod events;
mod front;
mod proxies;
mod sessions;
mod support;
mod tasks;
mod uploads;
