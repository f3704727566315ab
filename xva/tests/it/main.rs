//! The archive format, tested from outside: what the writer writes, what the reader takes and refuses.

// A helper of a test fails the test by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

mod accepted;
mod codec;
mod judge;
mod refused;
mod round_trip;
mod sample;
