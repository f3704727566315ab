//! The command line: what can be asked for, and what is printed.
//!
//! Results go to standard output, problems to standard error. 0: done, 1: failed or damaged, 2: misused.

mod publish;

use std::error::Error as _;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use url::Url;
use xva::Compression;

use crate::appliance::Appliance;
use crate::build::{Build, Kind, Packages, built, checkout};
use crate::error::Error;
use crate::forms;
use crate::inspect::{inspect, size};
use crate::pack::pack;
use crate::progress::Progress;
use crate::publish::{Keys, examine_root};
use crate::raw_disk::RawDisk;
use crate::sbom::sbom;

/// Makes the appliance's image and checks it.
#[derive(Parser)]
#[command(name = "xo-image-build", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the appliance's disk and XVA from a checkout. As root; needs mmdebstrap and the network.
    Build(Box<BuildOptions>),
    /// Print the bill of materials of a built image (SPDX 2.3).
    Sbom {
        /// The checkout.
        #[arg(long, value_name = "DIR", default_value = ".")]
        source: PathBuf,
        /// Where the image was built.
        #[arg(long, value_name = "DIR", default_value = "target/appliance")]
        target: PathBuf,
        /// Version of the appliance.
        #[arg(long, default_value = env!("CARGO_PKG_VERSION"), value_parser = version_text)]
        version: String,
        /// Seconds since 1970 to write as its date.
        #[arg(
            long,
            value_name = "SECONDS",
            env = "SOURCE_DATE_EPOCH",
            default_value_t = 0
        )]
        date: i64,
    },
    /// Make, rotate and renew the keys that sign releases.
    Keys(publish::KeysOptions),
    /// Add a built disk to a repository of signed releases.
    Publish(Box<publish::PublishOptions>),
    /// Pack one release of a repository as one file, for machines without a network.
    Bundle(publish::BundleOptions),
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

#[derive(Args)]
struct BuildOptions {
    /// The checkout.
    #[arg(long, value_name = "DIR", default_value = ".")]
    source: PathBuf,
    /// Where results, logs and what is kept between builds go.
    #[arg(long, value_name = "DIR", default_value = "target/appliance")]
    target: PathBuf,
    /// Version of the appliance.
    #[arg(long, default_value = env!("CARGO_PKG_VERSION"), value_parser = version_text)]
    version: String,
    /// The root of keys that the appliance trusts; default: that of keys for developers in the checkout's target/keys, made if there are none.
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
    /// The address where the appliance looks for updates; default: none, until an administrator sets one.
    #[arg(long, value_name = "URL", value_parser = web_address)]
    repository: Option<Url>,
    /// An image for developers: a root shell on the serial console.
    #[arg(long)]
    dev: bool,
    /// A folder whose files are put over the system's: certificates of your own authorities, say
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,
    /// A folder with the built programs; without it they are built from the checkout.
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
    /// Size of the virtual disk in GiB.
    #[arg(long, value_name = "GIB", default_value_t = 16, value_parser = clap::value_parser!(u64).range(5..=2040))]
    disk: u64,
    /// Which forms of the disk are made.
    #[arg(long, value_enum, default_value_t = Outputs::All)]
    outputs: Outputs,
    /// Fetch all packages again.
    #[arg(long)]
    fresh: bool,
    /// Seconds since 1970 for all times in the image.
    #[arg(
        long,
        value_name = "SECONDS",
        env = "SOURCE_DATE_EPOCH",
        default_value_t = 0
    )]
    date: i64,
}

/// A version becomes part of file names, of kernel parameters and of identifiers.
fn version_text(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '~');
    let starts_well = text.starts_with(|c: char| c.is_ascii_digit());
    if starts_well && text.len() <= 40 && text.chars().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err(
            "a version starts with a digit and has letters, digits, `.`, `-` and `~`, 40 at most"
                .into(),
        )
    }
}

/// Where an appliance can look.
fn web_address(text: &str) -> Result<Url, String> {
    let address: Url = text.parse().map_err(|e: url::ParseError| e.to_string())?;
    let has_more = address.query().is_some() || address.fragment().is_some();
    if has_more || address.password().is_some() || !address.username().is_empty() {
        return Err("an address without account, query and fragment is wanted".into());
    }
    match address.scheme() {
        "https" | "http" => Ok(address),
        other => Err(format!("{other} is neither https nor http")),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Outputs {
    /// The raw disk and its bill of materials.
    Disk,
    /// The XVA too.
    Xva,
    /// And `.raw.zst` and `.qcow2`.
    All,
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
        Command::Build(options) => build(&options),
        Command::Sbom {
            source,
            target,
            version,
            date,
        } => print_sbom(&source, &target, &version, date),
        Command::Keys(options) => publish::keys(&options),
        Command::Publish(options) => publish::publish(&options),
        Command::Bundle(options) => publish::pack(&options),
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

fn build(options: &BuildOptions) -> Result<u8, Error> {
    checkout(&options.source)?;
    let root = match &options.root {
        Some(root) => {
            examine_root(root)?;
            root.clone()
        }
        None => {
            Keys::ensure(&options.source.join(publish::KEYS), publish::now())?
                .newest()?
                .0
        }
    };
    let build = Build {
        root,
        repository: options.repository.clone(),
        source: options.source.clone(),
        target: options.target.clone(),
        programs: options.programs.clone(),
        files: options.files.clone(),
        version: options.version.clone(),
        disk_size: options.disk << 30,
        made_at: options.date,
        kind: if options.dev {
            Kind::Development
        } else {
            Kind::Release
        },
        packages: if options.fresh {
            Packages::Fresh
        } else {
            Packages::Kept
        },
    };
    let raw = build.run()?;
    let file = |end: &str| raw.with_file_name(format!("{}.{end}", build.name()));
    let bill = file("spdx.json");
    let text = sbom(&build.source, &build.target, &build.version, build.made_at)?;
    forms::write(&bill, &text)?;
    if options.outputs == Outputs::Disk {
        print(&format!("{}\n", raw.display()));
        return Ok(0);
    }
    let disk = RawDisk::open(&raw)?;
    let target = file("xva");
    let appliance = Appliance {
        version: build.version.clone(),
        made_at: build.made_at,
        ..Appliance::default()
    };
    let progress = Progress::new("packing", disk.size());
    let packed = pack(&appliance, &disk, &target, Compression::Zstd, &progress)?;
    drop(progress);
    let mut made = vec![target.clone(), bill];
    if options.outputs == Outputs::All {
        let (zstd, qcow2) = (file("raw.zst"), file("qcow2"));
        let progress = Progress::new("compressing", disk.size());
        forms::zstd(&disk, &zstd, &progress)?;
        drop(progress);
        forms::qcow2(&raw, &qcow2)?;
        made.extend([zstd, qcow2]);
    }
    forms::sums(&made, &file("SHA256SUMS"))?;
    let raw = raw.display();
    print(&format!(
        "{raw}\n{}: {}\n",
        target.display(),
        size(packed.file_size)
    ));
    Ok(0)
}

fn print_sbom(source: &Path, target: &Path, version: &str, date: i64) -> Result<u8, Error> {
    checkout(source)?;
    built(target, version)?;
    print(&sbom(source, target, version, date)?);
    Ok(0)
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

fn print_report(file: &Path, json: bool) -> Result<u8, Error> {
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
