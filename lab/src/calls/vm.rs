//! VMs: the power state machine. Copies, memory, migration and questions are in the files below.

pub(super) mod copies;
pub(super) mod migration;
pub(super) mod questions;
pub(super) mod resources;

use super::{Answer, Call, Env, call_of, operation};
use crate::db::Db;
use crate::operations::{POWER_STATES, assert_state, refresh_vm};
use crate::value::{Text, Value};
use crate::{domain, messages, placement};

pub(super) const CALLS: &[Call] = &[
    operation("VM.start", "start", start),
    operation("VM.start_on", "start_on", start_on),
    operation("VM.clean_shutdown", "clean_shutdown", |env| {
        stop(env, "cleanly")
    }),
    operation("VM.hard_shutdown", "hard_shutdown", |env| {
        stop(env, "forcibly")
    }),
    operation("VM.shutdown", "shutdown", |env| stop(env, "cleanly")),
    operation("VM.clean_reboot", "clean_reboot", |env| {
        reboot(env, "cleanly")
    }),
    operation("VM.hard_reboot", "hard_reboot", |env| {
        reboot(env, "forcibly")
    }),
    operation("VM.pause", "pause", |env| flip(env, "Paused", "paused")),
    operation("VM.unpause", "unpause", |env| {
        flip(env, "Running", "unpaused")
    }),
    operation("VM.suspend", "suspend", suspend),
    operation("VM.resume", "resume", resume),
    operation("VM.resume_on", "resume_on", resume_on),
    operation("VM.power_state_reset", "power_state_reset", |env| {
        domain::halt(env.db, &env.args.text(0));
        Ok(Value::Void)
    }),
    operation("VM.send_sysrq", "send_sysrq", |_| Ok(Value::Void)),
    operation("VM.send_trigger", "send_trigger", |_| Ok(Value::Void)),
    call_of("VM.update_allowed_operations", |env| {
        refresh_vm(env.db, &env.args.text(0));
        Ok(Value::Void)
    }),
    call_of("VM.assert_operation_valid", |env| {
        let (vm, name) = (env.args.text(0), env.args.text(1));
        crate::operations::check(env.db, "VM", &vm, &name).map(|()| Value::Void)
    }),
];

/// `VM.start(vm, start_paused, force)`.
fn start(env: &mut Env<'_>) -> Answer {
    let vm = env.args.text(0);
    let host = placement::choose(env.db, &vm)?;
    power_on(env, &vm, &host, env.args.flag(1))
}

/// `VM.start_on(vm, host, start_paused, force)`.
fn start_on(env: &mut Env<'_>) -> Answer {
    let (vm, host) = (env.args.text(0), env.args.text(1));
    placement::assert_can_run(env.db, &vm, &host)?;
    power_on(env, &vm, &host, env.args.flag(2))
}

fn state(paused: bool) -> &'static str {
    if paused { "Paused" } else { "Running" }
}

fn power_on(env: &mut Env<'_>, vm: &Text, host: &Text, paused: bool) -> Answer {
    domain::start(env.db, vm, host, state(paused));
    let (label, uuid) = (env.db.text(host, "name_label"), env.db.text(host, "uuid"));
    let what = format!("started on host: {label} (uuid: {uuid})");
    messages::about_vm(env.db, vm, "VM_STARTED", &what);
    Ok(Value::Void)
}

fn stop(env: &mut Env<'_>, how: &str) -> Answer {
    let vm = env.args.text(0);
    domain::halt(env.db, &vm);
    messages::about_vm(env.db, &vm, "VM_SHUTDOWN", &format!("shutdown {how}"));
    Ok(Value::Void)
}

fn reboot(env: &mut Env<'_>, how: &str) -> Answer {
    let vm = env.args.text(0);
    let host = env.db.linked(&vm, "resident_on");
    domain::halt(env.db, &vm);
    match host {
        Some(host) => domain::start(env.db, &vm, &host, "Running"),
        None => {
            let host = placement::choose(env.db, &vm)?;
            domain::start(env.db, &vm, &host, "Running");
        }
    }
    messages::about_vm(env.db, &vm, "VM_REBOOTED", &format!("rebooted {how}"));
    Ok(Value::Void)
}

fn flip(env: &mut Env<'_>, state: &str, what: &str) -> Answer {
    let vm = env.args.text(0);
    assert_state(env.db, &vm, &POWER_STATES[1..3])?;
    env.db.set(&vm, "power_state", state);
    refresh_vm(env.db, &vm);
    let name = format!("VM_{}", what.to_uppercase());
    messages::about_vm(env.db, &vm, &name, what);
    Ok(Value::Void)
}

/// Where the memory of a sleeping VM goes: its own suspend SR, else the pool's, else the default SR.
fn suspend_sr(db: &Db, vm: &Text) -> Option<Text> {
    let pool = db.all("pool").into_iter().next()?;
    [
        (vm, "suspend_SR"),
        (&pool, "suspend_image_SR"),
        (&pool, "default_SR"),
    ]
    .into_iter()
    .find_map(|(owner, field)| db.linked(owner, field))
}

fn suspend(env: &mut Env<'_>) -> Answer {
    let vm = env.args.text(0);
    let sr = suspend_sr(env.db, &vm);
    domain::suspend(env.db, &vm, sr.as_ref());
    messages::about_vm(env.db, &vm, "VM_SUSPENDED", "suspended");
    Ok(Value::Void)
}

/// `VM.resume(vm, start_paused, force)`.
fn resume(env: &mut Env<'_>) -> Answer {
    let vm = env.args.text(0);
    let host = placement::choose(env.db, &vm)?;
    wake(env, &vm, &host, env.args.flag(1))
}

/// `VM.resume_on(vm, host, start_paused, force)`.
fn resume_on(env: &mut Env<'_>) -> Answer {
    let (vm, host) = (env.args.text(0), env.args.text(1));
    placement::assert_can_run(env.db, &vm, &host)?;
    wake(env, &vm, &host, env.args.flag(2))
}

fn wake(env: &mut Env<'_>, vm: &Text, host: &Text, paused: bool) -> Answer {
    domain::resume(env.db, vm, host, state(paused));
    messages::about_vm(env.db, vm, "VM_RESUMED", "resumed");
    Ok(Value::Void)
}
