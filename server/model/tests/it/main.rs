//! What derives from the records of a whole pool.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at what it did not expect"
)]

mod estate;
mod live;
mod properties;
mod rules;
mod snapshots;
