//! An operation as data: what it is called, what it takes, who may ask, which objects it touches, and what runs.

pub(crate) mod reference;
pub mod schema;
mod validate;

use std::future::Future;
use std::pin::Pin;

use serde_json::{Map, Value, json};
use xo_model::ObjectType;

use crate::call::{Call, Outcome};
use crate::{Permission, Result};

pub use schema::Schema;

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Also before sign-in.
    Anyone,
    /// Whoever is signed in; rights on objects are checked apart.
    SignedIn,
    /// Administrators.
    Admin,
}

/// One parameter.
#[derive(Debug, Clone)]
pub struct Param {
    /// Its name on the wire.
    pub name: &'static str,
    /// Its shape.
    pub schema: Schema,
}

/// A parameter that names an object, and the right that the caller needs on it.
#[derive(Debug, Clone, Copy)]
pub struct Resolve {
    /// The parameter.
    pub param: &'static str,
    /// The types that fit; empty for any.
    pub types: &'static [ObjectType],
    /// `None`: looked up without a check.
    pub permission: Option<Permission>,
}

type Run = dyn Fn(Call) -> Pin<Box<dyn Future<Output = Result<Outcome>> + Send>> + Send + Sync;

/// One operation.
pub struct Method {
    /// `noun.verb`
    pub name: &'static str,
    /// One sentence.
    pub description: &'static str,
    /// Who may call.
    pub access: Access,
    /// `None`: any parameters are taken unchecked.
    pub params: Option<Vec<Param>>,
    /// Undeclared parameters are kept instead of refused.
    pub open: bool,
    /// In the order in which they are looked up.
    pub resolve: Vec<Resolve>,
    /// Calls of it leave a task when they fail.
    pub tasked: bool,
    run: Box<Run>,
}

impl Method {
    /// Begins a method for whoever is signed in; without parameters until [`Method::param`].
    pub fn new(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            description,
            access: Access::SignedIn,
            params: Some(Vec::new()),
            open: false,
            resolve: Vec::new(),
            tasked: true,
            run: Box::new(move |_| {
                Box::pin(async move { Err(crate::Error::NotImplemented { what: name.into() }) })
            }),
        }
    }

    /// Only administrators may call.
    pub fn admin(mut self) -> Self {
        self.access = Access::Admin;
        self
    }

    /// Anybody may call, also before sign-in.
    pub fn anyone(mut self) -> Self {
        self.access = Access::Anyone;
        self
    }

    /// Takes whatever is sent.
    pub fn any_params(mut self) -> Self {
        self.params = None;
        self
    }

    /// Takes undeclared parameters besides the declared ones.
    pub fn open(mut self) -> Self {
        self.open = true;
        self
    }

    /// Leaves no task behind: it only looks.
    pub fn untasked(mut self) -> Self {
        self.tasked = false;
        self
    }

    /// Declares a parameter.
    pub fn param(mut self, name: &'static str, schema: Schema) -> Self {
        self.params
            .get_or_insert_default()
            .push(Param { name, schema });
        self
    }

    /// Declares several parameters.
    pub fn params(mut self, params: impl IntoIterator<Item = (&'static str, Schema)>) -> Self {
        let params = params
            .into_iter()
            .map(|(name, schema)| Param { name, schema });
        self.params.get_or_insert_default().extend(params);
        self
    }

    /// The parameter names an object of one of `types` on which the caller needs `permission`.
    pub fn on(
        mut self,
        param: &'static str,
        types: &'static [ObjectType],
        permission: Permission,
    ) -> Self {
        self.resolve.push(Resolve {
            param,
            types,
            permission: Some(permission),
        });
        self
    }

    /// The parameter names an object; nothing is checked on it.
    pub fn with(mut self, param: &'static str, types: &'static [ObjectType]) -> Self {
        self.resolve.push(Resolve {
            param,
            types,
            permission: None,
        });
        self
    }

    /// What runs.
    pub fn run<F, Fut, T>(mut self, handler: F) -> Self
    where
        F: Fn(Call) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
        T: Into<Outcome>,
    {
        self.run = Box::new(move |call| {
            let work = handler(call);
            Box::pin(async move { work.await.map(Into::into) })
        });
        self
    }

    /// True when the parameter is declared.
    pub fn declares(&self, param: &str) -> bool {
        self.params
            .as_ref()
            .is_none_or(|list| list.iter().any(|p| p.name == param))
    }

    pub(crate) fn start(
        &self,
        call: Call,
    ) -> Pin<Box<dyn Future<Output = Result<Outcome>> + Send>> {
        (self.run)(call)
    }

    /// Checks parameters and fills in defaults.
    pub(crate) fn validate(&self, given: &mut Map<String, Value>) -> Result<()> {
        match &self.params {
            Some(declared) => validate::validate(declared, self.open, given),
            None => Ok(()),
        }
    }

    /// What `system.getMethodsInfo` tells: description, params, permission.
    pub fn info(&self) -> Value {
        let mut info = Map::new();
        info.insert("description".into(), json!(self.description));
        let mut params = Map::new();
        for param in self.params.iter().flatten() {
            params.insert(param.name.into(), param.schema.to_json());
        }
        if self.open {
            params.insert("*".into(), json!({}));
        }
        info.insert("params".into(), Value::Object(params));
        match self.access {
            Access::Admin => drop(info.insert("permission".into(), json!("admin"))),
            Access::Anyone => drop(info.insert("permission".into(), Value::Null)),
            Access::SignedIn => {}
        }
        Value::Object(info)
    }
}
