//! The objects of all pools at once.

use serde_json::Value;

use crate::objects::Query;
use crate::schema::{boolean, number, types};
use crate::{Call, Error, Method, Outcome, Pieces, Result};

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "xo.getAllObjects",
            "Returns the objects that the caller may see, by id.",
        )
        .untasked()
        .param(
            "filter",
            types(&["object", "string"])
                .set("minLength", 0.into())
                .optional(),
        )
        .param("limit", number().optional())
        .param("ndjson", boolean().optional())
        .run(get_all_objects),
    ]
}

async fn get_all_objects(call: Call) -> Result<Outcome> {
    let mut query = Query::everything();
    match call.get("filter") {
        Some(Value::String(text)) => query = query.filter(text)?,
        Some(pattern) => query = query.pattern(pattern),
        None => {}
    }
    if let Some(limit) = call.get("limit").and_then(Value::as_f64) {
        if limit < 1.0 {
            return Err(Error::invalid("limit", "must be at least 1"));
        }
        query = query.limit(limit as usize);
    }
    if call.flag("ndjson") {
        let (engine, caller) = (call.engine.clone(), call.caller.clone());
        let offer = call.offer_download("", move || async move {
            let items = engine.query(&caller, &query).await?;
            Ok(crate::objects::ndjson(items))
        });
        return Ok(Outcome::Value(offer));
    }
    let items = call.engine.query(&call.caller, &query).await?;
    Ok(Outcome::Json(Pieces::by_id(items)))
}
