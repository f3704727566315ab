//! Boots the built appliance in QEMU with UEFI firmware, once for each scenario, and says what was seen.
//!
//! Software emulation is slow and two of its processors abort now and then: every wait is for a condition with a generous
//! deadline, and a scenario in which QEMU itself died is run once more.

mod browser;
mod disk;
mod drive;
mod images;
mod kernel;
mod machine;
mod releases;
mod report;
mod scenario;
mod server;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Parser;

use images::{Image, Images};
use machine::Died;
use report::Report;
use scenario::{SCENARIOS, Scenario, Setting};

/// Boots the built appliance in QEMU and looks whether it does what it should.
#[derive(Debug, Parser)]
struct Options {
    /// The tool that builds disks and publishes releases
    #[arg(
        long,
        value_name = "PROGRAM",
        default_value = "target/release/xo-image-build"
    )]
    tool: PathBuf,
    /// Version of the release
    #[arg(long, default_value = env!("CARGO_PKG_VERSION"))]
    version: String,
    /// Where disks are built
    #[arg(long, value_name = "DIR", default_value = "target/appliance")]
    target: PathBuf,
    /// The disks are there: none is built
    #[arg(long)]
    built: bool,
    /// Where disks, serial logs and screenshots go
    #[arg(long, value_name = "DIR", default_value = "target/appliance/test")]
    work: PathBuf,
    /// How many first boots, and how many moments of an update, are cut off
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
    match run(options).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xo-appliance-test: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<ExitCode> {
    let is_wanted = |scenario: &&Scenario| {
        options.only.is_empty() || options.only.iter().any(|name| name == scenario.name)
    };
    let wanted: Vec<_> = SCENARIOS.iter().filter(is_wanted).collect();
    if let Some(name) = options
        .only
        .iter()
        .find(|name| SCENARIOS.iter().all(|s| s.name != **name))
    {
        bail!("there is no scenario `{name}`");
    }
    let images = Images {
        tool: options.tool,
        version: options.version,
        target: options.target,
    };
    for image in [
        Image::Library,
        Image::Crate,
        Image::Unmigratable,
        Image::Next,
        Image::Development,
        Image::Release,
    ] {
        let is_needed = wanted
            .iter()
            .any(|scenario| scenario.needs.contains(&image));
        if is_needed && !options.built {
            images.build(image)?;
        }
    }
    let setting = Setting {
        images,
        work: options.work,
        cuts: options.cuts,
        accelerator: options.accelerator,
    };
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut failed = 0;
    let mut report = Report::default();
    for scenario in wanted {
        println!("{}: {}", scenario.name, scenario.about);
        if let Err(error) = attempt(scenario, &setting, &mut report).await {
            println!("  FAILED: {error:#}");
            failed += 1;
        }
    }
    print!("{}", report.table());
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        println!(
            "{failed} failed; serial logs are in {}",
            setting.work.display()
        );
        ExitCode::FAILURE
    })
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
