//! The update engine: `check → fetch → stage → apply → confirm`, and `rollback`.
//!
//! - [`engine`] holds what an update works on, and says how it stands; [`fetch`], [`stage`] and [`switch`] are its steps;
//! - [`source`] is where releases come from, and [`trust`] believes only what is signed; [`bundle`] is one in a file; `chunks` finds what the running slot already has;
//! - `notes` is what people read of a release;
//! - [`here`] is this machine's disk, slots and files;
//! - [`device`] and [`folder`] are the disk: slots, the ESP, what was downloaded. Tests have some that lose their power;
//! - [`journal`] is what is remembered, [`kernels`] what the boot loader chooses from, [`verity`] whether a slot is whole;
//! - [`pace`] is the limit of bandwidth, and how far it is.
//!
//! Invariant: a kernel image that the boot loader may start has a slot that is whole, at every moment. So the other slot's kernel image
//! goes before its slot is written, and the new one comes when all has been read back.

mod assemble;
pub mod bundle;
mod chunks;
pub mod device;
pub mod engine;
mod error;
pub mod fetch;
pub mod folder;
pub mod hash;
pub mod here;
pub mod journal;
pub mod kernels;
mod notes;
pub mod pace;
pub mod signed;
pub mod source;
pub mod stage;
pub mod switch;
pub mod trust;
pub mod verity;

pub use engine::{Engine, Parts, Slot, System};
pub use error::Error;
pub(crate) use error::causes;
