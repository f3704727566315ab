//! The command line: what can be asked for, and what is printed.
//!
//! Results go to standard output, problems to standard error. 0: done, 1: failed or damaged, 2: misused.

use std::error::Error as _;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use xva::Compression;

use crate::appliance::Appliance;
use crate::error::Error;
use crate::inspect::{inspect, size};
use crate::pack::pack;
use crate::progress::Progress;
use crate::raw_disk::RawDisk;

/// Makes the appliance's image and checks it.
#[derive(Parser)]
#[command(name = "xo-image-build", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Wrap a raw disk as an XVA that XCP-ng 8.2 and 8.3 import.
    Xva(Box<XvaOptions>),
    /// List what an XVA holds, and check all of it.
    Inspect {
        /// The file; gzip and zstd are recognised.
        file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
struct XvaOptions {
    /// The raw disk: a file (holes are skipped) or a block device.
    disk: PathBuf,
    /// The file to write; default: the disk's name with the extension .xva.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How to compress it.
    #[arg(long, value_enum, default_value_t = Wrapping::None)]
    compress: Wrapping,
    /// Name of the VM.
    #[arg(long, default_value_t = Appliance::default().name)]
    name: String,
    /// Description of the VM.
    #[arg(long, default_value_t = Appliance::default().description)]
    description: String,
    /// Version of the software on the disk.
    #[arg(long, default_value_t = Appliance::default().version)]
    version: String,
    /// Memory in MiB.
    #[arg(long, value_name = "MIB", default_value_t = Appliance::default().memory_mib)]
    memory: u64,
    /// Virtual processors.
    #[arg(long, value_name = "N", default_value_t = Appliance::default().vcpus)]
    vcpus: u32,
    /// Name of the network to connect it to.
    #[arg(long, default_value_t = Appliance::default().network)]
    network: String,
    /// Bridge of that network, for pools where the name is another.
    #[arg(long, default_value_t = Appliance::default().bridge)]
    bridge: String,
    /// Seconds since 1970 to write as its date; default: the disk's last change.
    #[arg(long, value_name = "SECONDS", env = "SOURCE_DATE_EPOCH")]
    date: Option<i64>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Wrapping {
    None,
    Gzip,
    Zstd,
}

/// Runs one command; gives the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are such errors too, with code 0.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    let outcome = match cli.command {
        Command::Xva(options) => write_xva(&options),
        Command::Inspect { file, json } => print_report(&file, json),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            let mut text = format!("xo-image-build: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                text = format!("{text}: {cause}");
                source = cause.source();
            }
            eprintln!("{text}");
            1
        }
    }
}

fn write_xva(options: &XvaOptions) -> Result<u8, Error> {
    let disk = RawDisk::open(&options.disk)?;
    let target = match &options.output {
        Some(path) => path.clone(),
        None => options.disk.with_extension("xva"),
    };
    let made_at = match options.date {
        Some(date) => date,
        None => disk.changed_at()?,
    };
    let appliance = Appliance {
        name: options.name.clone(),
        description: options.description.clone(),
        version: options.version.clone(),
        memory_mib: options.memory,
        vcpus: options.vcpus,
        network: options.network.clone(),
        bridge: options.bridge.clone(),
        made_at,
    };
    let compression = match options.compress {
        Wrapping::None => Compression::None,
        Wrapping::Gzip => Compression::Gzip,
        Wrapping::Zstd => Compression::Zstd,
    };
    let progress = Progress::new("packing", disk.size());
    let packed = pack(&appliance, &disk, &target, compression, &progress)?;
    drop(progress);
    print(&format!(
        "{}: {}, a disk of {} of which {} hold data\n",
        target.display(),
        size(packed.file_size),
        size(packed.disk_size),
        size(packed.read)
    ));
    Ok(0)
}

fn print_report(file: &std::path::Path, json: bool) -> Result<u8, Error> {
    let report = inspect(file, &Progress::spinner("checking"))?;
    let text = if json {
        serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
    } else {
        report.to_string()
    };
    print(&text);
    match &report.damage {
        None => Ok(0),
        Some(damage) => {
            if !json || std::io::stderr().is_terminal() {
                eprintln!("xo-image-build: {damage}");
            }
            Ok(1)
        }
    }
}

/// A reader that went away is no failure of ours.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
