//! The power state machine of VMs as data: which operation needs which state.

use super::lower;
use crate::db::Db;
use crate::failure::Failure;

/// The states that a VM can be in.
pub const POWER_STATES: [&str; 4] = ["Halted", "Paused", "Running", "Suspended"];

/// Needs the guest's help (drivers).
const GUEST: u8 = 1;
/// Allowed on templates too.
const TEMPLATE: u8 = 2;
/// Allowed on snapshots too.
const SNAPSHOT: u8 = 4;
/// On snapshots only.
const ONLY_SNAPSHOT: u8 = 8;
/// On templates only.
const ONLY_TEMPLATE: u8 = 16;
/// Checked, but not listed in `allowed_operations`.
const UNLISTED: u8 = 32;

const HALTED: &[&str] = &["Halted"];
const RUNNING: &[&str] = &["Running"];
const SUSPENDED: &[&str] = &["Suspended"];
const ANY: &[&str] = &["Halted", "Paused", "Running", "Suspended"];

/// Operation, the states that it starts from (in the order in which a host names them), and its peculiarities.
const RULES: &[(&str, &[&str], u8)] = &[
    ("create_vtpm", HALTED, 0),
    ("destroy", HALTED, TEMPLATE | SNAPSHOT),
    ("metadata_export", ANY, TEMPLATE | SNAPSHOT),
    ("export", &["Halted", "Suspended"], TEMPLATE | SNAPSHOT),
    ("make_into_template", HALTED, SNAPSHOT),
    ("changing_NVRAM", HALTED, TEMPLATE),
    ("changing_shadow_memory", HALTED, TEMPLATE),
    ("changing_static_range", HALTED, TEMPLATE),
    ("changing_dynamic_range", &["Halted", "Running"], TEMPLATE),
    ("changing_memory_limits", HALTED, TEMPLATE | UNLISTED),
    ("changing_VCPUs", HALTED, TEMPLATE | UNLISTED),
    ("changing_VCPUs_live", RUNNING, GUEST),
    ("migrate_send", &["Halted", "Suspended", "Running"], GUEST),
    ("pool_migrate", RUNNING, GUEST),
    ("start_on", HALTED, 0),
    ("start", HALTED, 0),
    ("copy", &["Halted", "Suspended"], TEMPLATE | SNAPSHOT),
    ("clone", HALTED, TEMPLATE | SNAPSHOT),
    ("revert", ANY, SNAPSHOT | ONLY_SNAPSHOT),
    ("provision", HALTED, TEMPLATE | ONLY_TEMPLATE),
    ("checkpoint", RUNNING, GUEST),
    ("suspend", RUNNING, GUEST),
    ("clean_reboot", RUNNING, GUEST),
    ("clean_shutdown", RUNNING, GUEST),
    ("hard_reboot", &["Paused", "Running"], 0),
    ("hard_shutdown", &["Paused", "Suspended", "Running"], 0),
    ("pause", RUNNING, 0),
    ("unpause", &["Paused"], 0),
    ("resume", SUSPENDED, 0),
    ("resume_on", SUSPENDED, 0),
    ("send_sysrq", RUNNING, UNLISTED),
    ("send_trigger", RUNNING, UNLISTED),
    ("call_plugin", RUNNING, UNLISTED),
    ("power_state_reset", ANY, UNLISTED),
    ("shutdown", &["Paused", "Suspended", "Running"], UNLISTED),
    ("snapshot", ANY, 0),
];

fn rule(operation: &str) -> Option<(&'static [&'static str], u8)> {
    let found = RULES.iter().find(|(name, ..)| *name == operation);
    found.map(|(_, states, marks)| (*states, *marks))
}

/// Drivers that can shut down, suspend and migrate are running inside the guest.
fn has_drivers(db: &Db, vm: &str) -> bool {
    db.linked(vm, "guest_metrics")
        .is_some_and(|metrics| db.flag(&metrics, "PV_drivers_detected"))
}

/// The VM is in one of these states.
///
/// # Errors
/// `VM_BAD_POWER_STATE [ref, expected, actual]`, the states in lower case.
pub fn assert_state(db: &Db, vm: &str, states: &[&str]) -> Result<(), Failure> {
    let state = db.get(vm, "power_state");
    if states.contains(&state.as_str()) {
        return Ok(());
    }
    let expected = states.join(", ").to_lowercase();
    Err(Failure::new(
        "VM_BAD_POWER_STATE",
        [vm, &expected, &lower(state)],
    ))
}

pub(super) fn check(db: &Db, vm: &str, operation: &str) -> Result<(), Failure> {
    let Some((states, marks)) = rule(operation) else {
        return Ok(());
    };
    if let Some(reason) = db.entry(vm, "blocked_operations", operation) {
        return Err(Failure::new("OPERATION_BLOCKED", [vm, &reason]));
    }
    if db.flag(vm, "is_control_domain") {
        let allowed = matches!(operation, "changing_dynamic_range" | "metadata_export");
        let reason = "Operations on domain 0 are not allowed";
        return if allowed {
            Ok(())
        } else {
            Err(Failure::not_allowed(reason))
        };
    }
    if db.flag(vm, "is_a_snapshot") {
        if marks & SNAPSHOT == 0 {
            let reason = format!("{operation} is not allowed on a VM snapshot");
            return Err(Failure::not_allowed(&reason));
        }
        return if marks & ONLY_SNAPSHOT == 0 {
            assert_state(db, vm, states)
        } else {
            Ok(())
        };
    }
    if marks & ONLY_SNAPSHOT != 0 {
        return Err(Failure::not_allowed(&format!(
            "{operation} is only allowed on a VM snapshot"
        )));
    }
    if db.flag(vm, "is_a_template") {
        if marks & TEMPLATE == 0 {
            return Err(Failure::new("VM_IS_TEMPLATE", [vm, operation]));
        }
        if operation == "destroy" && db.flag(vm, "is_default_template") {
            return Err(Failure::not_allowed(
                "A default template cannot be destroyed",
            ));
        }
    }
    assert_state(db, vm, states)?;
    let running = db.get(vm, "power_state").as_str() == "Running";
    if running && marks & GUEST != 0 && !has_drivers(db, vm) {
        return Err(Failure::new("VM_LACKS_FEATURE", [vm]));
    }
    Ok(())
}

pub(super) fn allowed(db: &Db, vm: &str) -> Vec<&'static str> {
    if db.flag(vm, "is_control_domain") {
        return vec![
            "metadata_export",
            "changing_static_range",
            "changing_dynamic_range",
        ];
    }
    let template = db.flag(vm, "is_a_template") && !db.flag(vm, "is_a_snapshot");
    RULES
        .iter()
        .filter(|(_, _, marks)| marks & UNLISTED == 0 && (template || marks & ONLY_TEMPLATE == 0))
        .map(|(operation, ..)| *operation)
        .filter(|operation| check(db, vm, operation).is_ok())
        .collect()
}
