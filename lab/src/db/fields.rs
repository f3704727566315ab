//! Reading and writing single fields. A write that changes nothing leaves no trace, as in a real pool.

use std::sync::Arc;

use super::{Db, RowId};
use crate::value::{NULL_REF, Text, Value};

impl Db {
    fn place_of(&self, reference: &str, field: &str) -> Option<(RowId, usize)> {
        let id = *self.lookup.get(reference)?;
        Some((id, self.class(id)?.field(field)?))
    }

    /// A field of an object; `Void` when there is no such object or field.
    #[must_use]
    pub fn get(&self, reference: &str, field: &str) -> &Value {
        self.place_of(reference, field)
            .and_then(|(id, at)| self.row(id)?.values.get(at))
            .unwrap_or(&Value::Void)
    }

    /// A text field, empty when absent.
    #[must_use]
    pub fn text(&self, reference: &str, field: &str) -> Text {
        self.get(reference, field)
            .as_text()
            .cloned()
            .unwrap_or_else(|| Text::from(""))
    }

    /// A reference field, the null reference when absent.
    #[must_use]
    pub fn reference(&self, reference: &str, field: &str) -> Text {
        self.get(reference, field)
            .as_text()
            .cloned()
            .unwrap_or_else(|| Text::from(NULL_REF))
    }

    /// A reference field when it points at something that exists.
    #[must_use]
    pub fn linked(&self, reference: &str, field: &str) -> Option<Text> {
        self.get(reference, field)
            .as_text()
            .filter(|text| self.lookup.contains_key(*text))
            .cloned()
    }

    /// A set of references or strings.
    #[must_use]
    pub fn refs(&self, reference: &str, field: &str) -> Vec<Text> {
        let values = self.get(reference, field).elements();
        values.iter().filter_map(Value::as_text).cloned().collect()
    }

    /// An integer field, 0 when absent.
    #[must_use]
    pub fn int(&self, reference: &str, field: &str) -> i64 {
        self.get(reference, field).as_int()
    }

    /// A truth value, false when absent.
    #[must_use]
    pub fn flag(&self, reference: &str, field: &str) -> bool {
        self.get(reference, field).as_bool()
    }

    /// The text under a key of a map.
    #[must_use]
    pub fn entry(&self, reference: &str, field: &str, key: &str) -> Option<Text> {
        self.get(reference, field)
            .entry(key)
            .and_then(Value::as_text)
            .cloned()
    }

    /// Writes a field and keeps the other end of a link in step. False when there is no such object or field.
    pub fn set(&mut self, reference: &str, field: &str, value: impl Into<Value>) -> bool {
        let Some((id, at)) = self.place_of(reference, field) else {
            return false;
        };
        self.set_at(id, at, value.into())
    }

    fn set_at(&mut self, id: RowId, at: usize, value: Value) -> bool {
        let Some(row) = self.row_mut(id) else {
            return false;
        };
        let Some(slot) = row.values.get_mut(at) else {
            return false;
        };
        if *slot == value {
            return true;
        }
        let target = value.as_text().cloned();
        let before = std::mem::replace(slot, value);
        let reference = Text::clone(&row.reference);
        self.touch_row(id);
        if let Value::Str(target) = &before {
            self.unlink(id, at, target, &reference);
        }
        if let Some(target) = target {
            self.link(id, at, &target, &reference);
        }
        true
    }

    /// Writes an entry of a map, new or not.
    pub fn put_entry(&mut self, reference: &str, field: &str, key: &str, value: impl Into<Value>) {
        let value = value.into();
        self.edit_map(reference, field, |entries| {
            match entries.iter_mut().find(|(name, _)| &**name == key) {
                Some((_, slot)) => *slot = value,
                None => entries.push((Text::from(key), value)),
            }
        });
    }

    /// Takes an entry out of a map, if it is there.
    pub fn remove_entry(&mut self, reference: &str, field: &str, key: &str) {
        self.edit_map(reference, field, |entries| {
            entries.retain(|(name, _)| &**name != key);
        });
    }

    fn edit_map(
        &mut self,
        reference: &str,
        field: &str,
        edit: impl FnOnce(&mut Vec<(Text, Value)>),
    ) {
        if let Value::Map(entries) = self.get(reference, field) {
            let mut entries = Arc::clone(entries);
            edit(Arc::make_mut(&mut entries));
            self.set(reference, field, Value::Map(entries));
        }
    }

    /// Puts a value into a set, unless it is there.
    pub fn insert(&mut self, reference: &str, field: &str, value: impl Into<Value>) {
        let value = value.into();
        if let Value::Set(values) = self.get(reference, field)
            && !values.contains(&value)
        {
            let mut values = Arc::clone(values);
            Arc::make_mut(&mut values).push(value);
            self.set(reference, field, Value::Set(values));
        }
    }

    /// Takes a value out of a set, if it is there.
    pub fn remove(&mut self, reference: &str, field: &str, value: &str) {
        if let Value::Set(values) = self.get(reference, field) {
            let mut values = Arc::clone(values);
            Arc::make_mut(&mut values).retain(|element| element.as_str() != value);
            self.set(reference, field, Value::Set(values));
        }
    }
}
