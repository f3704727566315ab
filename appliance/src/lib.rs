//! What runs in the appliance beside the server.
//!
//! - [`agent`]: the only program with root's rights that others can ask: few verbs, one socket;
//! - [`command`]: `xoa`, the same verbs from a terminal;
//! - [`console`]: the VM's own screen;
//! - [`guest`]: tells the pool about the VM from inside, as guest tools do;
//! - [`health`]: the gate behind a start;
//! - [`update`]: the engine that replaces the system;
//! - [`entries`]: names of the systems that the boot loader can start; `local_https`: one question to the server.

pub mod agent;
pub mod command;
pub mod console;
pub mod entries;
pub mod guest;
pub mod health;
mod local_https;
pub mod update;
