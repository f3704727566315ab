//! Settings from a NoCloud config drive.

use anyhow::{Result, ensure};
use reqwest::Method;

use super::Setting;
use crate::drive;
use crate::images::Image;
use crate::machine::{Machine, Network};
use crate::report::Report;
use crate::server::Server;

/// In QEMU's own network, and not one that its DHCP gives.
const ADDRESS: &str = "10.0.2.77";
const NETWORK: &str = "\
version: 2
ethernets:
  nic0:
    addresses: [10.0.2.77/24]
    routes: [{to: default, via: 10.0.2.2}]
    nameservers: {addresses: [10.0.2.3]}
";
const ADMIN: (&str, &str) = ("operator", "from a config drive");

pub(super) async fn run(setting: &Setting, report: &mut Report) -> Result<()> {
    let disk = setting.fresh("settings", Image::Release)?;
    let path = setting.file("settings", "cidata");
    let user = format!(
        "#cloud-config\nxoa:\n  admin: {{account: {}, password: {}}}\n",
        ADMIN.0, ADMIN.1
    );
    drive::write(
        &path,
        &[
            ("meta-data", "local-hostname: xoa-lab\n"),
            ("network-config", NETWORK),
            ("user-data", &user),
        ],
    )?;
    let mut parts = setting.parts("settings", &disk);
    parts.network = Network::Served(Some(ADDRESS));
    parts.drive = Some(&path);
    let mut machine = Machine::start(&parts)?;
    let server = Server::answers(&mut machine).await?;
    ensure!(
        server.setup().await?["required"] == false,
        "the administrator of the drive was not made"
    );
    server.ask(Method::GET, "/users", ADMIN).await?;
    ensure!(
        !machine.console().contains(ADMIN.1),
        "the password is on the console"
    );
    machine.power_off().await?;

    // Without the drive, by what was kept of it.
    parts.drive = None;
    let mut machine = Machine::start(&parts)?;
    let server = Server::answers(&mut machine).await?;
    server.ask(Method::GET, "/users", ADMIN).await?;
    report.row(
        "static address and administrator from a config drive",
        "kept after a restart without it",
    );
    Ok(())
}

/// Each file is malformed in its own way.
pub(super) async fn nonsense(setting: &Setting, report: &mut Report) -> Result<()> {
    let disk = setting.fresh("drive", Image::Release)?;
    let path = setting.file("drive", "cidata");
    drive::write(
        &path,
        &[
            ("meta-data", "local-hostname: [not, a, name]\n"),
            (
                "network-config",
                "version: 2\nethernets: {nic0: {addresses: [10.0.2]}}\n",
            ),
            (
                "user-data",
                "#cloud-config\nxoa: {proxy: \"no proxy\", ntp: 7\n",
            ),
        ],
    )?;
    let mut parts = setting.parts("drive", &disk);
    parts.drive = Some(&path);
    let mut machine = Machine::start(&parts)?;
    let server = Server::answers(&mut machine).await?;
    ensure!(
        server.setup().await?["required"] == true,
        "somebody was made"
    );
    for file in ["meta-data", "network-config", "user-data"] {
        machine.shows(file).await?;
    }
    report.row(
        "config drive of nonsense",
        "each mistake is told, DHCP is used",
    );
    machine.power_off().await
}
