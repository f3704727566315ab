//! Disks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Answer, Call, Env, call_of, generic, operation};
use crate::contents;
use crate::disks;
use crate::failure::Failure;
use crate::operations::refresh;
use crate::placement;
use crate::value::{Text, Value};

pub(super) const CALLS: &[Call] = &[
    call_of("VDI.create", create),
    operation("VDI.destroy", "destroy", destroy),
    operation("VDI.forget", "forget", destroy),
    call_of("VDI.introduce", introduce),
    operation("VDI.snapshot", "snapshot", |env| {
        Ok(Value::from(disks::snapshot(env.db, &env.args.text(0))))
    }),
    operation("VDI.clone", "clone", |env| {
        let vdi = env.args.text(0);
        let sr = env.db.reference(&vdi, "SR");
        Ok(Value::from(disks::copy(env.db, &vdi, &sr)))
    }),
    operation("VDI.copy", "copy", copy),
    operation("VDI.resize", "resize", |env| resize(env, false)),
    operation("VDI.resize_online", "resize_online", |env| {
        resize(env, true)
    }),
    operation("VDI.pool_migrate", "mirror", pool_migrate),
    operation("VDI.update", "update", |_| Ok(Value::Void)),
    operation("VDI.enable_cbt", "enable_cbt", |env| track(env, true)),
    operation("VDI.disable_cbt", "disable_cbt", |env| track(env, false)),
    operation("VDI.data_destroy", "data_destroy", data_destroy),
    call_of("VDI.list_changed_blocks", changed_blocks),
    call_of("VDI.get_nbd_info", nbd_info),
];

fn assert_detached(env: &Env<'_>, vdi: &str, operation: &str) -> Result<(), Failure> {
    let vbds = env.db.refs(vdi, "VBDs");
    if vbds
        .iter()
        .any(|vbd| env.db.flag(vbd, "currently_attached"))
    {
        return Err(Failure::new("VDI_IN_USE", [vdi, operation]));
    }
    Ok(())
}

/// The SR is plugged somewhere and keeps disks.
fn assert_writable(env: &Env<'_>, sr: &str) -> Result<(), Failure> {
    if env.db.refs(sr, "PBDs").is_empty() {
        return Err(Failure::new("SR_HAS_NO_PBDS", [sr]));
    }
    if matches!(env.db.get(sr, "type").as_str(), "iso" | "udev") {
        return Err(Failure::new("SR_OPERATION_NOT_SUPPORTED", [sr]));
    }
    Ok(())
}

/// `VDI.create(record)`.
fn create(env: &mut Env<'_>) -> Answer {
    let record = env.args.get(0);
    let sr = record.entry("SR").and_then(Value::as_text).cloned();
    let sr = sr.ok_or_else(|| Failure::handle_invalid("SR", ""))?;
    let bytes = record.entry("virtual_size").map_or(0, Value::as_int);
    let kind = record
        .entry("type")
        .map_or("user", Value::as_str)
        .to_owned();
    if !env.db.has("SR", &sr) {
        return Err(Failure::handle_invalid("SR", &sr));
    }
    if bytes <= 0 {
        return Err(Failure::new(
            "SR_BACKEND_FAILURE_79",
            ["", "VDI Invalid size", ""],
        ));
    }
    assert_writable(env, &sr)?;
    disks::assert_room(env.db, &sr, bytes)?;
    let fields = generic::given(env, "VDI");
    let vdi = disks::create(env.db, &sr, "", bytes, &kind);
    for (name, value) in fields {
        if name == "other_config" {
            for (key, value) in value.entries() {
                env.db.put_entry(&vdi, name, key, value.clone());
            }
        } else if name != "SR" {
            env.db.set(&vdi, name, value);
        }
    }
    Ok(Value::from(vdi))
}

fn destroy(env: &mut Env<'_>) -> Answer {
    let vdi = env.args.text(0);
    assert_detached(env, &vdi, "destroy")?;
    disks::destroy(env.db, &vdi);
    Ok(Value::Void)
}

