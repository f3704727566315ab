//! What runs in the appliance beside the server.
//!
//! - [`guest`]: tells the pool about the VM from inside, as guest tools do.

pub mod guest;
