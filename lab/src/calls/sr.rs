//! Storage repositories.

use super::{Answer, Call, Env, call_of, operation};
use crate::db::Db;
use crate::failure::Failure;
use crate::operations::refresh;
use crate::value::{Text, Value};

pub(super) const CALLS: &[Call] = &[
    call_of("SR.create", create),
    call_of("SR.introduce", introduce),
    operation("SR.destroy", "destroy", |env| leave(env, true)),
    operation("SR.forget", "forget", |env| leave(env, false)),
    operation("SR.scan", "scan", scan),
    operation("SR.update", "update", |_| Ok(Value::Void)),
    call_of("SR.get_supported_types", |env| {
        let types: Vec<Value> = env
            .db
            .rows("SM")
            .map(|sm| env.db.get(&sm.reference, "type").clone())
            .collect();
        Ok(Value::set(types))
    }),
    call_of("SR.probe", probe),
    call_of("SR.probe_ext", |_| Ok(Value::set([]))),
    call_of("SR.assert_can_host_ha_statefile", ha_capable),
    call_of("SR.assert_supports_database_replication", |_| {
        Ok(Value::Void)
    }),
];

fn driver(db: &Db, kind: &str) -> Result<(), Failure> {
    let known = db
        .rows("SM")
        .any(|sm| db.get(&sm.reference, "type").as_str() == kind);
    if known {
        Ok(())
    } else {
        Err(Failure::new("SR_UNKNOWN_DRIVER", [kind]))
    }
}

/// `SR.create(host, device_config, size, name, description, type, content, shared, sm_config)`: plugged on the host, or on
/// every host when shared.
fn create(env: &mut Env<'_>) -> Answer {
    driver(env.db, &env.args.text(5))?;
    let shared = env.args.flag(7);
    let size = match env.args.int(2) {
        0 => 2 << 40,
        bytes => bytes,
    };
    let at = |at: usize| env.args.get(at).clone();
    let fields = [
        ("name_label", at(3)),
        ("name_description", at(4)),
        ("type", at(5)),
        ("content_type", at(6)),
        ("shared", at(7)),
        ("physical_size", Value::Int(size)),
    ];
    let sr = env.db.create("SR", fields);
    if env.args.has(8) {
        env.db.set(&sr, "sm_config", at(8));
    }
    let hosts = if shared {
        env.db.all("host")
    } else {
        vec![env.args.text(0)]
    };
    for host in hosts {
        env.db.create(
            "PBD",
            [
                ("host", Value::from(host)),
                ("SR", Value::from(&sr)),
                ("device_config", at(1)),
                ("currently_attached", Value::Bool(true)),
            ],
        );
    }
    refresh(env.db, "SR", &sr);
    Ok(Value::from(sr))
}

/// `SR.introduce(uuid, name, description, type, content, shared, sm_config)`: known, not plugged.
fn introduce(env: &mut Env<'_>) -> Answer {
    let uuid = env.args.text(0);
    driver(env.db, &env.args.text(3))?;
    if env.db.by_uuid("SR", &uuid).is_some() {
        return Err(Failure::new("SR_UUID_EXISTS", [&*uuid]));
    }
    let at = |at: usize| env.args.get(at).clone();
    let fields = [
        ("uuid", at(0)),
        ("name_label", at(1)),
        ("name_description", at(2)),
        ("type", at(3)),
        ("content_type", at(4)),
        ("shared", at(5)),
    ];
    let sr = env.db.create("SR", fields);
    refresh(env.db, "SR", &sr);
    Ok(Value::from(sr))
}

fn leave(env: &mut Env<'_>, erase: bool) -> Answer {
    let sr = env.args.text(0);
    let plugged = |pbd: &Text| env.db.flag(pbd, "currently_attached");
    let vdis = env.db.refs(&sr, "VDIs");
    if env.db.refs(&sr, "PBDs").iter().any(plugged) {
        return Err(Failure::new("SR_HAS_PBD", [&*sr]));
    }
    if erase && !vdis.is_empty() {
        return Err(Failure::new("SR_NOT_EMPTY", [&*sr]));
    }
    for vdi in vdis {
        for vbd in env.db.refs(&vdi, "VBDs") {
            env.db.destroy(&vbd);
        }
        env.db.destroy(&vdi);
    }
    for pbd in env.db.refs(&sr, "PBDs") {
        env.db.destroy(&pbd);
    }
    for pool in env.db.all("pool") {
        for field in ["default_SR", "suspend_image_SR", "crash_dump_SR"] {
            if *env.db.reference(&pool, field) == *sr {
                env.db.set(&pool, field, Value::null_ref());
            }
        }
    }
    env.db.destroy(&sr);
    Ok(Value::Void)
}

/// A scan needs a plugged SR; then it finds what is known already.
fn scan(env: &mut Env<'_>) -> Answer {
    let sr = env.args.text(0);
    let plugged = |pbd: &Text| env.db.flag(pbd, "currently_attached");
    if !env.db.refs(&sr, "PBDs").iter().any(plugged) {
        return Err(Failure::new("SR_HAS_NO_PBDS", [&*sr]));
    }
    let vdis = env.db.refs(&sr, "VDIs");
    let used: i64 = vdis
        .iter()
        .map(|vdi| env.db.int(vdi, "physical_utilisation"))
        .sum();
    env.db.set(&sr, "physical_utilisation", used);
    env.db.set(&sr, "virtual_allocation", used);
    Ok(Value::Void)
}

/// `SR.probe(host, device_config, type, sm_config)`: XML, by the kind of storage.
fn probe(env: &mut Env<'_>) -> Answer {
    let kind = env.args.text(2);
    driver(env.db, &kind)?;
    let config = env.args.get(1);
    let given = |name: &str| config.entry(name).map_or("", Value::as_str).to_owned();
    let text = match &*kind {
        "nfs" if given("serverpath").is_empty() => {
            "<?xml version=\"1.0\" ?><nfs-exports><Export><Target>10.0.0.5</Target><Path>/export/vms</Path>\
             <Accesslist>*</Accesslist></Export></nfs-exports>"
                .to_owned()
        }
        "lvmoiscsi" if given("targetIQN").is_empty() => {
            let words = [
                "",
                "The SCSI IQN parameter is missing or incorrect",
                "<?xml version=\"1.0\"?><iscsi-target-iqns><TGT><Index>0</Index><IPAddress>10.0.0.6</IPAddress>\
                 <TargetIQN>iqn.2026-01.example.lab:target</TargetIQN></TGT></iscsi-target-iqns>",
            ];
            return Err(Failure::new("SR_BACKEND_FAILURE_96", words));
        }
        "lvmoiscsi" if given("SCSIid").is_empty() => {
            let words = [
                "",
                "The SCSIid parameter is missing or incorrect",
                "<?xml version=\"1.0\"?><iscsi-target><LUN><vendor>LAB</vendor><serial>1</serial><LUNid>0</LUNid>\
                 <size>1099511627776</size><SCSIid>3600000000000000001</SCSIid></LUN></iscsi-target>",
            ];
            return Err(Failure::new("SR_BACKEND_FAILURE_107", words));
        }
        _ => "<?xml version=\"1.0\" ?><SRlist></SRlist>".to_owned(),
    };
    Ok(Value::from(text))
}

fn ha_capable(env: &mut Env<'_>) -> Answer {
    let sr = env.args.text(0);
    if env.db.flag(&sr, "shared") {
        Ok(Value::Void)
    } else {
        Err(Failure::new(
            "HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED",
            [&*sr],
        ))
    }
}
