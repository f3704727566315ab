//! Errors over HTTP: `application/problem+json` (RFC 9457), with the members that clients of Xen Orchestra read beside:
//! `error` (the message), `data`, `info` (`xo-protocol.md` section 6, Errors).

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use xo_engine::{Error, ParamError};

/// What pools answer when the state of an object does not allow what was asked for.
const IN_THE_WAY: &[&str] = &[
    "OPERATION_BLOCKED",
    "OPERATION_NOT_ALLOWED",
    "OTHER_OPERATION_IN_PROGRESS",
    "VDI_IN_USE",
    "VM_BAD_POWER_STATE",
];

/// An error as a response.
#[derive(Debug)]
pub(crate) enum Problem {
    /// The engine's.
    Engine(Error),
    /// Too many requests.
    TooMany {
        /// How long to wait.
        retry_after: Duration,
    },
    /// One of HTTP itself.
    Http {
        /// Its status.
        status: StatusCode,
        /// What is wrong, and what to do.
        message: String,
    },
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl Problem {
    /// A request that cannot be understood.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::http(StatusCode::BAD_REQUEST, message)
    }

    /// Any status that the engine knows nothing of.
    pub(crate) fn http(status: StatusCode, message: impl Into<String>) -> Self {
        Self::Http {
            status,
            message: message.into(),
        }
    }

    fn status(&self) -> StatusCode {
        let error = match self {
            Self::Http { status, .. } => return *status,
            Self::TooMany { .. } => return StatusCode::TOO_MANY_REQUESTS,
            Self::Engine(error) => error,
        };
        match error {
            Error::NotSignedIn | Error::InvalidCredentials | Error::OtpRequired => {
                StatusCode::UNAUTHORIZED
            }
            Error::Unauthorized { .. } | Error::Forbidden { .. } => StatusCode::FORBIDDEN,
            Error::NoSuchObject { .. } | Error::NotAppliance => StatusCode::NOT_FOUND,
            Error::AlreadyExists { .. } | Error::IncorrectState { .. } | Error::Conflict { .. } => {
                StatusCode::CONFLICT
            }
            Error::InvalidParameters(_) | Error::CannotConnect { .. } => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Error::InvalidFilter { .. } | Error::BadData(_) => StatusCode::BAD_REQUEST,
            Error::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::NotImplemented { .. } | Error::UnknownMethod { .. } => {
                StatusCode::NOT_IMPLEMENTED
            }
            Error::Unreachable { .. } | Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            // What was sent is no good.
            Error::Pool { code, .. } if code.starts_with("IMPORT_ERROR") => StatusCode::BAD_REQUEST,
            Error::Pool { code, .. } if IN_THE_WAY.contains(&code.as_str()) => StatusCode::CONFLICT,
            Error::Pool { .. } | Error::PoolAuthentication | Error::Internal(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    pub(crate) fn message(&self) -> String {
        match self {
            Self::Http { message, .. } => message.clone(),
            Self::TooMany { retry_after } => format!(
                "too many requests: try again in {} s",
                whole_seconds(*retry_after)
            ),
            // Over HTTP there is no session to sign in to.
            Self::Engine(Error::NotSignedIn) => {
                "not signed in: send a cookie `authenticationToken`, or HTTP Basic".into()
            }
            Self::Engine(error) => {
                if let Error::Internal(cause) = error {
                    tracing::error!(error = %chain(cause.as_ref()), "internal error");
                }
                error.to_string()
            }
        }
    }

    fn data(&self) -> Option<Value> {
        let Self::Engine(error) = self else {
            return None;
        };
        Some(match error {
            Error::NoSuchObject { id, kind } => json!({ "id": id, "type": kind }),
            Error::Unauthorized { permission, object } => {
                let object = object
                    .as_ref()
                    .map(|(id, kind)| json!({ "id": id, "type": kind }));
                json!({ "permission": permission, "object": object })
            }
            Error::Forbidden { operation, reason } | Error::Conflict { operation, reason } => {
                json!({ "operation": operation, "reason": reason })
            }
            Error::AlreadyExists { id, kind } => json!({ "objectId": id, "objectType": kind }),
            Error::IncorrectState {
                id,
                property,
                actual,
                expected,
                ..
            } => {
                json!({ "object": id, "property": property, "actual": actual, "expected": expected })
            }
            Error::InvalidParameters(errors) => {
                json!({ "errors": errors.iter().map(ParamError::to_json).collect::<Vec<_>>() })
            }
            Error::InvalidFilter { text, at, .. } => {
                json!({ "stringToParse": text, "start": at.start, "end": at.end })
            }
            Error::OtpRequired => json!({ "required": "otp" }),
            Error::Unreachable { id: Some(id), .. } => json!({ "objectId": id }),
            _ => return None,
        })
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, message) = (self.status(), self.message());
        let mut body = json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or("Error"),
            "status": status.as_u16(),
            "detail": message,
            "error": message,
        });
        if let Some(members) = body.as_object_mut() {
            if let Some(data) = self.data() {
                members.insert("data".into(), data);
            }
            if let Self::Engine(
                Error::Pool { code, params } | Error::CannotConnect { code, params, .. },
            ) = &self
            {
                members.insert("info".into(), json!({ "code": code, "params": params }));
            }
        }
        let mut response = (
            status,
            [(header::CONTENT_TYPE, "application/problem+json")],
            body.to_string(),
        )
            .into_response();
        let headers = response.headers_mut();
        match &self {
            Self::Engine(Error::Throttled { retry_after }) | Self::TooMany { retry_after } => {
                headers.insert(
                    header::RETRY_AFTER,
                    HeaderValue::from(whole_seconds(*retry_after)),
                );
            }
            _ if status == StatusCode::UNAUTHORIZED => {
                headers.insert(
                    header::WWW_AUTHENTICATE,
                    HeaderValue::from_static("Basic realm=\"xo\""),
                );
            }
            _ => {}
        }
        response
    }
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_secs().max(1)
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
