//! VMs that move: to another host, and with their disks to other SRs of this pool. Moving to another pool is refused: a lab
//! is one pool (reference: wire facts, section 7).

use crate::calls::{Answer, Call, Env, call_of, operation};
use crate::failure::Failure;
use crate::operations::refresh_vm;
use crate::value::{Text, Value};
use crate::{disks, domain, messages, placement};

pub(in crate::calls) const CALLS: &[Call] = &[
    operation("VM.pool_migrate", "pool_migrate", pool_migrate),
    operation("VM.migrate_send", "migrate_send", migrate_send),
    call_of("VM.assert_can_migrate", |env| {
        let vm = env.args.text(0);
        crate::operations::check(env.db, "VM", &vm, "migrate_send")?;
        plan(env).map(|_| Value::Void)
    }),
];

/// `VM.pool_migrate(vm, host, options)`.
fn pool_migrate(env: &mut Env<'_>) -> Answer {
    let (vm, host) = (env.args.text(0), env.args.text(1));
    if *env.db.reference(&vm, "resident_on") != *host {
        placement::assert_can_run(env.db, &vm, &host)?;
        arrive(env, &vm, &host);
    }
    Ok(Value::Void)
}

fn arrive(env: &mut Env<'_>, vm: &str, host: &str) {
    let name = |db: &crate::db::Db, host: &str| db.text(host, "name_label");
    let (from, to) = (env.db.reference(vm, "resident_on"), name(env.db, host));
    let from = name(env.db, &from);
    domain::migrate(env.db, vm, host);
    messages::about_vm(
        env.db,
        vm,
        "VM_MIGRATED",
        &format!("migrated from {from} to {to}"),
    );
}

/// What a migration with storage will do.
struct Plan {
    host: Text,
    moves: Vec<(Text, Text)>,
}

/// `(vm, dest, live, vdi_map, vif_map, options)`, checked.
fn plan(env: &Env<'_>) -> Result<Plan, Failure> {
    let db = &*env.db;
    let vm = env.args.text(0);
    let host = env.args.entry(1, "host").unwrap_or_else(|| Text::from(""));
    if !db.has("host", &host) {
        return Err(Failure::new("CANNOT_CONTACT_HOST", [&*host]));
    }
    placement::assert_live(db, &host)?;
    if !env.args.get(4).entries().is_empty() {
        return Err(Failure::not_allowed(
            "VIF mapping is not allowed for intra-pool migration",
        ));
    }
    let mut moves = Vec::new();
    for vbd in db.refs(&vm, "VBDs") {
        let disk = db.get(&vbd, "type").as_str() != "CD";
        let Some(vdi) = db.linked(&vbd, "VDI").filter(|_| disk) else {
            continue;
        };
        let now = db.reference(&vdi, "SR");
        let sr = env.args.entry(3, &vdi).unwrap_or_else(|| Text::clone(&now));
        if !db.has("SR", &sr) {
            return Err(Failure::handle_invalid("SR", &sr));
        }
        if !placement::sees(db, &host, &sr) {
            return Err(Failure::new("VDI_NOT_IN_MAP", [&*vdi]));
        }
        if sr != now {
            if db.flag(&vdi, "cbt_enabled") {
                return Err(Failure::new("VDI_CBT_ENABLED", [&*vdi]));
            }
            disks::assert_room(db, &sr, db.int(&vdi, "virtual_size"))?;
            moves.push((vdi, sr));
        }
    }
    Ok(Plan { host, moves })
}

fn migrate_send(env: &mut Env<'_>) -> Answer {
    let vm = env.args.text(0);
    let Plan { host, moves } = plan(env)?;
    for (vdi, sr) in moves {
        disks::relocate(env.db, &vdi, &sr);
    }
    if env
        .db
        .linked(&vm, "resident_on")
        .is_some_and(|now| now != host)
    {
        arrive(env, &vm, &host);
    }
    refresh_vm(env.db, &vm);
    Ok(Value::from(vm))
}
