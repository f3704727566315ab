//! The command line as clap understands it: sub-commands, options and the help text.
//!
//! Free-form arguments (`name=value`, `--<property>`, `@=file`) arrive here as plain words; the
//! functions of `input` give them a meaning.

use clap::{Args, Parser, Subcommand};

use crate::command::Shell;

const AFTER_HELP: &str = "\
Values:
  Parameters are strings, except `true` and `false`; `json:` in front of a value
  gives any other type: xo-cli vm.set id=… CPUs=json:4

  `xo-cli <method> --help` shows what a method takes.

Files:
  Methods that export or import take a file with `@=`; `-` is the standard input
  or output: xo-cli vm.export vm=… @=vm.xva

Exit codes:
  0    done
  1    the server refused the request, or it failed
  2    the command line is wrong
  3    the server cannot be reached, or its certificate is not trusted
  4    not registered, or the credentials are not accepted
  130  a download was stopped with Ctrl-C

The older spelling of commands is understood too: --register, --createToken,
--unregister, --list-commands, --list-objects.";

const DEPLOY_HELP: &str = "\
Nothing but the pool is needed: no xo-server, no registration.

  xo-cli deploy --host xcp1.lan xoa.xva
  xo-cli deploy --host xcp1.lan --sr 'Local storage' --network 'LAN' \\
      --ip 10.0.0.5/24 --gateway 10.0.0.1 --dns 10.0.0.1 xoa.xva";

/// Drives an XO server from a terminal or a script.
#[derive(Debug, Parser)]
#[command(
    name = "xo-cli",
    version,
    after_help = AFTER_HELP,
    max_term_width = 100,
    arg_required_else_help = true,
    subcommand_required = true,
    subcommand_help_heading = "Commands",
    disable_help_subcommand = false,
    override_usage = "xo-cli [OPTIONS] <COMMAND> [ARGUMENTS]…\n       xo-cli [OPTIONS] <method> [<name>=<value>]… [@=<file>]"
)]
pub struct Arguments {
    /// Options of every command.
    #[command(flatten)]
    pub options: CommonOptions,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command understands.
#[derive(Args, Clone, Debug, Default, PartialEq)]
pub struct CommonOptions {
    /// Use this server instead of the registered one: https://<token>@<host>
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "XO_CLI_URL",
        hide_env_values = true
    )]
    pub url: Option<String>,
    /// Print JSON, even on a terminal
    #[arg(long, global = true)]
    pub json: bool,
    /// Accept any certificate of the server (e.g. self-signed)
    #[arg(
        long = "allowUnauthorized",
        visible_alias = "au",
        alias = "allow-unauthorized",
        global = true
    )]
    pub allow_unauthorized: bool,
}

/// The sub-commands; any other word is a method of the server.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sign in to a server and remember it
    Register(SignIn),
    /// Sign in to a server and print a new authentication token
    #[command(alias = "createToken")]
    CreateToken(SignIn),
    /// Forget the registered server and its token (the token itself is not revoked)
    Unregister,
    /// List the methods of the server
    ListCommands {
        /// Globs that select methods by name, e.g. '{vm,host}.*'
        #[arg(value_name = "PATTERN")]
        patterns: Vec<String>,
    },
    /// List objects of the server: VMs, hosts, networks, disks…
    #[command(override_usage = "xo-cli list-objects [--<property>]… [<property>=<value>]…")]
    ListObjects {
        /// `--<property>` shows only that property; `<property>=<value>` selects objects
        #[arg(
            value_name = "--PROPERTY|PROPERTY=VALUE",
            trailing_var_arg = true,
            allow_hyphen_values = true
        )]
        words: Vec<String>,
    },
    /// Make a request to the REST API
    Rest {
        /// The request
        #[command(subcommand)]
        request: Rest,
    },
    /// Print changes of objects as they happen
    Watch {
        /// Print one JSON notification per line (the default when not on a terminal)
        #[arg(long)]
        ndjson: bool,
    },
    /// Import the appliance's XVA on a pool, set it up and start it
    #[command(after_help = DEPLOY_HELP)]
    Deploy(Box<Deploy>),
    /// Print a completion script for a shell
    Completion {
        /// The shell
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Print the version of xo-cli
    Version,
    /// A method of the server
    #[command(external_subcommand)]
    Call(Vec<String>),
}

