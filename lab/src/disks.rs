//! Disks and the room that they take in their SR.

use crate::contents;
use crate::db::Db;
use crate::failure::Failure;
use crate::operations::refresh;
use crate::value::{Text, Value};

/// Makes a disk of this many bytes.
pub fn create(db: &mut Db, sr: &str, label: &str, bytes: i64, kind: &str) -> Text {
    let uuid = db.ids().uuid();
    let content = db.ids().uuid();
    let vdi = db.create(
        "VDI",
        [
            ("uuid", Value::from(uuid.as_str())),
            ("location", Value::from(uuid.as_str())),
            ("name_label", Value::text(label)),
            ("SR", Value::text(sr)),
            ("virtual_size", Value::Int(bytes)),
            ("physical_utilisation", Value::Int(bytes)),
            ("type", Value::text(kind)),
            ("managed", Value::Bool(true)),
            ("other_config", Value::string_map([("content_id", content)])),
        ],
    );
    account(db, sr, bytes);
    refresh(db, "VDI", &vdi);
    vdi
}

/// The SR holds so many bytes more; negative: less.
pub fn account(db: &mut Db, sr: &str, bytes: i64) {
    for field in ["virtual_allocation", "physical_utilisation"] {
        let now = db.int(sr, field);
        db.set(sr, field, (now + bytes).max(0));
    }
}

/// There is room for so many bytes.
///
/// # Errors
/// `SR_FULL [requested, maximum]`.
pub fn assert_room(db: &Db, sr: &str, bytes: i64) -> Result<(), Failure> {
    let free = db.int(sr, "physical_size") - db.int(sr, "physical_utilisation");
    if bytes > free {
        return Err(Failure::new(
            "SR_FULL",
            [bytes.to_string(), free.to_string()],
        ));
    }
    Ok(())
}

/// Removes a disk with its connections to VMs.
pub fn destroy(db: &mut Db, vdi: &str) {
    let (sr, bytes) = (db.reference(vdi, "SR"), db.int(vdi, "physical_utilisation"));
    let owners: Vec<Text> = db
        .refs(vdi, "VBDs")
        .iter()
        .map(|vbd| db.reference(vbd, "VM"))
        .collect();
    for vbd in db.refs(vdi, "VBDs") {
        db.destroy(&vbd);
    }
    db.destroy(vdi);
    account(db, &sr, -bytes);
    for vm in owners {
        refresh(db, "VM", &vm);
    }
}

/// A copy of a disk, in the same or another SR. What makes it a snapshot is the caller's matter.
pub fn copy(db: &mut Db, vdi: &str, sr: &str) -> Text {
    let (label, bytes) = (db.text(vdi, "name_label"), db.int(vdi, "virtual_size"));
    let kind = db.text(vdi, "type");
    let made = create(db, sr, &label, bytes, &kind);
    for field in [
        "name_description",
        "sharable",
        "read_only",
        "xenstore_data",
        "sm_config",
        "tags",
    ] {
        let value = db.get(vdi, field).clone();
        db.set(&made, field, value);
    }
    contents::share(db, vdi, &made);
    made
}

/// A snapshot of a disk.
pub fn snapshot(db: &mut Db, vdi: &str) -> Text {
    let sr = db.reference(vdi, "SR");
    let made = copy(db, vdi, &sr);
    let now = crate::date::now();
    db.set(&made, "is_a_snapshot", true);
    db.set(&made, "snapshot_of", vdi);
    db.set(&made, "snapshot_time", Value::Date(now));
    let tracked = db.flag(vdi, "cbt_enabled");
    db.set(&made, "cbt_enabled", tracked);
    refresh(db, "VDI", &made);
    made
}

/// Moves a disk to another SR: a new disk takes its place, which keeps its VMs. Returns the new one.
pub fn relocate(db: &mut Db, vdi: &str, sr: &str) -> Text {
    let made = copy(db, vdi, sr);
    for vbd in db.refs(vdi, "VBDs") {
        db.set(&vbd, "VDI", &made);
    }
    for snapshot in db.refs(vdi, "snapshots") {
        db.set(&snapshot, "snapshot_of", &made);
    }
    destroy(db, vdi);
    refresh(db, "VDI", &made);
    made
}
