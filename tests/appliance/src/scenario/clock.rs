//! A clock that is wrong by years.

use anyhow::{Result, ensure};

use super::Setting;
use crate::images::Image;
use crate::machine::Machine;
use crate::report::Report;
use crate::server::Server;

const DAY_MS: i64 = 86_400_000;

pub(super) async fn run(setting: &Setting, report: &mut Report) -> Result<()> {
    let disk = setting.fresh("clock", Image::Release)?;
    for (clock, told) in [
        (Some("2016-11-26T00:00:00"), "first boot ten years ago"),
        (Some("2036-11-26T00:00:00"), "then ten years ahead"),
        (None, "then now"),
    ] {
        let mut parts = setting.parts("clock", &disk);
        parts.clock = clock;
        let mut machine = Machine::start(&parts)?;
        let server = Server::answers(&mut machine).await?;
        let certificate = server.setup().await?["certificate"].clone();
        if clock.is_none() {
            let now = i64::try_from(std::time::UNIX_EPOCH.elapsed()?.as_millis())?;
            let from = certificate["notBefore"].as_i64().unwrap_or(i64::MAX);
            ensure!(from < now + DAY_MS, "not valid yet: {certificate}");
        }
        report.row(told, "comes up");
        machine.power_off().await?;
    }
    Ok(())
}
