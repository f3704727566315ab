//! XO tasks: what somebody asked for and how it went. They are not the pools' own tasks.
//!
//! Running tasks live in memory and are told to watchers at once. Actions of the REST API are stored from their start, so that a
//! crash shows them as interrupted; calls over JSON-RPC are stored only when they fail (`xo-protocol.md` section 6).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use xo_store::{Store, TaskStatus};

use crate::{Caller, Error, Result};

pub use xo_store::Task;

const LISTED: u32 = 2000;
const PRUNE_EVERY: u64 = 100;

/// What watchers are told.
#[derive(Debug, Clone)]
pub enum TaskNotice {
    /// New or changed.
    Update(Arc<Task>),
    /// Gone.
    Remove(String),
}

/// All tasks.
#[derive(Clone)]
pub struct Tasks {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    /// A stop waits until what ended is stored.
    tracker: TaskTracker,
    live: Mutex<BTreeMap<String, Live>>,
    notices: broadcast::Sender<TaskNotice>,
    count: AtomicU64,
}

/// A task that runs, as others see it.
struct Live {
    task: Arc<Task>,
    abort: CancellationToken,
}

/// A task that runs.
pub struct Running {
    tasks: Tasks,
    task: Mutex<Task>,
    abort: CancellationToken,
    stored: bool,
}

impl Tasks {
    /// Marks what the last run left pending as interrupted.
    pub(crate) async fn start(store: Store, tracker: TaskTracker, now_ms: i64) -> Result<Self> {
        let interrupted = store.tasks().interrupt_pending(now_ms).await?;
        if interrupted > 0 {
            tracing::warn!(interrupted, "tasks were interrupted by the last stop");
        }
        let (notices, _) = broadcast::channel(1024);
        let live = Mutex::default();
        Ok(Self {
            inner: Arc::new(Inner {
                store,
                tracker,
                live,
                notices,
                count: AtomicU64::new(0),
            }),
        })
    }

    /// Changes from now on. A watcher that falls behind by more than a thousand is told so by the channel.
    pub fn watch(&self) -> broadcast::Receiver<TaskNotice> {
        self.inner.notices.subscribe()
    }

    /// Running and ended ones, the newest first.
    pub async fn list(&self) -> Result<Vec<Arc<Task>>> {
        let live: Vec<Arc<Task>> = {
            let live = self.inner.live.lock();
            live.values().map(|live| Arc::clone(&live.task)).collect()
        };
        let stored = self.inner.store.tasks().list(LISTED).await?;
        let mut all: BTreeMap<String, Arc<Task>> = stored
            .into_iter()
            .map(|t| (t.id.clone(), Arc::new(t)))
            .collect();
        all.extend(live.into_iter().map(|t| (t.id.clone(), t)));
        Ok(all.into_values().rev().collect())
    }

    /// Those that run.
    pub(crate) fn running(&self) -> Vec<Arc<Task>> {
        let live = self.inner.live.lock();
        live.values().map(|live| Arc::clone(&live.task)).collect()
    }

    /// One task.
    pub async fn fetch(&self, id: &str) -> Result<Arc<Task>> {
        let live = self.inner.live.lock().get(id).map(|l| Arc::clone(&l.task));
        match live {
            Some(task) => Ok(task),
            None => Ok(Arc::new(self.inner.store.tasks().fetch(id).await?)),
        }
    }

    /// Waits until a task is no longer pending.
    pub async fn wait(&self, id: &str) -> Result<Arc<Task>> {
        let mut notices = self.watch();
        loop {
            let task = self.fetch(id).await?;
            if task.status != TaskStatus::Pending {
                return Ok(task);
            }
            while let Ok(notice) = notices.recv().await {
                match notice {
                    TaskNotice::Update(t) if t.id == id && t.status != TaskStatus::Pending => {
                        return Ok(t);
                    }
                    TaskNotice::Remove(gone) if gone == id => break,
                    _ => {}
                }
            }
        }
    }

    /// Asks a running task to stop. It ends when what it waits for ends: tasks of pools are cancelled where they can be.
    ///
    /// # Errors
    /// [`Error::IncorrectState`] when it has ended.
    pub async fn abort(&self, id: &str) -> Result<()> {
        if self.request_abort(id) {
            return Ok(());
        }
        let ended = self.fetch(id).await?;
        Err(Error::IncorrectState {
            id: id.into(),
            kind: "task".into(),
            property: "status".into(),
            actual: ended.status.as_str().into(),
            expected: "pending".into(),
        })
    }

