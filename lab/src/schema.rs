//! The object model: which classes, fields and messages there are, read once from `schema.txt`.
//!
//! Invariant: a row has exactly the fields of its class, in the order of the schema, so that generic accessors and
//! encoders work for every class without code of its own.

mod convert;
mod parse;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::value::{Text, Value};

/// The type of a field or parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// Text.
    String,
    /// A 64-bit integer.
    Int,
    /// A truth value.
    Bool,
    /// A double.
    Float,
    /// A date.
    Date,
    /// One of these words, compared without case on input.
    Enum(Arc<Vec<Text>>),
    /// A reference to a row of this class.
    Ref(Text),
    /// A record of this class.
    Record(Text),
    /// A set.
    Set(Box<Type>),
    /// A map.
    Map(Box<Type>, Box<Type>),
    /// Something that only results have.
    Other,
}

/// Who may write a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Clients, by generic setters.
    ReadWrite,
    /// Clients at creation only.
    Constructor,
    /// The host alone.
    ReadOnly,
}

/// A field of a class.
#[derive(Debug)]
pub struct Field {
    /// Its name, with the model's case.
    pub name: Text,
    /// How a member of this name begins: `"name":` in JSON, `<member><name>name</name>` in XML.
    pub openings: [Box<str>; 2],
    /// What it holds.
    pub ty: Type,
    /// Who writes it.
    pub access: Access,
}

/// A parameter after the session.
#[derive(Debug, Clone)]
pub struct Param {
    /// What it holds.
    pub ty: Type,
    /// It may be left out, with all that follow.
    pub optional: bool,
}

/// What a method does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// `get_<field>`.
    Get(usize),
    /// `set_<field>`.
    Set(usize),
    /// `add_<field>` of a set, `add_to_<field>` of a map.
    Add(usize),
    /// `remove_<field>` of a set, `remove_from_<field>` of a map.
    Remove(usize),
    /// `get_record`.
    GetRecord,
    /// `get_by_uuid`.
    GetByUuid,
    /// `get_by_name_label`.
    GetByNameLabel,
    /// `get_all`.
    GetAll,
    /// `get_all_records`.
    GetAllRecords,
    /// `get_all_where`.
    GetAllWhere,
    /// `get_all_records_where`.
    GetAllRecordsWhere,
    /// `create` with a record.
    Create,
    /// `destroy` of a row.
    Destroy,
    /// A message of its own.
    Own,
}

/// A method that the pool lists.
#[derive(Debug)]
pub struct Method {
    /// `<class>.<message>`.
    pub name: String,
    /// Index of the class.
    pub class: usize,
    /// What it does.
    pub kind: Kind,
    /// Its parameters, without the session.
    pub params: Vec<Param>,
    /// The first parameter on the wire is a session.
    pub session: bool,
}

impl Method {
    /// How many parameters must be there, without the session.
    #[must_use]
    pub fn required(&self) -> usize {
        self.params.iter().filter(|param| !param.optional).count()
    }
}

/// A class.
#[derive(Debug)]
pub struct Class {
    /// Its name with the model's case.
    pub name: Text,
    /// Its name in events.
    pub lower: Text,
    /// Its fields.
    pub fields: Vec<Field>,
    /// A row with every field at its default.
    pub defaults: Vec<Value>,
    /// It has `get_all_records`, so its rows appear in events.
    pub listed: bool,
    index: HashMap<Text, usize>,
}

impl Class {
    /// The place of a field in a row.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }
}

/// The whole model.
#[derive(Debug)]
pub struct Schema {
    /// The classes.
    pub classes: Vec<Class>,
    /// Every listed method, in the order of `system.listMethods`.
    pub methods: Vec<Method>,
    by_name: HashMap<Text, usize>,
    by_method: HashMap<String, usize>,
}

impl Schema {
    /// The model that every lab serves.
    pub fn get() -> &'static Self {
        static SCHEMA: OnceLock<Schema> = OnceLock::new();
        SCHEMA.get_or_init(|| parse::parse(include_str!("schema.txt")))
    }

    /// The index of a class by its name, with the model's case or in lower case.
    #[must_use]
    pub fn class(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// A method by its full name.
    #[must_use]
    pub fn method(&self, name: &str) -> Option<&Method> {
        self.by_method
            .get(name)
            .and_then(|index| self.methods.get(*index))
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Schema};

    #[test]
    fn the_schema_is_the_model_of_8_3() {
        let schema = Schema::get();
        assert!(schema.method("VM.start").is_some());
        assert!(
            schema
                .method("VM.get_all_records")
                .is_some_and(|m| m.kind == Kind::GetAllRecords)
        );
        assert!(schema.method("VM.add_to_HVM_boot_params").is_some());
        assert!(schema.method("VM.set_uuid").is_none());
        assert!(schema.method("message.get_body").is_none());
        assert!(
            schema.method("Rate_limit.get_all").is_none(),
            "newer than 8.3"
        );
        assert!(schema.methods.len() > 1500, "{}", schema.methods.len());
    }
}
