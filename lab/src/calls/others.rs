//! The small classes: appliances, virtual TPMs, blobs, subjects. A line or two each.

use super::{Answer, Call, Env, call_of};
use crate::failure::Failure;
use crate::operations;
use crate::value::{Text, Value};
use crate::{domain, placement};

pub(super) const CALLS: &[Call] = &[
    call_of("VM_appliance.start", |env| {
        let paused = env.args.flag(1);
        each(env, |env, vm| {
            let host = placement::choose(env.db, vm)?;
            domain::start(env.db, vm, &host, if paused { "Paused" } else { "Running" });
            Ok(())
        })
    }),
    call_of("VM_appliance.clean_shutdown", stop),
    call_of("VM_appliance.hard_shutdown", stop),
    call_of("VM_appliance.shutdown", stop),
    call_of("VTPM.create", |env| {
        let vm = env.args.text(0);
        operations::check(env.db, "VM", &vm, "create_vtpm")?;
        if !env.db.refs(&vm, "VTPMs").is_empty() {
            return Err(Failure::new("VTPM_MAX_AMOUNT_REACHED", ["1"]));
        }
        let fields = [
            ("VM", Value::from(vm)),
            ("persistence_backend", Value::text("xapi")),
            ("is_unique", env.args.get(1).clone()),
        ];
        Ok(Value::from(env.db.create("VTPM", fields)))
    }),
    call_of("VTPM.destroy", |env| {
        let vtpm = env.args.text(0);
        let vm = env.db.reference(&vtpm, "VM");
        operations::assert_state(env.db, &vm, &["Halted"])?;
        env.db.destroy(&vtpm);
        Ok(Value::Void)
    }),
    call_of("blob.create", |env| {
        let fields = [
            ("mime_type", env.args.get(0).clone()),
            ("public", Value::Bool(env.args.flag(1))),
        ];
        Ok(Value::from(env.db.create("blob", fields)))
    }),
    call_of("blob.destroy", |env| {
        env.db.destroy(&env.args.text(0));
        Ok(Value::Void)
    }),
    call_of("VM.create_new_blob", new_blob),
    call_of("SR.create_new_blob", new_blob),
    call_of("host.create_new_blob", new_blob),
    call_of("pool.create_new_blob", new_blob),
    call_of("network.create_new_blob", new_blob),
    call_of("subject.add_to_roles", |env| {
        let (subject, role) = (env.args.text(0), env.args.text(1));
        env.db.insert(&subject, "roles", role);
        Ok(Value::Void)
    }),
    call_of("subject.remove_from_roles", |env| {
        let (subject, role) = (env.args.text(0), env.args.text(1));
        env.db.remove(&subject, "roles", &role);
        Ok(Value::Void)
    }),
];

/// Does something with every VM of an appliance that can bear it.
fn each(env: &mut Env<'_>, act: impl Fn(&mut Env<'_>, &Text) -> Result<(), Failure>) -> Answer {
    let starts = env.method.ends_with(".start");
    for vm in env.db.refs(&env.args.text(0), "VMs") {
        let halted = env.db.get(&vm, "power_state").as_str() == "Halted";
        if halted == starts {
            act(env, &vm)?;
        }
    }
    Ok(Value::Void)
}

fn stop(env: &mut Env<'_>) -> Answer {
    each(env, |env, vm| {
        domain::halt(env.db, vm);
        Ok(())
    })
}

/// `<class>.create_new_blob(object, name, mime_type, public)`.
fn new_blob(env: &mut Env<'_>) -> Answer {
    let (object, name) = (env.args.text(0), env.args.text(1));
    let fields = [
        ("name_label", Value::from(&name)),
        ("mime_type", env.args.get(2).clone()),
        ("public", Value::Bool(env.args.flag(3))),
    ];
    let blob = env.db.create("blob", fields);
    env.db.put_entry(&object, "blobs", &name, &blob);
    Ok(Value::from(blob))
}
