//! Calls that need no session: `system.listMethods` and `system.isAlive:*`.

use crate::failure::Failure;
use crate::rpc::Request;
use crate::schema::Schema;
use crate::value::Value;

/// The answer, when the request is one of these.
pub(super) fn call(request: &Request) -> Option<Result<Value, Failure>> {
    if &*request.method == "system.listMethods" {
        let names = Schema::get()
            .methods
            .iter()
            .map(|method| method.name.as_str());
        return Some(Ok(Value::strings(names)));
    }
    request.method.strip_prefix("system.isAlive:")?;
    Some(Ok(request.params.first().cloned().unwrap_or(Value::Void)))
}
