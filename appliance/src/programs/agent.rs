//! The program of `xoa-agent.service`: serves the verbs of root on one socket.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Parser;
use sd_notify::NotifyState;
use xo_appliance::agent::listen::{self, Peers};
use xo_appliance::agent::machine::Here;
use xo_appliance::agent::{Agent, CONFIRM_WITHIN};

/// The user and the group that the server runs as.
const SERVER: &str = "xo-server";
const TICK: Duration = Duration::from_secs(1);
const TURN: Duration = Duration::from_secs(30);

/// Root's hands for the appliance's server and screen: few verbs, one socket.
#[derive(Debug, Parser)]
#[command(name = "xoa-agent", version)]
struct Arguments {
    /// Where the system's files are
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
    /// The socket, below the root
    #[arg(long, value_name = "FILE", default_value = "run/xoa/agent.sock")]
    socket: PathBuf,
    /// Where the server listens on this machine
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:443")]
    server: SocketAddr,
    /// Seconds until a change of the network that nobody confirms goes back
    #[arg(long, value_name = "SECONDS", default_value_t = CONFIRM_WITHIN.as_secs())]
    confirm_within: u64,
}

pub fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xoa-agent: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let machine = Here {
        server: arguments.server,
    };
    let limit = Duration::from_secs(arguments.confirm_within);
    let agent = Arc::new(Agent::new(&arguments.root, Box::new(machine), limit));
    agent.settle();
    let table = |name: &str| {
        std::fs::read_to_string(arguments.root.join("etc").join(name)).unwrap_or_default()
    };
    let peers = Peers {
        server: listen::number_of(&table("passwd"), SERVER),
        own: rustix::process::geteuid().as_raw(),
    };
    let path = arguments.root.join(&arguments.socket);
    let shown = path.display();
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    let group = listen::number_of(&table("group"), SERVER);
    let listener = listen::bind(&path, group).map_err(|e| format!("{shown}: {e}"))?;
    let ticking = Arc::clone(&agent);
    std::thread::Builder::new()
        .name("clock".to_owned())
        .spawn(move || keep_time(&ticking))?;
    let updating = Arc::clone(&agent);
    std::thread::Builder::new()
        .name("schedule".to_owned())
        .spawn(move || keep_up(&updating))?;
    let _ = sd_notify::notify(false, &[NotifyState::Ready]);
    eprintln!("xoa-agent {} serves {shown}", env!("CARGO_PKG_VERSION"));
    listen::serve(&listener, &agent, peers).map_err(|e| format!("{shown}: {e}"))?;
    Ok(())
}

/// Updates that install themselves. The first turn comes late: the gate behind a start has its time before.
fn keep_up(agent: &Agent) {
    loop {
        std::thread::sleep(TURN);
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let now_ms = since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(0));
        agent.take_turn(now_ms);
    }
}

/// The time of trials, and a sign of life to systemd: one that hangs in a change of the network gives none.
fn keep_time(agent: &Agent) {
    let mut usec = 0;
    let is_watched = sd_notify::watchdog_enabled(false, &mut usec) && usec > 0;
    loop {
        agent.tick(Instant::now());
        if is_watched {
            let _ = sd_notify::notify(false, &[NotifyState::Watchdog]);
        }
        std::thread::sleep(TICK);
    }
}
