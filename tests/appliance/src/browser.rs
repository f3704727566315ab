//! A browser on the host, in which the tests of `web/appliance` use the appliance.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use crate::machine::Machine;

/// Sets the appliance up in its wizard, with this administrator and the built-in lab; it is named `xoa-paris`, in the time of Paris.
pub async fn set_up(machine: &Machine, code: &str, user: (&str, &str)) -> Result<()> {
    let mut test = test("wizard", machine, user);
    run(test.env("XOA_CODE", code)).await
}

/// Updates the appliance from a file, until the new version is installed.
pub async fn update(
    machine: &Machine,
    file: &Path,
    version: &str,
    user: (&str, &str),
) -> Result<()> {
    let mut test = test("update", machine, user);
    let file = std::path::absolute(file)?;
    run(test.env("XOA_FILE", file).env("XOA_VERSION", version)).await
}

fn test(name: &str, machine: &Machine, user: (&str, &str)) -> Command {
    let mut command = Command::new("npm");
    command
        .args(["run", "--silent", "appliance", "--", name])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web"))
        .env("XOA_URL", format!("https://127.0.0.1:{}/", machine.port))
        .env("XOA_USER", user.0)
        .env("XOA_PASSWORD", user.1)
        .kill_on_drop(true);
    command
}

async fn run(test: &mut Command) -> Result<()> {
    let status = test.status().await;
    let status = status.context("npm cannot be started: make build-tools")?;
    ensure!(status.success(), "the browser's test failed: see above");
    Ok(())
}
