//! Messages (alerts) of a pool.

use xapi_records::{Id, record::Message};

use crate::json::Writer;

pub(super) fn write(message: &Message, out: &mut Writer<'_>) -> Vec<Id> {
    out.put("body", &message.body)
        .put("name", &message.name)
        .put("time", message.timestamp)
        .put("$object", &message.obj_uuid);
    vec![message.obj_uuid.clone()]
}
