//! The engine's errors as JSON-RPC errors with the codes of Xen Orchestra (`xo-protocol.md`, error codes).

use serde_json::{Value, json};
use xo_engine::Error;

/// `{code, message, data?}`. What only concerns the machine itself is told to administrators alone.
pub(crate) fn to_json(error: &Error, is_admin: bool) -> Value {
    let (code, data) = code_and_data(error);
    let message = match error {
        Error::Internal(cause) => {
            tracing::error!(error = %chain(cause.as_ref()), "internal error");
            if is_admin {
                format!("internal error: {cause}")
            } else {
                error.to_string()
            }
        }
        other => other.to_string(),
    };
    let mut body = json!({ "code": code, "message": message });
    if let (Some(data), Some(body)) = (data, body.as_object_mut()) {
        body.insert("data".into(), data);
    }
    body
}

fn code_and_data(error: &Error) -> (i32, Option<Value>) {
    match error {
        Error::NotImplemented { .. } | Error::NotAppliance => (0, None),
        Error::UnknownMethod { name } => (-32601, Some(json!(name))),
        Error::NoSuchObject { id, kind } => (1, Some(json!({ "id": id, "type": kind }))),
        Error::Unauthorized { permission, object } => {
            let object = object
                .as_ref()
                .map(|(id, kind)| json!({ "id": id, "type": kind }));
            (
                2,
                Some(json!({ "permission": permission, "object": object.unwrap_or(json!({})) })),
            )
        }
        Error::NotSignedIn => (
            2,
            Some(json!({ "permission": "authenticated", "object": {} })),
        ),
        Error::InvalidCredentials | Error::OtpRequired => (3, None),
        Error::Throttled { retry_after } => (
            -32000,
            Some(json!({ "code": "TOO_MANY_ATTEMPTS", "retryAfter": retry_after.as_secs() })),
        ),
        Error::Forbidden { operation, reason } | Error::Conflict { operation, reason } => {
            (5, Some(json!({ "operation": operation, "reason": reason })))
        }
        Error::InvalidParameters(errors) => {
            let errors: Vec<Value> = errors.iter().map(xo_engine::ParamError::to_json).collect();
            (10, Some(json!({ "errors": errors })))
        }
        Error::InvalidFilter { message, text, .. } => {
            let error = json!({
                "instancePath": "/filter", "schemaPath": "#/filter", "keyword": "filter",
                "params": { "stringToParse": text }, "message": message,
            });
            (10, Some(json!({ "errors": [error] })))
        }
        Error::AlreadyExists { id, kind } => {
            (16, Some(json!({ "objectId": id, "objectType": kind })))
        }
        Error::IncorrectState {
            id,
            property,
            actual,
            expected,
            ..
        } => {
            let data = json!({ "object": id, "property": property, "actual": actual, "expected": expected });
            (25, Some(data))
        }
        Error::PoolAuthentication => (8, None),
        Error::CannotConnect { code, params, .. } => match code.as_str() {
            "SESSION_AUTHENTICATION_FAILED" => (8, None),
            _ => (-32000, Some(json!({ "code": code, "params": params }))),
        },
        Error::Unreachable { id, .. } => (9, id.as_ref().map(|id| json!({ "objectId": id }))),
        Error::Unavailable(what) => (28, Some(json!({ "serviceName": what }))),
        Error::Pool { code, params } => pool(code, params),
        Error::BadData(_) | Error::Internal(_) => (-32000, None),
    }
}

/// XAPI's codes that have a number of their own; others are told with code and parameters.
fn pool(code: &str, params: &[String]) -> (i32, Option<Value>) {
    let at = |i: usize| params.get(i).map_or(Value::Null, |p| json!(p));
    let object = json!({ "objectId": at(0) });
    match code {
        "EHOSTUNREACH" => (9, Some(object)),
        "HOST_OFFLINE" => (18, Some(object)),
        "NO_HOSTS_AVAILABLE" => (7, None),
        "NOT_SUPPORTED_DURING_UPGRADE" => (15, None),
        "OPERATION_BLOCKED" => (19, Some(json!({ "objectId": at(0), "code": at(1) }))),
        "PATCH_PRECHECK_FAILED_ISO_MOUNTED" => (
            20,
            Some(json!({ "objectId": at(0), "errorType": "isoMounted" })),
        ),
        "PIF_VLAN_EXISTS" => (16, Some(json!({ "objectId": at(0), "objectType": "PIF" }))),
        "VDI_IN_USE" => (17, Some(json!({ "objectId": at(0), "operation": at(1) }))),
        "VM_BAD_POWER_STATE" => (
            13,
            Some(json!({ "objectId": at(0), "expected": at(1), "actual": at(2) })),
        ),
        "VM_IS_TEMPLATE" => (12, Some(object)),
        "VM_LACKS_FEATURE" => (14, Some(json!({ "objectId": at(0), "feature": at(1) }))),
        "VM_LACKS_FEATURE_SHUTDOWN" => (
            14,
            Some(json!({ "objectId": at(0), "feature": "shutdown" })),
        ),
        "VM_MISSING_PV_DRIVERS" => (11, Some(object)),
        _ => (-32000, Some(json!({ "code": code, "params": params }))),
    }
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
