//! What can go wrong, said to a person: one variant per situation, each with its exit code.
//!
//! `Display` is one line without the cause; [`Error::hints`] tells what to do next, a line each.

use std::path::PathBuf;

use serde_json::Value;

use crate::output::explain;
use crate::wire::http;

/// The exit codes, as documented by `--help`.
pub mod exit {
    /// Done.
    pub const OK: u8 = 0;
    /// The server refused the request, or it failed.
    pub const FAILED: u8 = 1;
    /// The command line is wrong.
    pub const USAGE: u8 = 2;
    /// The server cannot be reached.
    pub const UNREACHABLE: u8 = 3;
    /// Not registered, or the credentials are not accepted.
    pub const UNAUTHENTICATED: u8 = 4;
    /// Interrupted by Ctrl-C.
    pub const INTERRUPTED: u8 = 130;
}

/// An error member of a JSON-RPC answer (protocol reference, section 2, "Error codes").
#[derive(Clone, Debug, PartialEq)]
pub struct RpcError {
    /// JSON-RPC or XO error code.
    pub code: i64,
    /// The server's message.
    pub message: String,
    /// Details, whose shape depends on the code; `Null` when absent.
    pub data: Value,
}

/// What a failure of the pool is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolFailure {
    /// The account is refused.
    Account,
    /// It is not there, or not what it was taken for.
    Unreachable,
    /// It refused what was asked.
    Refused,
}

impl From<xapi::Error> for Error {
    fn from(error: xapi::Error) -> Self {
        let kind = match &error {
            xapi::Error::Api(e) if e.code == "SESSION_AUTHENTICATION_FAILED" => {
                PoolFailure::Account
            }
            xapi::Error::Api(_) | xapi::Error::Status { .. } | xapi::Error::Source(_) => {
                PoolFailure::Refused
            }
            _ => PoolFailure::Unreachable,
        };
        let text = match (&error, kind) {
            (_, PoolFailure::Account) => "the pool refused the account".to_owned(),
            (xapi::Error::Api(e), _) => format!("the pool refused: {e}"),
            (xapi::Error::Unreachable { host, source }, _) => {
                format!("cannot reach {host}: {}", http::chain(source.as_ref()))
            }
            _ => error.to_string(),
        };
        Self::Pool(text, kind)
    }
}

/// Any failure of a command.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line is wrong; the hint says how it is written.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// How to write it instead; empty when the message says it all.
        hint: String,
    },
    /// No server or no token is known.
    #[error("no server is registered")]
    NotRegistered,
    /// The configuration file cannot be used.
    #[error("cannot {action} the configuration file {path}: {reason}")]
    Configuration {
        /// "read" or "write".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        reason: String,
    },
    /// No connection could be made, or it took too long.
    #[error("cannot connect to {server}: {reason}")]
    Connect {
        /// Base address of the server.
        server: String,
        /// The cause.
        reason: String,
    },
    /// The server's certificate is not trusted.
    #[error("the certificate of {server} is not trusted: {reason}")]
    Certificate {
        /// Base address of the server.
        server: String,
        /// Why it was refused.
        reason: String,
        /// SHA-256 of the certificate, as colon-separated hexadecimal.
        fingerprint: Option<String>,
    },
    /// What answers is not the API of an XO server.
    #[error("{server} did not answer as an XO server: {reason}")]
    NotAnXoServer {
        /// Base address of the server.
        server: String,
        /// What came instead.
        reason: String,
    },
    /// The connection ended while an answer was pending.
    #[error("connection lost: {reason}")]
    ConnectionLost {
        /// What is known of the end.
        reason: String,
    },
    /// Sign-in was refused.
    #[error("sign-in refused: {}", .0.message)]
    SignIn(Box<RpcError>),
    /// The token was refused.
    #[error("sign-in refused: {}", .0.message)]
    Token(Box<RpcError>),
    /// A method answered with an error.
    #[error("{}", .error.message)]
    Call {
        /// The method that was called.
        method: String,
        /// Its error.
        error: Box<RpcError>,
        /// Names of methods that resemble an unknown one.
        nearest: Vec<String>,
    },
    /// An HTTP request was refused.
    #[error("{status}: {message}")]
    Http {
        /// Status line, such as `404 Not Found`.
        status: reqwest::StatusCode,
        /// The message of the body, or the body itself.
        message: String,
    },
    /// A transfer broke.
    #[error("transfer failed: {reason}")]
    Transfer {
        /// The cause.
        reason: String,
    },
    /// The pool refused, or cannot be reached.
    #[error("{0}")]
    Pool(String, PoolFailure),
    /// The appliance could not be brought onto the pool.
    #[error("{reason}")]
    Deploy {
        /// What happened.
        reason: String,
        /// What to do.
        hint: &'static str,
    },
    /// The file became a VM, and what was to be done with it then failed.
    #[error("{cause}")]
    Imported {
        /// The VM, as `xe` selects it: `uuid=…`.
        vm: String,
        /// What state it is in, and what to do.
        what_to_do: &'static str,
        /// What failed.
        cause: Box<Error>,
    },
    /// The user stopped a transfer with Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// A local file cannot be used.
    #[error("cannot {action} {path}: {reason}")]
    File {
        /// "open", "read", "write" or "create".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        reason: String,
    },
    /// Nothing more can be printed: the reader of our output went away.
    #[error("cannot write the output: {0}")]
    Output(#[from] std::io::Error),
}