/// `VDI.introduce(uuid, name, description, sr, type, sharable, read_only, other_config, location, …)`.
fn introduce(env: &mut Env<'_>) -> Answer {
    let uuid = env.args.text(0);
    if env.db.by_uuid("VDI", &uuid).is_some() {
        return Err(Failure::new("UUID_ALREADY_EXISTS", [&*uuid]));
    }
    let at = |at: usize| env.args.get(at).clone();
    let fields = [
        ("uuid", at(0)),
        ("name_label", at(1)),
        ("name_description", at(2)),
        ("SR", at(3)),
        ("type", at(4)),
        ("sharable", at(5)),
        ("read_only", at(6)),
        ("other_config", at(7)),
        ("location", at(8)),
        ("managed", Value::Bool(true)),
        ("virtual_size", Value::Int(1 << 30)),
    ];
    let vdi = env.db.create("VDI", fields);
    refresh(env.db, "VDI", &vdi);
    Ok(Value::from(vdi))
}

/// `VDI.copy(vdi, sr, base, into)`: into an SR, or over an existing disk.
fn copy(env: &mut Env<'_>) -> Answer {
    let vdi = env.args.text(0);
    if let Some(into) = env.args.reference(3) {
        contents::share(env.db, &vdi, &into);
        return Ok(Value::from(into));
    }
    let sr = env
        .args
        .reference(1)
        .unwrap_or_else(|| env.db.reference(&vdi, "SR"));
    assert_writable(env, &sr)?;
    disks::assert_room(env.db, &sr, env.db.int(&vdi, "virtual_size"))?;
    Ok(Value::from(disks::copy(env.db, &vdi, &sr)))
}

fn resize(env: &mut Env<'_>, online: bool) -> Answer {
    let (vdi, bytes) = (env.args.text(0), env.args.int(1));
    if !online {
        assert_detached(env, &vdi, "resize")?;
    }
    let (before, sr) = (
        env.db.int(&vdi, "virtual_size"),
        env.db.reference(&vdi, "SR"),
    );
    if bytes < before {
        let words = ["", "VDI Invalid size", "shrinking is not allowed"];
        return Err(Failure::new("SR_BACKEND_FAILURE_79", words));
    }
    disks::assert_room(env.db, &sr, bytes - before)?;
    env.db.set(&vdi, "virtual_size", bytes);
    env.db.set(&vdi, "physical_utilisation", bytes);
    disks::account(env.db, &sr, bytes - before);
    Ok(Value::Void)
}

/// `VDI.pool_migrate(vdi, sr, options)`: only a disk of a running VM moves this way.
fn pool_migrate(env: &mut Env<'_>) -> Answer {
    let (vdi, sr) = (env.args.text(0), env.args.text(1));
    if env.db.flag(&vdi, "cbt_enabled") {
        return Err(Failure::new("VDI_CBT_ENABLED", [&*vdi]));
    }
    let vms: Vec<Text> = env
        .db
        .refs(&vdi, "VBDs")
        .iter()
        .map(|vbd| env.db.reference(vbd, "VM"))
        .collect();
    let running = |vm: &&Text| env.db.get(vm, "power_state").as_str() == "Running";
    let Some(vm) = vms.iter().find(running) else {
        return Err(Failure::new("VDI_NEEDS_VM_FOR_MIGRATE", [&*vdi]));
    };
    let host = env.db.reference(vm, "resident_on");
    if !placement::sees(env.db, &host, &sr) {
        return Err(Failure::new("VM_REQUIRES_SR", [&**vm, &*sr]));
    }
    assert_writable(env, &sr)?;
    disks::assert_room(env.db, &sr, env.db.int(&vdi, "virtual_size"))?;
    Ok(Value::from(disks::relocate(env.db, &vdi, &sr)))
}

