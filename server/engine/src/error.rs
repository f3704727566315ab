//! Why an operation was not done, in the words of those who asked for it.
//!
//! One domain error; `xo-api` maps it once to JSON-RPC and once to REST. The text says what happened, to which object, and what to
//! do next; what is internal stays in the log.

use serde_json::{Value, json};

/// The result of an operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One parameter that does not fit, in the shape that clients of Ajv know.
#[derive(Debug, Clone, PartialEq)]
pub struct ParamError {
    /// Where: `/name` or `/list/0`, empty for the whole.
    pub path: String,
    /// Which rule: `required`, `type`, `enum`, ...
    pub keyword: &'static str,
    /// The rule's own values.
    pub params: Value,
    /// What is wrong, for a person.
    pub message: String,
}

impl ParamError {
    /// `instancePath`, `schemaPath`, `keyword`, `params`, `message`.
    pub fn to_json(&self) -> Value {
        json!({
            "instancePath": self.path,
            "schemaPath": format!("#/{}", self.keyword),
            "keyword": self.keyword,
            "params": self.params,
            "message": self.message,
        })
    }
}

/// Why an operation was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody wrote it yet.
    #[error("not implemented: {what}")]
    NotImplemented {
        /// The method, route or variant.
        what: String,
    },
    /// No method of that name.
    #[error("method not found: {name}")]
    UnknownMethod {
        /// As it was called.
        name: String,
    },
    /// The object is not there, is of another type, or may not be seen.
    #[error("no such {kind} {id}")]
    NoSuchObject {
        /// As it was given.
        id: String,
        /// The expected type or types.
        kind: String,
    },
    /// The caller is known but may not do this.
    #[error("not enough permissions{}", on(.object))]
    Unauthorized {
        /// `view`, `operate`, `administrate` or `admin`.
        permission: String,
        /// Id and type of the object, if the right is one on an object.
        object: Option<(String, String)>,
    },
    /// Nobody is signed in.
    #[error("not signed in: call session.signIn first")]
    NotSignedIn,
    /// Wrong name, password or token.
    #[error("invalid credentials")]
    InvalidCredentials,
    /// The name and the password are right, and this user has a second factor.
    #[error("a one-time password is needed: send it as `otp`")]
    OtpRequired,
    /// Too many failures.
    #[error("a sign-in failed a moment ago: try again in {} s", .retry_after.as_secs().max(1))]
    Throttled {
        /// How long to wait.
        retry_after: std::time::Duration,
    },
    /// Never allowed in this state.
    #[error("forbidden operation: {operation}: {reason}")]
    Forbidden {
        /// What was asked.
        operation: String,
        /// Why not, and what to do.
        reason: String,
    },
    /// Not now: something else was first, or it is over.
    #[error("{reason}")]
    Conflict {
        /// What was asked.
        operation: String,
        /// What is in the way, and what to do.
        reason: String,
    },
    /// Parameters that do not fit.
    #[error("invalid parameters: {}", join(.0))]
    InvalidParameters(Vec<ParamError>),
    /// A filter that cannot be read.
    #[error("{message}")]
    InvalidFilter {
        /// What is wrong, and where.
        message: String,
        /// The whole filter.
        text: String,
        /// Where, in characters of it, from 0.
        at: std::ops::Range<usize>,
    },
    /// It exists already.
    #[error("{kind} {id} already exists")]
    AlreadyExists {
        /// Name or id.
        id: String,
        /// What it is.
        kind: String,
    },
    /// It is not in the state that the operation needs.
    #[error("{kind} {id}: {property} is {actual}, expected {expected}")]
    IncorrectState {
        /// The object.
        id: String,
        /// Its type.
        kind: String,
        /// Which property.
        property: String,
        /// As it is.
        actual: String,
        /// As it should be.
        expected: String,
    },
    /// The pool refused or failed.
    #[error("{}", pool_words(.code, .params))]
    Pool {
        /// XAPI's code.
        code: String,
        /// XAPI's parameters, with references turned to ids where they are known.
        params: Vec<String>,
    },
    /// The account of a pool connection is wrong.
    #[error("the pool refused the account: wrong user name or password")]
    PoolAuthentication,
    /// A pool cannot be connected as asked.
    #[error("{reason}")]
    CannotConnect {
        /// XAPI's, or one of those of `server.getAll`: `DUPLICATE_POOL`, `CERTIFICATE_CHANGED`, `UNREACHABLE`, ...
        code: String,
        /// What that is about: the master's address, the certificate that was shown.
        params: Vec<String>,
        /// In words, with what to do.
        reason: String,
    },
    /// The pool cannot be reached now.
    #[error("{what} cannot be reached: {reason}")]
    Unreachable {
        /// Which pool, host or server, in words.
        what: String,
        /// Its id, where it is an object that clients know.
        id: Option<String>,
        /// Why, and what to do.
        reason: String,
    },
    /// Asked for what only an appliance has.
    #[error(
        "this is not an appliance: nothing here looks after network, time and power for the server; \
         use the means of this machine's own system"
    )]
    NotAppliance,
    /// A part of this machine does not work now: the disk is full, the database is away.
    #[error("{0}")]
    Unavailable(String),
    /// The data sent or received is broken.
    #[error("{0}")]
    BadData(String),
    /// A defect: the cause is in the log.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// An object that was expected.
    pub fn no_such(id: impl Into<String>, kind: impl Into<String>) -> Self {
        Self::NoSuchObject {
            id: id.into(),
            kind: kind.into(),
        }
    }

    /// One parameter that is wrong in a way that no schema tells.
    pub fn invalid(param: &str, message: impl Into<String>) -> Self {
        Self::InvalidParameters(vec![ParamError {
            path: format!("/{param}"),
            keyword: "value",
            params: json!({}),
            message: message.into(),
        }])
    }

    /// Whether nothing failed: what was asked does not fit, or may not be done by who asked.
    pub fn is_refusal(&self) -> bool {
        !matches!(
            self,
            Self::Pool { .. }
                | Self::Unreachable { .. }
                | Self::Unavailable(_)
                | Self::BadData(_)
                | Self::Internal(_)
        )
    }

    /// Something that cannot happen, happened.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}

