//! Connections of hosts to storage.

use super::{Answer, Call, Env, call_of};
use crate::failure::Failure;
use crate::placement;
use crate::value::{Text, Value};

pub(super) const CALLS: &[Call] = &[
    call_of("PBD.plug", |env| {
        env.db.set(&env.args.text(0), "currently_attached", true);
        Ok(Value::Void)
    }),
    call_of("PBD.unplug", unplug),
    call_of("PBD.destroy", destroy),
];

/// The disks of running VMs of the host keep the connection.
fn unplug(env: &mut Env<'_>) -> Answer {
    let pbd = env.args.text(0);
    let (host, sr) = (env.db.reference(&pbd, "host"), env.db.reference(&pbd, "SR"));
    for vm in env.db.refs(&host, "resident_VMs") {
        if !placement::storage_of(env.db, &vm).contains(&sr) {
            continue;
        }
        let vdis = env
            .db
            .refs(&vm, "VBDs")
            .into_iter()
            .filter_map(|vbd| env.db.linked(&vbd, "VDI"));
        let used: Option<Text> = vdis
            .into_iter()
            .find(|vdi| env.db.reference(vdi, "SR") == sr);
        if let Some(vdi) = used {
            return Err(Failure::new("VDI_IN_USE", [&*vdi, "PBD.unplug"]));
        }
    }
    env.db.set(&pbd, "currently_attached", false);
    Ok(Value::Void)
}

fn destroy(env: &mut Env<'_>) -> Answer {
    let pbd = env.args.text(0);
    if env.db.flag(&pbd, "currently_attached") {
        return Err(Failure::not_allowed("PBD is currently attached"));
    }
    env.db.destroy(&pbd);
    Ok(Value::Void)
}
