//! Virtual machines.

use serde_json::json;
use xo_model::ObjectType::{Host, Vm};

use crate::schema::{boolean, string};
use crate::{Call, Method, Permission, Result};

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new("vm.start", "Starts a VM, on a given host or wherever there is room.")
            .param("id", string())
            .param("force", boolean().optional())
            .param("host", string().optional())
            .param("bypassMacAddressesCheck", boolean().optional())
            .on("host", &[Host], Permission::Operate)
            .on("id", &[Vm], Permission::Operate)
            .run(start),
    ]
}

async fn start(call: Call) -> Result<()> {
    let vm = &call.object("id")?.reference;
    let session = call.pool("id")?.session;
    match call.object_opt("host") {
        Some(host) => session.run("VM.start_on", json!([vm, host.reference, false, false])).await?,
        None => session.run("VM.start", json!([vm, false, false])).await?,
    };
    Ok(())
}