fn on(object: &Option<(String, String)>) -> String {
    object
        .as_ref()
        .map_or_else(String::new, |(id, kind)| format!(" on {kind} {id}"))
}

fn join(errors: &[ParamError]) -> String {
    let texts = errors.iter().map(|e| {
        let name = e.path.trim_start_matches('/');
        if name.is_empty() {
            e.message.clone()
        } else {
            format!("{name} {}", e.message)
        }
    });
    texts.collect::<Vec<_>>().join("; ")
}

fn pool_words(code: &str, params: &[String]) -> String {
    let told = if params.is_empty() {
        code.to_owned()
    } else {
        format!("{code}({})", params.join(", "))
    };
    match meaning(code) {
        Some(meaning) => format!("{told}: {meaning}"),
        None => told,
    }
}

/// What some codes mean whose parameters do not say it.
fn meaning(code: &str) -> Option<&'static str> {
    Some(match code {
        "IMPORT_ERROR_PREMATURE_EOF" => {
            "the file ends too early, or is no XVA: export or download it again"
        }
        "IMPORT_ERROR" | "IMPORT_ERROR_UNEXPECTED_FILE" => {
            "the file is damaged, or is no XVA: export or download it again"
        }
        "IMPORT_ERROR_SOME_CHECKSUMS_FAILED" => "the file is damaged: export or download it again",
        _ => return None,
    })
}

impl From<xapi::Error> for Error {
    fn from(error: xapi::Error) -> Self {
        use xapi::Error as E;
        match error {
            E::Api(e) if e.code == "SESSION_AUTHENTICATION_FAILED" => Self::PoolAuthentication,
            E::Api(e) => Self::Pool {
                code: e.code,
                params: e.params,
            },
            E::Address { .. } => Self::invalid("host", error.to_string()),
            E::ReadOnly { method, .. } => Self::Forbidden {
                operation: method,
                reason: "the connection to this pool is read-only; server.set readOnly=false allows changes".into(),
            },
            E::Proxy { .. } => Self::invalid("httpProxy", error.to_string()),
            E::CertificateChanged { ref host, .. } => Self::Unreachable {
                what: host.clone(),
                id: None,
                reason: format!(
                    "{error}; if that is expected, accept the new certificate with \
                     server.set allowUnauthorized=true, else somebody may be listening"
                ),
            },
            E::CertificateUntrusted { ref host, .. } => Self::Unreachable {
                what: host.clone(),
                id: None,
                reason: format!("{error}; accept it once with allowUnauthorized=true"),
            },
            E::Unreachable { host, source } => Self::Unreachable {
                what: host,
                id: None,
                reason: chain(source.as_ref()),
            },
            E::Timeout { host, method } => Self::Unreachable {
                what: host,
                id: None,
                reason: format!("no answer to {method} in time"),
            },
            E::Garbage { ref host, .. } | E::Status { ref host, .. } => Self::Unreachable {
                what: host.clone(),
                id: None,
                reason: error.to_string(),
            },
            E::Source(e) => Self::BadData(format!("the data could not be read: {e}")),
        }
    }
}

/// The last cause says what happened; those above only wrap it.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    let text = last.to_string();
    // The number that the system has for it tells people nothing.
    text.split_once(" (os error ")
        .map_or(text.clone(), |(words, _)| words.to_owned())
}

impl From<xo_store::StoreError> for Error {
    fn from(error: xo_store::StoreError) -> Self {
        use xo_store::{ErrorKind, StoreError as E};
        match error {
            E::NotFound { noun, id } => Self::no_such(id, noun.as_str()),
            E::AlreadyExists { noun, id, .. } => Self::AlreadyExists {
                id,
                kind: noun.as_str().into(),
            },
            E::Invalid {
                field, ref reason, ..
            } => Self::invalid(field, reason.clone()),
            E::SetupDone => Self::Forbidden {
                operation: "setup".into(),
                reason: "the first administrator exists already: sign in instead".into(),
            },
            other => match other.kind() {
                ErrorKind::Internal => Self::internal(other),
                _ => Self::Unavailable(other.to_string()),
            },
        }
    }
}
