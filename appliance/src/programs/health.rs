//! The program of `xoa-health.service`: ends well after a good start; restarts into the other system after one that was not, if there is one.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::Parser;
use serde_json::{Map, Value};
use xo_appliance::agent::client::{Ask, Client, SOCKET};
use xo_appliance::health::{Gate, Verdict};

/// Asks whether the appliance does its work; restarts into the other system when it does not.
#[derive(Debug, Parser)]
#[command(name = "xoa-health", version)]
struct Arguments {
    /// Where the server answers
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:443")]
    server: SocketAddr,
    /// The certificate that it must show
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/var/lib/xo-server/tls.crt"
    )]
    certificate: PathBuf,
    /// Where the agent answers
    #[arg(long, value_name = "SOCKET", default_value = SOCKET)]
    agent: PathBuf,
    /// The kernels that the boot loader chooses from
    #[arg(long, value_name = "DIR", default_value = "/boot/EFI/Linux")]
    entries: PathBuf,
    /// The running system
    #[arg(long, value_name = "FILE", default_value = "/usr/lib/os-release")]
    os_release: PathBuf,
    /// How long it may take until all is well
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,
    /// How long all must be well then
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    hold: u64,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
}

pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let gate = Gate {
        server: arguments.server,
        certificate: arguments.certificate,
        agent: arguments.agent,
        entries: arguments.entries,
        os_release: arguments.os_release,
        patience: Duration::from_secs(arguments.patience),
        hold: Duration::from_secs(arguments.hold),
    };
    match gate.judge() {
        Verdict::Good => {
            eprintln!("xoa-health: the server does its work: this start was good");
            tell_urls(&gate);
            if !arguments.dry_run {
                note(&gate, "update.confirm", Map::new());
            }
            return ExitCode::SUCCESS;
        }
        Verdict::GoTo(reason, other) => {
            let reason = with_last_words(reason);
            tell(&format!("this start was not good: {reason}"));
            tell(&format!("restarting; {other} is to be started"));
            if !arguments.dry_run {
                let reason = Map::from_iter([("reason".to_owned(), reason.into())]);
                note(&gate, "update.doubt", reason);
                restart();
            }
        }
        Verdict::Stay(reason, why) => {
            let reason = with_last_words(reason);
            tell(&format!("this start was not good: {reason}"));
            tell(&format!("{why}; it stays up as it is"));
        }
    }
    ExitCode::FAILURE
}

/// Why the server ended, if it says so in the journal: that tells more than its silence.
fn with_last_words(reason: String) -> String {
    let mut journal = Command::new("journalctl");
    journal.args(["--unit=xo-server.service", "--boot", "--lines=50"]);
    let said = journal.args(["--output=cat", "--quiet"]).output();
    let said = said.map(|output| output.stdout).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let last = said
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("xo-server: "));
    match last {
        Some(last) => format!("{reason}; it said: {last}"),
        None => reason,
    }
}

/// To the journal, and to every console by the kernel's log.
fn tell(text: &str) {
    eprintln!("xoa-health: {text}");
    let _ = std::fs::write("/dev/kmsg", format!("<2>xoa: {text}\n"));
}

/// The journal of updates remembers it. Without that the boot loader's counting still tells.
/// Where the appliance is found, for who reads the console.
fn tell_urls(gate: &Gate) {
    let status = Client::new(&gate.agent).ask("status", Map::new());
    let status = status.unwrap_or_default();
    let urls = status.get("urls").and_then(Value::as_array);
    for url in urls.into_iter().flatten().filter_map(Value::as_str) {
        eprintln!("xoa-health: open {url}");
    }
}

fn note(gate: &Gate, verb: &str, params: Map<String, Value>) {
    if let Err(error) = Client::new(&gate.agent).ask(verb, params) {
        eprintln!("xoa-health: {verb}: {error}");
    }
}

fn restart() {
    match Command::new("systemctl").arg("reboot").status() {
        Ok(status) if status.success() => {}
        Ok(status) => tell(&format!("systemctl reboot failed: {status}")),
        Err(error) => tell(&format!("systemctl cannot be started: {error}")),
    }
}
