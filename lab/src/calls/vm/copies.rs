//! New VMs and copies of VMs: create, clone, copy, snapshot, checkpoint, revert, provision, destroy.

use crate::calls::{Answer, Call, Env, call_of, generic, operation};
use crate::failure::Failure;
use crate::operations::refresh_vm;
use crate::snapshots::{self, Disks};
use crate::value::{Text, Value};
use crate::{disks, domain};

pub(in crate::calls) const CALLS: &[Call] = &[
    call_of("VM.create", create),
    operation("VM.destroy", "destroy", destroy),
    operation("VM.clone", "clone", clone),
    operation("VM.copy", "copy", copy),
    operation("VM.snapshot", "snapshot", snapshot),
    operation("VM.snapshot_with_quiesce", "snapshot", snapshot),
    operation("VM.checkpoint", "checkpoint", checkpoint),
    operation("VM.revert", "revert", revert),
    operation("VM.provision", "provision", provision),
    call_of("VM.set_is_a_template", set_is_a_template),
];

/// `VM.create(record)`: halted, without devices.
fn create(env: &mut Env<'_>) -> Answer {
    let mut fields = generic::given(env, "VM");
    fields.retain(|(name, _)| !matches!(*name, "power_state" | "suspend_VDI"));
    let metrics = env.db.create(
        "VM_metrics",
        [("current_domain_type", Value::text("unspecified"))],
    );
    fields.push(("metrics", Value::from(metrics)));
    fields.push(("domid", Value::Int(-1)));
    let vm = env.db.create("VM", fields);
    if &*env.db.text(&vm, "domain_type") == "unspecified" {
        let policy = env.db.text(&vm, "HVM_boot_policy");
        env.db.set(
            &vm,
            "domain_type",
            if policy.is_empty() { "pv" } else { "hvm" },
        );
    }
    if env.db.entry(&vm, "other_config", "mac_seed").is_none() {
        let seed = env.db.ids().uuid();
        env.db.put_entry(&vm, "other_config", "mac_seed", seed);
    }
    refresh_vm(env.db, &vm);
    Ok(Value::from(vm))
}

/// The devices of a VM go with it; its disks stay, except those that belong to a snapshot's suspended state.
fn destroy(env: &mut Env<'_>) -> Answer {
    let vm = env.args.text(0);
    let db = &mut *env.db;
    for class in ["VBDs", "VIFs", "VTPMs", "VGPUs", "VUSBs", "consoles"] {
        for device in db.refs(&vm, class) {
            let vdi = db.linked(&device, "VDI").filter(|_| class == "VBDs");
            db.destroy(&device);
            if let Some(vdi) = vdi {
                crate::operations::refresh(db, "VDI", &vdi);
            }
        }
    }
    if let Some(image) = db.linked(&vm, "suspend_VDI") {
        disks::destroy(db, &image);
    }
    for field in ["metrics", "guest_metrics"] {
        let metrics = db.reference(&vm, field);
        db.destroy(&metrics);
    }
    db.destroy(&vm);
    Ok(Value::Void)
}

fn made(env: &mut Env<'_>, vm: Text) -> Answer {
    refresh_vm(env.db, &vm);
    Ok(Value::from(vm))
}

fn clone(env: &mut Env<'_>) -> Answer {
    let (vm, name) = (env.args.text(0), env.args.text(1));
    let copy = snapshots::duplicate(env.db, &vm, &name, &Disks::Clones);
    forget_origin(env, &copy);
    made(env, copy)
}

/// `VM.copy(vm, name, sr)`; without an SR the disks stay where they are.
fn copy(env: &mut Env<'_>) -> Answer {
    let (vm, name, sr) = (env.args.text(0), env.args.text(1), env.args.reference(2));
    if let Some(sr) = &sr {
        let vdis = env
            .db
            .refs(&vm, "VBDs")
            .iter()
            .filter_map(|vbd| env.db.linked(vbd, "VDI"))
            .collect::<Vec<_>>();
        let bytes = vdis.iter().map(|vdi| env.db.int(vdi, "virtual_size")).sum();
        disks::assert_room(env.db, sr, bytes)?;
    }
    let copy = snapshots::duplicate(env.db, &vm, &name, &Disks::Copies(sr));
    forget_origin(env, &copy);
    made(env, copy)
}

/// A copy of a snapshot or of a default template is neither.
fn forget_origin(env: &mut Env<'_>, vm: &str) {
    env.db.set(vm, "is_a_snapshot", false);
    env.db.set(
        vm,
        "snapshot_info",
        Value::string_map([] as [(&str, &str); 0]),
    );
    env.db.remove_entry(vm, "other_config", "default_template");
}

fn snapshot(env: &mut Env<'_>) -> Answer {
    let (vm, name) = (env.args.text(0), env.args.text(1));
    Ok(Value::from(snapshots::take(env.db, &vm, &name)))
}

