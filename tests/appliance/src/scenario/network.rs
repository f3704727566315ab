//! Networks that give nothing, and an address that somebody else has.

use anyhow::{Result, ensure};

use super::{Setting, said};
use crate::drive;
use crate::images::Image;
use crate::machine::{Machine, Network};
use crate::report::Report;
use crate::server::Server;

/// QEMU's own router has it.
const TAKEN: &str = "\
version: 2
ethernets: {nic0: {addresses: [10.0.2.2/24]}}
";
const SERVER_IS_READY: &str = "xo-server [0-9.]+ is ready";
const ADDRESSES: &str = "xoa --json check | grep -o -e 'there is no network interface' -e 'no interface has an address' -e 'no interface is connected'";

pub(super) async fn silent(setting: &Setting, report: &mut Report) -> Result<()> {
    for (network, told) in [
        (Network::Silent, "no interface has an address"),
        (Network::None, "there is no network interface"),
    ] {
        let disk = setting.fresh("silent", Image::Development)?;
        let mut parts = setting.parts("silent", &disk);
        parts.network = network;
        let mut machine = Machine::start(&parts)?;
        machine.shows(SERVER_IS_READY).await?;
        machine.shows("this start was good").await?;
        let health = said(&mut machine, ADDRESSES).await?;
        // A cable to nobody gives an IPv6 address of its own at most.
        ensure!(health.contains(told), "the self-check says `{health}`");
        machine.screenshot(&setting.file("silent", "png"))?;
        report.row(told, "comes up and tells");
        machine.power_off().await?;
    }
    Ok(())
}

pub(super) async fn taken(setting: &Setting, report: &mut Report) -> Result<()> {
    let disk = setting.fresh("taken", Image::Development)?;
    let path = setting.file("taken", "cidata");
    drive::write(&path, &[("meta-data", ""), ("network-config", TAKEN)])?;
    let mut parts = setting.parts("taken", &disk);
    parts.drive = Some(&path);
    let mut machine = Machine::start(&parts)?;
    machine.shows(SERVER_IS_READY).await?;
    machine.shows("this start was good").await?;
    let health = said(&mut machine, ADDRESSES).await?;
    ensure!(
        health.contains("no interface has an address"),
        "the self-check says `{health}`"
    );
    // The way out: an address that is free, on trial.
    said(
        &mut machine,
        "xoa network static --address 10.0.2.15/24 | wc -l",
    )
    .await?;
    Server::answers(&mut machine).await?;
    report.row("a fixed address that is taken", "not used; another one is");
    machine.power_off().await
}
