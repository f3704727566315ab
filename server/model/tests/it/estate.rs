//! A pool with at least one record of every class, in `estate.json`: class → name → record.
//!
//! References are `OpaqueRef:<name>`, written `@<name>` in the file; uuids are made from the place in the file, written `%<name>`.

use std::collections::HashMap;

use serde_json::{Map, Value};
use xapi_records::{Class, Record, Ref};
use xo_model::{Change, LivePool, Object};

/// The records of a pool, as they can still be changed.
#[derive(Clone)]
pub struct Estate {
    records: Vec<(Class, String, Value)>,
}

impl Estate {
    pub fn new() -> Self {
        let classes: Map<String, Value> =
            serde_json::from_str(include_str!("estate.json")).unwrap();
        let mut records = Vec::new();
        for (class, of_class) in classes {
            let class = Class::from_name(&class).unwrap();
            for (name, record) in of_class.as_object().unwrap() {
                records.push((class, name.clone(), record.clone()));
            }
        }
        let mut estate = Self { records };
        for place in 0..estate.records.len() {
            let mut record = estate.linked(estate.records[place].2.clone());
            record["uuid"] = uuid(place).into();
            estate.records[place].2 = record;
        }
        estate
    }

    /// Changes fields of a record.
    pub fn with(mut self, name: &str, fields: Value) -> Self {
        let fields = self.linked(fields);
        let record = self.records.iter_mut().find(|(_, n, _)| n == name).unwrap();
        for (field, value) in fields.as_object().unwrap() {
            record.2[field] = value.clone();
        }
        self
    }

    pub fn record(&self, name: &str) -> Record {
        let (class, _, json) = self.records.iter().find(|(_, n, _)| n == name).unwrap();
        Record::parse(*class, &json.to_string()).unwrap()
    }

    pub fn names(&self) -> Vec<(Class, String)> {
        self.records
            .iter()
            .map(|(class, name, _)| (*class, name.clone()))
            .collect()
    }

    pub fn uuid(&self, name: &str) -> String {
        uuid(self.records.iter().position(|(_, n, _)| n == name).unwrap())
    }

    /// Turns `@name` into references and `%name` into uuids, in keys too.
    fn linked(&self, value: Value) -> Value {
        let link = |text: String| match text.split_at_checked(1) {
            Some(("@", name)) => format!("OpaqueRef:{name}"),
            Some(("%", name)) => self.uuid(name),
            _ => text,
        };
        match value {
            Value::String(text) => Value::String(link(text)),
            Value::Array(items) => items.into_iter().map(|item| self.linked(item)).collect(),
            Value::Object(members) => {
                let linked = members
                    .into_iter()
                    .map(|(key, value)| (link(key), self.linked(value)));
                Value::Object(linked.collect())
            }
            other => other,
        }
    }

    /// A pool that knows every record.
    pub fn pool(&self) -> LivePool {
        let mut pool = LivePool::new();
        for (_, name) in self.names() {
            pool.put(&reference(&name), self.record(&name));
        }
        pool
    }

    /// The XO object of a record.
    pub fn object(&self, name: &str) -> Value {
        let mut pool = self.pool();
        let objects = Objects::of(&mut pool);
        objects.by_reference(name)
    }
}

/// The objects that were told, by id.
#[derive(Default)]
pub struct Objects(pub HashMap<String, Object>);

impl Objects {
    pub fn of(pool: &mut LivePool) -> Self {
        let mut objects = Self::default();
        objects.refresh(pool);
        objects
    }

    /// Takes what changed; the names of the records whose objects were derived, sorted.
    pub fn refresh(&mut self, pool: &mut LivePool) -> Vec<String> {
        let mut derived = Vec::new();
        let count = pool.refresh(|change| match change {
            Change::Put(object) => {
                derived.push(object.reference.to_string().replace("OpaqueRef:", ""));
                self.0.insert(object.id.to_string(), object);
            }
            Change::Gone(id) => {
                self.0.remove(&id.to_string());
            }
        });
        assert_eq!(count, derived.len());
        derived.sort();
        derived
    }

    pub fn by_reference(&self, name: &str) -> Value {
        let object = self
            .0
            .values()
            .find(|object| object.reference == reference(name))
            .unwrap();
        serde_json::from_str(&object.json).unwrap()
    }
}

pub fn reference(name: &str) -> Ref {
    Ref::parse(&format!("OpaqueRef:{name}"))
}

fn uuid(place: usize) -> String {
    format!("00000000-0000-4000-8000-{place:012}")
}