/// A snapshot with the memory of the VM.
fn checkpoint(env: &mut Env<'_>) -> Answer {
    let (vm, name) = (env.args.text(0), env.args.text(1));
    let sr = super::suspend_sr(env.db, &vm);
    let made = snapshots::take(env.db, &vm, &name);
    if let Some(sr) = sr {
        let bytes = env.db.int(&vm, "memory_static_max");
        let image = disks::create(env.db, &sr, "Suspend image", bytes, "suspend");
        env.db.set(&made, "suspend_VDI", image);
    }
    env.db.set(&made, "power_state", "Suspended");
    refresh_vm(env.db, &made);
    Ok(Value::from(made))
}

fn revert(env: &mut Env<'_>) -> Answer {
    let snapshot = env.args.text(0);
    let Some(vm) = env.db.linked(&snapshot, "snapshot_of") else {
        return Err(Failure::new(
            "VM_REVERT_FAILED",
            [&*snapshot, "OpaqueRef:NULL"],
        ));
    };
    snapshots::revert(env.db, &snapshot, &vm);
    Ok(Value::Void)
}

/// Makes a VM of a template: its disks are made as `other_config:disks` says, in the SRs named there or the default one.
fn provision(env: &mut Env<'_>) -> Answer {
    let vm = env.args.text(0);
    let text = env
        .db
        .entry(&vm, "other_config", "disks")
        .unwrap_or_else(|| Text::from(""));
    let pool = env
        .db
        .all("pool")
        .into_iter()
        .next()
        .unwrap_or_else(|| Text::from(""));
    for disk in wanted(&text) {
        let named = env.db.by_uuid("SR", &disk.sr);
        let sr = named.or_else(|| env.db.linked(&pool, "default_SR"));
        let sr = sr.ok_or_else(|| Failure::new("DEFAULT_SR_NOT_FOUND", [&*disk.sr]))?;
        disks::assert_room(env.db, &sr, disk.bytes)?;
        let vdi = disks::create(
            env.db,
            &sr,
            &format!("{} 0", env.db.text(&vm, "name_label")),
            disk.bytes,
            "user",
        );
        env.db.create(
            "VBD",
            [
                ("VM", Value::from(&vm)),
                ("VDI", Value::from(vdi)),
                (
                    "device",
                    Value::from(domain::device_name(&disk.device).unwrap_or_default()),
                ),
                ("userdevice", Value::from(disk.device)),
                ("bootable", Value::Bool(disk.bootable)),
                ("mode", Value::text("RW")),
                ("type", Value::text("Disk")),
                ("unpluggable", Value::Bool(true)),
            ],
        );
    }
    env.db.remove_entry(&vm, "other_config", "disks");
    env.db.remove_entry(&vm, "other_config", "default_template");
    env.db.set(&vm, "is_a_template", false);
    env.db.set(&vm, "is_default_template", false);
    let now = Value::Date(crate::date::now());
    if let Some(metrics) = env.db.linked(&vm, "metrics") {
        env.db.set(&metrics, "install_time", now);
    }
    refresh_vm(env.db, &vm);
    Ok(Value::Void)
}

/// A disk that a template asks for.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    device: String,
    bytes: i64,
    sr: String,
    bootable: bool,
}

/// The disks of `<provision><disk device size sr bootable type/>…</provision>`.
fn wanted(text: &str) -> Vec<Wanted> {
    let mut found = Vec::new();
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        let tag = match reader.read_event() {
            Ok(quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag)) => tag,
            Ok(quick_xml::events::Event::Eof) | Err(_) => return found,
            Ok(_) => continue,
        };
        if tag.name().0 != "disk" {
            continue;
        }
        let value = |name: &str| {
            let attribute = tag
                .attributes()
                .flatten()
                .find(|attribute| attribute.key.0 == name);
            attribute
                .map(|attribute| attribute.value.to_string())
                .unwrap_or_default()
        };
        found.push(Wanted {
            device: value("device"),
            bytes: value("size").parse().unwrap_or_default(),
            sr: value("sr"),
            bootable: value("bootable") == "true",
        });
    }
}

/// Making a template of a VM that is not halted is refused; a snapshot stays one.
fn set_is_a_template(env: &mut Env<'_>) -> Answer {
    let (vm, template) = (env.args.text(0), env.args.flag(1));
    if template {
        crate::operations::check(env.db, "VM", &vm, "make_into_template")?;
    }
    env.db.set(&vm, "is_a_template", template);
    if !template {
        env.db.set(&vm, "is_default_template", false);
    }
    refresh_vm(env.db, &vm);
    Ok(Value::Void)
}

#[cfg(test)]
mod tests {
    use super::{Wanted, wanted};

    #[test]
    fn the_disks_of_a_template_are_read() {
        let text = "<provision><disk bootable=\"true\" device=\"0\" size=\"1024\" sr=\"x\" type=\"system\"/></provision>";
        let disk = Wanted {
            device: "0".into(),
            bytes: 1024,
            sr: "x".into(),
            bootable: true,
        };
        assert_eq!(wanted(text), [disk]);
        assert_eq!(wanted("<provision><disk"), []);
    }
}
