//! The program of `xoa-health.service`: a start that the boot loader still counts as a try is good when the server answers over TLS.
//!
//! The server tells that it is ready when its database is open and its listeners are there; the unit runs after that. Here it
//! is asked as a client would ask. When it does not answer in time, and another system is on the disk that may be started, the
//! machine is restarted: the boot loader takes the other one when this one has no tries left.
//!
//! Invariant: without another system to go to, a machine is never restarted: whoever looks at its screen must be able to read.

mod entries;
mod server;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::Parser;

/// Between two questions.
const PAUSE: Duration = Duration::from_secs(1);

/// Asks whether the appliance does its work; restarts into the other system when it does not.
#[derive(Debug, Parser)]
#[command(name = "xoa-health", version)]
struct Arguments {
    /// Where the server answers
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:443")]
    server: String,
    /// The certificate that it must show
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/var/lib/xo-server/tls.crt"
    )]
    certificate: PathBuf,
    /// The agent, if this system has one
    #[arg(long, value_name = "FILE", default_value = "/usr/lib/xoa/xoa-agent")]
    agent: PathBuf,
    /// Where the agent answers
    #[arg(long, value_name = "SOCKET", default_value = "/run/xoa/agent.sock")]
    agent_socket: PathBuf,
    /// The kernels that the boot loader chooses from
    #[arg(long, value_name = "DIR", default_value = "/boot/EFI/Linux")]
    entries: PathBuf,
    /// The running system
    #[arg(long, value_name = "FILE", default_value = "/usr/lib/os-release")]
    os_release: PathBuf,
    /// For how long the server may be silent
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    patience: u64,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let began = Instant::now();
    let reason = loop {
        match ask(&arguments) {
            Ok(()) => {
                eprintln!("xoa-health: the server answers: this start was good");
                return ExitCode::SUCCESS;
            }
            Err(error) if began.elapsed().as_secs() >= arguments.patience => break error,
            Err(_) => sleep(PAUSE),
        }
    };
    tell(&format!("this start was not good: {reason}"));
    match entries::other(&arguments.entries, &arguments.os_release) {
        Ok(Some(other)) => {
            tell(&format!(
                "restarting; {other} is started when this system has no tries left"
            ));
            restart(arguments.dry_run);
        }
        Ok(None) => tell("there is no other system on the disk to go to; it stays up as it is"),
        Err(error) => tell(&format!(
            "the other systems on the disk cannot be listed ({error}); it stays up as it is"
        )),
    }
    ExitCode::FAILURE
}

fn ask(arguments: &Arguments) -> Result<(), String> {
    server::ask(&arguments.server, &arguments.certificate).map_err(|e| e.to_string())?;
    if arguments.agent.exists() {
        let socket = &arguments.agent_socket;
        std::os::unix::net::UnixStream::connect(socket)
            .map_err(|e| format!("the agent does not answer on {}: {e}", socket.display()))?;
    }
    Ok(())
}

/// To the journal, and to every console by the kernel's log.
fn tell(text: &str) {
    eprintln!("xoa-health: {text}");
    let _ = std::fs::write("/dev/kmsg", format!("<2>xoa: {text}\n"));
}

fn restart(dry_run: bool) {
    if dry_run {
        return;
    }
    match Command::new("systemctl").arg("reboot").status() {
        Ok(status) if status.success() => {}
        Ok(status) => tell(&format!("systemctl reboot failed: {status}")),
        Err(error) => tell(&format!("systemctl cannot be started: {error}")),
    }
}
