//! Statistics over time of hosts, VMs and storage repositories.

use serde_json::Value;
use xo_model::ObjectType::{Host, Sr, Vm, VmSnapshot};

use crate::schema::string;
use crate::stats::Granularity;
use crate::{Call, Method, Permission, Result};

pub(super) fn methods() -> Vec<Method> {
    let measured = |name, text, param, types| {
        Method::new(name, text)
            .untasked()
            .param(param, string())
            .param("granularity", string().optional())
            .on(param, types, Permission::View)
    };
    vec![
        measured(
            "host.stats",
            "Tells how a host was used, point by point.",
            "host",
            &[Host],
        )
        .run(of_host),
        measured(
            "vm.stats",
            "Tells how a VM was used, point by point.",
            "id",
            &[Vm, VmSnapshot],
        )
        .run(of_vm),
        measured(
            "sr.stats",
            "Tells how storage was used, point by point.",
            "id",
            &[Sr],
        )
        .run(of_sr),
    ]
}

async fn of_host(call: Call) -> Result<Value> {
    call.engine
        .host_stats(call.object("host")?, granularity(&call)?)
        .await
}

async fn of_vm(call: Call) -> Result<Value> {
    call.engine
        .vm_stats(call.object("id")?, granularity(&call)?)
        .await
}

async fn of_sr(call: Call) -> Result<Value> {
    call.engine
        .sr_stats(call.object("id")?, granularity(&call)?)
        .await
}

fn granularity(call: &Call) -> Result<Granularity> {
    call.str_opt("granularity")
        .map_or(Ok(Granularity::default()), str::parse)
}
