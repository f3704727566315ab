//! Tasks of a pool, unrelated to the tasks of XO itself.

use xapi_records::{
    Id, Ref,
    record::{Host, Task},
};

use super::Number;
use crate::{json::Writer, live::View};

pub(super) fn write(
    task: &Task,
    reference: &Ref,
    view: &View<'_>,
    out: &mut Writer<'_>,
) -> Vec<Id> {
    let host = view.link::<Host>(&task.resident_on);
    let target = task.other_config.get("applies_to").map(Ref::parse);
    out.put("allowedOperations", &task.allowed_operations)
        .put("created", task.created)
        .put("current_operations", &task.current_operations)
        .put("finished", task.finished)
        .put("name_description", &task.name_description)
        .put("name_label", &task.name_label)
        .put("progress", Number(task.progress))
        .put("result", &task.result)
        .put("status", &task.status)
        .put("xapiRef", reference)
        .maybe(
            "applies_to",
            target.and_then(|target| view.link_any(&target)),
        )
        .maybe("$host", host.as_ref());
    host.into_iter().collect()
}
