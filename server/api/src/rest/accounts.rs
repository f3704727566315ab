//! Users, groups and tokens.

use axum::http::{Method as Verb, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};
use xo_engine::{Error, Query};

use super::asked::{self, Asked, created, nothing};
use super::route::{Route, of, optional, required};
use super::{listing, tasks};
use crate::problem::Problem;

pub(super) fn routes() -> Vec<Route> {
    let mut routes = users();
    routes.extend(groups());
    routes.extend(tokens());
    routes
}

fn users() -> Vec<Route> {
    let permission = || json!({ "enum": ["none", "admin"] });
    let list = Route::new(Verb::GET, "/users", "Lists users.", |asked| async move {
        let users = visible(&asked, "user.getAll").await?;
        listing::values(&asked, "users", users)
    });
    let one = Route::new(
        Verb::GET,
        "/users/{id}",
        "One user; `me` is the caller.",
        |asked| async move {
            let user = user(&asked).await?;
            asked::json(StatusCode::OK, &user)
        },
    );
    let of_groups = Route::new(
        Verb::GET,
        "/users/{id}/groups",
        "Lists the groups of a user.",
        |asked| async move {
            let id = json!(user(&asked).await?.get("id"));
            let mut groups = visible(&asked, "group.getAll").await?;
            groups.retain(|group| {
                group
                    .get("users")
                    .and_then(Value::as_array)
                    .is_some_and(|u| u.contains(&id))
            });
            listing::values(&asked, "groups", groups)
        },
    );
    let of_tasks = Route::new(
        Verb::GET,
        "/users/{id}/tasks",
        "Lists the tasks of a user.",
        |asked| async move {
            user(&asked).await?;
            tasks::of_object(&asked, "userId", asked.param("id")).await
        },
    );
    vec![
        listing::documented(list, of("object")),
        one.reply_json(200, "The user", of("object"))
            .reply(404, "No such user"),
        listing::documented(of_groups, of("object")),
        listing::documented(of_tasks, of("object")),
        Route::new(
            Verb::POST,
            "/users",
            "Makes a user.",
            |mut asked| async move {
                let mut params = asked.body().await?;
                let name = params.shift_remove("name").unwrap_or_default();
                params.insert("email".into(), name);
                made(&asked, "users", "user.create", params).await
            },
        )
        .admin()
        .body(vec![
            required("name", of("string")),
            required("password", of("string")),
            optional("permission", permission()),
        ])
        .reply_json(201, "Made", super::route::made()),
        Route::new(
            Verb::PATCH,
            "/users/{id}",
            "Changes a user; preferences are merged, a null deletes its key. Users change their own preferences by themselves.",
            |mut asked| async move {
                let mut params = asked.body().await?;
                if let Some(name) = params.shift_remove("name") {
                    params.insert("email".into(), name);
                }
                on(&asked, "user.set", params).await
            },
        )
        .body(vec![
            optional("name", of("string")),
            optional("password", of("string")),
            optional("permission", permission()),
            optional("preferences", of("object")),
        ])
        .reply(204, "Changed"),
        Route::new(
            Verb::DELETE,
            "/users/{id}",
            "Deletes a user.",
            |asked| async move { on(&asked, "user.delete", Map::new()).await },
        )
        .admin()
        .reply(204, "Deleted"),
        Route::new(
            Verb::POST,
            "/users/{id}/actions/change_password",
            "Changes the caller's own password; administrators set others' by `PATCH`.",
            change_password,
        )
        .body(vec![
            required("oldPassword", of("string")),
            required("newPassword", of("string")),
        ])
        .reply(204, "Changed")
        .reply(422, "The old password is wrong")
        .reply(
            429,
            "Too many failures: `retry-after` tells how long to wait",
        ),
    ]
}

