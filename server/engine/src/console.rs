//! Opening a VM's screen: who may, where it is, and a line in the log for the audit.

use xapi_records::record;
use xo_model::ObjectType::{Vm, VmController};

use crate::{Caller, Engine, Error, Permission, Result};

pub use xapi::console::Console;

impl Engine {
    /// Opens the console of a VM or of a host's control domain.
    ///
    /// # Errors
    /// [`Error::IncorrectState`] when the VM has no screen now: it must run.
    pub async fn open_console(&self, caller: &Caller, id: &str) -> Result<Console> {
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
        Ok(console)
    }
}
