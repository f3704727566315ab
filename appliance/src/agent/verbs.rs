//! The table of verbs: what can be asked, by whom, and what runs.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::protocol::{Fault, Kind};
use super::{
    Agent, backup, bundle, certificate, check, network, password, power, probe, settings, status,
    update,
};

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The server's user, and root.
    Server,
    /// Root alone: who sits at the machine's own screen.
    Root,
}

type Params = Map<String, Value>;

/// What runs.
#[derive(Clone, Copy)]
pub enum Run {
    /// Answers a value.
    Value(fn(&Agent, Params) -> Result<Value, Fault>),
    /// Answers a file, as it is made.
    File(
        fn(&Agent) -> String,
        fn(&Agent, &mut dyn Write) -> io::Result<()>,
    ),
    /// Takes a file, as it comes.
    Upload(fn(&Agent, &mut (dyn Read + Send)) -> Result<Value, Fault>),
}

/// One of them.
#[derive(Clone, Copy)]
pub struct Verb {
    /// As it is asked for.
    pub name: &'static str,
    /// Who may.
    pub who: Who,
    /// What runs.
    pub run: Run,
}

const fn verb(name: &'static str, run: fn(&Agent, Params) -> Result<Value, Fault>) -> Verb {
    Verb {
        name,
        who: Who::Server,
        run: Run::Value(run),
    }
}

const fn of_root(verb: Verb) -> Verb {
    Verb {
        who: Who::Root,
        ..verb
    }
}

/// The one that is asked all the time, and not in the journal.
pub const WAIT: &str = "update.wait";

/// All of them.
pub const VERBS: &[Verb] = &[
    verb("status", status::verb),
    verb("check", check::verb),
    verb("network.get", network::get),
    verb("network.set", network::set),
    verb("network.confirm", network::confirm),
    verb("network.revert", network::revert),
    verb("hostname.get", settings::get_hostname),
    verb("hostname.set", settings::set_hostname),
    verb("time.get", settings::get_time),
    verb("time.set", settings::set_time),
    verb("proxy.get", settings::get_proxy),
    verb("proxy.set", settings::set_proxy),
    verb("settings.get", settings::all),
    verb("power", power::power),
    verb("factory-reset", power::factory_reset),
    verb("certificate-changed", certificate::changed),
    Verb {
        name: "bundle",
        who: Who::Server,
        run: Run::File(bundle::file_name, bundle::write),
    },
    of_root(verb("setup-code", status::setup_code)),
    of_root(verb("administrators", password::list)),
    of_root(verb("reset-password", password::reset)),
    verb("update.status", update::status),
    verb(WAIT, update::wait),
    verb("update.check", update::check),
    Verb {
        name: "update.upload",
        who: Who::Server,
        run: Run::Upload(update::upload),
    },
    verb("update.fetch", update::fetch),
    verb("update.stage", update::stage),
    verb("update.apply", update::apply),
    verb("update.confirm", update::confirm),
    verb("update.rollback", update::rollback),
    verb("update.cancel", update::cancel),
    verb("update.settings", update::choose),
    verb("update.trust-clock", update::trust_clock),
    of_root(verb("update.interruptions", update::interruptions)),
    of_root(verb("update.probe", probe::verb)),
    of_root(verb("update.doubt", update::doubt)),
    verb("backup", backup::make),
    verb("backup.list", backup::list),
    of_root(verb("backup.key", backup::key)),
    Verb {
        name: "backup.upload",
        who: Who::Server,
        run: Run::Upload(backup::upload),
    },
    verb("restore", backup::restore),
];

/// Finds one, for somebody.
///
/// # Errors
/// When there is none of that name, or not for them.
pub fn find(name: &str, is_root: bool) -> Result<&'static Verb, Fault> {
    let found = VERBS.iter().find(|verb| verb.name == name);
    let found = found.ok_or_else(|| {
        let known: Vec<&str> = VERBS.iter().map(|verb| verb.name).collect();
        let message = format!("there is no verb `{name}`; there are {}", known.join(", "));
        Fault::new(Kind::NotImplemented, message)
    })?;
    if found.who == Who::Root && !is_root {
        let message = format!("`{name}` is for the appliance's own screen alone");
        return Err(Fault::new(Kind::Forbidden, message));
    }
    Ok(found)
}

/// Parameters as a type that refuses what it does not know.
pub(super) fn read<T: DeserializeOwned>(params: Params) -> Result<T, Fault> {
    serde_json::from_value(Value::Object(params))
        .map_err(|error| Fault::new(Kind::Invalid, format!("the parameters do not fit: {error}")))
}

/// Nothing may be told.
pub(super) fn nothing(params: Params) -> Result<(), Fault> {
    match params.into_iter().next() {
        None => Ok(()),
        Some((name, _)) => Err(Fault::invalid(&name, "is not expected: this takes nothing")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_verb_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = VERBS.iter().map(|verb| verb.name).collect();
        assert_eq!(names.len(), VERBS.len());
    }

    #[test]
    fn passwords_are_for_root_alone() {
        for name in ["reset-password", "administrators", "setup-code"] {
            let fault = find(name, false).err().unwrap();
            assert_eq!(fault.kind, Kind::Forbidden);
            assert!(find(name, true).is_ok());
        }
        assert_eq!(find("sh", true).err().unwrap().kind, Kind::NotImplemented);
    }
}
