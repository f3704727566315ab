//! Actions: one or several methods, run in the background under an XO task that tells how it went (`xo-protocol.md` section 6).
//!
//! Everything that can be told before anything happens (who asks, parameters, objects, rights) is told to the caller at once; what
//! comes later is told by the task.

use std::pin::Pin;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::tasks::{error_value, masked};
use crate::{Caller, Engine, Error, Outcome, Result};

type Work = Pin<Box<dyn Future<Output = Result<Outcome>> + Send>>;

/// What an action leaves in its task, and answers to a caller who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Nothing.
    Nothing,
    /// `{id}`, from a method that returns the id of what it made.
    Id,
    /// Whatever the last method returns.
    Value,
}

/// What shall be done.
#[derive(Debug, Clone)]
pub struct Action {
    /// For the task's name: `start VM`.
    pub label: String,
    /// Id and type of the object that it is about.
    pub object: Option<(String, String)>,
    /// Parameters as the client sent them; secrets are masked.
    pub params: Map<String, Value>,
    /// Methods with their parameters, run one after the other; the first failure ends it.
    pub steps: Vec<(&'static str, Map<String, Value>)>,
    /// What is answered.
    pub answer: Answer,
}

/// An action that runs.
pub struct Started {
    /// The id of its task.
    pub task: String,
    done: JoinHandle<Result<Value>>,
}

impl Started {
    /// Waits for the end. An action goes on also when nobody waits.
    ///
    /// # Errors
    /// Why the action failed.
    pub async fn outcome(self) -> Result<Value> {
        self.done.await.map_err(Error::internal)?
    }
}

impl Engine {
    /// Starts an action; the returned task exists when this returns.
    ///
    /// # Errors
    /// Whatever forbids the action before it began.
    pub async fn start_action(
        self: &Arc<Self>,
        caller: &Caller,
        action: Action,
    ) -> Result<Started> {
        let mut work = Vec::with_capacity(action.steps.len());
        for (method, params) in &action.steps {
            work.push(self.prepare(caller, method, params.clone())?.work);
        }
        self.begin(caller, action, work).await
    }

    /// Starts asking a task of this server to stop.
    ///
    /// # Errors
    /// When there is no such task, or it has ended.
    pub async fn start_abort(self: &Arc<Self>, caller: &Caller, task: &str) -> Result<Started> {
        let known = self.tasks.fetch(task).await?;
        let action = Action {
            label: "abort task".into(),
            object: Some((known.id.clone(), "task".into())),
            params: Map::new(),
            steps: Vec::new(),
            answer: Answer::Nothing,
        };
        self.tasks.abort(&known.id).await?;
        self.begin(caller, action, Vec::new()).await
    }

    async fn begin(
        self: &Arc<Self>,
        caller: &Caller,
        action: Action,
        work: Vec<Work>,
    ) -> Result<Started> {
        let mut properties = Map::new();
        properties.insert("name".into(), json!(format!("REST API: {}", action.label)));
        properties.insert("type".into(), json!("xo:rest-api:action"));
        if let Some((id, kind)) = action.object {
            if let Some(name) = self.name_of(&id).await {
                properties.insert("objectName".into(), json!(name));
            }
            let vms = self.vms_of(&id);
            if !vms.is_empty() {
                properties.insert("vmIds".into(), json!(vms));
            }
            properties.insert("objectId".into(), json!(id));
            properties.insert("objectType".into(), json!(kind));
        }
        properties.insert("params".into(), masked(&Value::Object(action.params)));
        if let Some(user) = &caller.user {
            properties.insert("userId".into(), json!(&**user));
        }
        let running = self.tasks.begin_stored(properties).await?;
        let (task, abort) = (running.id(), running.abort());
        let engine = Arc::clone(self);
        let done = self.tracker.spawn(async move {
            let steps = engine.all_steps(work, action.answer, &abort);
            let last = xapi::abortable(abort.clone(), steps).await;
            running
                .end(last.as_ref().map(Value::clone).map_err(error_value))
                .await;
            last
        });
        Ok(Started { task, done })
    }

    /// The answer of the last step, or the first failure.
    async fn all_steps(
        &self,
        work: Vec<Work>,
        wanted: Answer,
        abort: &CancellationToken,
    ) -> Result<Value> {
        let mut last = Value::Null;
        for (number, step) in work.into_iter().enumerate() {
            if number > 0 && abort.is_cancelled() {
                return Err(Error::Forbidden {
                    operation: "the next step".into(),
                    reason: "the task was asked to stop".into(),
                });
            }
            let outcome = step.await.map_err(|e| self.in_ids(e))?;
            last = answer(wanted, outcome)?;
        }
        Ok(last)
    }
}

fn answer(wanted: Answer, outcome: Outcome) -> Result<Value> {
    Ok(match (wanted, outcome) {
        (Answer::Nothing, _) => Value::Null,
        (Answer::Id, Outcome::Value(id @ Value::String(_))) => json!({ "id": id }),
        (Answer::Id, Outcome::Value(made)) => match made.get("uuid").or_else(|| made.get("id")) {
            Some(id) => json!({ "id": id }),
            None => made,
        },
        (_, outcome) => outcome.into_value()?,
    })
}
