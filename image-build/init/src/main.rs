//! Process 1 of the initial RAM disk: loads drivers, finds the slot that the kernel's command line means, has the kernel
//! verify it, and hands over to its systemd.
//!
//! Invariant: nothing is started that the root hash does not cover. When that cannot be, this program ends; the kernel
//! panics and, told so by `panic=`, reboots into what else there is.

mod boot;
mod command_line;
mod modules;
mod slot;
mod tries;
mod verity;

use std::convert::Infallible;
use std::error::Error as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let error = match boot::boot() {
        Ok(never) => match never as Infallible {},
        Err(error) => error,
    };
    let mut text = format!("xoa: the system cannot be started: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    // The kernel's log reaches every console, standard error one of them.
    if std::fs::write("/dev/kmsg", format!("<2>{text}\n")).is_err() {
        eprintln!("{text}");
    }
    ExitCode::FAILURE
}
