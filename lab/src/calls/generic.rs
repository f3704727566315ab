//! What works for every class alike: getters, setters, sets, maps, lookups and lists, by the model alone.

use super::{Answer, Args, Env};
use crate::db::Db;
use crate::db::query::Query;
use crate::failure::Failure;
use crate::rpc::Outcome;
use crate::rpc::encode::{Encoder, Format};
use crate::schema::{Access, Class, Kind, Method, Type};
use crate::value::{Text, Value};

/// After so many records the size of the rest is guessed.
const SAMPLE: usize = 16;

/// The method only reads.
pub(super) fn reads(kind: &Kind) -> bool {
    !matches!(
        kind,
        Kind::Set(_) | Kind::Add(_) | Kind::Remove(_) | Kind::Create | Kind::Destroy | Kind::Own
    )
}

fn class_of(db: &Db, method: &Method) -> Result<&'static Class, Failure> {
    db.schema()
        .classes
        .get(method.class)
        .ok_or_else(|| Failure::internal(&method.name))
}

/// Answers a method that only reads, straight into the answer's encoding.
pub(super) fn read(db: &Db, method: &Method, args: Args<'_>, format: Format) -> Outcome {
    let class = class_of(db, method)?;
    let mut out = Encoder::new(format);
    let subject = args.text(0);
    match &method.kind {
        Kind::Get(at) => {
            let row = db.find(&class.name, &subject);
            let value = row.and_then(|row| row.values.get(*at));
            out.value(value.ok_or_else(|| Failure::handle_invalid(&class.name, &subject))?);
        }
        Kind::GetRecord => {
            let row = db.find(&class.name, &subject);
            out.record(
                class,
                row.ok_or_else(|| Failure::handle_invalid(&class.name, &subject))?,
            );
        }
        Kind::GetByUuid => {
            let found = db.by_uuid(&class.name, &subject);
            let found =
                found.ok_or_else(|| Failure::new("UUID_INVALID", [&*class.name, &*subject]))?;
            out.text(&found);
        }
        Kind::GetByNameLabel => {
            let at = class.field("name_label").unwrap_or_default();
            let named = db.rows_of(method.class).filter(|row| {
                row.values
                    .get(at)
                    .is_some_and(|value| value.as_str() == &*subject)
            });
            out.array(|out| named.for_each(|row| out.item(|out| out.text(&row.reference))));
        }
        Kind::GetAll => {
            let rows = db.rows_of(method.class);
            out.array(|out| rows.for_each(|row| out.item(|out| out.text(&row.reference))));
        }
        Kind::GetAllRecords => {
            let count = db.count(&class.name);
            out.structure(|out| {
                for (at, row) in db.rows_of(method.class).enumerate() {
                    out.member(&row.reference, |out| out.record(class, row));
                    if at == SAMPLE {
                        out.out.reserve(out.out.len() / SAMPLE * count * 11 / 10);
                    }
                }
            });
        }
        Kind::GetAllWhere | Kind::GetAllRecordsWhere => {
            let found = db.select(method.class, &Query::parse(&subject)?);
            selected(
                db,
                class,
                &found,
                method.kind == Kind::GetAllRecordsWhere,
                &mut out,
            );
        }
        _ => return Err(Failure::new("NOT_IMPLEMENTED", [method.name.as_str()])),
    }
    Ok(out.out)
}

fn selected(db: &Db, class: &Class, found: &[Text], records: bool, out: &mut Encoder) {
    if records {
        out.structure(|out| {
            for row in found.iter().filter_map(|found| db.find(&class.name, found)) {
                out.member(&row.reference, |out| out.record(class, row));
            }
        });
    } else {
        out.array(|out| {
            found
                .iter()
                .for_each(|found| out.item(|out| out.text(found)));
        });
    }
}

/// Answers a method that writes one field.
pub(super) fn write(env: &mut Env<'_>, method: &Method) -> Answer {
    let class = class_of(env.db, method)?;
    let (Kind::Set(at) | Kind::Add(at) | Kind::Remove(at)) = &method.kind else {
        return Err(Failure::new("NOT_IMPLEMENTED", [method.name.as_str()]));
    };
    let field = class
        .fields
        .get(*at)
        .ok_or_else(|| Failure::internal(&method.name))?;
    let (name, subject) = (&*field.name, env.args.text(0));
    match (&method.kind, &field.ty) {
        (Kind::Set(_), _) => {
            env.db.set(&subject, name, env.args.get(1).clone());
        }
        (Kind::Add(_), Type::Map(..)) => {
            let key = env.args.text(1);
            if env.db.get(&subject, name).entry(&key).is_some() {
                let params = [&*class.name, name, &*subject, &*key];
                return Err(Failure::new("MAP_DUPLICATE_KEY", params));
            }
            env.db
                .put_entry(&subject, name, &key, env.args.get(2).clone());
        }
        (Kind::Add(_), _) => env.db.insert(&subject, name, env.args.get(1).clone()),
        (Kind::Remove(_), Type::Map(..)) => env.db.remove_entry(&subject, name, &env.args.text(1)),
        (_, _) => env.db.remove(&subject, name, &env.args.text(1)),
    }
    Ok(Value::Void)
}

/// The members of a record that a client may give to a constructor.
pub(super) fn given(env: &Env<'_>, class: &str) -> Vec<(&'static str, Value)> {
    let schema = env.db.schema();
    let model = schema.class(class).and_then(|at| schema.classes.get(at));
    let fields = model.iter().flat_map(|model| &model.fields);
    fields
        .filter(|field| field.access != Access::ReadOnly)
        .filter_map(|field| Some((&*field.name, env.args.get(0).entry(&field.name)?.clone())))
        .collect()
}

/// A constructor that does nothing but make a row.
pub(super) fn create(env: &mut Env<'_>, method: &Method) -> Answer {
    let class = class_of(env.db, method)?;
    let fields = given(env, &class.name);
    Ok(Value::from(env.db.create(&class.name, fields)))
}
