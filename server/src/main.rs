//! The command line of `xo-server`.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use xo_engine::AdminCreation;
use xo_server::backup::{RecoveryKey, Shelf};
use xo_server::config::{self, Config, Layer};
use xo_server::{Daemon, admin};

/// The system's allocator keeps what the loading of a pool freed; how this one is set up stands in `.cargo/config.toml`.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Manages XCP-ng and XenServer pools.
#[derive(Parser)]
#[command(name = "xo-server", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    options: Options,
    /// Check the configuration, print what it comes to, and exit.
    #[arg(long)]
    check_config: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Args, Default)]
struct Options {
    /// Configuration file (TOML); also XO_CONFIG.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Folder of the database, keys and certificate; also XO_DATA_DIR.
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// TLS listener, or `off`; also XO_HTTPS.
    #[arg(long, value_name = "ADDR:PORT")]
    https: Option<String>,
    /// Plain listener: everything on loopback, else only redirects to TLS; also XO_HTTP.
    #[arg(long, value_name = "ADDR:PORT")]
    http: Option<String>,
    /// Run simulated pools inside and connect them; also XO_LAB.
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "1", value_parser = pools)]
    lab: Option<i64>,
    /// SQLite file or PostgreSQL URL; also XO_DATABASE.
    #[arg(long, value_name = "PATH|URL", global = true)]
    database: Option<String>,
    /// `text` or `json`; also XO_LOG_FORMAT.
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// Socket of the appliance's agent; also XO_AGENT.
    #[arg(long, value_name = "FILE", global = true)]
    agent: Option<PathBuf>,
}

/// How many pools; whether so many can be is looked at with the other places of the configuration.
fn pools(text: &str) -> Result<i64, String> {
    text.parse()
        .map_err(|_| format!("expected {}", config::LAB_EXPECTED))
}

#[derive(Subcommand)]
enum Command {
    /// Accounts, from the machine's own terminal.
    Admin {
        #[command(subcommand)]
        action: AdminAction,
    },
    /// Backups of this server, also while it runs.
    Backup {
        #[command(subcommand)]
        action: BackupAction,
    },
}

#[derive(Subcommand)]
enum BackupAction {
    /// Make one; prints its name.
    Make {
        /// An update to this version is about to begin.
        #[arg(long, value_name = "VERSION")]
        before: Option<String>,
    },
    /// List them, the newest first.
    List,
    /// Print the recovery key, which opens them on any machine.
    Key,
    /// Keep one that comes from elsewhere, from standard input; prints its name.
    Take,
    /// Have the next start of the server take the data of one.
    Restore {
        /// Its name, or a file.
        backup: String,
        /// Read the recovery key from standard input; this machine's own when left out.
        #[arg(long)]
        key_stdin: bool,
    },
    /// Have the next start of the server take the data of before an update that was gone back from.
    PutBack {
        /// The backup that was made before the update, or the version that it installed.
        which: String,
        /// Only if this version cannot open the database as it is.
        #[arg(long)]
        if_newer: bool,
    },
}

#[derive(Subcommand)]
enum AdminAction {
    /// Make an administrator.
    Create {
        /// The user name.
        name: String,
        /// Read the password from standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
        /// Only if nobody has an account yet.
        #[arg(long)]
        first: bool,
    },
    /// List administrators.
    List,
    /// Print a token that is good for a quarter of an hour, for a self-test of the sign-in; nothing while nobody has an account.
    SelfTestToken,
    /// Give an administrator another password; their sessions end, and so does their second factor.
    ResetPassword {
        /// The user name.
        name: String,
        /// Read the password from standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xo-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    let config = configuration(cli.options)?;
    start_logs(&config)?;
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in config::unknown_variables(names) {
        tracing::warn!(
            "{name} is set and means nothing to xo-server: its variables are in docs/server.md"
        );
    }
    if cli.check_config {
        println!("{}", config.describe());
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("xo-server")
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        match cli.command {
            Some(Command::Admin { action }) => administer(&config, action).await,
            Some(Command::Backup { action }) => back_up(&config, action).await,
            None => serve(&config).await,
        }
    })
}

async fn administer(config: &Config, action: AdminAction) -> Result<()> {
    match action {
        AdminAction::Create { name, first, .. } => {
            let creation = if first {
                AdminCreation::First
            } else {
                AdminCreation::Another
            };
            let id = admin::create(config, &name, &typed("password")?, creation).await?;
            println!("{id}");
        }
        AdminAction::List => {
            for name in admin::list(config).await? {
                println!("{name}");
            }
        }
        AdminAction::SelfTestToken => {
            println!(
                "{}",
                admin::self_test_token(config).await?.unwrap_or_default()
            );
        }
        AdminAction::ResetPassword { name, .. } => {
            admin::reset_password(config, &name, &typed("password")?).await?;
        }
    }
    Ok(())
}

