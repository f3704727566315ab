//! What runs in the appliance beside the server.
//!
//! - [`agent`]: the only program with root's rights that others can ask: few verbs, one socket;
//! - [`command`]: `xoa`, the same verbs from a terminal;
//! - [`console`]: the VM's own screen;
//! - [`guest`]: tells the pool about the VM from inside, as guest tools do.

pub mod agent;
pub mod command;
pub mod console;
pub mod guest;
