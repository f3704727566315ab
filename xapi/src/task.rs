//! `Async.*` calls: start, await through the events of that one task, read the result, remove the task.
//!
//! Invariant: a wait ends when the task ends, when the task is gone, or when the pool was not heard of for a while. Whoever
//! stops waiting leaves no task behind.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value as Json, json};
use tokio::time::Instant;

use crate::abort;
use crate::{ApiError, Error, EventFeed, Result, Session, xml};

/// The first look: a task that is there is told at once.
const LOOK: Duration = Duration::from_secs(1);

/// What a task left: the JSON of its XML-RPC text; an empty string for no result.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskValue(pub Json);

impl TaskValue {
    /// The reference that the task made.
    pub fn reference(&self) -> Option<&str> {
        match &self.0 {
            Json::String(s) if !s.is_empty() => Some(s),
            Json::Array(items) => items.first().and_then(Json::as_str),
            _ => None,
        }
    }
}

#[derive(Debug, Deserialize)]
struct TaskRecord {
    status: String,
    #[serde(default)]
    result: String,
    #[serde(default)]
    error_info: Vec<String>,
}

impl TaskRecord {
    fn has_ended(&self) -> bool {
        self.status != "pending" && self.status != "cancelling"
    }
}

#[derive(Deserialize)]
struct TaskEvents {
    events: Vec<TaskEvent>,
    token: String,
}

#[derive(Deserialize)]
struct TaskEvent {
    operation: String,
    #[serde(default)]
    snapshot: Option<TaskRecord>,
}

/// What becomes of a task when nobody waits for it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Abandon {
    /// It goes on, and goes away at its end.
    Forget,
    /// It makes no sense without us: cancelled first.
    Cancel,
}

/// Sees to it that a task does not stay in the pool, also when the one who waits is dropped.
#[derive(Debug)]
pub(crate) struct TaskGuard {
    session: Session,
    task: Option<String>,
    abandon: Abandon,
}

impl TaskGuard {
    pub(crate) fn new(session: &Session, task: &str, abandon: Abandon) -> Self {
        Self {
            session: session.clone(),
            task: Some(task.to_owned()),
            abandon,
        }
    }

    /// The task, until it is somebody else's.
    pub(crate) fn task(&self) -> Option<&str> {
        self.task.as_deref()
    }

    /// Somebody else sees to it.
    pub(crate) fn disarm(&mut self) {
        self.task = None;
    }
}

impl Drop for TaskGuard {
    fn drop(&mut self) {
        let Some(task) = self.task.take() else { return };
        let (session, abandon) = (self.session.clone(), self.abandon);
        self.session.aside(async move {
            if abandon == Abandon::Cancel {
                session.end_task(&task).await;
            }
            let _ = session.perform("task.destroy", json!([task])).await;
        });
    }
}

impl Session {
    /// Runs `Async.<method>` to its end. The task is removed afterwards, also when the wait is given up.
    ///
    /// # Errors
    /// The task's own failure as [`Error::Api`]; `TASK_CANCELLED` when somebody cancelled it.
    pub async fn run(&self, method: &str, args: Json) -> Result<TaskValue> {
        let asked = abort::asked();
        let method = format!("Async.{method}");
        let guard = self.begin_task(&method, args, Abandon::Forget).await?;
        self.watch_unless(guard.task().unwrap_or_default(), asked)
            .await
    }

    /// Waits for a task made with [`Session::create_task`] or by an `Async.` call, then removes it.
    ///
    /// # Errors
    /// As [`Session::run`]; `HANDLE_INVALID` when somebody removed the task before its end.
    pub async fn await_task(&self, task: &str) -> Result<TaskValue> {
        let _guard = TaskGuard::new(self, task, Abandon::Forget);
        self.watch_unless(task, abort::asked()).await
    }

    /// Cancels the task when `asked` comes back, and waits for its end all the same.
    async fn watch_unless(
        &self,
        task: &str,
        asked: impl Future<Output = ()> + Send,
    ) -> Result<TaskValue> {
        let watching = self.watch_task(task);
        tokio::pin!(watching);
        tokio::select! {
            outcome = &mut watching => return outcome,
            () = asked => {}
        }
        if let Err(error) = self.cancel_task(task).await {
            tracing::debug!(task, %error, "a task that shall stop was not cancelled");
        }
        watching.await
    }

    /// A pending task for a transfer; the HTTP handler completes it.
    pub async fn create_task(&self, label: &str) -> Result<String> {
        self.call("task.create", json!([label, ""])).await
    }