async fn back_up(config: &Config, action: BackupAction) -> Result<()> {
    match action {
        BackupAction::Make { before } => println!("{}", admin::back_up(config, before).await?),
        BackupAction::List => {
            for kept in Shelf::of(&config.data_dir)?.list()? {
                println!("{}", kept.id);
            }
        }
        BackupAction::Key => println!("{}", RecoveryKey::of(&config.data_dir)?),
        BackupAction::Restore { backup, key_stdin } => {
            let key = key_stdin.then(|| typed("recovery key")).transpose()?;
            println!("{}", admin::restore(config, &backup, key.as_deref()).await?);
        }
        BackupAction::Take => println!("{}", admin::take_backup(config).await?),
        BackupAction::PutBack { which, if_newer } => {
            println!("{}", admin::put_back(config, &which, if_newer).await?);
        }
    }
    Ok(())
}

fn typed(what: &str) -> Result<String> {
    let text = std::io::read_to_string(std::io::stdin())
        .with_context(|| format!("cannot read the {what} from standard input"))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn configuration(options: Options) -> Result<Config> {
    let mut layers = Vec::new();
    let file = options
        .config
        .or_else(|| std::env::var_os("XO_CONFIG").map(PathBuf::from));
    let name = file
        .as_ref()
        .map(|path| path.display().to_string())
        .unwrap_or_default();
    if let Some(path) = &file {
        layers.push((name.as_str(), Layer::from_file(path)?));
    }
    layers.push((
        config::ENVIRONMENT,
        Layer::from_env(|key| std::env::var(key).ok())?,
    ));
    let given = Layer {
        data_dir: options.data_dir,
        https: options.https,
        http: options.http,
        lab: options.lab,
        database: options.database,
        log_format: options.log_format,
        agent: options.agent,
    };
    layers.push(("command line", given));
    Ok(Config::merge(&layers)?)
}

fn start_logs(config: &Config) -> Result<()> {
    let filter = log_filter(std::env::var("XO_LOG").ok());
    let filter = tracing_subscriber::EnvFilter::builder()
        .parse(&filter)
        .with_context(|| {
            format!("environment, XO_LOG: expected levels such as info or xo_inventory=debug,info, not {filter:?}")
        })?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    if config.json_logs {
        logs.json().init();
    } else {
        logs.init();
    }
    Ok(())
}

/// What is logged. The verifier of certificates reports each one that no authority vouches for as an error, though whoever asked it
/// decides what that means: they pin it, or refuse it and say so. It is heard when it is named.
fn log_filter(given: Option<String>) -> String {
    const VERIFIER: &str = "rustls_platform_verifier";
    let filter = given.filter(|given| !given.is_empty());
    let filter = filter.unwrap_or_else(|| "info".to_owned());
    if filter.contains(VERIFIER) {
        filter
    } else {
        format!("{filter},{VERIFIER}=off")
    }
}

async fn serve(config: &Config) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
    let mut daemon = Daemon::start(config).await?;
    let watchdog = tokio::spawn(feed_watchdog());
    loop {
        println!("{}", daemon.welcome());
        let _ = sd_notify::notify(false, &[sd_notify::NotifyState::Ready]);
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            () = daemon.restart_wanted() => {}
        }
        tracing::info!("starting anew");
        daemon.stop().await;
        daemon = Daemon::start(config).await?;
    }
    tracing::info!("stopping");
    let _ = sd_notify::notify(false, &[sd_notify::NotifyState::Stopping]);
    watchdog.abort();
    daemon.stop().await;
    Ok(())
}

/// Tells systemd that the runtime still turns, twice per interval that it asks for.
async fn feed_watchdog() {
    let mut usec = 0;
    if !sd_notify::watchdog_enabled(false, &mut usec) || usec == 0 {
        return;
    }
    let mut tick = tokio::time::interval(std::time::Duration::from_micros(usec / 2));
    loop {
        tick.tick().await;
        let _ = sd_notify::notify(false, &[sd_notify::NotifyState::Watchdog]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verifier_of_certificates_is_silent_unless_it_is_named() {
        let filter = |given: &str| log_filter(Some(given.to_owned()));
        assert_eq!(log_filter(None), "info,rustls_platform_verifier=off");
        assert_eq!(filter(""), "info,rustls_platform_verifier=off");
        assert_eq!(filter("debug"), "debug,rustls_platform_verifier=off");
        let named = "warn,rustls_platform_verifier=debug";
        assert_eq!(filter(named), named);
    }
}
