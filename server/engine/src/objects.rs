//! Asking for objects: filter, order, page; and their text in the forms that clients take.
//!
//! Lists are answered from the kept JSON: nothing is serialised per request. What the caller may not see is not there.

use std::sync::Arc;

use futures_util::stream;
use serde_json::Value;
use xo_inventory::Item;
use xo_model::ObjectType;
use xo_model::filter::{Filter, Pattern};

use crate::order::Order;
use crate::{Caller, Engine, Error, Outgoing, Permission, Pieces, Result};

/// Which objects, in which order, how many.
#[derive(Debug, Clone, Default)]
pub struct Query {
    kinds: Option<Vec<ObjectType>>,
    ids: Option<Vec<String>>,
    filter: Option<Filter>,
    pattern: Option<Pattern>,
    order: Order,
    offset: usize,
    limit: Option<usize>,
}

impl Query {
    /// All objects.
    pub fn everything() -> Self {
        Self::default()
    }

    /// Objects of these types.
    pub fn kinds(kinds: &[ObjectType]) -> Self {
        Self {
            kinds: Some(kinds.to_vec()),
            ..Self::default()
        }
    }

    /// Only these, as far as they are there.
    pub fn among(mut self, ids: Vec<String>) -> Self {
        self.ids = Some(ids);
        self
    }

    /// Only those that a filter text matches (`xo-protocol.md` section 7).
    ///
    /// # Errors
    /// [`Error::InvalidFilter`] with the position.
    pub fn filter(mut self, text: &str) -> Result<Self> {
        let filter = Filter::parse(text).map_err(|e| Error::InvalidFilter {
            message: e.to_string(),
            text: text.to_owned(),
            at: e.span.clone(),
        })?;
        self.filter = (!filter.is_empty()).then_some(filter);
        Ok(self)
    }

    /// Only those of which `pattern` is a part: `{"type": "VM"}`.
    pub fn pattern(mut self, pattern: &Value) -> Self {
        self.pattern = Some(Pattern::example(pattern));
        self
    }

    /// Ordered by properties: `name_label`, `-memory.size` for the other direction, several with commas. A path leads on through the id
    /// of an object of a pool: `$SR.name_label`.
    pub fn sort(mut self, text: &str) -> Self {
        self.order = Order::parse(text);
        self
    }

    /// Leaves out the first ones.
    pub fn offset(mut self, offset: usize) -> Self {
        self.offset = offset;
        self
    }

    /// At most so many.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// What the type alone tells: none of them matches, all do, or each must be looked at.
    fn decide(&self, kind: ObjectType) -> Option<bool> {
        let known = |property: &str| (property == "type").then(|| kind.name());
        let by_filter = self.filter.as_ref().map_or(Some(true), |f| f.decide(known));
        let by_pattern = self
            .pattern
            .as_ref()
            .map_or(Some(true), |p| p.decide(known));
        match (by_filter, by_pattern) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        }
    }

    fn matches(&self, json: &str) -> bool {
        self.filter.as_ref().is_none_or(|f| f.matches_json(json))
            && self.pattern.as_ref().is_none_or(|p| p.matches_json(json))
    }

    /// The same choice, order and page among things that are no objects of a pool: tasks, users.
    pub fn select(&self, values: Vec<Value>) -> Vec<Value> {
        self.select_page(values).items
    }

    /// Whether an object of an inventory or any other JSON object is chosen, its type apart.
    pub fn chooses(&self, json: &str) -> bool {
        self.matches(json)
    }

    /// As [`Self::select`], with the number before the page was cut out.
    pub fn select_page(&self, mut values: Vec<Value>) -> Page<Value> {
        values.retain(|value| self.matches(&value.to_string()));
        let at = |value: &Value, path: &str| {
            let found = path.split('.').try_fold(value, |v, key| v.get(key));
            found.cloned()
        };
        self.page(values, at)
    }

    /// The part that is asked for, in its order. `at` reads the value that a path leads to.
    fn page<T>(&self, items: Vec<T>, at: impl Fn(&T, &str) -> Option<Value>) -> Page<T> {
        let total = items.len();
        let end = self.limit.unwrap_or(total).saturating_add(self.offset);
        let mut items = self.order.first(items, end, at);
        items.drain(..self.offset.min(items.len()));
        Page { total, items }
    }
}

/// A part of a list, and how long the whole is.
#[derive(Debug)]
pub struct Page<T> {
    /// How many were chosen before `offset` and `limit`.
    pub total: usize,
    /// Those of the page.
    pub items: Vec<T>,
}

impl Engine {
    /// The objects that the caller may see and asks for.
    pub async fn query(&self, caller: &Caller, query: &Query) -> Result<Vec<Arc<Item>>> {
        Ok(self.query_page(caller, query).await?.items)
    }

    /// As [`Self::query`], with the number before the page was cut out.
    pub async fn query_page(&self, caller: &Caller, query: &Query) -> Result<Page<Arc<Item>>> {
        let account = self.account(caller)?;
        let kinds = query.kinds.as_deref().unwrap_or(ObjectType::ALL);
        let (mut sure, mut open) = (Vec::new(), Vec::new());
        if let Some(ids) = &query.ids {
            let found = ids.iter().filter_map(|id| self.inventory.find(id));
            open.extend(found.filter(|item| kinds.contains(&item.kind)));
        }
        for kind in kinds.iter().filter(|_| query.ids.is_none()) {
            match query.decide(*kind) {
                Some(true) => sure.extend(self.inventory.of_kind(*kind)),
                Some(false) => {}
                None => open.extend(self.inventory.of_kind(*kind)),
            }
        }
        if !account.is_admin {
            sure.retain(|item| self.may(&account, item, Permission::View));
            open.retain(|item| self.may(&account, item, Permission::View));
        }
        if open.is_empty() && query.order.is_empty() {
            return Ok(query.page(sure, |_, _| None));
        }
        let (query, inventory) = (query.clone(), Arc::clone(&self.inventory));
        // Looking into tens of thousands of objects would hold up other clients.
        let work = tokio::task::spawn_blocking(move || {
            open.retain(|item| query.matches(&item.json));
            sure.extend(open);
            let find = |id: &str| {
                let found = inventory.find(id)?;
                account
                    .may(&inventory, &found, Permission::View)
                    .then_some(found)
            };
            query.page(sure, |item, path| follow(item, path, &find))
        });
        work.await.map_err(Error::internal)
    }

    /// One object of one of these types, if the caller may see it.
    pub fn fetch(&self, caller: &Caller, id: &str, kinds: &[ObjectType]) -> Result<Arc<Item>> {
        let item = self.resolve(caller, id, kinds, None)?;
        match self.require(caller, &item, Permission::View) {
            Err(Error::Unauthorized { .. }) => {
                let kind = kinds.first().map_or("object", |kind| kind.name());
                Err(Error::no_such(id, kind))
            }
            Err(other) => Err(other),
            Ok(()) => Ok(item),
        }
    }
}

/// What a path leads to, through the objects whose ids it meets.
fn follow(item: &Item, path: &str, find: &impl Fn(&str) -> Option<Arc<Item>>) -> Option<Value> {
    item.at(path).or_else(|| {
        let (first, rest) = path.split_once('.')?;
        let id = item.at(first)?;
        follow(&*find(id.as_str()?)?, rest, find)
    })
}

/// One object a line, as a download.
pub(crate) fn ndjson(items: Vec<Arc<Item>>) -> Outgoing {
    Outgoing {
        content_type: "application/json".into(),
        file_name: None,
        length: None,
        body: Box::pin(stream::iter(Pieces::lines(items).map(Ok))),
    }
}
