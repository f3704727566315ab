//! One subscription: what it is about, what of it is shown, and what the client was told.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use xo_engine::{Caller, Engine, Item, ObjectType, Query, project};

use super::super::{alarms, listing::Fields};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Objects(ObjectType),
    Alarms,
    Tasks,
    /// Connections to pools.
    Servers,
    /// Updates of the appliance: one object.
    Updates,
}

/// What a client has listed for itself.
pub(super) enum Known {
    Items(Vec<Arc<Item>>),
    Values(Vec<Value>),
}

impl Topic {
    /// The type of the objects that it is made of; tasks, connections and updates are none.
    pub(super) fn kind(self) -> Option<ObjectType> {
        match self {
            Self::Objects(kind) => Some(kind),
            Self::Alarms => Some(ObjectType::Message),
            Self::Tasks | Self::Servers | Self::Updates => None,
        }
    }
}

pub(super) struct Subscription {
    /// Tells it from another that took its name.
    pub(super) number: u64,
    pub(super) topic: Topic,
    fields: Fields,
    ids: Option<HashSet<String>>,
    matching: Option<Query>,
    /// The client still has to be told what is there.
    is_new: bool,
    /// What the client was told to be there: a hash of the text as it was told.
    told: HashMap<String, u64>,
}

impl Subscription {
    pub(super) fn new(topic: Topic, mut fields: Fields) -> Self {
        // Without it nobody knows what an event is about.
        if let Fields::Some(names) = &mut fields
            && !names.iter().any(|name| name == "id")
        {
            names.push("id".into());
        }
        static COUNT: AtomicU64 = AtomicU64::new(0);
        Self {
            number: COUNT.fetch_add(1, Ordering::Relaxed),
            topic,
            fields,
            ids: None,
            matching: None,
            is_new: false,
            told: HashMap::new(),
        }
    }

    /// Limits it to these objects, which are told first.
    pub(super) fn only(&mut self, ids: Vec<String>) {
        self.ids = Some(ids.into_iter().collect());
        self.is_new = self.topic != Topic::Tasks;
    }

    /// Limits it to what a filter chooses.
    pub(super) fn matching(&mut self, query: Query) {
        self.matching = Some(query);
    }

    pub(super) fn tells_first(&self) -> bool {
        self.is_new
    }

    /// Notes what the client has listed for itself.
    pub(super) fn knows(&mut self, engine: &Engine, there: &Known) {
        match there {
            // Their list was filtered already, unless what is shown is another view of it.
            Known::Items(items) => {
                for item in items {
                    let id = item.id.to_string();
                    if let Some(text) = self.view(engine, item)
                        && (self.topic != Topic::Alarms || self.chooses(&id, &text))
                    {
                        self.notes(id, &text);
                    }
                }
            }
            Known::Values(values) => {
                for value in values {
                    let (id, text) = (id_of(value), value.to_string());
                    if self.chooses(&id, &text) {
                        self.notes(id, &text);
                    }
                }
            }
        }
    }

    fn notes(&mut self, id: String, text: &str) {
        if let Some(shown) = self.shown(text) {
            self.told.entry(id).or_insert_with(|| hash(&shown));
        }
    }

    /// The events that make what the client was told into these values, which are all there are now.
    pub(super) fn all(&mut self, name: &str, values: &[Value]) -> String {
        self.is_new = false;
        let ids: HashSet<String> = values.iter().map(id_of).collect();
        let gone: Vec<String> = self
            .told
            .keys()
            .filter(|id| !ids.contains(*id))
            .cloned()
            .collect();
        let mut text = String::new();
        for id in gone {
            text.extend(self.is_gone(name, &id, &json!({ "id": id }).to_string()));
        }
        for value in values {
            text.extend(self.is(name, id_of(value), &value.to_string()));
        }
        text
    }

    /// The first events, once.
    pub(super) fn first(&mut self, name: &str, engine: &Engine, caller: &Caller) -> String {
        let mut text = String::new();
        if let (true, Some(kind)) = (std::mem::take(&mut self.is_new), self.topic.kind()) {
            let ids: Vec<String> = self.ids.iter().flatten().cloned().collect();
            for item in ids
                .iter()
                .filter_map(|id| engine.fetch(caller, id, &[kind]).ok())
            {
                text.extend(self.entered(name, engine, &item));
            }
        }
        text
    }

    /// The event for an object that is there now.
    pub(super) fn entered(&mut self, name: &str, engine: &Engine, item: &Item) -> Option<String> {
        let text = self.view(engine, item)?.into_owned();
        self.is(name, item.id.to_string(), &text)
    }

