//! The pipeline that every call goes through, and what a running operation has at hand.

use std::pin::Pin;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use xo_inventory::Item;
use xo_inventory::PoolHandle;

use crate::method::reference::is_known;
use crate::method::{Access, Method};
use crate::ongoing::watched;
use crate::transfer::{Incoming, Outgoing, Transfer};
use crate::{Caller, Engine, Error, Permission, Pieces, Result};

/// What an operation answers.
#[derive(Debug)]
pub enum Outcome {
    /// A value.
    Value(Value),
    /// JSON text that exists already, at least in parts.
    Json(Pieces),
}

impl Outcome {
    /// The value, for who needs it whole.
    pub fn into_value(self) -> Result<Value> {
        match self {
            Self::Value(value) => Ok(value),
            Self::Json(pieces) => pieces.into_value(),
        }
    }
}

impl From<()> for Outcome {
    fn from((): ()) -> Self {
        Self::Value(Value::Bool(true))
    }
}

impl From<Value> for Outcome {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<String> for Outcome {
    fn from(text: String) -> Self {
        Self::Value(Value::String(text))
    }
}

impl From<Arc<str>> for Outcome {
    fn from(text: Arc<str>) -> Self {
        Self::Value(Value::String(text.to_string()))
    }
}

/// One call on its way: who, what with, and on which objects.
pub struct Call {
    /// Everything that operations use.
    pub engine: Arc<Engine>,
    /// Who asks.
    pub caller: Caller,
    params: Map<String, Value>,
    resolved: Vec<(&'static str, Arc<Item>)>,
}

impl Call {
    /// The object that a parameter named.
    pub fn object(&self, param: &str) -> Result<&Arc<Item>> {
        self.object_opt(param)
            .ok_or_else(|| Error::invalid(param, "is required"))
    }

    /// The object that an optional parameter named.
    pub fn object_opt(&self, param: &str) -> Option<&Arc<Item>> {
        self.resolved
            .iter()
            .find(|(name, _)| *name == param)
            .map(|(_, object)| object)
    }

    /// The pool of the object that a parameter named.
    pub fn pool(&self, param: &str) -> Result<PoolHandle> {
        self.engine.pool_of(self.object(param)?)
    }

    /// A parameter as it came.
    pub fn get(&self, param: &str) -> Option<&Value> {
        self.params.get(param).filter(|v| !v.is_null())
    }

    /// True when the parameter was sent, even as `null`.
    pub fn has(&self, param: &str) -> bool {
        self.params.contains_key(param)
    }

    /// A string that the schema requires.
    pub fn str(&self, param: &str) -> Result<&str> {
        self.str_opt(param)
            .ok_or_else(|| Error::invalid(param, "is required"))
    }

    /// A string.
    pub fn str_opt(&self, param: &str) -> Option<&str> {
        self.get(param).and_then(Value::as_str)
    }

    /// A flag; false when left out.
    pub fn flag(&self, param: &str) -> bool {
        self.bool_opt(param).unwrap_or(false)
    }

    /// A boolean.
    pub fn bool_opt(&self, param: &str) -> Option<bool> {
        self.get(param).and_then(Value::as_bool)
    }

    /// A whole number.
    pub fn int_opt(&self, param: &str) -> Option<i64> {
        let value = self.get(param)?;
        value.as_i64().or_else(|| {
            value
                .as_f64()
                .filter(|f| f.fract() == 0.0)
                .map(|f| f as i64)
        })
    }

    /// A number of bytes: a number, or text such as `4 GiB`, `10G`, `1073741824`.
    pub fn size_opt(&self, param: &str) -> Result<Option<u64>> {
        let Some(value) = self.get(param) else {
            return Ok(None);
        };
        size_of(value)
            .map(Some)
            .ok_or_else(|| Error::invalid(param, "must be a size: bytes, or text such as `4 GiB`"))
    }

    /// The parameters that were given, under the names of XAPI's fields: pairs of parameter and field.
    pub fn fields(&self, names: &[(&str, &str)]) -> Map<String, Value> {
        let given = |&(param, field): &(&str, &str)| {
            self.get(param)
                .map(|value| (field.to_owned(), value.clone()))
        };
        names.iter().filter_map(given).collect()
    }

