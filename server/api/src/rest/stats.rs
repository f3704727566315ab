//! Statistics of hosts, VMs, storage, and of all hosts of a pool.

use axum::http::{Method as Verb, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};
use xo_engine::{Engine, ObjectType, Query};

use super::asked::{self, Asked};
use super::methods;
use super::route::{Route, of};
use crate::problem::Problem;

/// Collection, type, method, the parameter for the id.
const OF_ONE: &[(&str, ObjectType, &str, &str)] = &[
    ("vms", ObjectType::Vm, "vm.stats", "id"),
    ("hosts", ObjectType::Host, "host.stats", "host"),
    ("srs", ObjectType::Sr, "sr.stats", "id"),
];

pub(super) fn routes(engine: &Engine) -> Vec<Route> {
    let mut routes = Vec::new();
    for &(path, kind, method, param) in OF_ONE {
        if methods::find(engine, method).is_none() {
            continue;
        }
        let summary = format!("Statistics of one {}.", kind.name());
        let route = Route::new(
            Verb::GET,
            format!("/{path}/{{id}}/stats"),
            summary,
            move |asked| async move {
                let id = asked.param("id").to_owned();
                asked.engine().fetch(&asked.caller, &id, &[kind])?;
                asked::json(StatusCode::OK, &fetch(&asked, method, param, &id).await?)
            },
        );
        routes.push(documented(route));
    }
    if methods::find(engine, "host.stats").is_some() {
        routes.push(documented(Route::new(
            Verb::GET,
            "/pools/{id}/stats",
            "Statistics of all hosts of a pool, by host.",
            of_pool,
        )));
    }
    routes
}

fn documented(route: Route) -> Route {
    route
        .query(
            "granularity",
            json!({ "enum": ["seconds", "minutes", "hours", "days"] }),
        )
        .reply_json(200, "Times in seconds, values oldest first", of("object"))
        .reply(404, "No such object")
}

async fn fetch(asked: &Asked, method: &str, param: &str, id: &str) -> Result<Value, Problem> {
    let mut params = Map::from_iter([(param.to_owned(), json!(id))]);
    if let Some(granularity) = asked.query("granularity") {
        params.insert("granularity".into(), json!(granularity));
    }
    asked.call(method, params).await
}

/// A host that cannot tell is shown with its error; the others are told all the same.
async fn of_pool(asked: Asked) -> Result<Response, Problem> {
    let pool = asked
        .engine()
        .fetch(&asked.caller, asked.param("id"), &[ObjectType::Pool])?;
    let hosts = Query::kinds(&[ObjectType::Host]).pattern(&json!({ "$pool": pool.id.to_string() }));
    let hosts = asked.engine().query(&asked.caller, &hosts).await?;
    let ids: Vec<String> = hosts.iter().map(|host| host.id.to_string()).collect();
    let all = futures_util::future::join_all(
        ids.iter().map(|id| fetch(&asked, "host.stats", "host", id)),
    )
    .await;
    let told = ids.into_iter().zip(all).map(|(id, stats)| {
        let stats =
            stats.unwrap_or_else(|problem| json!({ "error": { "message": problem.message() } }));
        (id, stats)
    });
    asked::json(StatusCode::OK, &told.collect::<Map<String, Value>>())
}
