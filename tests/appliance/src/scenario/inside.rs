//! What can only be seen from inside: the developers' image has a shell on the serial console.

use anyhow::{Context, Result, ensure};

use super::{Setting, said};
use crate::images::Image;
use crate::report::Report;
use crate::server::Server;

const MEMORY_MIB: u64 = 250;
/// The disk has 16 GiB; the other partitions less than 5.
const DATA_KIB: u64 = 10 << 20;

pub(super) async fn run(setting: &Setting, report: &mut Report) -> Result<()> {
    let disk = setting.fresh("inside", Image::Development)?;
    let mut machine = setting.start("inside", &disk)?;
    Server::answers(&mut machine).await?;
    machine.shows("this start was good").await?;
    let number = |text: String| text.trim().parse::<u64>().with_context(|| text.clone());

    let used = said(
        &mut machine,
        "awk '/^MemTotal/ {t = $2} /^MemAvailable/ {a = $2} END {print int((t - a) / 1024)}' /proc/meminfo",
    );
    let used = number(used.await?)?;
    report.row("memory used when idle", format!("{used} MiB"));
    ensure!(used <= MEMORY_MIB, "{used} MiB are used");
    let data = number(said(&mut machine, "df -k --output=size /var | tail -1").await?)?;
    ensure!(
        data > DATA_KIB,
        "the data partition has not grown: {data} KiB"
    );
    let failed = said(
        &mut machine,
        "systemctl --failed --plain --no-legend | awk '{print $1}' | xargs",
    )
    .await?;
    ensure!(failed.trim().is_empty(), "failed units: {failed}");
    let machine_id = said(&mut machine, "cat /etc/machine-id").await?;
    ensure!(
        machine_id.trim() == "3f0a1c527d5e4b7b9a435d1f0f6c2e10",
        "the machine's id is {machine_id}"
    );
    for unit in ["xoa-agent.service", "xoa-console@tty1.service"] {
        let state = said(&mut machine, &format!("systemctl is-active {unit}")).await?;
        ensure!(state.trim() == "active", "{unit} is {state}");
    }
    machine.screenshot(&setting.file("inside", "png"))?;
    let slot = said(
        &mut machine,
        "xoa --json status | tr -d ' ' | grep -o 'running\":\"A\"'",
    )
    .await?;
    ensure!(slot.contains('A'), "the status does not tell the slot");
    let failed = said(
        &mut machine,
        "xoa --json check | grep -o '\"failed\"' | wc -l",
    )
    .await?;
    ensure!(
        failed.trim() == "0",
        "{failed} parts of the self-check failed: see `xoa check`"
    );
    // The agent changes what it may change, and the kernel and networkd hear of it.
    said(&mut machine, "xoa hostname inside | wc -l").await?;
    let name = said(&mut machine, "uname -n").await?;
    ensure!(name.trim() == "inside", "the machine is called {name}");
    let exposed = said(
        &mut machine,
        "systemd-analyze security xo-server.service --no-pager | tail -1 | tr -dc 0-9.",
    )
    .await?;
    report.row(
        "exposure of xo-server (systemd-analyze security)",
        exposed.trim().trim_end_matches('.'),
    );
    let times = said(&mut machine, "systemd-analyze time | head -1").await?;
    report.row("systemd-analyze time", times.trim());
    machine.power_off().await
}