    /// A list of strings; empty when left out.
    pub fn strings(&self, param: &str) -> Vec<String> {
        let items = self.get(param).and_then(Value::as_array);
        items
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    /// All parameters.
    pub fn params(&self) -> &Map<String, Value> {
        &self.params
    }

    /// Looks up another object, with a right on it.
    ///
    /// # Errors
    /// [`Error::NoSuchObject`] also when the caller may not even see it.
    pub fn find(
        &self,
        id: &str,
        types: &[xo_model::ObjectType],
        permission: Option<Permission>,
    ) -> Result<Arc<Item>> {
        self.engine.resolve(&self.caller, id, types, permission)
    }

    /// Checks a right on an object that was found otherwise.
    pub fn require(&self, object: &Item, permission: Permission) -> Result<()> {
        self.engine.require(&self.caller, object, permission)
    }

    /// Answers with a URL to download from.
    pub fn offer_download<F, Fut>(&self, file_name: &str, start: F) -> Value
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<Outgoing>> + Send + 'static,
    {
        let ongoing = self.engine.ongoing.clone();
        let name = format!("download of {file_name}");
        let start = move || async move {
            let going = ongoing.begin(name);
            Ok::<_, Error>(watched(start().await?, going))
        };
        let transfer = Transfer::Get(Box::new(|| Box::pin(start())));
        let token = self.engine.transfers.offer(transfer);
        let suffix = if file_name.is_empty() {
            String::new()
        } else {
            format!("/{}", encode_path(file_name))
        };
        json!({ "$getFrom": format!("/api/{token}{suffix}") })
    }

    /// Answers with a URL to upload to.
    pub fn offer_upload<F, Fut>(&self, start: F) -> Value
    where
        F: FnOnce(Incoming) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Value>> + Send + 'static,
    {
        let ongoing = self.engine.ongoing.clone();
        let take = move |incoming: Incoming| async move {
            let _going = ongoing.begin("upload");
            start(incoming).await
        };
        let transfer = Transfer::Send(Box::new(|incoming| Box::pin(take(incoming))));
        json!({ "$sendTo": format!("/api/{}", self.engine.transfers.offer(transfer)) })
    }
}

/// A call that may run: it was admitted, its parameters fit, its objects are there.
pub(crate) struct Prepared {
    pub(crate) name: &'static str,
    /// The parameters for its task; `None` when it leaves none.
    shown: Option<Map<String, Value>>,
    pub(crate) work: Pin<Box<dyn Future<Output = Result<Outcome>> + Send>>,
}

impl Engine {
    /// Calls a method by name.
    ///
    /// # Errors
    /// Whatever stands in the way, from [`Error::UnknownMethod`] to the pool's own refusal.
    pub async fn call(
        self: &Arc<Self>,
        caller: &Caller,
        name: &str,
        params: Map<String, Value>,
    ) -> Result<Outcome> {
        let prepared = self.prepare(caller, name, params)?;
        let task = prepared
            .shown
            .map(|shown| self.tasks.begin_call(caller, prepared.name, &shown));
        let outcome = match &task {
            Some(task) => xapi::abortable(task.abort(), prepared.work).await,
            None => prepared.work.await,
        };
        let outcome = outcome.map_err(|e| self.in_ids(e));
        if let Some(task) = task {
            task.end_call(outcome.as_ref().err());
        }
        outcome
    }

    /// Everything that comes before a method runs.
    pub(crate) fn prepare(
        self: &Arc<Self>,
        caller: &Caller,
        name: &str,
        params: Map<String, Value>,
    ) -> Result<Prepared> {
        let method = self.methods.get(name).ok_or_else(|| unanswered(name))?;
        self.admit(caller, method)?;
        let mut params = self.ignorable(method, params)?;
        alias_id(method, &mut params);
        let shown = method.tasked.then(|| params.clone());
        method.validate(&mut params)?;
        let mut resolved = Vec::new();
        for rule in &method.resolve {
            if let Some(id) = params.get(rule.param).and_then(Value::as_str) {
                let object = self.resolve(caller, id, rule.types, rule.permission)?;
                resolved.push((rule.param, object));
            }
        }
        let call = Call {
            engine: Arc::clone(self),
            caller: caller.clone(),
            params,
            resolved,
        };
        Ok(Prepared {
            name: method.name,
            shown,
            work: method.start(call),
        })
    }

