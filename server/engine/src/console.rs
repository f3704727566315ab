//! Opening a VM's screen: who may, where it is, and entries in the history for the audit, one when it opens and one when it closes.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value, json};
use tokio_util::task::task_tracker::TaskTrackerToken;
use xapi_records::record;
use xo_inventory::Item;
use xo_model::ObjectType::{Vm, VmController};

use crate::ongoing::Going;
use crate::{Caller, Engine, Error, Permission, Result};

pub use xapi::console::Console;

/// A console that somebody has opened, until [`Viewing::closed`].
pub struct Viewing {
    engine: Arc<Engine>,
    /// What both entries tell.
    entry: Map<String, Value>,
    since: Instant,
    _going: Going,
    /// The server waits for the last entry before it stops.
    _tracked: TaskTrackerToken,
}

impl Engine {
    /// Opens the console of a VM or of a host's control domain.
    ///
    /// # Errors
    /// [`Error::IncorrectState`] when the VM has no screen now: it must run.
    pub async fn open_console(
        self: &Arc<Self>,
        caller: &Caller,
        id: &str,
    ) -> Result<(Console, Viewing)> {
        let vm = self.resolve(caller, id, &[Vm, VmController], Some(Permission::Operate))?;
        let pool = self.pool_of(&vm)?;
        let location = pool.records(|records| {
            let consoles = &records.get::<record::Vm>(&vm.reference)?.consoles;
            consoles
                .iter()
                .filter_map(|c| records.get::<record::Console>(c))
                .find(|c| c.protocol.as_str() == "rfb")
                .map(|c| c.location.to_string())
        });
        let location = location.ok_or_else(|| Error::IncorrectState {
            id: vm.id.to_string(),
            kind: vm.kind.name().into(),
            property: "console".into(),
            actual: "none".into(),
            expected: "a graphical console; start the VM first".into(),
        })?;
        let console = pool.session.open_console(&location).await?;
        let account = self.account(caller)?;
        tracing::info!(target: "audit", user = account.name, vm = %vm.id, address = ?caller.address, "console opened");
        let viewing = Viewing {
            engine: Arc::clone(self),
            entry: self.entry(caller, &vm),
            since: Instant::now(),
            _going: self.ongoing.begin(format!("console of {}", name_of(&vm))),
            _tracked: self.tracker.token(),
        };
        viewing.tell("console opened", Value::Null).await;
        Ok((console, viewing))
    }

    /// A control domain's screen is its host's: that is what people know.
    fn entry(&self, caller: &Caller, vm: &Item) -> Map<String, Value> {
        let host = (vm.kind == VmController)
            .then(|| vm.at("$container"))
            .flatten();
        let host = host.as_ref().and_then(Value::as_str);
        let host = host.and_then(|id| self.inventory.find(id));
        let of = host.as_deref().unwrap_or(vm);
        let mut entry = Map::new();
        entry.insert("type".into(), json!("xo:console"));
        entry.insert("objectId".into(), json!(of.id.to_string()));
        entry.insert("objectType".into(), json!(of.kind.name()));
        entry.insert("objectName".into(), json!(name_of(of)));
        if let Some(user) = &caller.user {
            entry.insert("userId".into(), json!(&**user));
        }
        entry
    }
}

fn name_of(vm: &Item) -> String {
    let name = vm.at("name_label");
    let name = name.as_ref().and_then(Value::as_str);
    name.unwrap_or_default().to_owned()
}

impl Viewing {
    /// The server stops: consoles are to be closed.
    pub async fn must_end(&self) {
        self.engine.stopping.cancelled().await;
    }

    /// Tells that the console was closed, and how long it was open.
    pub async fn closed(self) {
        let seconds = self.since.elapsed().as_secs();
        self.tell("console closed", json!({ "seconds": seconds }))
            .await;
    }

    /// An entry that cannot be stored stops nobody's work: the log has it too.
    async fn tell(&self, name: &str, result: Value) {
        let mut properties = self.entry.clone();
        properties.insert("name".into(), json!(name));
        match self.engine.tasks.begin_stored(properties).await {
            Ok(running) => running.end(Ok(result)).await,
            Err(error) => tracing::error!(name, %error, "a console's entry was not stored"),
        }
    }
}
