//! The data partition: ruined, full, erased.

use anyhow::{Result, ensure};
use reqwest::Method;

use super::{Setting, said};
use crate::images::Image;
use crate::report::Report;
use crate::server::Server;

const DATA: u32 = 6;
/// Superblock, group descriptors and journal of a young file system, and the copies of the first two.
const RUINED: usize = 64 << 20;
const ADMIN: (&str, &str) = ("admin", "a long password of tests");
/// Into a pipe the command writes JSON.
const SETUP_CODE: &str = "xoa setup-code | cut -d '\"' -f 4";
/// All that is not kept for root.
const NO_MORE: &str = "fallocate -l $(df -B1 --output=avail /var | tail -1) /var/lib/xoa/filler; df --output=avail /var | tail -1";

pub(super) async fn ruined(setting: &Setting, report: &mut Report) -> Result<()> {
    let disk = setting.fresh("data", Image::Release)?;
    disk.ruin(disk.partition(DATA)?, RUINED)?;
    let mut machine = setting.start("data", &disk)?;
    machine
        .shows("the data partition cannot be mounted")
        .await?;
    machine.shows("go back to a snapshot of the VM").await?;
    // What fell with the mount is asked for again.
    machine.shows("XOA server skipped").await?;
    machine.screenshot(&setting.file("data", "png"))?;
    report.row("ruined data partition", "the console tells");
    machine.power_off().await
}

/// Nothing can be written; what is there can be read, and the appliance comes up also after a restart.
pub(super) async fn full(setting: &Setting, report: &mut Report) -> Result<()> {
    let disk = setting.fresh("full", Image::Development)?;
    let mut machine = setting.start("full", &disk)?;
    let server = Server::answers(&mut machine).await?;
    let code = said(&mut machine, SETUP_CODE).await?;
    server.make_admin(code.trim(), ADMIN.0, ADMIN.1).await?;
    let left = said(&mut machine, NO_MORE).await?;
    ensure!(left.trim().parse::<u64>()? < 1024, "{left} KiB are left");
    let health = said(
        &mut machine,
        "xoa --json status | grep -o 'of [0-9]* MiB are free'",
    )
    .await?;
    ensure!(health.contains("MiB are free"), "the status says {health}");
    machine.power_off().await?;

    let mut machine = setting.start("full", &disk)?;
    let server = Server::answers(&mut machine).await?;
    ensure!(
        server.setup().await?["required"] == false,
        "the administrator is gone"
    );
    said(&mut machine, "rm /var/lib/xoa/filler; sync").await?;
    server.ask(Method::GET, "/users", ADMIN).await?;
    report.row("full data partition", "comes up, tells, nothing is lost");
    machine.power_off().await
}

pub(super) async fn reset(setting: &Setting, report: &mut Report) -> Result<()> {
    let disk = setting.fresh("reset", Image::Development)?;
    let mut machine = setting.start("reset", &disk)?;
    let server = Server::answers(&mut machine).await?;
    let code = said(&mut machine, SETUP_CODE).await?;
    server.make_admin(code.trim(), ADMIN.0, ADMIN.1).await?;
    machine.shows("this start was good").await?;
    said(&mut machine, "xoa factory-reset --word ERASE").await?;
    machine.shows("(?s)is ready.*is ready").await?;
    let after = Server::answers(&mut machine).await?;
    ensure!(
        after.fingerprint != server.fingerprint,
        "the certificate of before"
    );
    ensure!(
        after.setup().await?["required"] == true,
        "the administrator is there still"
    );
    let lost = said(
        &mut machine,
        "ls -l /proc/$(pidof systemd-journald)/fd | grep -c '[(]deleted[)]$'",
    )
    .await?;
    ensure!(lost.trim() == "0", "journald writes to {lost} erased files");
    report.row("factory reset", "a new appliance, its journal kept");
    machine.power_off().await
}
