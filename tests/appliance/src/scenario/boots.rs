//! The way from power to HTTPS: the first time, later, with little memory, after power cuts.

use anyhow::{Result, ensure};
use rand::Rng;
use reqwest::Method;

use super::Setting;
use crate::browser;
use crate::images::Image;
use crate::machine::Machine;
use crate::report::Report;
use crate::server::Server;

pub(super) const CODE: &str = r"\b([A-Z0-9]{5}-[A-Z0-9]{5})\b";
const FINGERPRINT: &str = r"\b((?:[0-9A-F]{2}:){31}[0-9A-F]{2})\b";
pub(super) const ADMIN: (&str, &str) = ("admin", "a long password of tests");
/// A first boot has all behind it by then.
const CPU_SECONDS_OF_A_BOOT: f64 = 48.0;

pub(super) async fn run(setting: &Setting, report: &mut Report) -> Result<()> {
    let disk = setting.fresh("boots", Image::Release)?;
    let mut machine = setting.start("boots", &disk)?;
    let server = timed(&mut machine, "first boot to HTTPS", report).await?;
    let shown = machine.shows(FINGERPRINT).await?;
    ensure!(
        shown == server.fingerprint,
        "the console shows {shown}, the server {}",
        server.fingerprint
    );
    let code = machine.shows(CODE).await?;
    ensure!(
        server.setup().await?["required"] == true,
        "an administrator is there already"
    );
    browser::set_up(&machine, &code, ADMIN).await?;
    // The name is a part of the certificate.
    let server = Server::answers(&mut machine).await?;
    machine.screenshot(&setting.file("boots", "png"))?;
    // Once the gate is passed the counter is taken away, and the boot loader need not count any more.
    machine.shows("this start was good").await?;
    machine.shows("Marked boot as 'good'").await?;
    machine.power_off().await?;
    let kernels = disk.kernels()?;
    ensure!(
        kernels.iter().all(|name| !name.contains('+')),
        "the system was not blessed: {kernels:?}"
    );

    let mut machine = setting.start("boots", &disk)?;
    let again = timed(&mut machine, "later boot to HTTPS", report).await?;
    ensure!(
        again.fingerprint == server.fingerprint,
        "another certificate after the second start"
    );
    ensure!(
        again.setup().await?["required"] == false,
        "the administrator is gone"
    );
    let (status, pools) = (
        again.ask(Method::GET, "/appliance", ADMIN).await?,
        again
            .ask(Method::GET, "/pools?fields=name_label", ADMIN)
            .await?,
    );
    ensure!(
        status["hostname"] == "xoa-paris" && pools[0]["name_label"] == "Lab 1",
        "what the wizard set is not kept: {status}, {pools}"
    );
    machine.power_off().await
}

/// Half of what the appliance is given.
pub(super) async fn small(setting: &Setting, report: &mut Report) -> Result<()> {
    let disk = setting.fresh("small", Image::Release)?;
    let mut parts = setting.parts("small", &disk);
    parts.memory = 512;
    let mut machine = Machine::start(&parts)?;
    timed(&mut machine, "first boot with 512 MiB to HTTPS", report)
        .await
        .map(drop)
}

/// Power cuts at random moments of the first boot; after each the appliance comes up whole.
pub(super) async fn cuts(setting: &Setting, report: &mut Report) -> Result<()> {
    for round in 1..=setting.cuts {
        let disk = setting.fresh("cuts", Image::Release)?;
        let moment = rand::rng().random_range(1.0..CPU_SECONDS_OF_A_BOOT);
        println!("  {round}: power cut at {moment:.1} CPU seconds");
        let mut machine = setting.start("cuts", &disk)?;
        machine.reaches(moment).await?;
        machine.cut()?;
        let mut machine = setting.start("cuts", &disk)?;
        let server = Server::answers(&mut machine).await?;
        let code = machine.shows(CODE).await?;
        server.make_admin(&code, ADMIN.0, ADMIN.1).await?;
        server.ask(Method::GET, "/users", ADMIN).await?;
    }
    report.row(
        "first boots cut off and whole afterwards",
        setting.cuts.to_string(),
    );
    Ok(())
}

async fn timed(machine: &mut Machine, what: &str, report: &mut Report) -> Result<Server> {
    let server = Server::answers(machine).await?;
    let (cpu, wall) = (machine.cpu_seconds()?, machine.wall_seconds());
    report.row(what, format!("{cpu:.1} CPU s, {wall:.0} s"));
    Ok(server)
}
