//! The guest agent on a XenStore in memory and on folders in place of the kernel's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod guest;
