//! Memory and CPUs of VMs, with the order that a host keeps: 0 < static min ≤ dynamic min ≤ dynamic max ≤ static max.

use crate::calls::{Answer, Call, Env, call_of, operation};
use crate::domain;
use crate::failure::Failure;
use crate::operations::refresh_vm;
use crate::value::Value;

pub(in crate::calls) const CALLS: &[Call] = &[
    operation("VM.set_memory_limits", "changing_memory_limits", |env| {
        let [low, high] = [env.args.int(1), env.args.int(2)];
        limits(env, [low, env.args.int(3), env.args.int(4), high])
    }),
    operation("VM.set_memory", "changing_memory_limits", |env| {
        let bytes = env.args.int(1);
        limits(env, [bytes; 4])
    }),
    operation(
        "VM.set_memory_static_range",
        "changing_static_range",
        |env| {
            let [_, low, high, _] = current(env);
            limits(env, [env.args.int(1), low, high, env.args.int(2)])
        },
    ),
    operation("VM.set_memory_static_max", "changing_static_range", |env| {
        let [floor, low, high, _] = current(env);
        limits(env, [floor, low, high, env.args.int(1)])
    }),
    operation("VM.set_memory_static_min", "changing_static_range", |env| {
        let [_, low, high, top] = current(env);
        limits(env, [env.args.int(1), low, high, top])
    }),
    operation(
        "VM.set_memory_dynamic_range",
        "changing_dynamic_range",
        |env| {
            let [floor, _, _, top] = current(env);
            limits(env, [floor, env.args.int(1), env.args.int(2), top])
        },
    ),
    operation(
        "VM.set_memory_dynamic_max",
        "changing_dynamic_range",
        |env| {
            let [floor, low, _, top] = current(env);
            limits(env, [floor, low, env.args.int(1), top])
        },
    ),
    operation(
        "VM.set_memory_dynamic_min",
        "changing_dynamic_range",
        |env| {
            let [floor, _, high, top] = current(env);
            limits(env, [floor, env.args.int(1), high, top])
        },
    ),
    call_of("VM.set_memory_target_live", |_| Ok(Value::Void)),
    call_of("VM.wait_memory_target_live", |_| Ok(Value::Void)),
    call_of("VM.get_cooperative", |_| Ok(Value::Bool(true))),
    call_of("VM.compute_memory_overhead", |env| {
        Ok(Value::Int(env.db.int(&env.args.text(0), "memory_overhead")))
    }),
    call_of("VM.maximise_memory", |env| Ok(Value::Int(env.args.int(1)))),
    operation("VM.set_VCPUs_max", "changing_VCPUs", |env| {
        cpus(env, "VCPUs_max")
    }),
    operation("VM.set_VCPUs_at_startup", "changing_VCPUs", |env| {
        cpus(env, "VCPUs_at_startup")
    }),
    operation("VM.set_VCPUs_number_live", "changing_VCPUs_live", live_cpus),
    call_of("VM.add_to_VCPUs_params_live", |env| {
        let (vm, key) = (env.args.text(0), env.args.text(1));
        env.db
            .put_entry(&vm, "VCPUs_params", &key, env.args.get(2).clone());
        Ok(Value::Void)
    }),
];

const FIELDS: [&str; 4] = [
    "memory_static_min",
    "memory_dynamic_min",
    "memory_dynamic_max",
    "memory_static_max",
];

fn current(env: &Env<'_>) -> [i64; 4] {
    FIELDS.map(|field| env.db.int(&env.args.text(0), field))
}

fn limits(env: &mut Env<'_>, wanted: [i64; 4]) -> Answer {
    let [floor, low, high, top] = wanted;
    if floor <= 0 || !(floor <= low && low <= high && high <= top) {
        return Err(Failure::bare("MEMORY_CONSTRAINT_VIOLATION_ORDER"));
    }
    let vm = env.args.text(0);
    let state = env.db.text(&vm, "power_state");
    if matches!(&*state, "Running" | "Paused") {
        domain::balloon(env.db, &vm, high);
    }
    for (field, bytes) in FIELDS.into_iter().zip(wanted) {
        env.db.set(&vm, field, bytes);
    }
    Ok(Value::Void)
}

fn cpus(env: &mut Env<'_>, field: &str) -> Answer {
    let (vm, wanted) = (env.args.text(0), env.args.int(1));
    let most = env.db.int(&vm, "VCPUs_max");
    let start = env.db.int(&vm, "VCPUs_at_startup");
    let valid = match field {
        "VCPUs_max" => wanted >= start.max(1),
        _ => (1..=most).contains(&wanted),
    };
    if !valid {
        return Err(Failure::invalid_value(field, &wanted.to_string()));
    }
    env.db.set(&vm, field, wanted);
    Ok(Value::Void)
}

fn live_cpus(env: &mut Env<'_>) -> Answer {
    let (vm, wanted) = (env.args.text(0), env.args.int(1));
    if !(1..=env.db.int(&vm, "VCPUs_max")).contains(&wanted) {
        return Err(Failure::invalid_value("VCPU values", &wanted.to_string()));
    }
    env.db.set(&vm, "VCPUs_at_startup", wanted);
    if let Some(metrics) = env.db.linked(&vm, "metrics") {
        env.db.set(&metrics, "VCPUs_number", wanted);
    }
    refresh_vm(env.db, &vm);
    Ok(Value::Void)
}
