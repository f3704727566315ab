//! XO objects, how they derive from XAPI records, who inherits whose access, and the filter language.
//!
//! [`LivePool`] takes the records of one pool as they change and tells which XO objects changed with them. [`filter`] says
//! which objects a user asks for, [`access`] which they may see, [`project`] which properties are answered.
//!
//! Invariant: pure. No clock, no network, no files; no input makes it panic.

pub mod access;
pub mod filter;
mod json;
mod key;
mod live;
mod object;
mod objects;
pub mod project;
mod records;
mod xml;

pub use live::{Change, LivePool};
pub use object::{Object, ObjectType};
pub use objects::{object_id, vm_data_key};
pub use records::Records;
