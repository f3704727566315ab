//! Pool connections, which Xen Orchestra calls servers.

use axum::http::{Method as Verb, StatusCode};
use serde_json::{Map, Value, json};
use xo_engine::{Engine, Error};

use super::asked::{self, Asked, created, nothing};
use super::route::{Route, of, optional, required};
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
    ("fingerprint", "fingerprint"),
];
const NEW_NAMES: &[methods::Names] = &[("autoConnect", "autoConnect"), ("wait", "wait")];

pub(super) fn routes(engine: &Engine) -> Vec<Route> {
    let fields = |method: &str, names: &[methods::Names]| {
        methods::find(engine, method)
            .map(|m| methods::fields(m, names))
            .unwrap_or_default()
    };
    let new = fields("server.add", &[NAMES, NEW_NAMES].concat());
    let change = fields("server.set", NAMES);
    let list = Route::new(
        Verb::GET,
        "/servers",
        "Lists pool connections; for others than administrators, how those stand that concern them.",
        |asked| async move {
            let servers = asked.engine().servers(&asked.caller).await?;
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
        listing::documented(list, of("object")),
        one.admin()
            .reply_json(200, "The connection", of("object"))
            .reply(404, "No such server"),
        listing::documented(of_tasks, of("object")).admin(),
        Route::new(
            Verb::POST,
            "/servers",
            "Adds a pool and connects it; with `wait`, only when that works.",
            |mut asked| async move {
                let params = asked.body().await?;
                let id = asked.call("server.add", params).await?;
                created("servers", id.as_str().unwrap_or_default())
            },
        )
        .admin()
        .body(new)
        .reply_json(201, "Added", super::route::made())
        .reply(422, "It cannot be connected; `info.code` tells why"),
        Route::new(
            Verb::POST,
            "/servers/probe",
            "Looks at an address, without an account: which certificate it shows.",
            |mut asked| async move {
                let params = asked.body().await?;
                let sight = asked.call("server.probe", params).await?;
                asked::json(StatusCode::OK, &sight)
            },
        )
        .admin()
        .body(vec![
            required("host", of("string")),
            optional("httpProxy", of("string")),
        ])
        .reply_json(200, "What was seen", sight())
        .reply(
            422,
            "It cannot be reached, or is no host; `info.code` tells which",
        ),
        Route::new(
            Verb::PATCH,
            "/servers/{id}",
            "Changes a connection; one that is enabled is made anew when need be.",
            |mut asked| async move {
                let mut params = asked.body().await?;
                params.insert("id".into(), json!(asked.param("id")));
                asked.call("server.set", params).await?;
                Ok(nothing())
            },
        )
        .admin()
        .body(change)
        .reply(204, "Changed")
        .reply(404, "No such server"),
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

fn sight() -> Value {
    json!({ "type": "object", "properties": {
        "host": of("string"),
        "encrypted": of("boolean"),
        "fingerprint": { "type": ["string", "null"] },
        "vouched": { "type": "boolean", "description": "an authority vouches for the certificate" },
    } })
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
