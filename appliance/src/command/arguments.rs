//! What can be typed.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use semver::Version;

use super::update::UpdateSettings;
use crate::agent::client::SOCKET;

/// Looks after this appliance.
#[derive(Debug, Parser)]
#[command(name = "xoa", version)]
pub struct Command {
    /// The agent's socket
    #[arg(long, value_name = "FILE", default_value = SOCKET, global = true)]
    pub socket: PathBuf,
    /// JSON also on a terminal
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// How the appliance is
    Status,
    /// Test everything; exit code 1 when something does not work
    Check,
    /// Show or change the network; a change goes back after 60 s unless it is confirmed
    Network {
        /// What to do; show when left out.
        #[command(subcommand)]
        verb: Option<NetworkVerb>,
    },
    /// Show or change the time zone and the time servers
    Time {
        /// Such as Europe/Paris
        #[arg(long)]
        zone: Option<String>,
        /// Name or address, may be repeated; `none` for the distribution's
        #[arg(long)]
        ntp: Vec<String>,
    },
    /// Show or change the machine's name
    Hostname {
        /// The new one
        name: Option<String>,
    },
    /// Show or change the HTTP proxy on the way to the internet
    Proxy {
        /// `http://name:port`, or `none`
        address: Option<String>,
    },
    /// Reboot or power off
    Power {
        /// Which.
        #[command(subcommand)]
        action: PowerVerb,
    },
    /// Write what support needs into a file, without secrets
    Bundle {
        /// Where; a name with the date in this folder when left out
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Erase accounts, connections, certificates and settings, and reboot
    FactoryReset {
        /// The word, instead of being asked for it
        #[arg(long)]
        word: Option<String>,
    },
    /// List administrators
    Administrators,
    /// Give an administrator a new password, read from standard input
    ResetPassword {
        /// The user name
        account: String,
    },
    /// The code that makes the first administrator
    SetupCode,
    /// Tell the pool which certificate the server shows now
    CertificateChanged,
    /// Update the appliance: fetch the newest release, write it to the other slot, restart into it
    #[command(args_conflicts_with_subcommands = true)]
    Update {
        /// Only look whether there is one
        #[arg(long, conflicts_with = "rollback")]
        check: bool,
        /// Go back to the other slot, and restart
        #[arg(long)]
        rollback: bool,
        /// This release instead of the newest one of the channel, also one that went wrong here
        #[arg(long, value_name = "VERSION", conflicts_with_all = ["from", "rollback"])]
        version: Option<Version>,
        /// From a bundle, without a network; with --check it is only looked into
        #[arg(long, value_name = "FILE", conflicts_with = "rollback")]
        from: Option<PathBuf>,
        /// The bundle may be old: its signatures may have expired
        #[arg(long, requires = "from")]
        accept_expired: bool,
        /// Restart without asking, unless that interrupts something
        #[arg(long, global = true)]
        yes: bool,
        /// Restart without asking, whatever that interrupts
        #[arg(long, global = true)]
        force: bool,
        /// One step only.
        #[command(subcommand)]
        verb: Option<UpdateVerb>,
    },
    /// Back up accounts, connections, keys, certificate and settings; tells the backup's name
    Backup {
        /// Something else than making one.
        #[command(subcommand)]
        verb: Option<BackupVerb>,
    },
    /// Have a backup in place of what is here, and restart the server
    Restore {
        /// Its name
        #[arg(required_unless_present = "from", conflicts_with = "from")]
        backup: Option<String>,
        /// A file of another machine, whose recovery key is read from standard input
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
    },
}

/// What to do with the network.
#[derive(Debug, Subcommand)]
pub enum NetworkVerb {
    /// How it is, and what is kept
    Show,
    /// Ask for an address
    Dhcp {
        /// Name servers besides DHCP's
        #[arg(long)]
        dns: Vec<String>,
        /// Domains that short names are looked up in
        #[arg(long)]
        search: Vec<String>,
        /// The interface, by its MAC address; the first wired one when left out
        #[arg(long)]
        mac: Option<String>,
    },
    /// Have fixed addresses
    Static {
        /// Such as 10.0.0.5/24
        #[arg(long, required = true)]
        address: Vec<String>,
        /// Where everything else goes
        #[arg(long)]
        gateway: Vec<String>,
        /// Name servers
        #[arg(long)]
        dns: Vec<String>,
        /// Domains that short names are looked up in
        #[arg(long)]
        search: Vec<String>,
        /// The interface, by its MAC address; the first wired one when left out
        #[arg(long)]
        mac: Option<String>,
    },
    /// Keep a change
    Confirm {
        /// Its number
        change: u64,
    },
    /// Take a change back
    Revert {
        /// Its number
        change: u64,
    },
}

/// How to end.
#[derive(Debug, Subcommand)]
pub enum PowerVerb {
    /// And begin anew
    Reboot,
    /// For good
    Off,
}

/// What to do with backups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum BackupVerb {
    /// Those that are kept, the newest first
    List,
    /// The recovery key, which opens them on any machine
    Key,
}

/// Steps of an update.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum UpdateVerb {
    /// How it stands
    Status,
    /// Is there one
    Check {
        /// Can this one be installed
        #[arg(long, value_name = "VERSION")]
        version: Option<Version>,
    },
    /// Download it
    Fetch {
        /// This release instead of the newest one of the channel
        #[arg(long, value_name = "VERSION")]
        version: Option<Version>,
    },
    /// Write it to the other slot
    Stage,
    /// Restart into it
    Apply,
    /// Keep it; the gate behind a start does so by itself
    Confirm,
    /// Go back to the other slot, and restart
    Rollback,
    /// Have none of it
    Cancel,
    /// The clock is right now: forget a later time that was seen when it was wrong
    TrustClock,
    /// Show or change where updates come from, how fast, and when they install themselves
    Settings(Box<UpdateSettings>),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_grammar_is_sound() {
        Command::command().debug_assert();
    }
}
