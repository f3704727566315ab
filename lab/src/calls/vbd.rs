//! Virtual disks and CD drives of VMs.

use super::{Answer, Call, Env, call_of, generic, operation};
use crate::domain;
use crate::failure::Failure;
use crate::operations::{assert_state, refresh, refresh_vm};
use crate::value::{Text, Value};

pub(super) const CALLS: &[Call] = &[
    call_of("VBD.create", create),
    operation("VBD.destroy", "destroy", destroy),
    operation("VBD.plug", "plug", plug),
    operation("VBD.unplug", "unplug", unplug),
    operation("VBD.unplug_force", "unplug_force", unplug),
    operation("VBD.insert", "insert", insert),
    operation("VBD.eject", "eject", eject),
    call_of("VBD.assert_attachable", |env| {
        attachable(env, &env.args.text(0)).map(|()| Value::Void)
    }),
];

/// What depends on the state of a VBD.
fn settle(env: &mut Env<'_>, vbd: &str) {
    let vm = env.db.reference(vbd, "VM");
    refresh_vm(env.db, &vm);
}

/// `VBD.create(record)`; `userdevice` may be `autodetect`.
fn create(env: &mut Env<'_>) -> Answer {
    let mut fields = generic::given(env, "VBD");
    let text = |name: &str| {
        env.args
            .get(0)
            .entry(name)
            .map_or("", Value::as_str)
            .to_owned()
    };
    let (vm, wanted) = (text("VM"), text("userdevice"));
    if !env.db.has("VM", &vm) {
        return Err(Failure::handle_invalid("VM", &vm));
    }
    let vdi = text("VDI");
    let empty = !env.db.has("VDI", &vdi);
    let cd = text("type") == "CD";
    if cd && !empty && text("mode") == "RW" {
        return Err(Failure::bare("VBD_CDS_MUST_BE_READONLY"));
    }
    let taken: Vec<Text> = env
        .db
        .refs(&vm, "VBDs")
        .iter()
        .map(|vbd| env.db.text(vbd, "userdevice"))
        .collect();
    let is_free = |device: &str| !taken.iter().any(|taken| **taken == *device);
    let device = match wanted.as_str() {
        "" | "autodetect" => (0..255).map(|at: u8| at.to_string()).find(|at| is_free(at)),
        named if named.parse::<u8>().is_err() => {
            return Err(Failure::new("INVALID_DEVICE", [named]));
        }
        named if !is_free(named) => return Err(Failure::new("DEVICE_ALREADY_EXISTS", [named])),
        named => Some(named.to_owned()),
    };
    let device = device.ok_or_else(|| Failure::new("INVALID_DEVICE", [wanted.as_str()]))?;
    fields.retain(|(name, _)| {
        !matches!(
            *name,
            "userdevice" | "empty" | "device" | "currently_attached"
        )
    });
    fields.push((
        "device",
        Value::from(domain::device_name(&device).unwrap_or_default()),
    ));
    fields.push(("userdevice", Value::from(device)));
    fields.push(("empty", Value::Bool(empty)));
    fields.push(("unpluggable", Value::Bool(true)));
    let vbd = env.db.create("VBD", fields);
    settle(env, &vbd);
    Ok(Value::from(vbd))
}

fn destroy(env: &mut Env<'_>) -> Answer {
    let vbd = env.args.text(0);
    if env.db.flag(&vbd, "currently_attached") {
        let vm = env.db.reference(&vbd, "VM");
        let (vbd, vm) = (env.db.text(&vbd, "uuid"), env.db.text(&vm, "uuid"));
        return Err(Failure::not_allowed(&format!(
            "VBD '{vbd}' still attached to '{vm}'"
        )));
    }
    let (vm, vdi) = (env.db.reference(&vbd, "VM"), env.db.linked(&vbd, "VDI"));
    env.db.destroy(&vbd);
    refresh_vm(env.db, &vm);
    if let Some(vdi) = vdi {
        refresh(env.db, "VDI", &vdi);
    }
    Ok(Value::Void)
}

/// The disk is not in use for writing by another VM.
fn attachable(env: &Env<'_>, vbd: &str) -> Result<(), Failure> {
    let Some(vdi) = env.db.linked(vbd, "VDI") else {
        return Ok(());
    };
    if env.db.flag(&vdi, "sharable") {
        return Ok(());
    }
    let busy = env.db.refs(&vdi, "VBDs").into_iter().any(|other| {
        *other != *vbd
            && env.db.flag(&other, "currently_attached")
            && (env.db.get(&other, "mode").as_str() == "RW"
                || env.db.get(vbd, "mode").as_str() == "RW")
    });
    if busy {
        Err(Failure::new("VDI_IN_USE", [&*vdi, "attach"]))
    } else {
        Ok(())
    }
}

fn plug(env: &mut Env<'_>) -> Answer {
    let vbd = env.args.text(0);
    let vm = env.db.reference(&vbd, "VM");
    assert_state(env.db, &vm, &["Running"])?;
    if env.db.flag(&vbd, "currently_attached") {
        return Err(Failure::new("DEVICE_ALREADY_ATTACHED", [&*vbd]));
    }
    if env.db.flag(&vbd, "empty") {
        return Err(Failure::new("VBD_IS_EMPTY", [&*vbd]));
    }
    attachable(env, &vbd)?;
    let name = domain::device_name(&env.db.text(&vbd, "userdevice")).unwrap_or_default();
    env.db.set(&vbd, "device", name);
    env.db.set(&vbd, "currently_attached", true);
    settle(env, &vbd);
    Ok(Value::Void)
}

fn unplug(env: &mut Env<'_>) -> Answer {
    let vbd = env.args.text(0);
    let vm = env.db.reference(&vbd, "VM");
    assert_state(env.db, &vm, &["Running"])?;
    if !env.db.flag(&vbd, "currently_attached") {
        return Err(Failure::new("DEVICE_ALREADY_DETACHED", [&*vbd]));
    }
    env.db.set(&vbd, "currently_attached", false);
    settle(env, &vbd);
    Ok(Value::Void)
}

fn assert_removable(env: &Env<'_>, vbd: &str) -> Result<(), Failure> {
    if env.db.get(vbd, "type").as_str() == "CD" {
        Ok(())
    } else {
        Err(Failure::new("VBD_NOT_REMOVABLE_MEDIA", [vbd]))
    }
}

fn insert(env: &mut Env<'_>) -> Answer {
    let (vbd, vdi) = (env.args.text(0), env.args.text(1));
    assert_removable(env, &vbd)?;
    if !env.db.flag(&vbd, "empty") {
        return Err(Failure::new("VBD_NOT_EMPTY", [&*vbd]));
    }
    let vm = env.db.reference(&vbd, "VM");
    let running = env.db.get(&vm, "power_state").as_str() == "Running";
    env.db.set(&vbd, "VDI", vdi);
    env.db.set(&vbd, "empty", false);
    env.db.set(&vbd, "currently_attached", running);
    settle(env, &vbd);
    Ok(Value::Void)
}

fn eject(env: &mut Env<'_>) -> Answer {
    let vbd = env.args.text(0);
    assert_removable(env, &vbd)?;
    if env.db.flag(&vbd, "empty") {
        return Err(Failure::new("VBD_IS_EMPTY", [&*vbd]));
    }
    env.db.set(&vbd, "VDI", Value::null_ref());
    env.db.set(&vbd, "empty", true);
    env.db.set(&vbd, "currently_attached", false);
    settle(env, &vbd);
    Ok(Value::Void)
}
