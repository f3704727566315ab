//! Boots the built appliance in QEMU with UEFI firmware, once for each scenario, and says what was seen.
//!
//! Software emulation is slow and two of its processors abort now and then: every wait is for a condition with a generous
//! deadline, and a scenario in which QEMU itself died is run once more.

mod disk;
mod drive;
mod machine;
mod report;
mod scenario;
mod server;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use machine::Died;
use report::Report;
use scenario::{SCENARIOS, Scenario, Setting};

/// Boots the built appliance in QEMU and looks whether it does what it should.
#[derive(Debug, Parser)]
struct Options {
    /// The raw disk of the release
    #[arg(long, value_name = "FILE")]
    disk: PathBuf,
    /// The raw disk of another version; scenarios about two slots need it
    #[arg(long, value_name = "FILE")]
    other: Option<PathBuf>,
    /// The raw disk for developers; what can only be seen from inside needs it
    #[arg(long, value_name = "FILE")]
    dev: Option<PathBuf>,
    /// Where disks, serial logs and screenshots go
    #[arg(long, value_name = "DIR", default_value = "target/appliance/test")]
    work: PathBuf,
    /// How many first boots are cut off
    #[arg(long, value_name = "N", default_value_t = 10)]
    cuts: u32,
    /// Acceleration of QEMU
    #[arg(long, default_value = "tcg")]
    accelerator: String,
    /// Only these scenarios
    only: Vec<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let setting = Setting {
        disk: options.disk,
        other: options.other,
        dev: options.dev,
        work: options.work,
        cuts: options.cuts,
        accelerator: options.accelerator,
    };
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut failed = 0;
    let mut report = Report::default();
    for scenario in SCENARIOS {
        let is_wanted = options.only.is_empty() || options.only.iter().any(|n| n == scenario.name);
        if !is_wanted {
            continue;
        }
        if !setting.has_for(scenario) {
            println!(
                "{}: left out, it needs another disk (--help)",
                scenario.name
            );
            continue;
        }
        println!("{}: {}", scenario.name, scenario.about);
        if let Err(error) = attempt(scenario, &setting, &mut report).await {
            println!("  FAILED: {error:#}");
            failed += 1;
        }
    }
    print!("{}", report.table());
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        println!(
            "{failed} failed; serial logs are in {}",
            setting.work.display()
        );
        ExitCode::FAILURE
    }
}

async fn attempt(scenario: &Scenario, setting: &Setting, report: &mut Report) -> Result<()> {
    let first = (scenario.run)(setting, report).await;
    match first {
        Err(error) if error.is::<Died>() => {
            println!("  once more, since {error}");
            (scenario.run)(setting, report).await
        }
        other => other,
    }
}
