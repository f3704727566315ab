//! A browser on the host, which walks through the wizard of the appliance: the test of `web/appliance`.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use crate::machine::Machine;

/// Sets the appliance up in its wizard, with this administrator and the built-in lab; it is named `xoa-paris`, in the time of Paris.
pub async fn set_up(machine: &Machine, code: &str, user: (&str, &str)) -> Result<()> {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web");
    let status = Command::new("npm")
        .args(["run", "--silent", "appliance"])
        .current_dir(web)
        .env("XOA_URL", format!("https://127.0.0.1:{}/", machine.port))
        .env("XOA_CODE", code)
        .env("XOA_USER", user.0)
        .env("XOA_PASSWORD", user.1)
        .kill_on_drop(true)
        .status()
        .await
        .context("npm cannot be started: make build-tools")?;
    ensure!(
        status.success(),
        "the wizard failed in the browser: see above"
    );
    Ok(())
}
