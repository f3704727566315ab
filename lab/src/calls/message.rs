//! Messages to administrators.

use super::{Answer, Call, Env, call_of};
use crate::db::Row;
use crate::failure::Failure;
use crate::messages;
use crate::value::Value;

pub(super) const CALLS: &[Call] = &[
    call_of("message.create", create),
    call_of("message.destroy", |env| {
        env.db.destroy(&env.args.text(0));
        Ok(Value::Void)
    }),
    call_of("message.destroy_many", |env| {
        for message in env.args.texts(0) {
            env.db.destroy(&message);
        }
        Ok(Value::Void)
    }),
    call_of("message.get", |env| {
        let (class, uuid, since) = (env.args.text(0), env.args.text(1), env.args.int(2));
        Ok(listed(env, |env, message| {
            env.db.text(message, "cls") == class
                && env.db.text(message, "obj_uuid") == uuid
                && env.db.int(message, "timestamp") > since
        }))
    }),
    call_of("message.get_since", |env| {
        let since = env.args.int(0);
        Ok(listed(env, |env, message| {
            env.db.int(message, "timestamp") > since
        }))
    }),
];

/// The classes of objects that messages are about.
const CLASSES: [(&str, &str); 9] = [
    ("VM", "VM"),
    ("Host", "host"),
    ("SR", "SR"),
    ("Pool", "pool"),
    ("VMPP", "VMPP"),
    ("VMSS", "VMSS"),
    ("PVS_proxy", "PVS_proxy"),
    ("VDI", "VDI"),
    ("Certificate", "Certificate"),
];

/// `message.create(name, priority, class, uuid, body)`.
fn create(env: &mut Env<'_>) -> Answer {
    let (name, priority, class) = (env.args.text(0), env.args.int(1), env.args.text(2));
    let (uuid, body) = (env.args.text(3), env.args.text(4));
    let table = CLASSES
        .iter()
        .find(|(word, _)| *word == &*class)
        .map_or("", |(_, table)| table);
    if env.db.by_uuid(table, &uuid).is_none() {
        return Err(Failure::new("UUID_INVALID", [&*class, &*uuid]));
    }
    Ok(Value::from(messages::send(
        env.db, &name, priority, &class, &uuid, &body,
    )))
}

fn listed(env: &Env<'_>, wanted: impl Fn(&Env<'_>, &str) -> bool) -> Value {
    let schema = env.db.schema();
    let class = schema
        .class("message")
        .and_then(|at| schema.classes.get(at));
    let names = || {
        class
            .iter()
            .flat_map(|class| &class.fields)
            .map(|field| &*field.name)
    };
    let record = |row: &Row| Value::map(names().zip(row.values.iter().cloned()));
    let rows = env
        .db
        .rows("message")
        .filter(|row| wanted(env, &row.reference));
    Value::map(rows.map(|row| (&*row.reference, record(row))))
}
