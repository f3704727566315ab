//! Actions: `POST /<collection>/{id}/actions/<name>` runs methods of the engine under an XO task. Answered at once with 202 and the task,
//! or with `?sync` when it is done.

mod table;
mod vm;

use axum::http::{Method as Verb, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};
use xo_engine::{Action, Answer, Engine};

use super::asked::{self, Asked, locate, nothing};
use super::methods::{self, Names};
use super::route::{Field, Route, made, of};
use super::{BASE, collections};
use crate::problem::Problem;

/// Methods with their parameters, in order.
type Steps = Vec<(&'static str, Map<String, Value>)>;

/// Makes them of a body.
type MakeSteps = fn(&Asked, &Map<String, Value>) -> Result<Steps, Problem>;

/// The members of a body, and the steps that they make.
type Special = (fn() -> Vec<Field>, MakeSteps);

/// One action of the objects of a collection.
pub(super) struct Definition {
    collection: &'static str,
    name: &'static str,
    /// In words, for the task's name and the document.
    label: &'static str,
    method: &'static str,
    /// The parameter that takes the object's id.
    id: &'static str,
    names: &'static [Names],
    /// Parameters that are always set.
    fixed: &'static [&'static str],
    answer: Answer,
    /// For actions that are more than one renamed call.
    special: Option<Special>,
}

const fn action(
    collection: &'static str,
    name: &'static str,
    label: &'static str,
    method: &'static str,
) -> Definition {
    Definition {
        collection,
        name,
        label,
        method,
        id: "id",
        names: &[],
        fixed: &[],
        answer: Answer::Nothing,
        special: None,
    }
}

impl Definition {
    const fn id(mut self, param: &'static str) -> Self {
        self.id = param;
        self
    }

    const fn names(mut self, names: &'static [Names]) -> Self {
        self.names = names;
        self
    }

    const fn with(mut self, flags: &'static [&'static str]) -> Self {
        self.fixed = flags;
        self
    }

    const fn makes(mut self, answer: Answer) -> Self {
        self.answer = answer;
        self
    }

    const fn by(mut self, fields: fn() -> Vec<Field>, steps: MakeSteps) -> Self {
        self.special = Some((fields, steps));
        self
    }

    fn steps(&self, asked: &Asked, body: Map<String, Value>) -> Result<Steps, Problem> {
        if let Some((_, steps)) = self.special {
            return steps(asked, &body);
        }
        let mut params = methods::rename(body, self.names);
        params.insert(self.id.into(), json!(asked.param("id")));
        for flag in self.fixed {
            params.insert((*flag).into(), json!(true));
        }
        Ok(vec![(self.method, params)])
    }
}

/// The routes of all actions whose methods exist.
pub(super) fn routes(engine: &Engine) -> Vec<Route> {
    table::ALL
        .iter()
        .filter_map(|definition| route(engine, definition))
        .collect()
}

fn route(engine: &Engine, d: &'static Definition) -> Option<Route> {
    let method = methods::find(engine, d.method)?;
    let fields = match d.special {
        Some((fields, _)) => fields(),
        None => methods::fields(method, d.names),
    };
    let path = format!("/{}/{{id}}/actions/{}", d.collection, d.name);
    let summary = format!("Action: {}.", d.label);
    let route = Route::new(Verb::POST, path, summary, move |asked| run(asked, d))
        .query("sync", json!({ "type": "boolean", "description": "answers when it is done" }))
        .body(fields)
        .reply_json(
            202,
            "It runs: the task tells how it goes",
            json!({ "type": "object", "properties": { "taskId": of("string") }, "required": ["taskId"] }),
        )
        .reply(404, "No such object");
    Some(match d.answer {
        Answer::Nothing => route.reply(204, "With sync: done"),
        Answer::Id => route.reply_json(201, "With sync: made", made()),
        Answer::Value => route.reply_json(200, "With sync: the result", json!({})),
    })
}

async fn run(mut asked: Asked, d: &'static Definition) -> Result<Response, Problem> {
    let body = asked.body().await?;
    let id = asked.param("id").to_owned();
    let kind = match collections::ALL.iter().find(|c| c.path == d.collection) {
        Some(collection) => {
            asked
                .engine()
                .fetch(&asked.caller, &id, &[collection.kind])?;
            collection.kind.name()
        }
        None => d.collection.trim_end_matches('s'),
    };
    let action = Action {
        label: d.label.into(),
        object: Some((id, kind.into())),
        params: body.clone(),
        steps: d.steps(&asked, body)?,
        answer: d.answer,
    };
    let started = asked
        .engine()
        .start_action(&asked.caller, action)
        .await
        .map_err(|e| methods::in_body_names(e, d.names))?;
    if !asked.flag("sync") {
        return accepted(&started.task);
    }
    let result = started.outcome().await?;
    match d.answer {
        Answer::Nothing => Ok(nothing()),
        Answer::Id => asked::json(StatusCode::CREATED, &result),
        Answer::Value => asked::json(StatusCode::OK, &result),
    }
}

/// 202 with the task that tells how it goes.
pub(super) fn accepted(task: &str) -> Result<Response, Problem> {
    let mut response = asked::json(StatusCode::ACCEPTED, &json!({ "taskId": task }))?;
    locate(&mut response, &format!("{BASE}/tasks/{task}"));
    Ok(response)
}
