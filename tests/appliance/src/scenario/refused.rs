//! What cannot start, and says so: the wrong firmware, a disk that is not whole, next to no memory.

use anyhow::Result;

use super::Setting;
use crate::images::Image;
use crate::machine::{Firmware, Machine, Network};
use crate::report::Report;

/// Behind the loader's partition, within the first slot.
const HALF: u64 = 1200 << 20;

pub(super) async fn bios(setting: &Setting, report: &mut Report) -> Result<()> {
    let disk = setting.fresh("bios", Image::Release)?;
    let mut parts = setting.parts("bios", &disk);
    parts.firmware = Firmware::Bios;
    // Its firmware would try to start from it.
    parts.network = Network::None;
    let mut machine = Machine::start(&parts)?;
    machine.shows("XOA needs UEFI firmware").await?;
    report.row("BIOS in place of UEFI", "the screen tells");
    Ok(())
}

pub(super) async fn truncated(setting: &Setting, report: &mut Report) -> Result<()> {
    let disk = setting.fresh("truncated", Image::Release)?;
    std::fs::File::options()
        .write(true)
        .open(&disk.path)?
        .set_len(HALF)?;
    let mut machine = setting.start("truncated", &disk)?;
    machine
        .shows("no disk has the partitions of the slot")
        .await?;
    report.row("truncated disk", "the screen tells, it restarts");
    Ok(())
}

pub(super) async fn tiny(setting: &Setting, report: &mut Report) -> Result<()> {
    let disk = setting.fresh("tiny", Image::Release)?;
    let mut parts = setting.parts("tiny", &disk);
    parts.memory = 256;
    let mut machine = Machine::start(&parts)?;
    let shown = machine
        .shows("(xo-server [0-9.]+ is ready|too little memory|Out of memory|not enough memory)")
        .await?;
    machine.screenshot(&setting.file("tiny", "png"))?;
    report.row("256 MiB of memory", format!("`{shown}`"));
    Ok(())
}