fn groups() -> Vec<Route> {
    let list = Route::new(Verb::GET, "/groups", "Lists groups.", |asked| async move {
        let groups = visible(&asked, "group.getAll").await?;
        listing::values(&asked, "groups", groups)
    });
    let one = Route::new(
        Verb::GET,
        "/groups/{id}",
        "One group.",
        |asked| async move {
            let group = group(&asked).await?;
            asked::json(StatusCode::OK, &group)
        },
    );
    let members = Route::new(
        Verb::GET,
        "/groups/{id}/users",
        "Lists the members of a group.",
        |asked| async move {
            let members = json!(group(&asked).await?.get("users"));
            let mut users = visible(&asked, "user.getAll").await?;
            let is_member = |user: &Value| {
                members
                    .as_array()
                    .zip(user.get("id"))
                    .is_some_and(|(m, id)| m.contains(id))
            };
            users.retain(is_member);
            listing::values(&asked, "users", users)
        },
    );
    let of_tasks = Route::new(
        Verb::GET,
        "/groups/{id}/tasks",
        "Lists the tasks of a group.",
        |asked| async move {
            group(&asked).await?;
            tasks::of_object(&asked, "objectId", asked.param("id")).await
        },
    );
    let member = |verb, summary, method: &'static str| {
        Route::new(
            verb,
            "/groups/{id}/users/{userId}",
            summary,
            move |asked| async move {
                group(&asked).await?;
                on(
                    &asked,
                    method,
                    Map::from_iter([("userId".to_owned(), json!(asked.param("userId")))]),
                )
                .await
            },
        )
        .admin()
        .reply(204, "Done")
    };
    vec![
        listing::documented(list, of("object")).admin(),
        one.admin()
            .reply_json(200, "The group", of("object"))
            .reply(404, "No such group"),
        listing::documented(members, of("object")).admin(),
        listing::documented(of_tasks, of("object")).admin(),
        Route::new(
            Verb::POST,
            "/groups",
            "Makes a group.",
            |mut asked| async move {
                let params = asked.body().await?;
                made(&asked, "groups", "group.create", params).await
            },
        )
        .admin()
        .body(vec![required("name", of("string"))])
        .reply_json(201, "Made", super::route::made()),
        Route::new(
            Verb::PATCH,
            "/groups/{id}",
            "Renames a group.",
            |mut asked| async move {
                let params = asked.body().await?;
                on(&asked, "group.set", params).await
            },
        )
        .admin()
        .body(vec![optional("name", of("string"))])
        .reply(204, "Changed"),
        Route::new(
            Verb::DELETE,
            "/groups/{id}",
            "Deletes a group.",
            |asked| async move { on(&asked, "group.delete", Map::new()).await },
        )
        .admin()
        .reply(204, "Deleted"),
        member(Verb::PUT, "Adds a member.", "group.addUser"),
        member(Verb::DELETE, "Removes a member.", "group.removeUser"),
    ]
}

fn tokens() -> Vec<Route> {
    let body = || {
        vec![
            optional("description", of("string")),
            optional(
                "expiresIn",
                json!({ "type": ["number", "string"], "description": "milliseconds, or `1 hour`" }),
            ),
            optional(
                "client",
                json!({ "type": "object", "properties": { "id": of("string") } }),
            ),
        ]
    };
    let token = || json!({ "type": "object", "properties": { "token": of("object") } });
    let list = Route::new(
        Verb::GET,
        "/users/{id}/authentication_tokens",
        "Lists the caller's tokens.",
        |asked| async move {
            only_self(&asked)?;
            let tokens = asked.engine().own_tokens(&asked.caller).await?;
            let query = listing::query(&asked, Query::everything())?;
            asked::json(StatusCode::OK, &query.select(tokens))
        },
    );
    let create = |path: &str, summary: &str| {
        Route::new(Verb::POST, path, summary, create_token)
            .body(body())
            .reply_json(
                201,
                "The token; its id is the secret and is told only now",
                token(),
            )
    };
    vec![
        list.query("filter", of("string"))
            .query("limit", of("integer"))
            .reply_json(
                200,
                "The tokens, without their secrets",
                json!({ "type": "array", "items": of("object") }),
            ),
        create(
            "/users/{id}/authentication_tokens",
            "Makes a token for the caller.",
        ),
        create(
            "/users/authentication_tokens",
            "Makes a token for the caller (old address).",
        ),
        Route::new(
            Verb::DELETE,
            "/users/{id}/authentication_tokens/{tokenId}",
            "Revokes one of the caller's tokens: it lets nobody in any more.",
            revoke_token,
        )
        .reply(204, "Revoked")
        .reply(404, "No such token"),
    ]
}

