//! The program as users run it, against a small server of our own: `stub` answers JSON-RPC and HTTP the
//! way the protocol reference says, `program` runs the binary with a configuration folder of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod calls;
mod deploying;
mod failures;
mod listing;
mod program;
mod registering;
mod rest;
mod stub;
mod transfers;
mod words;
