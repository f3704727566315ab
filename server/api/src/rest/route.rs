//! A route as data: how it is called, what it takes, what it answers, and what runs.

use std::pin::Pin;
use std::sync::Arc;

use axum::http::Method as Verb;
use axum::response::Response;
use serde_json::{Value, json};

use super::asked::Asked;
use crate::problem::Problem;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Everybody.
    Public,
    /// Whoever is signed in; the engine looks at rights on objects.
    SignedIn,
    /// Administrators.
    Admin,
}

/// A query parameter, or a member of a body.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: String,
    /// JSON Schema.
    pub(super) schema: Value,
    pub(super) is_required: bool,
}

/// What a request carries.
#[derive(Debug, Clone)]
pub(super) enum Body {
    /// A JSON object with these members and no others.
    Json(Vec<Field>),
    /// A stream of bytes.
    Stream,
}

/// What may be answered.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) text: &'static str,
    /// Content type and JSON Schema.
    pub(super) content: Option<(&'static str, Value)>,
}

type Later = Pin<Box<dyn Future<Output = Result<Response, Problem>> + Send>>;

/// What runs.
pub(super) type Run = Arc<dyn Fn(Asked) -> Later + Send + Sync>;

/// One route.
#[derive(Clone)]
pub(super) struct Route {
    pub(super) verb: Verb,
    /// Below [`super::BASE`]: `/vms/{id}`.
    pub(super) path: String,
    pub(super) summary: String,
    /// For the document: the first part of the path.
    pub(super) access: Access,
    pub(super) query: Vec<Field>,
    /// Required headers, for what should not stand in an address.
    pub(super) headers: Vec<Field>,
    pub(super) body: Option<Body>,
    pub(super) replies: Vec<Reply>,
    pub(super) run: Run,
}

impl Route {
    /// A route for whoever is signed in.
    pub(super) fn new<F, Fut>(
        verb: Verb,
        path: impl Into<String>,
        summary: impl Into<String>,
        run: F,
    ) -> Self
    where
        F: Fn(Asked) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Response, Problem>> + Send + 'static,
    {
        Self {
            verb,
            path: path.into(),
            summary: summary.into(),
            access: Access::SignedIn,
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            replies: Vec::new(),
            run: Arc::new(move |asked| Box::pin(run(asked))),
        }
    }

    pub(super) fn public(mut self) -> Self {
        self.access = Access::Public;
        self
    }

    pub(super) fn admin(mut self) -> Self {
        self.access = Access::Admin;
        self
    }

    /// An optional query parameter.
    pub(super) fn query(mut self, name: &str, schema: Value) -> Self {
        self.query.push(Field {
            name: name.into(),
            schema,
            is_required: false,
        });
        self
    }

    /// A required header.
    pub(super) fn header(mut self, name: &str, schema: Value) -> Self {
        self.headers.push(required(name, schema));
        self
    }

    /// A JSON body with these members.
    pub(super) fn body(mut self, fields: Vec<Field>) -> Self {
        self.body = Some(Body::Json(fields));
        self
    }

    pub(super) fn stream_body(mut self) -> Self {
        self.body = Some(Body::Stream);
        self
    }

    /// An answer without content.
    pub(super) fn reply(mut self, status: u16, text: &'static str) -> Self {
        self.replies.push(Reply {
            status,
            text,
            content: None,
        });
        self
    }

    /// An answer with content.
    pub(super) fn reply_with(
        mut self,
        status: u16,
        text: &'static str,
        content_type: &'static str,
        schema: Value,
    ) -> Self {
        self.replies.push(Reply {
            status,
            text,
            content: Some((content_type, schema)),
        });
        self
    }

    /// An answer in JSON.
    pub(super) fn reply_json(self, status: u16, text: &'static str, schema: Value) -> Self {
        self.reply_with(status, text, "application/json", schema)
    }

    /// The names in braces.
    pub(super) fn path_params(&self) -> impl Iterator<Item = &str> {
        self.path
            .split('{')
            .skip(1)
            .filter_map(|part| part.split('}').next())
    }
}

/// A required member.
pub(super) fn required(name: &str, schema: Value) -> Field {
    Field {
        name: name.into(),
        schema,
        is_required: true,
    }
}

/// An optional member.
pub(super) fn optional(name: &str, schema: Value) -> Field {
    Field {
        name: name.into(),
        schema,
        is_required: false,
    }
}

/// `{"type": kind}`
pub(super) fn of(kind: &str) -> Value {
    json!({ "type": kind })
}

/// `{id}`
pub(super) fn made() -> Value {
    json!({ "type": "object", "properties": { "id": { "type": "string" } }, "required": ["id"] })
}