    fn admit(&self, caller: &Caller, method: &Method) -> Result<()> {
        if method.access == Access::Anyone {
            return Ok(());
        }
        let account = self.account(caller)?;
        if method.access == Access::Admin && !account.is_admin {
            return Err(Error::Unauthorized {
                permission: "admin".into(),
                object: None,
            });
        }
        Ok(())
    }

    /// `name?` is sent as `name`, and dropped when the method does not declare it.
    fn ignorable(&self, method: &Method, params: Map<String, Value>) -> Result<Map<String, Value>> {
        if !params.keys().any(|k| k.ends_with('?')) {
            return Ok(params);
        }
        let mut kept = Map::new();
        for (key, value) in params {
            let name = key.strip_suffix('?').unwrap_or(&key);
            if kept.contains_key(name) {
                return Err(Error::invalid(name, "was sent twice, with and without `?`"));
            }
            if name == key || method.declares(name) {
                kept.insert(name.to_owned(), value);
            }
        }
        Ok(kept)
    }
}

/// What clients of Xen Orchestra may ask for but is not written yet, is told from what nobody knows.
fn unanswered(name: &str) -> Error {
    if is_known(name) {
        Error::NotImplemented {
            what: name.to_owned(),
        }
    } else {
        Error::UnknownMethod {
            name: name.to_owned(),
        }
    }
}

/// `vm=<id>` is taken for `id=<id>` by `vm.start`, which declares `id` and not `vm`.
fn alias_id(method: &Method, params: &mut Map<String, Value>) {
    let namespace = method.name.split('.').next().unwrap_or_default();
    let wanted = method.params.is_some()
        && !params.contains_key("id")
        && method.declares("id")
        && !method.declares(namespace)
        && params.get(namespace).is_some_and(Value::is_string);
    if wanted && let Some(value) = params.remove(namespace) {
        params.insert("id".into(), value);
    }
}

/// The bytes that a value tells: a number, or text with a unit.
pub(crate) fn size_of(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => parse_size(text),
        number => number.as_u64().or_else(|| {
            number
                .as_f64()
                .filter(|n| *n >= 0.0 && n.fract() == 0.0 && *n < 9e18)
                .map(|n| n as u64)
        }),
    }
}

fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().ok()?;
    let unit = unit.trim().to_ascii_lowercase();
    let factor: f64 = match unit.trim_end_matches("ib").trim_end_matches('b') {
        "" => 1.0,
        "k" => 1024.0,
        "m" => 1024.0 * 1024.0,
        "g" => 1024.0 * 1024.0 * 1024.0,
        "t" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let bytes = number * factor;
    (0.0..9e18).contains(&bytes).then_some(bytes as u64)
}

fn encode_path(name: &str) -> String {
    let mut url = url::Url::parse("http://localhost/").ok();
    if let Some(url) = &mut url
        && let Ok(mut segments) = url.path_segments_mut()
    {
        segments.pop_if_empty().push(name);
    }
    url.map(|u| u.path().trim_start_matches('/').to_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_units() {
        for (text, bytes) in [
            ("1024", Some(1024)),
            ("4 GiB", Some(4 << 30)),
            ("1.5K", Some(1536)),
            ("10mb", Some(10 << 20)),
            ("x", None),
            ("5 parsecs", None),
            ("-1", None),
        ] {
            assert_eq!(parse_size(text), bytes, "{text}");
        }
    }

    #[test]
    fn a_file_name_is_one_encoded_segment() {
        assert_eq!(encode_path("a b/ç.xva"), "a%20b%2F%C3%A7.xva");
    }
}
