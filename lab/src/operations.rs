//! Which operations an object allows now, and which are going on: `allowed_operations` and `current_operations` are kept
//! here and nowhere else.

mod devices;
mod vm;

use crate::db::Db;
use crate::failure::Failure;
use crate::value::{Text, Value};

pub use vm::{POWER_STATES, assert_state};

/// The operation may start on this object now.
///
/// # Errors
/// What a host says: `OTHER_OPERATION_IN_PROGRESS`, `VM_BAD_POWER_STATE`, `OPERATION_BLOCKED`, `VM_IS_TEMPLATE`, …
pub fn check(db: &Db, class: &str, subject: &str, operation: &str) -> Result<(), Failure> {
    if let Some((task, current)) = db.get(subject, "current_operations").entries().first() {
        let words = [class, subject, current.as_str(), task];
        return Err(Failure::new("OTHER_OPERATION_IN_PROGRESS", words));
    }
    match class {
        "VM" => vm::check(db, subject, operation),
        _ => Ok(()),
    }
}

/// Shows an operation in `current_operations` under this key (a task).
pub fn begin(db: &mut Db, class: &str, subject: &str, operation: &str, key: &str) {
    db.put_entry(subject, "current_operations", key, operation);
    refresh(db, class, subject);
}

/// Takes the operation under this key away.
pub fn end(db: &mut Db, class: &str, subject: &str, key: &str) {
    db.remove_entry(subject, "current_operations", key);
    refresh(db, class, subject);
}

/// Computes `allowed_operations` anew. To be called after every change that it depends on.
pub fn refresh(db: &mut Db, class: &str, subject: &str) {
    let busy = !db.get(subject, "current_operations").entries().is_empty();
    let allowed: Vec<&'static str> = match class {
        _ if busy => Vec::new(),
        "VM" => vm::allowed(db, subject),
        "VDI" => devices::vdi(db, subject),
        "VBD" => devices::vbd(db, subject),
        "VIF" => devices::vif(db, subject),
        "SR" => devices::SR.to_vec(),
        "host" => devices::host(db, subject),
        "pool" => devices::POOL.to_vec(),
        _ => return,
    };
    let same = {
        let now = db.get(subject, "allowed_operations").elements();
        now.len() == allowed.len() && now.iter().zip(&allowed).all(|(a, b)| a.as_str() == *b)
    };
    if !same {
        let value = db.shared_set(&allowed);
        db.set(subject, "allowed_operations", value);
    }
}

/// Computes the operations of a VM and of its devices and disks anew.
pub fn refresh_vm(db: &mut Db, vm: &str) {
    refresh(db, "VM", vm);
    for vif in db.refs(vm, "VIFs") {
        refresh(db, "VIF", &vif);
    }
    for vbd in db.refs(vm, "VBDs") {
        refresh(db, "VBD", &vbd);
        if let Some(vdi) = db.linked(&vbd, "VDI") {
            refresh(db, "VDI", &vdi);
        }
    }
}

/// The text of an entry, for failures.
#[must_use]
pub fn lower(value: &Value) -> Text {
    Text::from(value.as_str().to_lowercase())
}