    fn request_abort(&self, id: &str) -> bool {
        let mut live = self.inner.live.lock();
        let Some(live) = live.get_mut(id) else {
            return false;
        };
        let now = crate::engine::now_ms();
        let mut task = Task::clone(&live.task);
        task.abort_requested_at_ms.get_or_insert(now);
        task.updated_at_ms = Some(now);
        live.task = Arc::new(task);
        live.abort.cancel();
        let _ = self
            .inner
            .notices
            .send(TaskNotice::Update(Arc::clone(&live.task)));
        true
    }

    /// Removes an ended task from the history.
    pub async fn delete(&self, id: &str) -> Result<()> {
        if self.inner.live.lock().contains_key(id) {
            return Err(Error::IncorrectState {
                id: id.into(),
                kind: "task".into(),
                property: "status".into(),
                actual: "pending".into(),
                expected: "success, failure or interrupted".into(),
            });
        }
        self.inner.store.tasks().delete(id).await?;
        let _ = self.inner.notices.send(TaskNotice::Remove(id.to_owned()));
        Ok(())
    }

    /// Removes all ended tasks.
    pub async fn delete_ended(&self) -> Result<()> {
        let ended: Vec<String> = self.list().await?.iter().map(|t| t.id.clone()).collect();
        self.inner.store.tasks().delete_ended().await?;
        let live = self.inner.live.lock();
        for id in ended.into_iter().filter(|id| !live.contains_key(id)) {
            let _ = self.inner.notices.send(TaskNotice::Remove(id));
        }
        Ok(())
    }

    /// Begins the task of a JSON-RPC call; secrets in the parameters are masked.
    pub(crate) fn begin_call(
        &self,
        caller: &Caller,
        method: &str,
        params: &Map<String, Value>,
    ) -> Running {
        let mut properties = Map::new();
        properties.insert("name".into(), json!(format!("API call: {method}")));
        properties.insert("type".into(), json!("api.call"));
        properties.insert("method".into(), json!(method));
        properties.insert("params".into(), masked(&Value::Object(params.clone())));
        if let Some(user) = &caller.user {
            properties.insert("userId".into(), json!(&**user));
        }
        self.begin(properties, false)
    }

    /// Begins a task that is stored from its start.
    pub(crate) async fn begin_stored(&self, properties: Map<String, Value>) -> Result<Running> {
        let running = self.begin(properties, true);
        let task = running.task.lock().clone();
        self.inner.store.tasks().save(&task).await?;
        Ok(running)
    }

    fn begin(&self, properties: Map<String, Value>, stored: bool) -> Running {
        let now = crate::engine::now_ms();
        let task = Task::begin(new_id(now), properties, now);
        let abort = CancellationToken::new();
        let live = Live {
            task: Arc::new(task.clone()),
            abort: abort.clone(),
        };
        let notice = TaskNotice::Update(Arc::clone(&live.task));
        self.inner.live.lock().insert(task.id.clone(), live);
        let _ = self.inner.notices.send(notice);
        Running {
            tasks: self.clone(),
            abort,
            task: Mutex::new(task),
            stored,
        }
    }

    /// It runs no more.
    fn tell_end(&self, task: Task) {
        self.inner.live.lock().remove(&task.id);
        let _ = self.inner.notices.send(TaskNotice::Update(Arc::new(task)));
    }
}

impl Running {
    /// `GET /tasks/<id>`
    pub(crate) fn id(&self) -> String {
        self.task.lock().id.clone()
    }

    /// Cancelled when somebody asks it to stop.
    pub(crate) fn abort(&self) -> CancellationToken {
        self.abort.clone()
    }

    /// Tells how far it is, in percent.
    pub(crate) fn progress(&self, percent: u64) {
        let task = {
            let mut task = self.task.lock();
            let percent = json!(percent.min(100));
            if task.properties.get("progress") == Some(&percent) {
                return;
            }
            task.properties.insert("progress".into(), percent);
            Arc::new(task.clone())
        };
        let inner = &self.tasks.inner;
        if let Some(live) = inner.live.lock().get_mut(&task.id) {
            live.task = Arc::clone(&task);
        }
        let _ = inner.notices.send(TaskNotice::Update(task));
    }

    /// Success leaves nothing behind, a failure is stored; no client waits for that.
    pub(crate) fn end_call(self, error: Option<&Error>) {
        match error {
            None => {
                let id = self.id();
                self.tasks.inner.live.lock().remove(&id);
                let _ = self.tasks.inner.notices.send(TaskNotice::Remove(id));
            }
            Some(error) => {
                let result = Err(error_value(error));
                let tracker = self.tasks.inner.tracker.clone();
                tracker.spawn(async move { self.end(result).await });
            }
        }
    }

