//! Reads `schema.txt` into the model. The file is part of the program: a line that cannot be read is left out, and the
//! tests notice.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Access, Class, Field, Kind, Method, Param, Schema, Type};
use crate::value::{NULL_REF, Text, Value};

type Enums = HashMap<String, Arc<Vec<Text>>>;

/// A class while its lines are read.
#[derive(Default)]
struct Draft {
    name: String,
    groups: HashSet<String>,
    excluded: HashSet<String>,
    fields: Vec<(Field, Value)>,
    messages: Vec<(String, Vec<Param>, bool)>,
}

pub(super) fn parse(text: &str) -> Schema {
    let mut enums = Enums::new();
    let mut drafts: Vec<Draft> = Vec::new();
    for line in text.lines() {
        let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
        let mut words = rest.split(' ');
        match (mark, drafts.last_mut()) {
            ("e", _) => {
                let name = words.next().unwrap_or_default().to_owned();
                enums.insert(name, Arc::new(words.map(Text::from).collect()));
            }
            ("c", _) => drafts.push(Draft {
                name: words.next().unwrap_or_default().to_owned(),
                groups: words.map(str::to_owned).collect(),
                ..Draft::default()
            }),
            ("x", Some(draft)) => draft.excluded.extend(words.map(str::to_owned)),
            ("f", Some(draft)) => draft.fields.extend(field(rest, &enums)),
            ("m", Some(draft)) => {
                if let (Some(name), Some(params)) = (words.next(), words.next()) {
                    let session = !rest.ends_with(" nosession");
                    draft
                        .messages
                        .push((name.to_owned(), parameters(params, &enums), session));
                }
            }
            _ => {}
        }
    }
    assemble(drafts)
}

fn field(line: &str, enums: &Enums) -> Option<(Field, Value)> {
    let mut parts = line.splitn(4, ' ');
    let access = match parts.next()? {
        "RW" => Access::ReadWrite,
        "static" => Access::Constructor,
        _ => Access::ReadOnly,
    };
    let name = Text::from(parts.next()?);
    let ty = type_of(parts.next()?, enums);
    let default = parts
        .next()
        .and_then(|json| serde_json::from_str::<serde_json::Value>(json).ok())
        .map_or_else(|| ty.zero(), crate::rpc::json::value);
    let openings = [
        format!("\"{name}\":").into_boxed_str(),
        format!("<member><name>{name}</name>").into_boxed_str(),
    ];
    let field = Field {
        name,
        openings,
        ty,
        access,
    };
    Some((field, default))
}

fn parameters(text: &str, enums: &Enums) -> Vec<Param> {
    if text == "-" {
        return Vec::new();
    }
    text.split(',')
        .map(|part| {
            let bare = part.strip_prefix('~');
            Param {
                ty: type_of(bare.unwrap_or(part), enums),
                optional: bare.is_some(),
            }
        })
        .collect()
}

fn type_of(text: &str, enums: &Enums) -> Type {
    if let Some((key, value)) = text.split_once('>') {
        return Type::Map(
            Box::new(type_of(key, enums)),
            Box::new(type_of(value, enums)),
        );
    }
    if let Some(inner) = text.strip_suffix('*') {
        return Type::Set(Box::new(type_of(inner, enums)));
    }
    if let Some(class) = text.strip_suffix('&') {
        return Type::Ref(Text::from(class));
    }
    if let Some(class) = text.strip_suffix('%') {
        return Type::Record(Text::from(class));
    }
    if let Some(name) = text.strip_prefix('=') {
        return enums
            .get(name)
            .map_or(Type::String, |words| Type::Enum(Arc::clone(words)));
    }
    match text {
        "string" => Type::String,
        "int" => Type::Int,
        "bool" => Type::Bool,
        "float" => Type::Float,
        "datetime" => Type::Date,
        _ => Type::Other,
    }
}

fn assemble(drafts: Vec<Draft>) -> Schema {
    let mut schema = Schema {
        classes: Vec::new(),
        methods: Vec::new(),
        by_name: HashMap::new(),
        by_method: HashMap::new(),
    };
    for (class, draft) in drafts.into_iter().enumerate() {
        let name = Text::from(draft.name.as_str());
        let lower = Text::from(draft.name.to_lowercase());
        schema.by_name.insert(Text::clone(&name), class);
        schema.by_name.insert(Text::clone(&lower), class);
        methods_of(class, &draft, &mut schema.methods);
        let listed = draft.groups.contains("all");
        let (fields, defaults): (Vec<Field>, Vec<Value>) = draft.fields.into_iter().unzip();
        let index = fields
            .iter()
            .enumerate()
            .map(|(at, f)| (Text::clone(&f.name), at))
            .collect();
        schema.classes.push(Class {
            name,
            lower,
            fields,
            defaults,
            listed,
            index,
        });
    }
    schema.by_method = schema
        .methods
        .iter()
        .enumerate()
        .map(|(at, method)| (method.name.clone(), at))
        .collect();
    schema
}