    /// The event for an object that is gone.
    pub(super) fn exited(&mut self, name: &str, engine: &Engine, item: &Item) -> Option<String> {
        let text = self.view(engine, item)?.into_owned();
        self.is_gone(name, &item.id.to_string(), &text)
    }

    /// The event for something that is there now; nothing when what the client sees of it is as before.
    pub(super) fn is(&mut self, name: &str, id: String, whole: &str) -> Option<String> {
        if !self.chooses(&id, whole) {
            return self.is_gone(name, &id, whole);
        }
        let text = self.shown(whole)?;
        let now = hash(&text);
        match self.told.insert(id, now) {
            None => Some(event("add", name, &text)),
            Some(before) if before == now => None,
            Some(_) => Some(event("update", name, &text)),
        }
    }

    /// The event for something that is gone, or is no longer what was subscribed to.
    pub(super) fn is_gone(&mut self, name: &str, id: &str, whole: &str) -> Option<String> {
        self.told.remove(id)?;
        Some(event("remove", name, &self.shown(whole)?))
    }

    /// An object as the collection has it; `None` when it is not in it.
    fn view<'a>(&self, engine: &Engine, item: &'a Item) -> Option<std::borrow::Cow<'a, str>> {
        match self.topic {
            Topic::Objects(kind) if item.kind == kind => Some((&*item.json).into()),
            Topic::Alarms if item.kind == ObjectType::Message => {
                Some(alarms::view(engine, item)?.to_string().into())
            }
            _ => None,
        }
    }

    fn chooses(&self, id: &str, whole: &str) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.contains(id))
            && self
                .matching
                .as_ref()
                .is_none_or(|query| query.chooses(whole))
    }

    fn shown(&self, json: &str) -> Option<String> {
        match &self.fields {
            Fields::Some(names) => project::project(json, names),
            _ => Some(json.to_owned()),
        }
    }
}

fn id_of(value: &Value) -> String {
    let id = value.get("id").and_then(Value::as_str);
    id.unwrap_or_default().to_owned()
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn event(kind: &str, subscription: &str, json: &str) -> String {
    let name = Value::String(subscription.to_owned());
    let members = json.trim_start().trim_start_matches('{');
    let comma = if members.starts_with('}') { "" } else { "," };
    format!("event: {kind}\ndata: {{\"$subscription\":{name}{comma}{members}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(names: &[&str]) -> Fields {
        Fields::Some(names.iter().map(|&n| n.into()).collect())
    }

    #[test]
    fn an_unchanged_text_is_not_told_again() {
        let mut subscription = Subscription::new(Topic::Tasks, fields(&["a"]));
        let mut tell = |json: &str| subscription.is("task", "x".into(), json);
        assert_eq!(
            tell(r#"{"a":1,"b":2}"#).unwrap(),
            "event: add\ndata: {\"$subscription\":\"task\",\"a\":1}\n\n"
        );
        assert_eq!(tell(r#"{"a":1,"b":3}"#), None);
        assert!(tell(r#"{"a":2}"#).unwrap().starts_with("event: update\n"));
        let mut gone = || subscription.is_gone("task", "x", "{}");
        assert!(gone().unwrap().starts_with("event: remove\n"));
        assert_eq!(gone(), None);
    }

    #[test]
    fn chosen_fields_come_with_the_id() {
        let mut subscription = Subscription::new(Topic::Tasks, fields(&["a"]));
        let told = subscription.is("task", "x".into(), r#"{"a":1,"b":2,"id":"x"}"#);
        let told = told.unwrap();
        assert!(
            told.contains(r#""id":"x""#) && !told.contains(r#""b""#),
            "{told}"
        );
    }

    #[test]
    fn what_a_filter_no_longer_chooses_goes_out() {
        let mut subscription = Subscription::new(Topic::Tasks, fields(&["id"]));
        subscription.matching(Query::everything().filter("status:pending").unwrap());
        let mut tell = |json: &str| subscription.is("mine", "x".into(), json);
        assert_eq!(tell(r#"{"id":"x","status":"success"}"#), None);
        let added = tell(r#"{"id":"x","status":"pending"}"#).unwrap();
        assert!(added.starts_with("event: add\n"), "{added}");
        assert_eq!(tell(r#"{"id":"x","status":"pending","n":1}"#), None);
        let removed = tell(r#"{"id":"x","status":"success"}"#).unwrap();
        assert_eq!(
            removed,
            "event: remove\ndata: {\"$subscription\":\"mine\",\"id\":\"x\"}\n\n"
        );
    }

    #[test]
    fn an_empty_object_makes_a_whole_event() {
        assert_eq!(
            event("add", "VM", "{}"),
            "event: add\ndata: {\"$subscription\":\"VM\"}\n\n"
        );
    }
}
