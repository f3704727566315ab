//! Damage to the systems on the disk, and what follows.

use anyhow::{Result, ensure};

use super::Setting;
use crate::disk::Disk;
use crate::images::Image;
use crate::report::Report;
use crate::server::Server;

const SLOT_A: u32 = 2;

/// The first block of the slot is read at each start, and is zeros that only the hashes know.
pub(super) async fn only_slot(setting: &Setting, report: &mut Report) -> Result<()> {
    let disk = setting.fresh("slot", Image::Release)?;
    disk.flip(disk.partition(SLOT_A)?, 0)?;
    let mut machine = setting.start("slot", &disk)?;
    machine.shows("Kernel panic.*dm-verity").await?;
    machine.shows("its slot on the disk is damaged").await?;
    machine.screenshot(&setting.file("slot", "png"))?;
    report.row(
        "changed byte in the only slot",
        "panic, restart, the console tells",
    );
    Ok(())
}

pub(super) async fn newer_slot(setting: &Setting, report: &mut Report) -> Result<()> {
    let disk = setting.fresh("fallback", Image::Release)?;
    let other = Disk {
        path: setting.images.disk(Image::Next)?,
    };
    let newer = other.kernels()?;
    disk.take_slot(&other)?;
    let mut machine = setting.start("fallback", &disk)?;
    // The newer one is good: it starts.
    Server::answers(&mut machine).await?;
    machine.shows("this start was good").await?;
    drop(machine);
    // Then it is not.
    let disk = setting.fresh("fallback", Image::Release)?;
    disk.take_slot(&other)?;
    disk.flip(disk.partition(SLOT_A + 2)?, 0)?;
    let mut machine = setting.start("fallback", &disk)?;
    Server::answers(&mut machine).await?;
    let (cpu, wall) = (machine.cpu_seconds()?, machine.wall_seconds());
    let panics = machine.console().matches("Kernel panic").count();
    ensure!(panics > 0, "the damaged slot was not tried");
    machine.power_off().await?;
    let kernels = disk.kernels()?;
    let worn_out = |name: &String| name.contains("+0-");
    ensure!(
        kernels.iter().any(worn_out),
        "of {newer:?} and the older one there are {kernels:?}"
    );
    report.row(
        "changed byte in the newer slot, to HTTPS of the older one",
        format!("{panics} tries, {cpu:.0} CPU s, {wall:.0} s"),
    );
    Ok(())
}
