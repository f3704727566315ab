//! XO tasks: list, read, wait, watch, remove. Administrators see all of them, others their own.

use axum::body::Body;
use axum::http::{Method as Verb, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use xo_engine::{Caller, Engine, Error, Query, Task, TaskNotice, task_json};

use super::asked::{self, Asked, nothing};
use super::listing::{self, Fields};
use super::route::{Route, of};
use super::{BASE, actions};
use crate::problem::Problem;

pub(super) fn routes() -> Vec<Route> {
    let list = Route::new(Verb::GET, "/tasks", "Lists tasks, or watches them.", list);
    let one = Route::new(
        Verb::GET,
        "/tasks/{id}",
        "One task; waits for its end when asked to.",
        one,
    );
    vec![
        listing::documented(list, of("object")).query(
            "watch",
            json!({ "type": "boolean", "description": "with ndjson: goes on with each change" }),
        ),
        one.query("wait", of("boolean"))
            .reply_json(200, "The task", of("object"))
            .reply(404, "No such task"),
        Route::new(
            Verb::DELETE,
            "/tasks/{id}",
            "Removes an ended task.",
            remove,
        )
        .reply(204, "Removed")
        .reply(409, "It still runs"),
        Route::new(
            Verb::DELETE,
            "/tasks",
            "Removes all ended tasks.",
            |asked| async move {
                asked.engine().tasks.delete_ended().await?;
                Ok(nothing())
            },
        )
        .admin()
        .reply(204, "Removed"),
        Route::new(
            Verb::POST,
            "/tasks/{id}/actions/abort",
            "Asks a task to stop.",
            abort,
        )
        .query(
            "sync",
            json!({ "type": "boolean", "description": "answers 204 without a body" }),
        )
        .reply_json(202, "It was asked to stop", json!({ "type": "object" }))
        .reply(204, "With sync: it was asked to stop")
        .reply(404, "No such task")
        .reply(409, "It has ended"),
    ]
}

/// Whether the caller may see a task.
pub(super) fn is_visible(engine: &Engine, caller: &Caller, task: &Task) -> bool {
    let owner = task.properties.get("userId").and_then(Value::as_str);
    (owner.is_some() && owner == caller.user.as_deref()) || engine.is_admin(caller)
}

async fn visible(asked: &Asked) -> Result<Vec<Value>, Problem> {
    let tasks = asked.engine().tasks.list().await?;
    let seen = tasks
        .iter()
        .filter(|task| is_visible(asked.engine(), &asked.caller, task));
    Ok(seen.map(|task| task_json(task)).collect())
}

async fn list(asked: Asked) -> Result<Response, Problem> {
    if asked.flag("watch") {
        return watch(&asked);
    }
    let tasks = visible(&asked).await?;
    listing::values(&asked, "tasks", tasks)
}

/// The tasks with a property: of an object, of a user.
pub(super) async fn of_object(
    asked: &Asked,
    property: &str,
    value: &str,
) -> Result<Response, Problem> {
    let mut tasks = visible(asked).await?;
    tasks.retain(|task| {
        task.pointer(&format!("/properties/{property}"))
            .and_then(Value::as_str)
            == Some(value)
    });
    listing::values(asked, "tasks", tasks)
}

/// The tasks of an object, with those of a VM's devices, disks and snapshots, and the one that made it.
pub(super) async fn about(asked: &Asked, id: &str) -> Result<Response, Problem> {
    let mut tasks = visible(asked).await?;
    tasks.retain(|task| {
        let is = |path| task.pointer(path).and_then(Value::as_str) == Some(id);
        let vms = task.pointer("/properties/vmIds").and_then(Value::as_array);
        is("/properties/objectId")
            || is("/result/id")
            || vms.is_some_and(|vms| vms.iter().any(|vm| vm == id))
    });
    listing::values(asked, "tasks", tasks)
}

async fn fetch(asked: &Asked) -> Result<std::sync::Arc<Task>, Problem> {
    let id = asked.param("id");
    let task = asked.engine().tasks.fetch(id).await?;
    if is_visible(asked.engine(), &asked.caller, &task) {
        return Ok(task);
    }
    Err(Error::no_such(id, "task").into())
}

async fn one(asked: Asked) -> Result<Response, Problem> {
    let mut task = fetch(&asked).await?;
    if asked.flag("wait") {
        task = asked.engine().tasks.wait(asked.param("id")).await?;
    }
    asked::json(StatusCode::OK, &task_json(&task))
}

async fn remove(asked: Asked) -> Result<Response, Problem> {
    let task = fetch(&asked).await?;
    asked.engine().tasks.delete(&task.id).await?;
    Ok(nothing())
}

async fn abort(asked: Asked) -> Result<Response, Problem> {
    let task = fetch(&asked).await?;
    let engine = asked.engine();
    let started = engine.start_abort(&asked.caller, &task.id).await?;
    if !asked.flag("sync") {
        return actions::accepted(&started.task);
    }
    started.outcome().await?;
    Ok(nothing())
}

/// Endless lines: `["update", task]`, `["remove", {id}]`. A watcher that falls a thousand changes behind is cut off, to list anew.
fn watch(asked: &Asked) -> Result<Response, Problem> {
    if !asked.flag("ndjson") {
        return Err(Problem::bad_request("watch needs ndjson=true"));
    }
    let fields = Fields::parse(asked.query("fields"));
    let query = match asked.query("filter") {
        Some(filter) => Query::everything().filter(filter)?,
        None => Query::everything(),
    };
    let (engine, caller) = (asked.engine().clone(), asked.caller.clone());
    let notices = engine.tasks.watch();
    let lines = stream::unfold(
        (notices, engine, caller),
        move |(mut notices, engine, caller)| {
            let (fields, query) = (fields.clone(), query.clone());
            async move {
                loop {
                    let line = tokio::select! {
                        notice = notices.recv() => match notice {
                            Err(RecvError::Closed | RecvError::Lagged(_)) => return None,
                            Ok(TaskNotice::Update(task)) => {
                                if !is_visible(&engine, &caller, &task) {
                                    continue;
                                }
                                match query.select(vec![task_json(&task)]).pop() {
                                    Some(task) => json!(["update", shown(&task, &fields)]),
                                    None => continue,
                                }
                            }
                            Ok(TaskNotice::Remove(id)) => json!(["remove", shown(&json!({ "id": id }), &fields)]),
                        },
                        () = engine.stopped() => return None,
                    };
                    let line = format!("{line}\n");
                    return Some((
                        Ok::<_, std::convert::Infallible>(line),
                        (notices, engine, caller),
                    ));
                }
            }
        },
    );
    Ok((
        [(header::CONTENT_TYPE, "application/x-ndjson")],
        Body::from_stream(lines),
    )
        .into_response())
}

fn shown(task: &Value, fields: &Fields) -> Value {
    match fields {
        Fields::Links => {
            let id = task.get("id").and_then(Value::as_str).unwrap_or_default();
            json!(format!("{BASE}/tasks/{id}"))
        }
        Fields::All => task.clone(),
        Fields::Some(names) => listing::pick(task, names),
    }
}