impl Error {
    /// A usage error with a hint.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// The error with which `method` answered.
    pub fn call(method: &str, error: RpcError) -> Self {
        Self::Call {
            method: method.to_owned(),
            error: Box::new(error),
            nearest: Vec::new(),
        }
    }

    /// The exit code of the program for this failure.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } => exit::USAGE,
            Self::NotRegistered
            | Self::SignIn(_)
            | Self::Token(_)
            | Self::Pool(_, PoolFailure::Account) => exit::UNAUTHENTICATED,
            Self::Http { status, .. } if status.as_u16() == 401 => exit::UNAUTHENTICATED,
            Self::Connect { .. }
            | Self::Certificate { .. }
            | Self::NotAnXoServer { .. }
            | Self::ConnectionLost { .. }
            | Self::Pool(_, PoolFailure::Unreachable) => exit::UNREACHABLE,
            Self::Imported { cause, .. } => cause.exit_code(),
            Self::Interrupted => exit::INTERRUPTED,
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => exit::OK,
            _ => exit::FAILED,
        }
    }

    /// What to do next, one line each.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Usage { hint, .. } if !hint.is_empty() => vec![hint.clone()],
            Self::NotRegistered => {
                vec!["run `xo-cli register <server URL> <user>` first, or give --url".into()]
            }
            Self::Connect { reason, .. } if reason.contains("does not speak TLS") => {
                vec!["put http:// in front of the address, or check the port".into()]
            }
            Self::Connect { .. } => vec!["check the address, the port and the network".into()],
            Self::Certificate { fingerprint, .. } => explain::certificate(fingerprint.as_deref()),
            Self::NotAnXoServer { .. } => {
                vec!["check the address: it is the one that a browser opens".into()]
            }
            Self::SignIn(error) => explain::sign_in(error),
            Self::Token(error) => explain::token(error),
            Self::Call {
                method,
                error,
                nearest,
            } => explain::call(method, error, nearest),
            Self::Http { status, .. } => explain::http(*status),
            Self::Deploy { hint, .. } => vec![(*hint).to_owned()],
            Self::Imported {
                vm,
                what_to_do,
                cause,
            } => {
                let mut hints = cause.hints();
                hints.push(format!("the VM stays on the pool ({vm}): {what_to_do}"));
                hints
            }
            Self::Pool(_, PoolFailure::Account) => {
                vec!["the user or the password is wrong; give --user if it is not root".into()]
            }
            Self::Pool(_, PoolFailure::Unreachable) => {
                vec!["check the address of the host, the port and the network".into()]
            }
            _ => Vec::new(),
        }
    }
}
