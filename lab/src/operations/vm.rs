//! The power state machine of VMs as data: which operation needs which state.

use super::lower;
use crate::db::Db;
use crate::failure::Failure;
use crate::value::Value;

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
    // Of snapshots with memory, before they are destroyed.
    (
        "hard_shutdown",
        &["Paused", "Suspended", "Running"],
        SNAPSHOT,
    ),
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

/// What the rules look at, read once.
struct Facts<'a> {
    state: &'a str,
    control: bool,
    snapshot: bool,
    template: bool,
    default: bool,
    drivers: bool,
    blocked: &'a Value,
}

impl<'a> Facts<'a> {
    fn of(db: &'a Db, vm: &str) -> Self {
        Self {
            state: db.get(vm, "power_state").as_str(),
            control: db.flag(vm, "is_control_domain"),
            snapshot: db.flag(vm, "is_a_snapshot"),
            template: db.flag(vm, "is_a_template"),
            default: db.flag(vm, "is_default_template"),
            drivers: has_drivers(db, vm),
            blocked: db.get(vm, "blocked_operations"),
        }
    }

    /// Why the operation is refused.
    fn refusal(&self, operation: &str, states: &[&str], marks: u8) -> Option<Refusal> {
        let has = |mark: u8| marks & mark != 0;
        if self.blocked.entry(operation).is_some() {
            return Some(Refusal::Blocked);
        }
        if self.control {
            let allowed = matches!(operation, "changing_dynamic_range" | "metadata_export");
            return (!allowed).then_some(Refusal::ControlDomain);
        }
        if self.snapshot && !has(SNAPSHOT) {
            return Some(Refusal::Snapshot);
        }
        if self.snapshot && has(ONLY_SNAPSHOT) {
            return None;
        }
        if !self.snapshot && has(ONLY_SNAPSHOT) {
            return Some(Refusal::NoSnapshot);
        }
        if self.template && !self.snapshot {
            if !has(TEMPLATE) {
                return Some(Refusal::Template);
            }
            if operation == "destroy" && self.default {
                return Some(Refusal::DefaultTemplate);
            }
        }
        if !states.contains(&self.state) {
            return Some(Refusal::State);
        }
        (self.state == "Running" && has(GUEST) && !self.drivers).then_some(Refusal::Drivers)
    }
}

/// Why an operation is refused, without the words.
enum Refusal {
    Blocked,
    ControlDomain,
    Snapshot,
    NoSnapshot,
    Template,
    DefaultTemplate,
    State,
    Drivers,
}

pub(super) fn check(db: &Db, vm: &str, operation: &str) -> Result<(), Failure> {
    let Some((states, marks)) = rule(operation) else {
        return Ok(());
    };
    let Some(refusal) = Facts::of(db, vm).refusal(operation, states, marks) else {
        return Ok(());
    };
    Err(match refusal {
        Refusal::Blocked => {
            let reason = db
                .entry(vm, "blocked_operations", operation)
                .unwrap_or_default();
            Failure::new("OPERATION_BLOCKED", [vm, &reason])
        }
        Refusal::ControlDomain => Failure::not_allowed("Operations on domain 0 are not allowed"),
        Refusal::Snapshot => {
            Failure::not_allowed(&format!("{operation} is not allowed on a VM snapshot"))
        }
        Refusal::NoSnapshot => {
            Failure::not_allowed(&format!("{operation} is only allowed on a VM snapshot"))
        }
        Refusal::Template => Failure::new("VM_IS_TEMPLATE", [vm, operation]),
        Refusal::DefaultTemplate => Failure::not_allowed("A default template cannot be destroyed"),
        Refusal::State => return assert_state(db, vm, states),
        Refusal::Drivers => Failure::new("VM_LACKS_FEATURE", [vm]),
    })
}

pub(super) fn allowed(db: &Db, vm: &str) -> Vec<&'static str> {
    let facts = Facts::of(db, vm);
    if facts.control {
        return vec![
            "metadata_export",
            "changing_static_range",
            "changing_dynamic_range",
        ];
    }
    let template = facts.template && !facts.snapshot;
    RULES
        .iter()
        .filter(|(_, _, marks)| marks & UNLISTED == 0 && (template || marks & ONLY_TEMPLATE == 0))
        .filter(|(name, states, marks)| facts.refusal(name, states, *marks).is_none())
        .map(|(operation, ..)| *operation)
        .collect()
}
