//! The one program of the appliance beside the server and its first boot. What it does is told by the name that it is started by: `xoa`, or one of
//! the links to it in `image-build/image/root/usr/lib/xoa`.
//!
//! One program is linked once: five of them, each with its own optimised copy of what they share, took minutes.

mod programs {
    pub mod agent;
    pub mod command;
    pub mod console;
    pub mod guest;
    pub mod health;
}

use std::path::Path;
use std::process::ExitCode;

use programs::{agent, command, console, guest, health};

fn main() -> ExitCode {
    let path = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&path).file_name().and_then(|name| name.to_str());
    match name {
        Some("xoa-agent") => agent::main(),
        Some("xoa-console") => console::main(),
        Some("xoa-guest") => guest::main(),
        Some("xoa-health") => health::main(),
        _ => command::main(),
    }
}
