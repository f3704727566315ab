//! A refused call: XAPI's error code and its parameters, all strings.

use std::fmt;

/// An API error as XAPI reports it (reference: wire facts, section 1, envelopes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The code, such as `HANDLE_INVALID`.
    pub code: String,
    /// What the code is about.
    pub params: Vec<String>,
}

impl Failure {
    /// A failure with this code and these parameters.
    pub fn new<P: Into<String>>(code: &str, params: impl IntoIterator<Item = P>) -> Self {
        Self {
            code: code.to_owned(),
            params: params.into_iter().map(Into::into).collect(),
        }
    }

    /// A failure without parameters.
    #[must_use]
    pub fn bare(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            params: Vec::new(),
        }
    }

    /// `HANDLE_INVALID [class, ref]`.
    #[must_use]
    pub fn handle_invalid(class: &str, reference: &str) -> Self {
        Self::new("HANDLE_INVALID", [class, reference])
    }

    /// `SESSION_INVALID [ref]`.
    #[must_use]
    pub fn session_invalid(session: &str) -> Self {
        Self::new("SESSION_INVALID", [session])
    }

    /// `INTERNAL_ERROR [what]`: also what a host says to a parameter of the wrong type.
    #[must_use]
    pub fn internal(what: &str) -> Self {
        Self::new("INTERNAL_ERROR", [what])
    }

    /// `INVALID_VALUE [field, value]`.
    #[must_use]
    pub fn invalid_value(field: &str, value: &str) -> Self {
        Self::new("INVALID_VALUE", [field, value])
    }

    /// `OPERATION_NOT_ALLOWED [reason]`.
    #[must_use]
    pub fn not_allowed(reason: &str) -> Self {
        Self::new("OPERATION_NOT_ALLOWED", [reason])
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.code, self.params)
    }
}

impl std::error::Error for Failure {}
