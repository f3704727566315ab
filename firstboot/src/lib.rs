//! The appliance's first boot, and what every later boot makes anew of its settings.
//!
//! - [`settings`]: what the appliance is told: by XenStore's `vm-data`, else by a NoCloud config drive, else nothing (DHCP and the web wizard);
//! - [`steps`]: what is done once, in order, each step stamped;
//! - [`network`] and [`apply`]: the files under `/run` that follow from the settings, at each boot;
//! - [`memory`]: whether there is enough of it;
//! - [`reset`]: back to how it was delivered, at the boot after it was asked for;
//! - [`xenbus`]: XenStore from inside a guest;
//! - [`durable`]: files that are whole or not there.
//!
//! Invariant: bad input never keeps the appliance from coming up. It becomes a [`Problem`], which the screen shows, and the default is used.

pub mod apply;
pub mod durable;
pub mod memory;
pub mod network;
mod problem;
pub mod reset;
pub mod settings;
pub mod steps;
pub mod xenbus;

pub use problem::Problem;