/// Where and as whom to sign in.
#[derive(Args, Clone, Debug)]
pub struct SignIn {
    /// How long the token is valid, e.g. "2 days" (the server's default is 30 days)
    #[arg(long = "expiresIn", alias = "expires-in", value_name = "DURATION")]
    pub expires_in: Option<String>,
    /// Use this token instead of a user and a password; nothing is asked of the server
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["user", "password", "otp"])]
    pub token: Option<String>,
    /// One-time password, for users who set one up
    #[arg(long, value_name = "CODE")]
    pub otp: Option<String>,
    /// Address of the server, e.g. https://xo.example.net
    #[arg(value_name = "SERVER")]
    pub server: String,
    /// User name; asked for when missing
    pub user: Option<String>,
    /// Password; asked for when missing, `-` reads it from the standard input
    pub password: Option<String>,
}

/// What is deployed, where, and with which settings.
#[derive(Args, Clone, Debug)]
pub struct Deploy {
    /// Address of a host of the pool, best the master's
    #[arg(long, value_name = "ADDRESS")]
    pub host: String,
    /// Account of the pool
    #[arg(long, value_name = "NAME", default_value = "root")]
    pub user: String,
    /// Read the account's password from the standard input instead of asking
    #[arg(long = "password-stdin")]
    pub password_stdin: bool,
    /// SHA-256 fingerprint of the host's certificate, when no authority vouches for it
    #[arg(long, value_name = "SHA256", conflicts_with = "allow_unauthorized")]
    pub fingerprint: Option<String>,
    /// HTTP proxy on the way to the pool
    #[arg(long = "http-proxy", alias = "httpProxy", value_name = "URL")]
    pub http_proxy: Option<String>,
    /// Storage for the disk, by name or uuid (the pool's default if missing)
    #[arg(long, value_name = "SR")]
    pub sr: Option<String>,
    /// Network of the VM, by name or uuid (what the file says if missing)
    #[arg(long, value_name = "NETWORK")]
    pub network: Option<String>,
    /// Name of the VM
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Fixed address, e.g. 10.0.0.5/24 (DHCP if missing)
    #[arg(long, value_name = "IP/PREFIX")]
    pub ip: Option<String>,
    /// Mask of the fixed address, when it is not part of --ip
    #[arg(long, value_name = "MASK")]
    pub netmask: Option<String>,
    /// Gateway for the fixed address
    #[arg(long, value_name = "IP")]
    pub gateway: Option<String>,
    /// Name servers, with commas between
    #[arg(long, value_name = "IP")]
    pub dns: Vec<String>,
    /// Time servers, with commas between
    #[arg(long, value_name = "HOST")]
    pub ntp: Vec<String>,
    /// Host name of the appliance
    #[arg(long, value_name = "NAME")]
    pub hostname: Option<String>,
    /// HTTP proxy that the appliance uses itself
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
    /// Only import and set up: do not start the VM
    #[arg(long = "no-start")]
    pub no_start: bool,
    /// How long to wait for the VM's address, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub wait: u64,
    /// The XVA file
    #[arg(value_name = "FILE")]
    pub file: std::path::PathBuf,
}

/// Requests to the REST API. Paths are relative to /rest/v0/.
#[derive(Debug, Subcommand)]
pub enum Rest {
    /// Read a collection or an object, or download
    Get {
        /// Path, e.g. vms
        path: String,
        /// Query, e.g. fields=name_label,power_state filter=power_state:Running limit=10
        #[arg(value_name = "NAME=VALUE")]
        parameters: Vec<String>,
        /// Write the answer to this file; `-` is the standard output
        #[arg(long, value_name = "FILE")]
        output: Option<String>,
    },
    /// Create an object, run an action, or upload
    Post(Body),
    /// Put something at a path
    Put(Body),
    /// Change properties of an object
    Patch(Body),
    /// Delete an object
    #[command(visible_alias = "delete")]
    Del {
        /// Path, e.g. tasks/0abc
        path: String,
    },
}

/// A request with a body.
#[derive(Args, Debug)]
pub struct Body {
    /// Path, e.g. 'vms/<id>/actions/start?sync=true'
    pub path: String,
    /// Members of the JSON body, e.g. name_label=web vifs[0].network=…; with --input, the query
    #[arg(value_name = "NAME=VALUE")]
    pub parameters: Vec<String>,
    /// Send this file as the body; `-` is the standard input
    #[arg(long, value_name = "FILE")]
    pub input: Option<String>,
}