async fn revoke_token(asked: Asked) -> Result<Response, Problem> {
    only_self(&asked)?;
    let id = asked.param("tokenId");
    // What is listed, by its public id: a secret has no place in an address.
    let own = asked.engine().own_tokens(&asked.caller).await?;
    if !own.iter().any(|token| token.get("id") == Some(&json!(id))) {
        return Err(Error::no_such(id, "token").into());
    }
    let tokens = Map::from_iter([("tokens".to_owned(), json!([id]))]);
    asked.call("token.deleteOwn", tokens).await?;
    Ok(nothing())
}

async fn change_password(mut asked: Asked) -> Result<Response, Problem> {
    only_self(&asked)?;
    let params = asked.body().await?;
    match asked.call("user.changePassword", params).await {
        // The caller is signed in as well as before.
        Err(Problem::Engine(Error::InvalidCredentials)) => {
            Err(Error::invalid("oldPassword", "is not the password of this account").into())
        }
        answer => answer.map(|_| nothing()),
    }
}

async fn create_token(mut asked: Asked) -> Result<Response, Problem> {
    if !asked.param("id").is_empty() {
        only_self(&asked)?;
    }
    let params = asked.body().await?;
    let (mut token, secret) = asked.engine().create_token(&asked.caller, &params).await?;
    if let Some(members) = token.as_object_mut() {
        members.insert("id".into(), json!(secret));
    }
    asked::json(StatusCode::CREATED, &json!({ "token": token }))
}

/// Nobody makes, sees or revokes tokens for somebody else, or changes a password by knowing the old one.
fn only_self(asked: &Asked) -> Result<(), Problem> {
    if asked.caller.user.as_deref() == Some(asked.param("id")) {
        return Ok(());
    }
    Err(Error::Unauthorized {
        permission: "self".into(),
        object: Some((asked.param("id").into(), "user".into())),
    }
    .into())
}

/// All that the method lists for administrators; others see themselves.
async fn visible(asked: &Asked, method: &str) -> Result<Vec<Value>, Problem> {
    if asked.engine().is_admin(&asked.caller) {
        let Value::Array(all) = asked.call(method, Map::new()).await? else {
            return Ok(Vec::new());
        };
        return Ok(all);
    }
    if method == "user.getAll" {
        return Ok(vec![asked.call("session.getUser", Map::new()).await?]);
    }
    Ok(Vec::new())
}

async fn user(asked: &Asked) -> Result<Value, Problem> {
    find(asked, "user.getAll", "user").await
}

async fn group(asked: &Asked) -> Result<Value, Problem> {
    find(asked, "group.getAll", "group").await
}

async fn find(asked: &Asked, method: &str, kind: &str) -> Result<Value, Problem> {
    let id = asked.param("id");
    let all = visible(asked, method).await?;
    let found = all
        .into_iter()
        .find(|one| one.get("id").and_then(Value::as_str) == Some(id));
    found.ok_or_else(|| Error::no_such(id, kind).into())
}

async fn made(
    asked: &Asked,
    path: &str,
    method: &str,
    params: Map<String, Value>,
) -> Result<Response, Problem> {
    let id = asked.call(method, params).await?;
    created(path, id.as_str().unwrap_or_default())
}

async fn on(
    asked: &Asked,
    method: &str,
    mut params: Map<String, Value>,
) -> Result<Response, Problem> {
    params.insert("id".into(), json!(asked.param("id")));
    asked.call(method, params).await?;
    Ok(nothing())
}
