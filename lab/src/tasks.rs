//! Tasks: rows that tell how far a call or a transfer is (reference: wire facts, section 4).
//!
//! The result of a task is XML-RPC text whatever the client speaks. A finished task stays until its owner destroys it, or
//! for a day.

use crate::date;
use crate::db::Db;
use crate::failure::Failure;
use crate::value::{Text, Value};

/// Seconds that a finished task is kept.
const KEPT: i64 = 24 * 3600;

/// Mark in `other_config` of a pending task that goes as soon as it is done.
const DOOMED: &str = "lab:destroy_when_done";

/// Who brings a task to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The pool: it can be cancelled.
    Pool,
    /// The client that made it, or the transfer that it was made for.
    Client,
}

/// Makes a pending task.
pub fn create(db: &mut Db, label: &str, description: &str, owner: Owner) -> Text {
    sweep(db);
    let host = db
        .all("pool")
        .first()
        .map(|pool| db.reference(pool, "master"));
    let allowed: &[&str] = if owner == Owner::Pool {
        &["cancel"]
    } else {
        &[]
    };
    db.create(
        "task",
        [
            ("name_label", Value::text(label)),
            ("name_description", Value::text(description)),
            ("created", Value::Date(date::now())),
            ("finished", Value::Date(0)),
            ("status", Value::text("pending")),
            (
                "resident_on",
                host.map_or_else(Value::null_ref, Value::from),
            ),
            ("type", Value::text("<none/>")),
            (
                "allowed_operations",
                Value::strings(allowed.iter().copied()),
            ),
            ("backtrace", Value::text("()")),
        ],
    )
}

fn sweep(db: &mut Db) {
    let limit = date::now() - KEPT;
    let old: Vec<Text> = db
        .all("task")
        .into_iter()
        .filter(|task| !is_pending(db, task) && db.int(task, "finished") < limit)
        .collect();
    for task in old {
        db.destroy(&task);
    }
}

/// The task is not done yet.
#[must_use]
pub fn is_pending(db: &Db, task: &str) -> bool {
    matches!(db.get(task, "status").as_str(), "pending" | "cancelling")
}

/// Tells how far a task is, from 0 to 1.
///
/// # Errors
/// `TASK_CANCELLED [task]` when it was cancelled meanwhile.
pub fn advance(db: &mut Db, task: &str, progress: f64) -> Result<(), Failure> {
    if db.get(task, "status").as_str() == "cancelling" {
        return Err(Failure::new("TASK_CANCELLED", [task]));
    }
    db.set(task, "progress", progress);
    Ok(())
}

/// Ends a task with its result (XML-RPC text, as `<value>…</value>`) or its failure. A task that is done stays as it is.
pub fn finish(db: &mut Db, task: &str, outcome: Result<String, Failure>) {
    if !is_pending(db, task) {
        return;
    }
    let status = match outcome {
        Ok(result) => {
            db.set(task, "result", result);
            "success"
        }
        Err(failure) => {
            let cancelled = failure.code == "TASK_CANCELLED";
            let words = std::iter::once(failure.code).chain(failure.params);
            db.set(task, "error_info", Value::set(words.map(Value::from)));
            if cancelled { "cancelled" } else { "failure" }
        }
    };
    db.set(task, "status", status);
    db.set(task, "progress", 1.0);
    db.set(task, "finished", Value::Date(date::now()));
    db.set(task, "allowed_operations", Value::set([]));
    if db.entry(task, "other_config", DOOMED).is_some() {
        db.destroy(task);
    }
}

/// Destroys a task, or marks it for that when it is not done.
pub fn discard(db: &mut Db, task: &str) {
    if is_pending(db, task) {
        db.put_entry(task, "other_config", DOOMED, "true");
    } else {
        db.destroy(task);
    }
}

/// Cancels a task.
///
/// # Errors
/// `OPERATION_NOT_ALLOWED` when it cannot be cancelled.
pub fn cancel(db: &mut Db, task: &str) -> Result<(), Failure> {
    let allowed = db
        .get(task, "allowed_operations")
        .elements()
        .iter()
        .any(|op| op.as_str() == "cancel");
    if !allowed {
        return Err(Failure::not_allowed(&format!(
            "Task {task} cannot be cancelled"
        )));
    }
    db.set(task, "status", "cancelling");
    Ok(())
}
