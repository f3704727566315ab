//! The methods of the stub: fixed answers in the shapes of the protocol reference.

use serde_json::{Map, Value, json};

use super::{TOKEN, Variant};

/// A response without `jsonrpc` and `id`.
pub fn answer(method: &str, params: &Value, variant: Variant) -> Value {
    match method {
        "session.signIn" => sign_in(params),
        "token.create" => {
            let extra = params.get("client").is_some() || params.get("description").is_some();
            if variant == Variant::OldTokens && extra {
                return error(10, "invalid parameters", &json!({"errors": []}));
            }
            result(TOKEN)
        }
        "system.getMethodsInfo" => result(methods()),
        "xo.getAllObjects" => objects(params),
        "server.add" => result("42"),
        "test.echo" => result(params.clone()),
        "vm.start" => error(
            1,
            "no such VM x",
            &json!({"id": params["id"], "type": "VM"}),
        ),
        "vm.set" => error(
            10,
            "invalid parameters",
            &json!({"errors": [{
                "instancePath": "/CPUs", "keyword": "type",
                "params": {"type": "integer"}, "message": "must be integer",
            }]}),
        ),
        "vm.export" => result(json!({"$getFrom": format!("/api/{}", text(params, "vm"))})),
        "vm.import" => result(json!({"$sendTo": format!("/api/{}", text(params, "sr"))})),
        other => error(-32601, &format!("method not found: {other}"), &json!(other)),
    }
}

fn text<'a>(params: &'a Value, name: &str) -> &'a str {
    params[name].as_str().unwrap_or_default()
}

fn sign_in(params: &Value) -> Value {
    let by_password = params["email"] == "admin" && params["password"] == "secret";
    if by_password || params["token"] == TOKEN || params["token"] == "watching" {
        result(json!({"id": "1", "email": "admin", "permission": "admin"}))
    } else {
        error(3, "invalid credentials", &Value::Null)
    }
}

fn methods() -> Value {
    json!({
        "vm.start": {
            "description": "starts a VM",
            "params": {"id": {"type": "string"}, "force": {"type": "boolean", "optional": true}},
        },
        "vm.stop": {"params": {"id": {"type": "string"}}},
        "host.stop": {"params": {"id": {"type": "string"}}},
        "server.add": {"params": {"host": {"type": "string"}}, "permission": "admin"},
    })
}

fn objects(params: &Value) -> Value {
    let all = json!({
        "vm-1": {"id": "vm-1", "type": "VM", "name_label": "web", "CPUs": {"number": 2}},
        "vm-2": {"id": "vm-2", "type": "VM", "name_label": "db", "CPUs": {"number": 4}},
        "tpl-1": {"id": "tpl-1", "type": "VM-template", "name_label": "Debian"},
    });
    let filter = params.get("filter").cloned().unwrap_or_else(|| json!({}));
    let chosen: Map<String, Value> = all
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, object)| includes(object, &filter))
        .map(|(id, object)| (id.clone(), object.clone()))
        .collect();
    result(chosen)
}

fn includes(object: &Value, part: &Value) -> bool {
    match part {
        Value::Object(part) => part
            .iter()
            .all(|(name, value)| includes(&object[name], value)),
        part => object == part,
    }
}

fn result(value: impl Into<Value>) -> Value {
    json!({"result": value.into()})
}

fn error(code: i64, message: &str, data: &Value) -> Value {
    json!({"error": {"code": code, "message": message, "data": data}})
}
