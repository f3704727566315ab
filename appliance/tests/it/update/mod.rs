//! The update engine on a machine of memory: its disks lose their power at any moment, and what starts is what systemd-boot and the init
//! would start.

pub mod agent;
mod command;
pub mod image;
pub mod install;
mod notes;
mod power;
mod power_cuts;
mod refusals;
mod rollback;
pub mod signed;
mod verity;
mod world;
