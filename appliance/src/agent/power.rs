//! Reboot, power off, and back to how it was delivered.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use xo_firstboot::reset;

use super::protocol::{Fault, Kind};
use super::{Agent, verbs};

/// What must be typed for a factory reset.
pub const RESET_WORD: &str = "ERASE";

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Reboot,
    Poweroff,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Power {
    action: Action,
}

pub(super) fn power(agent: &Agent, params: Map<String, Value>) -> Result<Value, Fault> {
    let Power { action } = verbs::read(params)?;
    let word = match action {
        Action::Reboot => "reboot",
        Action::Poweroff => "poweroff",
    };
    // The answer goes out before the end begins.
    agent.run("systemctl", &["--no-block", word])?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    #[serde(default)]
    word: String,
}

pub(super) fn factory_reset(agent: &Agent, params: Map<String, Value>) -> Result<Value, Fault> {
    let Reset { word } = verbs::read(params)?;
    if word != RESET_WORD {
        let message = format!(
            "this erases accounts, pool connections, certificates and settings: it needs the word {RESET_WORD}"
        );
        let mut fault = Fault::new(Kind::Forbidden, message);
        fault.field = Some("word".to_owned());
        return Err(fault);
    }
    reset::request(&agent.places, agent.disk.as_ref()).map_err(|error| {
        Fault::failed(format!(
            "nothing is erased, because that cannot be noted: {error}"
        ))
    })?;
    agent
        .run("systemctl", &["--no-block", "reboot"])
        .map_err(|fault| {
            Fault::failed(format!(
                "everything is erased at the next boot, and the reboot failed: {fault}"
            ))
        })?;
    Ok(json!({}))
}
