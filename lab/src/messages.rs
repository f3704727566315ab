//! Messages: what the pool tells its administrators.

use crate::date;
use crate::db::Db;
use crate::value::{Text, Value};

/// Sends a message about the object with this uuid. `class` is a word of the enumeration `cls` (`VM`, `Host`, …).
pub fn send(db: &mut Db, name: &str, priority: i64, class: &str, uuid: &str, body: &str) -> Text {
    db.create(
        "message",
        [
            ("name", Value::text(name)),
            ("priority", Value::Int(priority)),
            ("cls", Value::text(class)),
            ("obj_uuid", Value::text(uuid)),
            ("timestamp", Value::Date(date::now())),
            ("body", Value::text(body)),
        ],
    )
}

/// Tells about a VM in the words of a host: `VM '<name>' (uuid: <uuid>) <what>`.
pub fn about_vm(db: &mut Db, vm: &str, name: &str, what: &str) {
    let (label, uuid) = (db.text(vm, "name_label"), db.text(vm, "uuid"));
    send(
        db,
        name,
        5,
        "VM",
        &uuid,
        &format!("VM '{label}' (uuid: {uuid}) {what}"),
    );
}
