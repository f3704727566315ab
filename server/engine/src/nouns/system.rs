//! What the server tells of itself.

use serde_json::{Map, Value, json};

use crate::schema::string;
use crate::{Call, Error, Method, Result};

pub(super) fn methods() -> Vec<Method> {
    let method = |name, text| Method::new(name, text).untasked();
    let open = |name, text| method(name, text).any_params();
    vec![
        open(
            "system.getMethodsInfo",
            "Describes every method: parameters, permission.",
        )
        .anyone()
        .run(async |call: Call| {
            let all = call.engine.methods().map(|m| (m.name.to_owned(), m.info()));
            Ok(Value::Object(all.collect::<Map<_, _>>()))
        }),
        open("system.listMethods", "Lists the names of all methods.")
            .anyone()
            .run(async |call: Call| {
                Ok(json!(
                    call.engine.methods().map(|m| m.name).collect::<Vec<_>>()
                ))
            }),
        method("system.methodSignature", "Describes one method, in a list.")
            .anyone()
            .param("method", string())
            .run(signature),
        open("system.getServerVersion", "Returns the server's version.")
            .anyone()
            .run(async |call: Call| Ok(call.engine.options.version.clone())),
        open("system.getVersion", "Returns the version of this API.")
            .anyone()
            .run(async |_| Ok("0.1".to_owned())),
        open(
            "system.getServerTimezone",
            "Returns the server's time zone.",
        )
        .run(async |call: Call| Ok(call.engine.options.timezone.clone())),
    ]
}

async fn signature(call: Call) -> Result<Value> {
    let name = call.str("method")?;
    let method = call.engine.methods.get(name);
    let method = method.ok_or_else(|| Error::no_such(name, "method"))?;
    let mut info = method.info();
    if let Some(info) = info.as_object_mut() {
        info.insert("name".into(), json!(name));
    }
    Ok(json!([info]))
}
