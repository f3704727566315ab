//! The OpenAPI 3.1 document, made from the table of routes.

use serde_json::{Map, Value, json};
use xo_engine::{Engine, ObjectType};

use super::BASE;
use super::route::{Access, Body, Route};

/// The whole document.
pub(super) fn document(routes: &[Route], engine: &Engine) -> Value {
    let mut paths = Map::new();
    for route in routes {
        let path = paths
            .entry(format!("{BASE}{}", route.path))
            .or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.verb.as_str().to_lowercase(), operation(route));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "XOA REST API",
            "version": engine.setup_state().version,
            "description": "Objects of all pools, actions on them, tasks, events, users. Errors are `application/problem+json`.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {
                "token": { "type": "apiKey", "in": "cookie", "name": "authenticationToken" },
                "basic": { "type": "http", "scheme": "basic" },
            },
        },
    })
}

fn operation(route: &Route) -> Value {
    let mut operation = Map::new();
    let tag = route
        .path
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default();
    operation.insert("tags".into(), json!([tag]));
    operation.insert("operationId".into(), json!(operation_id(route)));
    operation.insert("summary".into(), json!(route.summary));
    if route.access == Access::Admin {
        operation.insert("description".into(), json!("For administrators."));
    }
    let security = match route.access {
        Access::Public => json!([]),
        Access::SignedIn | Access::Admin => json!([{ "token": [] }, { "basic": [] }]),
    };
    operation.insert("security".into(), security);
    let in_path = route.path_params().map(|name| {
        json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
    });
    let in_query = route.query.iter().map(|field| {
        json!({ "name": field.name, "in": "query", "required": field.is_required, "schema": field.schema })
    });
    let in_header = route.headers.iter().map(|field| {
        json!({ "name": field.name, "in": "header", "required": field.is_required, "schema": field.schema })
    });
    let parameters = in_path.chain(in_query).chain(in_header);
    operation.insert("parameters".into(), parameters.collect());
    if let Some(body) = &route.body {
        operation.insert("requestBody".into(), request_body(body));
    }
    let mut replies = Map::new();
    for reply in &route.replies {
        let mut shown = json!({ "description": reply.text });
        if let (Some((content_type, schema)), Some(shown)) = (&reply.content, shown.as_object_mut())
        {
            shown.insert(
                "content".into(),
                json!({ *content_type: { "schema": schema } }),
            );
        }
        replies.insert(reply.status.to_string(), shown);
    }
    let problem = json!({ "schema": { "$ref": "#/components/schemas/problem" } });
    replies.insert(
        "default".into(),
        json!({ "description": "An error", "content": { "application/problem+json": problem } }),
    );
    operation.insert("responses".into(), Value::Object(replies));
    Value::Object(operation)
}

fn operation_id(route: &Route) -> String {
    let words = route
        .path
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let path: Vec<&str> = words.collect();
    format!("{}_{}", route.verb.as_str().to_lowercase(), path.join("_"))
}

fn request_body(body: &Body) -> Value {
    match body {
        Body::Stream => json!({
            "required": true,
            "content": { "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } },
        }),
        Body::Json(fields) => {
            let properties: Map<String, Value> = fields
                .iter()
                .map(|field| (field.name.clone(), field.schema.clone()))
                .collect();
            let required: Vec<&str> = fields
                .iter()
                .filter(|f| f.is_required)
                .map(|f| f.name.as_str())
                .collect();
            let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
            if let (false, Some(schema)) = (required.is_empty(), schema.as_object_mut()) {
                schema.insert("required".into(), json!(required));
            }
            json!({ "required": !required.is_empty(), "content": { "application/json": { "schema": schema } } })
        }
    }
}

fn schemas() -> Value {
    let text = || json!({ "type": "string" });
    let mut schemas: Map<String, Value> = ObjectType::ALL
        .iter()
        .map(|kind| {
            let properties = json!({
                "id": text(), "type": { "const": kind.name() }, "uuid": text(), "$pool": text(),
                "href": { "type": "string", "description": "in lists" },
            });
            let schema =
                json!({ "type": "object", "properties": properties, "required": ["id", "type"] });
            (kind.name().to_owned(), schema)
        })
        .collect();
    schemas.insert(
        "problem".into(),
        json!({
            "type": "object",
            "properties": {
                "type": text(),
                "title": text(),
                "status": { "type": "integer" },
                "detail": text(),
                "error": { "type": "string", "description": "as detail, for clients of Xen Orchestra" },
                "data": {},
                "info": {},
            },
            "required": ["status", "detail", "error"],
        }),
    );
    Value::Object(schemas)
}
