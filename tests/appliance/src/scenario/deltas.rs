//! What an update costs the network: releases that differ little from the one that runs.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::json;

use super::Setting;
use super::boots::{ADMIN, CODE};
use crate::images::Image;
use crate::machine::PATIENCE;
use crate::releases::Releases;
use crate::report::Report;
use crate::server::Server;

const RELEASES: [(Image, &str); 3] = [
    (Image::Next, "nothing but its version"),
    (Image::Crate, "a crate of ours"),
    (Image::Library, "the largest library"),
];
const LOOK: Duration = Duration::from_secs(1);

pub(super) async fn run(setting: &Setting, report: &mut Report) -> Result<()> {
    let images = &setting.images;
    let releases = Releases::serve(&images.tool, &setting.file("deltas", "releases")).await?;
    let disk = setting.fresh("deltas", Image::Release)?;
    let mut machine = setting.start("deltas", &disk)?;
    let server = Server::answers(&mut machine).await?;
    let code = machine.shows(CODE).await?;
    server.make_admin(&code, ADMIN.0, ADMIN.1).await?;
    let choice = json!({ "repository": releases.address, "channel": "latest" });
    let path = "/appliance/updates";
    server.send(Method::PATCH, path, ADMIN, &choice).await?;
    for (image, what) in RELEASES {
        let disk = images.disk(image)?;
        let version = images.version_of(image)?;
        releases.publish(&version, &disk, &disk.with_extension("spdx.json"))?;
        let post = async |action: &str, what| {
            let path = format!("{path}/actions/{action}");
            server.send(Method::POST, &path, ADMIN, &what).await
        };
        releases.asked();
        post("fetch", json!({ "version": version })).await?;
        let until = Instant::now() + PATIENCE;
        loop {
            let status = server.ask(Method::GET, path, ADMIN).await?;
            let error = &status["ended"]["error"];
            ensure!(!error.is_string(), "the download failed: {error}");
            if status["progress"].is_null() && status["update"]["step"]["name"] == "fetched" {
                break;
            }
            machine.is_alive()?;
            ensure!(Instant::now() < until, "the download does not end");
            tokio::time::sleep(LOOK).await;
        }
        let (asked, size) = (releases.asked(), releases.size(&version)?);
        #[expect(clippy::cast_precision_loss, reason = "a share, told in tenths")]
        let share = 100.0 * asked as f64 / size as f64;
        report.row(
            format!("download of a release in which {what} has changed"),
            format!("{} KiB of {} KiB: {share:.1} %", asked >> 10, size >> 10),
        );
        post("cancel", json!({})).await?;
    }
    Ok(())
}