    /// A call that makes a task; comes back with its guard. When the caller is dropped before the answer comes, the task is seen to all the
    /// same.
    pub(crate) async fn begin_task(
        &self,
        method: &str,
        args: Json,
        abandon: Abandon,
    ) -> Result<TaskGuard> {
        let (tell, told) = tokio::sync::oneshot::channel();
        let (session, name) = (self.clone(), method.to_owned());
        self.detach(async move {
            let made: Result<String> = session.call(&name, args).await;
            let made = made.map(|task| TaskGuard::new(&session, &task, abandon));
            // Not taken any more, the guard is dropped, and does its work.
            drop(tell.send(made));
        });
        told.await.map_err(|_| Error::Timeout {
            host: self.address().authority(),
            method: method.to_owned(),
        })?
    }

    /// Cancels a task where XAPI allows it; a task that is gone is no error.
    pub async fn cancel_task(&self, task: &str) -> Result<()> {
        match self.perform("task.cancel", json!([task])).await {
            Err(e) if matches!(e.code(), Some("HANDLE_INVALID" | "OPERATION_NOT_ALLOWED")) => {
                Ok(())
            }
            other => other,
        }
    }

    /// Cancels a task, or ends it where nobody works on it: a destroyed task that is pending would stay for ever.
    async fn end_task(&self, task: &str) {
        if let Err(e) = self.perform("task.cancel", json!([task])).await
            && e.code() == Some("OPERATION_NOT_ALLOWED")
        {
            let ended = json!([task, "cancelled"]);
            let _ = self.perform("task.set_status", ended).await;
        }
    }

    /// Waits for the end of a task and leaves it where it is.
    pub(crate) async fn watch_task(&self, task: &str) -> Result<TaskValue> {
        let mut token = String::new();
        let mut heard = Instant::now();
        loop {
            match self.poll_task(task, &mut token).await {
                Ok(Some(record)) if record.has_ended() => return self.read(record),
                Ok(_) => heard = Instant::now(),
                Err(e) if EventFeed::is_lost(&e) || is_passing(&e) => {
                    // Events may be stuck where calls are not.
                    match self
                        .call::<TaskRecord>("task.get_record", json!([task]))
                        .await
                    {
                        Ok(record) if record.has_ended() => return self.read(record),
                        Ok(_) => heard = Instant::now(),
                        Err(_) => {}
                    }
                    if heard.elapsed() > self.limits().patience {
                        return Err(e);
                    }
                    token.clear();
                    tokio::time::sleep(self.limits().retry).await;
                }
                Err(e) => return Err(e),
            }
        }
    }

    /// The task as it is when it changes, or now and then.
    async fn poll_task(&self, task: &str, token: &mut String) -> Result<Option<TaskRecord>> {
        let limits = self.limits();
        let held = if token.is_empty() { LOOK } else { limits.poll };
        let args = json!([[format!("task/{task}")], token, held.as_secs_f64()]);
        let reply = self
            .request_once("event.from", args, limits.of_poll(held))
            .await?;
        let answer: TaskEvents = reply
            .parse()
            .map_err(|e| self.garbage("event.from", e.to_string()))?;
        let Some(last) = answer.events.into_iter().next_back() else {
            // Nothing for a while: the task may be gone without an event, after a restart of the pool.
            *token = answer.token;
            return self.call("task.get_record", json!([task])).await.map(Some);
        };
        *token = answer.token;
        if last.operation == "del" {
            return Err(gone(task));
        }
        Ok(last.snapshot)
    }

    fn read(&self, record: TaskRecord) -> Result<TaskValue> {
        if record.status == "success" {
            if record.result.is_empty() {
                return Ok(TaskValue(Json::String(String::new())));
            }
            let value = if record.result.starts_with('<') {
                xml::decode_value(&record.result).map_err(|e| self.garbage("task.result", e))?
            } else {
                Json::String(record.result)
            };
            return Ok(TaskValue(value));
        }
        let mut info = record.error_info.into_iter();
        let code = info.next().unwrap_or_else(|| {
            if record.status == "cancelled" {
                "TASK_CANCELLED"
            } else {
                "INTERNAL_ERROR"
            }
            .into()
        });
        Err(Error::Api(ApiError {
            code,
            params: info.collect(),
        }))
    }
}

/// What may be over in a moment: no connection, or something else in front of a toolstack that restarts.
fn is_passing(error: &Error) -> bool {
    error.is_connection() || matches!(error, Error::Garbage { .. })
}

fn gone(task: &str) -> Error {
    let params = vec!["task".into(), task.to_owned()];
    Error::Api(ApiError {
        code: "HANDLE_INVALID".into(),
        params,
    })
}
