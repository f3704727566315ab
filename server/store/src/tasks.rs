//! XO tasks and their history (xo-protocol section 6, "XO tasks").
//!
//! The engine owns the running task and saves it whole; a task that has ended never changes again.
//! The newest [`Tasks::KEPT`] are kept.

use serde_json::{Map, Value};
use sqlx::any::AnyRow;

use crate::database::Transaction;
use crate::error::{Noun, StoreError};
use crate::row;
use crate::store::Store;
use crate::text::check_name;

/// How a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskStatus {
    /// It runs.
    Pending,
    /// It did what it should.
    Success,
    /// It did not.
    Failure,
    /// The server ended before it did.
    Interrupted,
}

impl TaskStatus {
    /// XO's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Interrupted => "interrupted",
        }
    }

    /// From XO's word.
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::Pending,
            Self::Success,
            Self::Failure,
            Self::Interrupted,
        ]
        .into_iter()
        .find(|status| status.as_str() == word)
    }
}

/// A task. Times are ms since 1970.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Sortable by time; made by the engine.
    pub id: String,
    /// How it stands.
    pub status: TaskStatus,
    /// When it began.
    pub start_ms: i64,
    /// When it last changed.
    pub updated_at_ms: Option<i64>,
    /// When it ended.
    pub end_ms: Option<i64>,
    /// When someone asked it to stop.
    pub abort_requested_at_ms: Option<i64>,
    /// `{name, type?, objectId?, vmIds?, userId?, method?, params?, progress?, …}`. No secrets: the engine
    /// masks them.
    pub properties: Map<String, Value>,
    /// What it ended with.
    pub result: Option<Value>,
    /// `[{message, data}]`.
    pub infos: Vec<Value>,
    /// `[{message, data}]`.
    pub warnings: Vec<Value>,
    /// Subtasks in XO's shape.
    pub subtasks: Vec<Value>,
}

impl Task {
    /// A task that begins now.
    pub fn begin(id: impl Into<String>, properties: Map<String, Value>, now_ms: i64) -> Self {
        Self {
            id: id.into(),
            status: TaskStatus::Pending,
            start_ms: now_ms,
            updated_at_ms: None,
            end_ms: None,
            abort_requested_at_ms: None,
            properties,
            result: None,
            infos: Vec::new(),
            warnings: Vec::new(),
            subtasks: Vec::new(),
        }
    }
}

/// The tasks of a store.
#[derive(Clone, Copy)]
pub struct Tasks<'s> {
    store: &'s Store,
}

const COLUMNS: &str = "id, status, start_ms, updated_at_ms, end_ms, abort_requested_at_ms, \
     properties, result, infos, warnings, subtasks";

impl<'s> Tasks<'s> {
    /// How many tasks are kept.
    pub const KEPT: u32 = 1000;

    pub(crate) fn new(store: &'s Store) -> Self {
        Self { store }
    }

    /// Writes a task as it is now: a new one, or a later state of a pending one. Once it has been
    /// saved as ended, later saves of a pending state are ignored (they were overtaken).
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for an unfit id.
    pub async fn save(self, task: &Task) -> Result<(), StoreError> {
        self.save_all(std::slice::from_ref(task)).await
    }

    /// [`Self::save`] of several in one transaction.
    pub async fn save_all(self, tasks: &[Task]) -> Result<(), StoreError> {
        for task in tasks {
            check_name(Noun::Task, "id", &task.id)?;
        }
        let mut transaction = self.store.database().write("save a task").await?;
        for task in tasks {
            write(&mut transaction, task).await?;
        }
        transaction.commit().await
    }