fn track(env: &mut Env<'_>, enabled: bool) -> Answer {
    let vdi = env.args.text(0);
    if env.db.flag(&vdi, "is_a_snapshot") {
        return Err(Failure::not_allowed("VDI is a snapshot"));
    }
    env.db.set(&vdi, "cbt_enabled", enabled);
    refresh(env.db, "VDI", &vdi);
    Ok(Value::Void)
}

/// Keeps the list of changes of a snapshot and gives up its data.
fn data_destroy(env: &mut Env<'_>) -> Answer {
    let vdi = env.args.text(0);
    if !env.db.flag(&vdi, "is_a_snapshot") {
        return Err(Failure::not_allowed("VDI is not a snapshot"));
    }
    if !env.db.flag(&vdi, "cbt_enabled") {
        return Err(Failure::new("VDI_NO_CBT_METADATA", [&*vdi]));
    }
    assert_detached(env, &vdi, "data_destroy")?;
    let (sr, bytes) = (
        env.db.reference(&vdi, "SR"),
        env.db.int(&vdi, "physical_utilisation"),
    );
    for vbd in env.db.refs(&vdi, "VBDs") {
        env.db.destroy(&vbd);
    }
    env.db.set(&vdi, "type", "cbt_metadata");
    env.db.set(&vdi, "physical_utilisation", 0);
    disks::account(env.db, &sr, -bytes);
    refresh(env.db, "VDI", &vdi);
    Ok(Value::Void)
}

/// `VDI.list_changed_blocks(from, to)`: one bit per 64 KiB, the most significant first, as base64. The same two disks
/// always differ in the same tenth of their blocks.
fn changed_blocks(env: &mut Env<'_>) -> Answer {
    let (from, to) = (env.args.text(0), env.args.text(1));
    for vdi in [&from, &to] {
        if !env.db.flag(vdi, "cbt_enabled") {
            return Err(Failure::new("VDI_NO_CBT_METADATA", [&**vdi]));
        }
    }
    let blocks = env
        .db
        .int(&to, "virtual_size")
        .unsigned_abs()
        .div_ceil(64 << 10);
    let seed = from.bytes().chain(to.bytes()).fold(7_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    let bitmap: Vec<u8> = (0..blocks.div_ceil(8))
        .map(|at| {
            let mixed = (at ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            if mixed >> 60 == 0 { 0xf0 } else { 0 }
        })
        .collect();
    Ok(Value::from(STANDARD.encode(bitmap)))
}

/// Where a disk can be read over NBD: each address of a host on a network for that, if the host has the disk's SR.
fn nbd_info(env: &mut Env<'_>) -> Answer {
    let vdi = env.args.text(0);
    let db = &*env.db;
    if db.get(&vdi, "type").as_str() == "cbt_metadata" {
        return Err(Failure::new(
            "VDI_INCOMPATIBLE_TYPE",
            [&*vdi, "cbt_metadata"],
        ));
    }
    let (sr, uuid) = (db.reference(&vdi, "SR"), db.text(&vdi, "uuid"));
    let serves = |network: &str| {
        let purposes = db.refs(network, "purpose");
        purposes
            .iter()
            .any(|purpose| matches!(&**purpose, "nbd" | "insecure_nbd"))
    };
    let mut found = Vec::new();
    for pif in db.all("PIF") {
        let (host, address) = (db.reference(&pif, "host"), db.text(&pif, "IP"));
        if address.is_empty()
            || !serves(&db.reference(&pif, "network"))
            || !placement::sees(db, &host, &sr)
        {
            continue;
        }
        let export = format!("/{uuid}?session_id={}", env.session);
        found.push(Value::map([
            ("exportname", Value::from(export)),
            ("address", Value::from(address)),
            ("port", Value::Int(10_809)),
            ("cert", Value::text(&env.lab.certificate)),
            ("subject", Value::text("localhost")),
        ]));
    }
    Ok(Value::set(found))
}
