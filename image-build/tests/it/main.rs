//! The tool, tested from outside: what it packs, what it says of files, and who else takes what it packs.

// A helper of a test fails the test by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

mod command_line;
mod damaged;
mod judge;
mod lab;
mod packing;
mod publishing;
mod sample;
mod shapes;