    /// The task with this id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn fetch(self, id: &str) -> Result<Task, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM tasks WHERE id = $1");
        let mut transaction = self.store.database().read("find a task").await?;
        match transaction.row(sqlx::query(&sql).bind(id)).await? {
            Some(found) => read(&found),
            None => Err(StoreError::not_found(Noun::Task, id)),
        }
    }

    /// The newest `limit` tasks, newest first.
    pub async fn list(self, limit: u32) -> Result<Vec<Task>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM tasks ORDER BY start_ms DESC, id DESC LIMIT $1");
        let mut transaction = self.store.database().read("list tasks").await?;
        let rows = transaction
            .rows(sqlx::query(&sql).bind(i64::from(limit)))
            .await?;
        rows.iter().map(read).collect()
    }

    /// Deletes a task.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete(self, id: &str) -> Result<(), StoreError> {
        let mut transaction = self.store.database().write("delete a task").await?;
        let deleted = transaction
            .execute(sqlx::query("DELETE FROM tasks WHERE id = $1").bind(id))
            .await?;
        if deleted == 0 {
            return Err(StoreError::not_found(Noun::Task, id));
        }
        transaction.commit().await
    }

    /// Deletes all tasks that have ended; tells how many there were.
    pub async fn delete_ended(self) -> Result<u64, StoreError> {
        let mut transaction = self.store.database().write("delete ended tasks").await?;
        let deleted = transaction
            .execute(sqlx::query("DELETE FROM tasks WHERE status <> 'pending'"))
            .await?;
        transaction.commit().await?;
        Ok(deleted)
    }

    /// Marks what is still pending as interrupted; tells how many. For the start of the server:
    /// whoever ran them is gone.
    pub async fn interrupt_pending(self, now_ms: i64) -> Result<u64, StoreError> {
        let mut transaction = self
            .store
            .database()
            .write("interrupt pending tasks")
            .await?;
        let interrupted = transaction
            .execute(
                sqlx::query(
                    "UPDATE tasks SET status = 'interrupted', end_ms = $1, updated_at_ms = $1 \
                     WHERE status = 'pending'",
                )
                .bind(now_ms),
            )
            .await?;
        transaction.commit().await?;
        Ok(interrupted)
    }

    /// Deletes ended tasks beyond the newest `keep` tasks; tells how many. [`Tasks::save`] does not
    /// do it: call this now and then, with [`Tasks::KEPT`].
    pub async fn prune(self, keep: u32) -> Result<u64, StoreError> {
        let mut transaction = self.store.database().write("prune tasks").await?;
        let oldest_kept = transaction
            .row(
                sqlx::query(
                    "SELECT id, start_ms FROM tasks ORDER BY start_ms DESC, id DESC \
                     LIMIT 1 OFFSET $1",
                )
                .bind(i64::from(keep)),
            )
            .await?;
        let Some(first_gone) = oldest_kept else {
            return Ok(0);
        };
        let deleted = transaction
            .execute(
                sqlx::query(
                    "DELETE FROM tasks WHERE status <> 'pending' \
                     AND (start_ms < $1 OR (start_ms = $1 AND id <= $2))",
                )
                .bind(row::integer(&first_gone, "start_ms")?)
                .bind(row::text(&first_gone, "id")?),
            )
            .await?;
        transaction.commit().await?;
        Ok(deleted)
    }
}

async fn write(transaction: &mut Transaction<'_>, task: &Task) -> Result<(), StoreError> {
    let list = |values: &[Value]| Value::Array(values.to_vec()).to_string();
    transaction
        .execute(
            sqlx::query(
                "INSERT INTO tasks (id, status, start_ms, updated_at_ms, end_ms, \
                 abort_requested_at_ms, properties, result, infos, warnings, subtasks) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
                 ON CONFLICT (id) DO UPDATE SET status = excluded.status, \
                 updated_at_ms = excluded.updated_at_ms, end_ms = excluded.end_ms, \
                 abort_requested_at_ms = excluded.abort_requested_at_ms, \
                 properties = excluded.properties, result = excluded.result, \
                 infos = excluded.infos, warnings = excluded.warnings, \
                 subtasks = excluded.subtasks WHERE tasks.status = 'pending'",
            )
            .bind(&task.id)
            .bind(task.status.as_str())
            .bind(task.start_ms)
            .bind(task.updated_at_ms)
            .bind(task.end_ms)
            .bind(task.abort_requested_at_ms)
            .bind(Value::Object(task.properties.clone()).to_string())
            .bind(task.result.as_ref().map(Value::to_string))
            .bind(list(&task.infos))
            .bind(list(&task.warnings))
            .bind(list(&task.subtasks)),
        )
        .await
        .map(drop)
}

fn read(found: &AnyRow) -> Result<Task, StoreError> {
    Ok(Task {
        id: row::text(found, "id")?,
        status: row::word(found, "status", TaskStatus::parse)?,
        start_ms: row::integer(found, "start_ms")?,
        updated_at_ms: row::maybe_integer(found, "updated_at_ms")?,
        end_ms: row::maybe_integer(found, "end_ms")?,
        abort_requested_at_ms: row::maybe_integer(found, "abort_requested_at_ms")?,
        properties: row::json(found, "properties")?,
        result: row::maybe_json(found, "result")?,
        infos: row::json(found, "infos")?,
        warnings: row::json(found, "warnings")?,
        subtasks: row::json(found, "subtasks")?,
    })
}
