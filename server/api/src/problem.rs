//! Errors over HTTP.
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use xo_engine::Error;

/// An error as a response.
pub(crate) struct Problem(Error);

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0.to_string()).into_response()
    }
}
