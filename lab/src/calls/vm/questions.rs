//! Questions about a VM, and small settings that need a check.

use crate::calls::{Answer, Call, Env, call_of, operation};
use crate::failure::Failure;
use crate::value::{NULL_REF, Text, Value};
use crate::{operations, placement};

pub(in crate::calls) const CALLS: &[Call] = &[
    call_of("VM.get_allowed_VBD_devices", |env| {
        Ok(free(env, "VBDs", "userdevice", 16))
    }),
    call_of("VM.get_allowed_VIF_devices", |env| {
        Ok(free(env, "VIFs", "device", 7))
    }),
    call_of("VM.get_possible_hosts", |env| {
        Ok(Value::refs(placement::candidates(
            env.db,
            &env.args.text(0),
        )))
    }),
    call_of("VM.assert_can_boot_here", |env| {
        let (vm, host) = (env.args.text(0), env.args.text(1));
        placement::assert_can_run(env.db, &vm, &host).map(|()| Value::Void)
    }),
    call_of("VM.assert_agile", assert_agile),
    call_of("VM.get_boot_record", boot_record),
    call_of("VM.retrieve_wlb_recommendations", |_| {
        Ok(Value::map([] as [(&str, Value); 0]))
    }),
    call_of("VM.query_services", |_| {
        Ok(Value::map([] as [(&str, Value); 0]))
    }),
    operation("VM.call_plugin", "call_plugin", |env| {
        let (plugin, function) = (env.args.text(1), env.args.text(2));
        Err(Failure::new(
            "XENAPI_PLUGIN_FAILURE",
            [&*plugin, &*function, "the guest does not answer"],
        ))
    }),
    call_of("VM.set_bios_strings", |env| {
        let vm = env.args.text(0);
        if !env.db.get(&vm, "bios_strings").entries().is_empty() {
            return Err(Failure::bare("VM_BIOS_STRINGS_ALREADY_SET"));
        }
        env.db.set(&vm, "bios_strings", env.args.get(1).clone());
        Ok(Value::Void)
    }),
    call_of("VM.copy_bios_strings", |env| {
        let (vm, host) = (env.args.text(0), env.args.text(1));
        let strings = env.db.get(&host, "bios_strings").clone();
        env.db.set(&vm, "bios_strings", strings);
        Ok(Value::Void)
    }),
    call_of("VM.set_ha_always_run", |env| {
        let (vm, always) = (env.args.text(0), env.args.flag(1));
        env.db.set(&vm, "ha_always_run", always);
        env.db.set(
            &vm,
            "ha_restart_priority",
            if always { "restart" } else { "" },
        );
        Ok(Value::Void)
    }),
    call_of("VM.set_ha_restart_priority", |env| {
        let (vm, priority) = (env.args.text(0), env.args.text(1));
        if !matches!(&*priority, "" | "restart" | "best-effort") {
            return Err(Failure::invalid_value("ha_restart_priority", &priority));
        }
        env.db.set(&vm, "ha_restart_priority", priority);
        Ok(Value::Void)
    }),
    call_of("VM.set_shadow_multiplier_live", |env| {
        let vm = env.args.text(0);
        env.db
            .set(&vm, "HVM_shadow_multiplier", env.args.get(1).clone());
        Ok(Value::Void)
    }),
    call_of("VM.set_blocked_operations", |env| {
        blocked(env, |env, vm| {
            env.db
                .set(vm, "blocked_operations", env.args.get(1).clone());
        })
    }),
    call_of("VM.add_to_blocked_operations", |env| {
        let (vm, key) = (env.args.text(0), env.args.text(1));
        if env.db.entry(&vm, "blocked_operations", &key).is_some() {
            let words = ["VM", "blocked_operations", &*vm, &*key];
            return Err(Failure::new("MAP_DUPLICATE_KEY", words));
        }
        blocked(env, |env, vm| {
            env.db
                .put_entry(vm, "blocked_operations", &key, env.args.get(2).clone());
        })
    }),
    call_of("VM.remove_from_blocked_operations", |env| {
        blocked(env, |env, vm| {
            env.db
                .remove_entry(vm, "blocked_operations", &env.args.text(1));
        })
    }),
];

/// What is blocked is not allowed: the list is computed anew.
fn blocked(env: &mut Env<'_>, change: impl FnOnce(&mut Env<'_>, &str)) -> Answer {
    let vm = env.args.text(0);
    change(env, &vm);
    operations::refresh(env.db, "VM", &vm);
    Ok(Value::Void)
}

/// Numbers of devices that are not taken.
fn free(env: &Env<'_>, devices: &str, field: &str, most: usize) -> Value {
    let devices = env.db.refs(&env.args.text(0), devices);
    let taken: Vec<Text> = devices
        .iter()
        .map(|device| env.db.text(device, field))
        .collect();
    let free = (0..most)
        .map(|at| at.to_string())
        .filter(|at| !taken.iter().any(|t| **t == **at));
    Value::set(free.map(Value::from))
}

/// A VM is agile when no disk of it is in storage that only one host sees.
fn assert_agile(env: &mut Env<'_>) -> Answer {
    let vm = env.args.text(0);
    for sr in placement::storage_of(env.db, &vm) {
        if !env.db.flag(&sr, "shared") {
            return Err(Failure::new(
                "HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED",
                [&*sr],
            ));
        }
    }
    Ok(Value::Void)
}

fn boot_record(env: &mut Env<'_>) -> Answer {
    let vm = env.args.text(0);
    let schema = env.db.schema();
    let row = env
        .db
        .find("VM", &vm)
        .ok_or_else(|| Failure::handle_invalid("VM", NULL_REF))?;
    let class = schema.class("VM").and_then(|at| schema.classes.get(at));
    let names = class
        .iter()
        .flat_map(|class| &class.fields)
        .map(|field| &*field.name);
    Ok(Value::map(names.zip(row.values.iter().cloned())))
}
