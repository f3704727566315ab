//! What is done once in the life of an appliance: in order, each step stamped when it is done.
//!
//! Invariant: a step may be broken off anywhere and begun anew; what it did twice is as what it did once. A stamp is written after
//! all that its step wrote. A step that fails leaves a problem and no stamp: the next boot tries again, and this one goes on.

mod administrator;
mod secrets;
mod settings;

use std::io;
use std::path::PathBuf;

use crate::Problem;
use crate::apply::Places;
use crate::durable::Disk;
use crate::settings::{Administrator, ConfigDrive, VmData};

/// Where settings come from.
pub trait Sources {
    /// XenStore's `vm-data`; `None` where there is no Xen.
    ///
    /// # Errors
    /// In words.
    fn vm_data(&mut self) -> Result<Option<VmData>, String>;

    /// Removes the secrets from XenStore; tells whether there were any.
    ///
    /// # Errors
    /// In words.
    fn forget_secrets(&mut self) -> Result<bool, String>;

    /// The config drive; `None` when there is none.
    ///
    /// # Errors
    /// In words.
    fn config_drive(&mut self) -> Result<Option<ConfigDrive>, String>;
}

/// Who makes the first administrator.
pub trait Server {
    /// Makes it, or finds that there is one already.
    ///
    /// # Errors
    /// In words, without the password.
    fn make_administrator(&mut self, administrator: &Administrator) -> Result<(), String>;
}

/// All that steps work with.
pub struct Context<'a> {
    /// Where things are.
    pub places: &'a Places,
    /// What writes.
    pub disk: &'a dyn Disk,
    /// Where settings come from.
    pub sources: &'a mut dyn Sources,
    /// Who makes the administrator.
    pub server: &'a mut dyn Server,
    /// Where what is written goes.
    pub data: Data,
    /// What was wrong so far.
    pub problems: Vec<Problem>,
}

/// Where what steps write goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// To the data partition: it stays.
    OnDisk,
    /// The data partition cannot be mounted, and memory stands in for it.
    InMemory,
}

/// One of them.
struct Step {
    name: &'static str,
    on: On,
    run: fn(&mut Context<'_>) -> Result<(), Problem>,
}

#[derive(PartialEq, Eq)]
enum On {
    /// Also when nothing stays: the network is needed to tell.
    AnyData,
    /// Only when what it does stays: what is taken away from outside, or made, would be lost.
    Disk,
}

const STEPS: [Step; 3] = [
    Step {
        name: "settings",
        on: On::AnyData,
        run: settings::adopt,
    },
    Step {
        name: "secrets",
        on: On::Disk,
        run: secrets::forget,
    },
    Step {
        name: "administrator",
        on: On::Disk,
        run: administrator::make,
    },
];

impl Context<'_> {
    /// The administrator that is still to be made.
    fn administrator(&self) -> PathBuf {
        self.places.state.join("firstboot/administrator.json")
    }

    fn stamp(&self, step: &str) -> PathBuf {
        self.places
            .state
            .join("firstboot")
            .join(format!("{step}.done"))
    }
}

/// Runs the steps that are not stamped.
///
/// # Errors
/// When the state folder cannot be written at all: nothing can be stamped then.
pub fn run(context: &mut Context<'_>) -> io::Result<()> {
    let folder = context.places.state.join("firstboot");
    context.disk.make_folder(&context.places.state, 0o700)?;
    context.disk.make_folder(&folder, 0o700)?;
    for step in &STEPS {
        let stamp = context.stamp(step.name);
        if stamp.exists() || (context.data == Data::InMemory && step.on == On::Disk) {
            continue;
        }
        match (step.run)(context) {
            Ok(()) => context.disk.write(&stamp, 0o600, b"")?,
            // A later step may rest on this one.
            Err(problem) => {
                context.problems.push(problem);
                break;
            }
        }
    }
    Ok(())
}