fn methods_of(class: usize, draft: &Draft, methods: &mut Vec<Method>) {
    let own = Type::Ref(Text::from(draft.name.as_str()));
    let param = |ty: &Type| Param {
        ty: ty.clone(),
        optional: false,
    };
    let mut add = |message: &str, kind: Kind, params: Vec<Param>, session: bool| {
        if !draft.excluded.contains(message) {
            let name = format!("{}.{message}", draft.name);
            methods.push(Method {
                name,
                class,
                kind,
                params,
                session,
            });
        }
    };
    let has = |group: &str| draft.groups.contains(group);
    if has("record") {
        add("get_record", Kind::GetRecord, vec![param(&own)], true);
        add(
            "get_by_uuid",
            Kind::GetByUuid,
            vec![param(&Type::String)],
            true,
        );
    }
    if has("create") {
        let record = Type::Record(Text::from(draft.name.as_str()));
        add("create", Kind::Create, vec![param(&record)], true);
    }
    if has("destroy") {
        add("destroy", Kind::Destroy, vec![param(&own)], true);
    }
    if has("label") {
        add(
            "get_by_name_label",
            Kind::GetByNameLabel,
            vec![param(&Type::String)],
            true,
        );
    }
    for (at, (field, _)) in draft.fields.iter().enumerate() {
        let name = &field.name;
        add(
            &format!("get_{name}"),
            Kind::Get(at),
            vec![param(&own)],
            true,
        );
        if field.access != Access::ReadWrite {
            continue;
        }
        add(
            &format!("set_{name}"),
            Kind::Set(at),
            vec![param(&own), param(&field.ty)],
            true,
        );
        match &field.ty {
            Type::Map(key, value) => {
                let entry = vec![param(&own), param(key), param(value)];
                add(&format!("add_to_{name}"), Kind::Add(at), entry, true);
                let named = vec![param(&own), param(key)];
                add(
                    &format!("remove_from_{name}"),
                    Kind::Remove(at),
                    named,
                    true,
                );
            }
            Type::Set(inner) => {
                let element = vec![param(&own), param(inner)];
                add(&format!("add_{name}"), Kind::Add(at), element.clone(), true);
                add(&format!("remove_{name}"), Kind::Remove(at), element, true);
            }
            _ => {}
        }
    }
    for (message, params, session) in &draft.messages {
        let about_row = params.first().is_some_and(|first| first.ty == own);
        let kind = about_row
            .then(|| generic_kind(draft, message))
            .flatten()
            .unwrap_or(Kind::Own);
        add(message, kind, params.clone(), *session);
    }
    if has("all") {
        add("get_all", Kind::GetAll, Vec::new(), true);
        add(
            "get_all_where",
            Kind::GetAllWhere,
            vec![param(&Type::String)],
            true,
        );
        add(
            "get_all_records_where",
            Kind::GetAllRecordsWhere,
            vec![param(&Type::String)],
            true,
        );
        add("get_all_records", Kind::GetAllRecords, Vec::new(), true);
    }
}

/// Setters that the model lists as messages of their own, although they only write one field.
fn generic_kind(draft: &Draft, message: &str) -> Option<Kind> {
    let at = |name: &str| {
        draft
            .fields
            .iter()
            .position(|(field, _)| &*field.name == name)
    };
    let field_of = |prefix: &str| message.strip_prefix(prefix).and_then(at);
    field_of("add_to_")
        .or_else(|| field_of("add_"))
        .map(Kind::Add)
        .or_else(|| {
            field_of("remove_from_")
                .or_else(|| field_of("remove_"))
                .map(Kind::Remove)
        })
        .or_else(|| field_of("set_").map(Kind::Set))
}

impl Type {
    /// The value of this type when nothing else is said.
    #[must_use]
    pub fn zero(&self) -> Value {
        match self {
            Self::Int => Value::Int(0),
            Self::Bool => Value::Bool(false),
            Self::Float => Value::Float(0.0),
            Self::Date => Value::Date(0),
            Self::Enum(words) => words.first().map_or(Value::Void, Value::from),
            Self::Ref(_) => Value::text(NULL_REF),
            Self::Set(_) => Value::set([]),
            Self::Map(..) | Self::Record(_) => Value::Map(Arc::default()),
            Self::String | Self::Other => Value::text(""),
        }
    }
}
