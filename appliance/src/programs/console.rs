//! The program of `xoa-console@.service`: the VM's own screen.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use xo_appliance::agent::client::{Ask, Client, SOCKET};
use xo_appliance::console;

/// Shows the appliance on a terminal, and takes keys.
#[derive(Debug, Parser)]
#[command(name = "xoa-console", version)]
struct Arguments {
    /// The agent's socket
    #[arg(long, value_name = "FILE", default_value = SOCKET)]
    socket: PathBuf,
    /// Where a support bundle is kept
    #[arg(long, value_name = "DIR", default_value = "/var/lib/xoa/support")]
    bundles: PathBuf,
}

pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let agent: Arc<dyn Ask + Send + Sync> = Arc::new(Client::new(&arguments.socket));
    match console::run(&agent, &arguments.bundles) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xoa-console: {error}");
            ExitCode::FAILURE
        }
    }
}
