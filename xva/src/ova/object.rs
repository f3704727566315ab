//! One record of `ova.xml`, with access to its fields that says what is wrong with which object.

use std::collections::HashMap;

use super::OvaError;
use crate::xmlrpc::{Struct, Value};

/// One record.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// XAPI's name of the class: `VM`, `VBD`, `network`...
    pub class: String,
    /// What other records name it by within the archive: `Ref:<n>`.
    pub id: String,
    /// The fields.
    pub snapshot: Struct,
}

impl Object {
    pub(super) fn from_value(value: &Value) -> Option<Self> {
        let members = value.as_struct()?;
        let text = |name| Some(members.get(name)?.as_text()?.to_owned());
        let snapshot = members.get("snapshot")?.as_struct()?.clone();
        Some(Self {
            class: text("class")?,
            id: text("id")?,
            snapshot,
        })
    }

    pub(super) fn to_value(&self) -> Value {
        Value::Struct(
            Struct::new()
                .with("class", self.class.as_str())
                .with("id", self.id.as_str())
                .with("snapshot", self.snapshot.clone()),
        )
    }

    /// A field that must be there.
    ///
    /// # Errors
    /// [`OvaError::MissingField`].
    pub fn field(&self, field: &'static str) -> Result<&Value, OvaError> {
        self.snapshot
            .get(field)
            .ok_or_else(|| OvaError::MissingField {
                class: self.class.clone(),
                id: self.id.clone(),
                field,
            })
    }

    /// A text, a reference or an enumeration.
    ///
    /// # Errors
    /// When it is missing or of another type.
    pub fn text(&self, field: &'static str) -> Result<&str, OvaError> {
        let value = self.field(field)?;
        value
            .as_text()
            .ok_or_else(|| self.wrong(field, "text", value))
    }

    /// An integer.
    ///
    /// # Errors
    /// When it is missing or of another type.
    pub fn int(&self, field: &'static str) -> Result<i64, OvaError> {
        let value = self.field(field)?;
        value
            .to_int()
            .ok_or_else(|| self.wrong(field, "an integer", value))
    }

    /// A boolean.
    ///
    /// # Errors
    /// When it is missing or of another type.
    pub fn flag(&self, field: &'static str) -> Result<bool, OvaError> {
        let value = self.field(field)?;
        value
            .as_bool()
            .ok_or_else(|| self.wrong(field, "a boolean", value))
    }

    /// A map.
    ///
    /// # Errors
    /// When it is missing or of another type.
    pub fn map(&self, field: &'static str) -> Result<&Struct, OvaError> {
        let value = self.field(field)?;
        value
            .as_struct()
            .ok_or_else(|| self.wrong(field, "a struct", value))
    }

    /// A set.
    ///
    /// # Errors
    /// When it is missing or of another type.
    pub fn set(&self, field: &'static str) -> Result<&[Value], OvaError> {
        let value = self.field(field)?;
        value
            .as_array()
            .ok_or_else(|| self.wrong(field, "an array", value))
    }

    /// The object of `class` that a field names.
    pub(super) fn target<'a>(
        &self,
        by_id: &HashMap<&str, &'a Object>,
        field: &'static str,
        class: &str,
    ) -> Result<&'a Object, OvaError> {
        let target = self.text(field)?;
        match by_id.get(target) {
            Some(object) if object.class == class => Ok(object),
            _ => Err(OvaError::Dangling {
                class: self.class.clone(),
                id: self.id.clone(),
                field,
                target: target.to_owned(),
            }),
        }
    }

    pub(super) fn wrong(
        &self,
        field: &'static str,
        expected: &'static str,
        value: &Value,
    ) -> OvaError {
        OvaError::WrongType {
            class: self.class.clone(),
            id: self.id.clone(),
            field,
            expected,
            found: value.type_name(),
        }
    }
}
