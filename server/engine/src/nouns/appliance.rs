//! The appliance that this server runs in: what its agent does for administrators.

use serde_json::{Map, Value};

use crate::schema::{array, integer, one_of, string, text, types};
use crate::{Call, Method, Outcome, Result, Schema};

/// Names of ours, and the agent's verbs.
pub(super) fn methods() -> Vec<Method> {
    let look = |name, description, verb| ask(name, description, verb).untasked();
    let strings = || array(string()).optional();
    vec![
        look(
            "appliance.getStatus",
            "Tells how the appliance is.",
            "status",
        ),
        look(
            "appliance.check",
            "Tests disk, memory, time, network, certificate, database and pools.",
            "check",
        ),
        look(
            "appliance.getNetwork",
            "Tells the network as it is, as it is kept, and on trial.",
            "network.get",
        ),
        ask(
            "appliance.setNetwork",
            "Changes the network on trial: it goes back unless it is confirmed in time.",
            "network.set",
        )
        .params([
            ("mode", one_of(&["dhcp", "static"])),
            ("addresses", strings()),
            ("gateways", strings()),
            ("dns", strings()),
            ("search", strings()),
            ("mac", string().optional()),
        ]),
        of_change(
            "appliance.confirmNetwork",
            "Keeps a change of the network.",
            "network.confirm",
        ),
        of_change(
            "appliance.revertNetwork",
            "Takes a change of the network back.",
            "network.revert",
        ),
        look(
            "appliance.getHostname",
            "Tells the machine's name.",
            "hostname.get",
        ),
        ask(
            "appliance.setHostname",
            "Changes the machine's name.",
            "hostname.set",
        )
        .param("hostname", string()),
        look(
            "appliance.getTime",
            "Tells time zone and time servers.",
            "time.get",
        ),
        ask(
            "appliance.setTime",
            "Changes time zone or time servers.",
            "time.set",
        )
        .param("zone", string().optional())
        .param("ntp", strings()),
        look(
            "appliance.getProxy",
            "Tells the HTTP proxy, without its password.",
            "proxy.get",
        ),
        // The address may have a password in it, which a task would keep.
        look(
            "appliance.setProxy",
            "Changes the HTTP proxy; null for none.",
            "proxy.set",
        )
        .param("proxy", types(&["string", "null"])),
        ask(
            "appliance.power",
            "Reboots the appliance, or turns it off.",
            "power",
        )
        .param("action", one_of(&["reboot", "poweroff"])),
        ask(
            "appliance.factoryReset",
            "Erases everything and reboots; needs the word ERASE.",
            "factory-reset",
        )
        .param("word", text()),
        Method::new(
            "appliance.getSupportBundle",
            "Offers what support needs, without secrets.",
        )
        .admin()
        .untasked()
        .run(async |call: Call| {
            let agent = call.engine.appliance.clone();
            // Whether there is one is told before a stream is offered.
            agent.ask("hostname.get", Map::new()).await?;
            Ok(call.offer_download("support.tar.gz", move || async move {
                agent.fetch("bundle").await
            }))
        }),
        look(
            "appliance.getUpdates",
            "Tells what runs, what is in the other slot, how far an update is, and what came of earlier ones.",
            "update.status",
        ),
        ask(
            "appliance.setUpdates",
            "Changes where updates come from, and how fast; null takes a choice back.",
            "update.settings",
        )
        .param("channel", types(&["string", "null"]).optional())
        .param("repository", types(&["string", "null"]).optional())
        .param("bytesPerSecond", types(&["integer", "null"]).optional()),
        ask(
            "appliance.checkUpdate",
            "Looks for an update.",
            "update.check",
        )
        .param("version", string().optional()),
        ask(
            "appliance.fetchUpdate",
            "Downloads an update, in the background.",
            "update.fetch",
        )
        .param("version", string().optional()),
        ask(
            "appliance.stageUpdate",
            "Writes what was downloaded to the other slot, in the background.",
            "update.stage",
        ),
        ask(
            "appliance.applyUpdate",
            "Restarts into the new system.",
            "update.apply",
        ),
        ask(
            "appliance.rollbackUpdate",
            "Restarts into the system of the other slot.",
            "update.rollback",
        ),
        ask(
            "appliance.cancelUpdate",
            "Ends an update on its way, and removes what came of it.",
            "update.cancel",
        ),
    ]
}

fn ask(name: &'static str, description: &'static str, verb: &'static str) -> Method {
    Method::new(name, description)
        .admin()
        .run(move |call: Call| async move {
            let answer: Result<Value> =
                call.engine.appliance.ask(verb, call.params().clone()).await;
            answer.map(Outcome::from)
        })
}

fn of_change(name: &'static str, description: &'static str, verb: &'static str) -> Method {
    let change: Schema = integer().min(0);
    ask(name, description, verb).param("change", change)
}
