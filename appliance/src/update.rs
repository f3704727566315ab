//! Updates of the appliance.
//!
//! - [`trust`]: which releases there are, and their files: only what is signed comes through.

pub mod trust;
