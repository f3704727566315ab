//! `Async.*` calls: start, await through the events of that one task, read the result, remove the task.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::{ApiError, Error, Result, Session, xml};

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

#[derive(Deserialize)]
struct TaskEvents {
    events: Vec<TaskEvent>,
    token: String,
}

#[derive(Deserialize)]
struct TaskEvent {
    #[serde(default)]
    snapshot: Option<TaskRecord>,
}

impl Session {
    /// Runs `Async.<method>` to its end. The task is removed afterwards, also when the wait is given up.
    ///
    /// # Errors
    /// The task's own failure as [`Error::Api`]; `TASK_CANCELLED` when somebody cancelled it.
    pub async fn run(&self, method: &str, args: Json) -> Result<TaskValue> {
        let task: String = self.call(&format!("Async.{method}"), args).await?;
        self.await_task(&task).await
    }

    /// Waits for a task made with [`Session::create_task`] or by an `Async.` call, then removes it.
    pub async fn await_task(&self, task: &str) -> Result<TaskValue> {
        let outcome = self.watch_task(task).await;
        self.spawn_destroy(task);
        outcome
    }

    /// A pending task for a transfer; the HTTP handler completes it.
    pub async fn create_task(&self, label: &str) -> Result<String> {
        self.call("task.create", json!([label, ""])).await
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

    async fn watch_task(&self, task: &str) -> Result<TaskValue> {
        let class = format!("task/{task}");
        let mut token = String::new();
        loop {
            let args = json!([[class], token, 30.0]);
            let reply = self
                .request("event.from", args, Duration::from_secs(60))
                .await?;
            let answer: TaskEvents = reply
                .parse()
                .map_err(|e| self.garbage("event.from", e.to_string()))?;
            let last = answer
                .events
                .into_iter()
                .filter_map(|e| e.snapshot)
                .next_back();
            match last {
                Some(record) if record.status != "pending" && record.status != "cancelling" => {
                    return self.read(record);
                }
                None if token.is_empty() => {
                    // From the beginning and still nothing: the task is not there any more.
                    return Err(gone(task));
                }
                _ => token = answer.token,
            }
        }
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

    fn spawn_destroy(&self, task: &str) {
        let (session, task) = (self.clone(), task.to_owned());
        // Nobody waits for the removal: XAPI removes forgotten tasks after a day.
        tokio::spawn(async move { session.perform("task.destroy", json!([task])).await });
    }
}

fn gone(task: &str) -> Error {
    let params = vec!["task".into(), task.to_owned()];
    Error::Api(ApiError {
        code: "HANDLE_INVALID".into(),
        params,
    })
}