    /// Ends the task and stores it.
    pub(crate) async fn end(self, result: Result<Value, Value>) {
        let requested = {
            let live = self.tasks.inner.live.lock();
            live.get(&self.id())
                .and_then(|live| live.task.abort_requested_at_ms)
        };
        let task = {
            let mut task = self.task.lock();
            task.abort_requested_at_ms = requested;
            let now = crate::engine::now_ms();
            (task.status, task.result) = match result {
                Ok(Value::Null) => (TaskStatus::Success, None),
                Ok(value) => (TaskStatus::Success, Some(value)),
                Err(error) => (TaskStatus::Failure, Some(error)),
            };
            task.end_ms = Some(now);
            task.updated_at_ms = Some(now);
            task.clone()
        };
        let inner = &self.tasks.inner;
        if let Err(error) = inner.store.tasks().save(&task).await {
            tracing::error!(task = task.id, stored = self.stored, %error, "a task was not stored");
        }
        self.tasks.tell_end(task);
        if inner.count.fetch_add(1, Ordering::Relaxed) % PRUNE_EVERY == PRUNE_EVERY - 1
            && let Err(error) = inner.store.tasks().prune(xo_store::Tasks::KEPT).await
        {
            tracing::warn!(%error, "old tasks were not removed");
        }
    }
}

/// `{name, message, code?, params?}`
pub(crate) fn error_value(error: &Error) -> Value {
    match error {
        Error::Pool { code, params } => {
            json!({ "name": "XapiError", "message": error.to_string(), "code": code, "params": params })
        }
        other => {
            let name = if other.is_refusal() {
                "Refusal"
            } else {
                "Error"
            };
            json!({ "name": name, "message": other.to_string() })
        }
    }
}

/// A task as clients see it.
pub fn task_json(task: &Task) -> Value {
    let mut view = Map::new();
    view.insert("id".into(), json!(task.id));
    view.insert("properties".into(), json!(task.properties));
    view.insert("start".into(), json!(task.start_ms));
    view.insert("status".into(), json!(task.status.as_str()));
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            view.insert(key.into(), value);
        }
    };
    let list = |items: &[Value]| (!items.is_empty()).then(|| json!(items));
    put("updatedAt", task.updated_at_ms.map(|t| json!(t)));
    put("end", task.end_ms.map(|t| json!(t)));
    put(
        "abortionRequestedAt",
        task.abort_requested_at_ms.map(|t| json!(t)),
    );
    put("result", task.result.clone());
    put("infos", list(&task.infos));
    put("warnings", list(&task.warnings));
    put("tasks", list(&task.subtasks));
    Value::Object(view)
}

/// Sortable: base 36 of the time, then random.
fn new_id(now_ms: i64) -> String {
    let mut digits = Vec::new();
    let mut rest = now_ms.max(0) as u64;
    while rest > 0 {
        digits.push(char::from_digit((rest % 36) as u32, 36).unwrap_or('0'));
        rest /= 36;
    }
    let time: String = digits.into_iter().rev().collect();
    let random: String = crate::engine::random_token().chars().take(11).collect();
    format!("{time:0>9}-{random}")
}

/// Hides what nobody should read in a log.
pub(crate) fn masked(value: &Value) -> Value {
    const SECRETS: [&str; 6] = [
        "password",
        "token",
        "secret",
        "passphrase",
        "privatekey",
        "otp",
    ];
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(key, value)| {
                    let lower = key.to_lowercase();
                    let hide = SECRETS.iter().any(|s| lower.contains(s));
                    (
                        key.clone(),
                        if hide {
                            json!("* obfuscated *")
                        } else {
                            masked(value)
                        },
                    )
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(masked).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time() {
        let (early, late) = (new_id(1_700_000_000_000), new_id(1_700_000_000_001));
        assert!(early < late, "{early} {late}");
        assert_eq!(early.find('-'), Some(9));
    }

    #[test]
    fn secrets_are_masked_at_any_depth() {
        let shown = masked(&json!({"user": "a", "newPassword": "x", "l": [{"token": "y"}]}));
        let hidden = "* obfuscated *";
        assert_eq!(
            shown,
            json!({"user": "a", "newPassword": hidden, "l": [{"token": hidden}]})
        );
    }
}
