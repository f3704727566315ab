//! The appliance that this server runs in: what its agent does for administrators.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::schema::{array, boolean, integer, one_of, string, text, types};
use crate::tasks::error_value;
use crate::{Call, Error, Incoming, Method, Outcome, Result, Schema};

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
            "Changes where updates come from, how fast, and when they are installed by themselves; null takes a choice back.",
            "update.settings",
        )
        .param("channel", types(&["string", "null"]).optional())
        .param("repository", types(&["string", "null"]).optional())
        .param("bytesPerSecond", types(&["integer", "null"]).optional())
        .param("automatic", boolean().optional())
        .param("window", types(&["object", "null"]).optional())
        .param("waitSeconds", types(&["integer", "null"]).optional()),
        Method::new(
            "appliance.getInterruptions",
            "Tells what a restart would interrupt now: transfers, consoles, tasks.",
        )
        .admin()
        .untasked()
        .run(async |call: Call| {
            Ok(json!({ "interrupts": call.engine.interruptions() }))
        }),
        of_release(ask(
            "appliance.checkUpdate",
            "Looks for an update, or what the uploaded one is.",
            "update.check",
        )),
        of_release(ask(
            "appliance.fetchUpdate",
            "Downloads an update, or takes the uploaded one, in the background.",
            "update.fetch",
        )),
        Method::new(
            "appliance.uploadUpdate",
            "Takes a bundle: an update in one file, which is fetched then with `from`.",
        )
        .admin()
        .untasked()
        .run(upload),
        ask(
            "appliance.stageUpdate",
            "Writes what was downloaded to the other slot, in the background.",
            "update.stage",
        ),
        ask(
            "appliance.applyUpdate",
            "Restarts into the new system; with `force` also when that interrupts something.",
            "update.apply",
        )
        .param("force", boolean().optional()),
        ask(
            "appliance.confirmUpdate",
            "Keeps the new system, though it has not proved itself yet; otherwise that is noticed by itself.",
            "update.confirm",
        ),
        ask(
            "appliance.rollbackUpdate",
            "Restarts into the system of the other slot; with `force` also when that interrupts something.",
            "update.rollback",
        )
        .param("force", boolean().optional()),
        ask(
            "appliance.cancelUpdate",
            "Ends an update on its way, and removes what came of it and an uploaded file.",
            "update.cancel",
        ),
        ask(
            "appliance.trustClock",
            "Has the appliance's clock count for updates, though it said a later time before.",
            "update.trust-clock",
        ),
    ]
}

/// What is looked for, and where.
fn of_release(method: Method) -> Method {
    method
        .param("version", string().optional())
        .param("from", one_of(&["repository", "bundle"]).optional())
        .param("acceptExpired", boolean().optional())
}

async fn upload(call: Call) -> Result<Value> {
    // Whether it may be sent is told before it is.
    call.engine
        .appliance
        .ask("update.settings", Map::new())
        .await?;
    let call = Arc::new(call);
    let running = Arc::clone(&call);
    Ok(call.offer_upload(move |incoming| async move {
        let engine = Arc::clone(&running.engine);
        // A client that leaves ends it, and the task with it.
        let work = engine
            .tracker
            .spawn(async move { take(&running, incoming).await });
        work.await.map_err(Error::internal)?
    }))
}

/// The task tells how far it is.
async fn take(call: &Call, incoming: Incoming) -> Result<Value> {
    let file = incoming.file().await?;
    let mut properties = Map::new();
    properties.insert("name".into(), json!("Upload of an update"));
    properties.insert("type".into(), json!("appliance.update.upload"));
    if let Some(user) = &call.caller.user {
        properties.insert("userId".into(), json!(&**user));
    }
    let task = call.engine.tasks.begin_stored(properties).await?;
    let length = file.length.filter(|length| *length > 0);
    let told = |sent: u64| {
        if let Some(length) = length {
            task.progress(sent.saturating_mul(100) / length);
        }
    };
    let agent = &call.engine.appliance;
    let abort = task.abort();
    let sent = tokio::select! {
        sent = agent.upload("update.upload", file.body, told) => sent,
        () = abort.cancelled() => Err(Error::BadData("somebody stopped the upload".into())),
    };
    let result = match &sent {
        Ok(value) => Ok(value.clone()),
        Err(error) => Err(error_value(error)),
    };
    task.end(result).await;
    sent
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
