//! Pool connections, which Xen Orchestra calls servers.

use axum::http::{Method as Verb, StatusCode};
use serde_json::{Map, Value, json};
use xo_engine::{Engine, Error};

use super::asked::{self, Asked, created, nothing};
use super::route::{Route, of};
use super::{listing, methods, tasks};
use crate::problem::Problem;

const NAMES: &[methods::Names] = &[
    ("host", "host"),
    ("username", "username"),
    ("password", "password"),
    ("label", "label"),
    ("allowUnauthorized", "allowUnauthorized"),
    ("readOnly", "readOnly"),
    ("httpProxy", "httpProxy"),
];

pub(super) fn routes(engine: &Engine) -> Vec<Route> {
    let fields = methods::find(engine, "server.add")
        .map(|m| methods::fields(m, NAMES))
        .unwrap_or_default();
    let list = Route::new(
        Verb::GET,
        "/servers",
        "Lists pool connections.",
        |asked| async move {
            let servers = all(&asked).await?;
            listing::values(&asked, "servers", servers)
        },
    );
    let one = Route::new(
        Verb::GET,
        "/servers/{id}",
        "One pool connection.",
        |asked| async move {
            let server = find(&asked).await?;
            asked::json(StatusCode::OK, &server)
        },
    );
    let of_tasks = Route::new(
        Verb::GET,
        "/servers/{id}/tasks",
        "Lists the tasks of a connection.",
        |asked| async move {
            find(&asked).await?;
            tasks::of_object(&asked, "objectId", asked.param("id")).await
        },
    );
    vec![
        listing::documented(list, of("object")).admin(),
        one.admin()
            .reply_json(200, "The connection", of("object"))
            .reply(404, "No such server"),
        listing::documented(of_tasks, of("object")).admin(),
        Route::new(
            Verb::POST,
            "/servers",
            "Adds a pool and connects it.",
            |mut asked| async move {
                let params = asked.body().await?;
                let id = asked.call("server.add", params).await?;
                created("servers", id.as_str().unwrap_or_default())
            },
        )
        .admin()
        .body(fields)
        .reply_json(201, "Added", super::route::made()),
        Route::new(
            Verb::DELETE,
            "/servers/{id}",
            "Disconnects a pool and forgets it.",
            |asked| async move {
                let params = Map::from_iter([("id".to_owned(), json!(asked.param("id")))]);
                asked.call("server.remove", params).await?;
                Ok(nothing())
            },
        )
        .admin()
        .reply(204, "Removed"),
    ]
}

async fn all(asked: &Asked) -> Result<Vec<Value>, Problem> {
    let Value::Array(servers) = asked.call("server.getAll", Map::new()).await? else {
        return Ok(Vec::new());
    };
    Ok(servers)
}

async fn find(asked: &Asked) -> Result<Value, Problem> {
    let id = asked.param("id");
    let found = all(asked)
        .await?
        .into_iter()
        .find(|s| s.get("id").and_then(Value::as_str) == Some(id));
    found.ok_or_else(|| Error::no_such(id, "server").into())
}
