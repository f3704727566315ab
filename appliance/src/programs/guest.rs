//! The program of `xoa-guest.service`: tells the pool about this VM at once, on each change, and once a minute. Where there is no Xen it ends well.

use std::net::IpAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use xo_appliance::guest::{Facts, Published, Roots, keys};
use xo_firstboot::xenbus::{DEVICE, XenStore};

/// Between two looks at the machine.
const LOOK: Duration = Duration::from_secs(3);
/// What changes all the time is told this often.
const ANYWAY: Duration = Duration::from_secs(60);

/// Tells the pool about this VM from inside: addresses, system, memory.
#[derive(Debug, Parser)]
#[command(name = "xoa-guest", version)]
struct Arguments {
    /// Tell once and end
    #[arg(long)]
    once: bool,
}

pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xoa-guest: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let Some(mut store) = XenStore::open(Path::new(DEVICE))? else {
        eprintln!("xoa-guest: this machine does not run on Xen; nothing to do");
        return Ok(());
    };
    let roots = Roots::real();
    let mut published = Published::found(&mut store)?;
    let mut told: Option<Instant> = None;
    loop {
        let addresses: Vec<(String, IpAddr)> = if_addrs::get_if_addrs()?
            .into_iter()
            .map(|interface| {
                let address = interface.ip();
                (interface.name, address)
            })
            .collect();
        let facts = Facts::look(&roots, &addresses)?;
        let due = told.is_none_or(|at| at.elapsed() >= ANYWAY);
        if published.tell(&mut store, keys(&facts, env!("CARGO_PKG_VERSION")), due)? {
            told = Some(Instant::now());
        }
        if arguments.once {
            return Ok(());
        }
        std::thread::sleep(LOOK);
    }
}
