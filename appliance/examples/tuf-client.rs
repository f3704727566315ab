//! Our TUF client as the public conformance suite of TUF asks for it, so that anyone can run that suite on us:
//!
//!     tuf-client --metadata-dir D init ROOT
//!     tuf-client --metadata-dir D --metadata-url U refresh
//!     tuf-client --metadata-dir D --metadata-url U --target-name N --target-base-url U2 --target-dir T download
//!
//! Exit code 0: done. 1: refused or failed. 2: misused.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use url::Url;
use xo_appliance::update::trust::{Expiry, Location, Settings, Trust};

#[derive(Parser)]
struct Arguments {
    /// What is trusted: root.json, timestamp.json, snapshot.json, targets.json.
    #[arg(long)]
    metadata_dir: PathBuf,
    #[arg(long)]
    metadata_url: Option<Url>,
    #[arg(long)]
    target_name: Option<String>,
    #[arg(long)]
    target_base_url: Option<Url>,
    #[arg(long)]
    target_dir: Option<PathBuf>,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Begin with this root.
    Init { root: PathBuf },
    /// Get the newest metadata.
    Refresh,
    /// Get the newest metadata, and a file.
    Download,
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.what {
        What::Init { root } => init(root, &arguments.metadata_dir),
        What::Refresh => open(&arguments).and_then(|trust| Ok(trust.refresh().map(drop)?)),
        What::Download => download(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tuf-client: {error}");
            ExitCode::FAILURE
        }
    }
}

fn init(root: &Path, store: &Path) -> Outcome {
    fs::create_dir_all(store)?;
    fs::copy(root, store.join("root.json"))?;
    Ok(())
}

fn open(arguments: &Arguments) -> Result<Trust, Box<dyn std::error::Error>> {
    let metadata = arguments.metadata_url.clone();
    let metadata = metadata.ok_or("--metadata-url is missing")?;
    let targets = arguments.target_base_url.clone();
    Ok(Trust::open(Settings {
        root: arguments.metadata_dir.join("root.json"),
        store: arguments.metadata_dir.clone(),
        repository: Location::Web {
            targets: targets.unwrap_or_else(|| metadata.clone()),
            metadata,
        },
        proxy: None,
        expiry: Expiry::Enforced,
    })?)
}

fn download(arguments: &Arguments) -> Outcome {
    let name = arguments.target_name.as_deref();
    let name = name.ok_or("--target-name is missing")?;
    let folder = arguments.target_dir.as_deref();
    let folder = folder.ok_or("--target-dir is missing")?;
    arguments
        .target_base_url
        .as_ref()
        .ok_or("--target-base-url is missing")?;
    let repository = open(arguments)?.refresh()?;
    let target = repository.target(name);
    let target = target.ok_or_else(|| format!("{name} is not in the repository"))?;
    let mut reader = repository.read(&target, 0..target.length)?;
    // A name may have slashes in it; the file has none.
    let place = folder.join(name.replace('/', "%2F"));
    let fresh = place.with_extension("part");
    fs::create_dir_all(folder)?;
    let copied = io::copy(&mut reader, &mut fs::File::create(&fresh)?);
    match copied {
        Ok(_) => Ok(fs::rename(fresh, place)?),
        Err(error) => {
            fs::remove_file(fresh)?;
            Err(error.into())
        }
    }
}
