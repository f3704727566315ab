//! What to do about an error, in words: the codes of the server (protocol reference, section 2, "Error
//! codes"), refused certificates, HTTP statuses.

use serde_json::Value;

use crate::error::RpcError;

const NOT_IMPLEMENTED: i64 = 0;
const NO_SUCH_OBJECT: i64 = 1;
const UNAUTHORIZED: i64 = 2;
const INVALID_CREDENTIALS: i64 = 3;
const INVALID_PARAMETERS: i64 = 10;
const BAD_POWER_STATE: i64 = 13;
const METHOD_NOT_FOUND: i64 = -32601;

/// Hints for a refused certificate.
pub fn certificate(fingerprint: Option<&str>) -> Vec<String> {
    let mut hints = Vec::new();
    if let Some(fingerprint) = fingerprint {
        hints.push(format!("its SHA-256 fingerprint is {fingerprint}"));
    }
    hints.push(
        "compare it with the one that the server printed; if it is the same, add --allowUnauthorized"
            .into(),
    );
    hints
        .push("better: trust its authority on this system, or name a file in SSL_CERT_FILE".into());
    hints
}

/// Hints for a refused sign-in.
pub fn sign_in(error: &RpcError) -> Vec<String> {
    if error.code != INVALID_CREDENTIALS {
        return vec!["after a wrong password, wait a few seconds before the next try".into()];
    }
    vec![
        "the user or the password is wrong".into(),
        "users with a one-time password add --otp <code>".into(),
    ]
}

/// Hints for a refused token.
pub fn token(error: &RpcError) -> Vec<String> {
    if error.code != INVALID_CREDENTIALS {
        return Vec::new();
    }
    vec!["the token expired or was revoked: run `xo-cli register` again".into()]
}

/// Hints for a refused HTTP request.
pub fn http(status: reqwest::StatusCode) -> Vec<String> {
    let hint = match status.as_u16() {
        300..=399 => {
            "check the path, and that the registered address is the one that a browser ends at"
        }
        401 => "the token expired or was revoked: run `xo-cli register` again",
        403 => "your user may not do this",
        404 => "check the path: `xo-cli rest get <collection>` lists what there is",
        _ => return Vec::new(),
    };
    vec![hint.into()]
}

/// Hints for the error of a method.
pub fn call(method: &str, error: &RpcError, nearest: &[String]) -> Vec<String> {
    let text = |name: &str| error.data.get(name).and_then(Value::as_str);
    match error.code {
        METHOD_NOT_FOUND if nearest.is_empty() => {
            vec!["`xo-cli list-commands` lists the methods of this server".into()]
        }
        METHOD_NOT_FOUND => vec![format!("did you mean {}?", nearest.join(", "))],
        NOT_IMPLEMENTED => vec![format!("this server knows {method} but cannot do it yet")],
        NO_SUCH_OBJECT => {
            let kind = match error.data.get("type") {
                Some(Value::String(kind)) => Some(kind.clone()),
                Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str).map(Into::into),
                _ => None,
            };
            let Some(kind) = kind else {
                return vec!["check the identifier".into()];
            };
            let id = text("id")
                .map(|id| format!(" with the id {id}"))
                .unwrap_or_default();
            vec![format!(
                "there is no {kind}{id}; `xo-cli list-objects type={kind}` lists them"
            )]
        }
        UNAUTHORIZED => vec![match text("permission") {
            Some(permission) => format!("your user lacks the permission `{permission}`"),
            None => "your user may not do this".into(),
        }],
        INVALID_CREDENTIALS => vec!["the user or the password is wrong".into()],
        INVALID_PARAMETERS => {
            let mut hints = parameters(&error.data);
            hints.push(format!(
                "`xo-cli list-commands {method}` shows its parameters"
            ));
            hints
        }
        BAD_POWER_STATE => match (text("actual"), error.data.get("expected")) {
            (Some(actual), Some(expected)) => {
                vec![format!(
                    "the VM is {actual}, it should be {}",
                    plain(expected)
                )]
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// One line for each refused parameter, from the `errors` of the validator.
fn parameters(data: &Value) -> Vec<String> {
    let errors = data.get("errors").and_then(Value::as_array);
    errors.into_iter().flatten().map(parameter).collect()
}

fn parameter(error: &Value) -> String {
    let text = |name: &str| error.get(name).and_then(Value::as_str);
    let detail = |name: &str| error.get("params").and_then(|params| params.get(name));
    match text("keyword") {
        Some("required") => {
            if let Some(name) = detail("missingProperty").and_then(Value::as_str) {
                return format!("parameter `{name}` is missing");
            }
        }
        Some("additionalProperties") => {
            if let Some(name) = detail("additionalProperty").and_then(Value::as_str) {
                return format!("parameter `{name}` is not known");
            }
        }
        _ => {}
    }
    let message = text("message").map_or_else(|| plain(error), str::to_owned);
    let path = text("instancePath")
        .unwrap_or_default()
        .trim_start_matches('/')
        .replace('/', ".");
    if path.is_empty() {
        return message;
    }
    let wanted = detail("type").map(plain).unwrap_or_default();
    let example = match wanted.as_str() {
        "number" | "integer" => "2",
        "array" => "[…]",
        "object" => "{…}",
        _ => return format!("parameter `{path}` {message}"),
    };
    format!("parameter `{path}` {message}: write {path}='json:{example}'")
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hints(code: i64, data: Value) -> String {
        call(
            "vm.set",
            &RpcError {
                code,
                message: String::new(),
                data,
            },
            &[],
        )
        .join("\n")
    }

    #[test]
    fn each_refused_parameter_has_its_line() {
        let data = json!({"errors": [
            {"instancePath": "/CPUs", "keyword": "type", "params": {"type": "integer"}, "message": "must be integer"},
            {"instancePath": "", "keyword": "required", "params": {"missingProperty": "id"}, "message": "…"},
            {"instancePath": "", "keyword": "additionalProperties", "params": {"additionalProperty": "foo"}},
            {"instancePath": "/a/0", "keyword": "minLength", "message": "must not be empty"},
            "strange",
        ]});
        assert_eq!(
            hints(10, data),
            "parameter `CPUs` must be integer: write CPUs='json:2'\n\
             parameter `id` is missing\n\
             parameter `foo` is not known\n\
             parameter `a.0` must not be empty\n\
             strange\n\
             `xo-cli list-commands vm.set` shows its parameters"
        );
    }

    #[test]
    fn a_missing_object_is_named_with_the_way_to_list_others() {
        let told = hints(1, json!({"id": "x", "type": ["VM", "VM-template"]}));
        assert_eq!(
            told,
            "there is no VM with the id x; `xo-cli list-objects type=VM` lists them"
        );
        assert_eq!(hints(1, Value::Null), "check the identifier");
    }

    #[test]
    fn an_unknown_method_suggests_its_neighbours() {
        let error = RpcError {
            code: -32601,
            message: String::new(),
            data: Value::Null,
        };
        let told = call("vm.strat", &error, &["vm.start".into(), "vm.stop".into()]);
        assert_eq!(told, ["did you mean vm.start, vm.stop?"]);
    }

    #[test]
    fn a_power_state_is_compared() {
        let told = hints(13, json!({"actual": "Running", "expected": "Halted"}));
        assert_eq!(told, "the VM is Running, it should be Halted");
    }
}
