//! The pool itself.

use super::{Answer, Call, Env, call_of, host};
use crate::failure::Failure;
use crate::value::{Text, Value};

pub(super) const CALLS: &[Call] = &[
    call_of("pool.designate_new_master", designate_new_master),
    call_of("pool.emergency_transition_to_master", |_| Ok(Value::Void)),
    call_of("pool.recover_slaves", |_| Ok(Value::set([]))),
    call_of("pool.sync_database", |_| Ok(Value::Void)),
    call_of("pool.eject", eject),
    call_of("pool.management_reconfigure", |env| {
        let network = env.args.text(0);
        for pif in env.db.refs(&network, "PIFs") {
            host::manage(env, &pif)?;
        }
        Ok(Value::Void)
    }),
    call_of("pool.enable_ha", enable_ha),
    call_of("pool.disable_ha", disable_ha),
    call_of("pool.ha_prevent_restarts_for", |_| Ok(Value::Void)),
    call_of("pool.ha_failover_plan_exists", |_| Ok(Value::Bool(true))),
    call_of("pool.ha_compute_max_host_failures_to_tolerate", |env| {
        Ok(spare_hosts(env))
    }),
    call_of(
        "pool.ha_compute_hypothetical_max_host_failures_to_tolerate",
        |env| Ok(spare_hosts(env)),
    ),
    call_of("pool.ha_compute_vm_failover_plan", |_| {
        Ok(Value::map([] as [(&str, Value); 0]))
    }),
    call_of("pool.get_license_state", |_| {
        Ok(Value::string_map([
            ("edition", "xcp-ng"),
            ("expiry", "never"),
        ]))
    }),
    call_of("pool.apply_edition", |_| Ok(Value::Void)),
    call_of("pool.has_extension", |_| Ok(Value::Bool(false))),
    call_of("pool.detect_nonhomogeneous_external_auth", |_| {
        Ok(Value::Void)
    }),
    call_of("pool.certificate_list", |_| Ok(Value::set([]))),
    call_of("pool.crl_list", |_| Ok(Value::set([]))),
    call_of("pool.rotate_secret", |_| Ok(Value::Void)),
    call_of("pool.set_vswitch_controller", |env| {
        let address = env.args.text(0);
        for pool in env.db.all("pool") {
            env.db.set(&pool, "vswitch_controller", &address);
        }
        Ok(Value::Void)
    }),
];

fn the_pool(env: &Env<'_>) -> Result<Text, Failure> {
    env.db
        .all("pool")
        .into_iter()
        .next()
        .ok_or_else(|| Failure::internal("there is no pool"))
}

/// Another host becomes the master; the calls of clients are refused at the old one with its address.
fn designate_new_master(env: &mut Env<'_>) -> Answer {
    let (pool, host) = (the_pool(env)?, env.args.text(0));
    if *env.db.reference(&pool, "master") == *host {
        return Ok(Value::Void);
    }
    let metrics = env.db.reference(&host, "metrics");
    if !env.db.flag(&metrics, "live") {
        return Err(Failure::new("HOST_OFFLINE", [&*host]));
    }
    env.db.set(&pool, "master", host);
    Ok(Value::Void)
}

/// A host leaves the pool: it is not part of it any more.
fn eject(env: &mut Env<'_>) -> Answer {
    let (pool, gone) = (the_pool(env)?, env.args.text(0));
    if *env.db.reference(&pool, "master") == *gone {
        return Err(Failure::bare("HOST_CANNOT_DESTROY_SELF"));
    }
    let guests = env.db.refs(&gone, "resident_VMs");
    if let Some(vm) = guests
        .iter()
        .find(|vm| !env.db.flag(vm, "is_control_domain"))
    {
        return Err(Failure::new("HOST_IN_USE", [&*gone, "VM", &**vm]));
    }
    let metrics = env.db.reference(&gone, "metrics");
    env.db.set(&metrics, "live", false);
    host::forget(env, &gone);
    Ok(Value::Void)
}

/// `pool.enable_ha(srs, configuration)`.
fn enable_ha(env: &mut Env<'_>) -> Answer {
    let pool = the_pool(env)?;
    if env.db.flag(&pool, "ha_enabled") {
        return Err(Failure::bare("HA_IS_ENABLED"));
    }
    for sr in env.args.texts(0) {
        if !env.db.flag(&sr, "shared") {
            return Err(Failure::new(
                "HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED",
                [&*sr],
            ));
        }
    }
    let mut files = Vec::new();
    for sr in env.args.texts(0) {
        files.push(crate::disks::create(
            env.db,
            &sr,
            "Statefile for HA",
            4 << 20,
            "ha_statefile",
        ));
    }
    env.db.set(&pool, "ha_statefiles", Value::refs(files));
    env.db
        .set(&pool, "ha_configuration", env.args.get(1).clone());
    env.db.set(&pool, "ha_enabled", true);
    Ok(Value::Void)
}

fn disable_ha(env: &mut Env<'_>) -> Answer {
    let pool = the_pool(env)?;
    if !env.db.flag(&pool, "ha_enabled") {
        return Err(Failure::bare("HA_NOT_ENABLED"));
    }
    for file in env.db.refs(&pool, "ha_statefiles") {
        crate::disks::destroy(env.db, &file);
    }
    env.db.set(&pool, "ha_statefiles", Value::set([]));
    env.db.set(&pool, "ha_enabled", false);
    Ok(Value::Void)
}

fn spare_hosts(env: &Env<'_>) -> Value {
    Value::Int(i64::try_from(env.db.count("host").saturating_sub(1)).unwrap_or_default())
}
