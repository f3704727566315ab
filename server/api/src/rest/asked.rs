//! One request on its way: who asks, what is in its path, its query and its body.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::{Map, Value};
use xo_engine::{Action, Answer, Caller, Engine, Error};

use super::Rest;
use super::route::{Body as BodyShape, Field};
use crate::problem::Problem;

/// A JSON body's largest text, in bytes.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// One request.
pub(super) struct Asked {
    pub(super) rest: Arc<Rest>,
    pub(super) caller: Caller,
    pub(super) params: Vec<(String, String)>,
    pub(super) query: Vec<(String, String)>,
    pub(super) shape: Option<BodyShape>,
    /// In a lock only so that a handler may lend this across an await.
    pub(super) request: Mutex<Request>,
}

impl Asked {
    pub(super) fn engine(&self) -> &Arc<Engine> {
        &self.rest.app.engine
    }

    /// A part of the path; empty when the route has none of that name.
    pub(super) fn param(&self, name: &str) -> &str {
        self.params
            .iter()
            .find(|(n, _)| n == name)
            .map_or("", |(_, value)| value)
    }

    /// A query parameter.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// A header that must be there.
    pub(super) fn header(&self, name: &str) -> Result<String, Error> {
        let request = self.request.lock();
        let value = request.headers().get(name);
        let text = value.and_then(|value| value.to_str().ok());
        text.map(str::to_owned)
            .ok_or_else(|| Error::invalid(name, "is required as a header"))
    }

    /// A switch in the query: on by mere presence or by any value but `false`, `0`, `no`, `off`. Upstream takes only `true`, but older
    /// clients send other things (`wait=result`).
    pub(super) fn flag(&self, name: &str) -> bool {
        let off = |value: &str| {
            ["false", "0", "no", "off"]
                .iter()
                .any(|o| o.eq_ignore_ascii_case(value))
        };
        self.query(name).is_some_and(|value| !off(value))
    }

    /// A number in the query.
    pub(super) fn number(&self, name: &str, least: usize) -> Result<Option<usize>, Problem> {
        let Some(text) = self.query(name) else {
            return Ok(None);
        };
        let number = text.parse().ok().filter(|number| *number >= least);
        number.map(Some).ok_or_else(|| {
            Error::invalid(name, format!("must be a whole number, at least {least}")).into()
        })
    }

    /// The JSON object that was sent; empty when nothing was. Members that the route does not declare are refused, as are missing ones.
    pub(super) async fn body(&mut self) -> Result<Map<String, Value>, Problem> {
        let body = std::mem::take(self.request.get_mut().body_mut());
        let bytes = axum::body::to_bytes(body, BODY_LIMIT).await.map_err(|_| {
            Problem::http(
                StatusCode::PAYLOAD_TOO_LARGE,
                "the body could not be read, or has more than 4 MiB",
            )
        })?;
        let members = match bytes.trim_ascii() {
            b"" => Map::new(),
            text => match serde_json::from_slice(text) {
                Ok(Value::Object(members)) => members,
                Ok(_) => return Err(Problem::bad_request("the body must be a JSON object")),
                Err(e) => return Err(Problem::bad_request(format!("the body is not JSON: {e}"))),
            },
        };
        if let Some(BodyShape::Json(fields)) = &self.shape {
            check(fields, &members)?;
        }
        Ok(members)
    }

    /// Calls a method of the engine.
    pub(super) async fn call(
        &self,
        method: &str,
        params: Map<String, Value>,
    ) -> Result<Value, Problem> {
        let outcome = self.engine().call(&self.caller, method, params).await?;
        Ok(outcome.into_value()?)
    }
}

impl Asked {
    /// Calls a method that changes an object, and waits for its end. The history tells of it: who, when, what, and what came of it.
    pub(super) async fn record(
        &self,
        label: &str,
        object: Option<(String, String)>,
        method: &'static str,
        params: Map<String, Value>,
    ) -> Result<Value, Error> {
        let action = Action {
            label: label.to_owned(),
            object,
            params: params.clone(),
            steps: vec![(method, params)],
            answer: Answer::Value,
        };
        let started = self.engine().start_action(&self.caller, action).await?;
        started.outcome().await
    }
}

fn check(fields: &[Field], members: &Map<String, Value>) -> Result<(), Error> {
    let mut errors = Vec::new();
    let mut fail = |keyword, name: &str, message: String| {
        let params = serde_json::json!({ "property": name });
        errors.push(xo_engine::ParamError {
            path: String::new(),
            keyword,
            params,
            message,
        });
    };
    for field in fields
        .iter()
        .filter(|f| f.is_required && !members.contains_key(&f.name))
    {
        fail(
            "required",
            &field.name,
            format!("must have required property '{}'", field.name),
        );
    }
    for name in members
        .keys()
        .filter(|name| !fields.iter().any(|f| f.name == **name))
    {
        fail(
            "additionalProperties",
            name,
            format!("must not have the property '{name}'"),
        );
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Error::InvalidParameters(errors))
    }
}

/// A JSON answer.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, Problem> {
    let text = serde_json::to_vec(body).map_err(Error::internal)?;
    Ok(json_text(status, Body::from(text)))
}

/// An answer whose text is JSON already.
pub(super) fn json_text(status: StatusCode, body: Body) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
        body,
    )
        .into_response()
}

/// 204
pub(super) fn nothing() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// 201 with `{id}` and where it is.
pub(super) fn created(collection: &str, id: &str) -> Result<Response, Problem> {
    let mut response = json(StatusCode::CREATED, &serde_json::json!({ "id": id }))?;
    locate(&mut response, &format!("{}/{collection}/{id}", super::BASE));
    Ok(response)
}

/// Adds a `Location`.
pub(super) fn locate(response: &mut Response, path: &str) {
    if let Ok(value) = path.parse() {
        response.headers_mut().insert(header::LOCATION, value);
    }
}
