//! Updates from one release to the next: good ones, bad ones, and ones that lose their power.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rand::Rng;
use reqwest::Method;
use serde_json::{Value, json};

use super::Setting;
use super::boots::{ADMIN, CODE};
use crate::browser;
use crate::disk::Disk;
use crate::images::Image;
use crate::machine::{Machine, PATIENCE};
use crate::releases::Releases;
use crate::report::Report;
use crate::server::Server;

/// The hashes of the slot that an update is written to.
const OTHER_HASHES: u32 = 5;
/// Somebody whom the update must keep.
const KEPT: &str = "kept";
/// From the first request to the new system's confirmation.
const CPU_SECONDS_OF_AN_UPDATE: f64 = 90.0;
const LOOK: Duration = Duration::from_secs(1);
const BRIEFLY: Duration = Duration::from_millis(100);
/// What is asked for, one after the other.
const ACTIONS: [&str; 3] = ["fetch", "stage", RESTART];
const RESTART: &str = "apply";

/// An appliance in use, and a repository with the next release.
struct Stage {
    disk: Disk,
    machine: Machine,
    server: Server,
    releases: Releases,
    from: String,
    to: String,
}

impl Stage {
    /// The kernel of the next release is told `word`, if there is one.
    async fn set(setting: &Setting, name: &str, next: Image, word: Option<&str>) -> Result<Self> {
        let releases =
            Releases::serve(&setting.images.tool, &setting.file(name, "releases")).await?;
        let other = setting.images.disk(next)?;
        let copied = Disk::copy(&other, &setting.file(name, "next"))?;
        let to = copied.version()?;
        if let Some(word) = word {
            copied.tell_kernel(word)?;
        }
        releases.publish(&to, &copied.path, &other.with_extension("spdx.json"))?;
        std::fs::remove_file(&copied.path)?;

        let disk = setting.fresh(name, Image::Release)?;
        let from = disk.version()?;
        let mut machine = setting.start(name, &disk)?;
        let server = Server::answers(&mut machine).await?;
        let code = machine.shows(CODE).await?;
        server.make_admin(&code, ADMIN.0, ADMIN.1).await?;
        let user = json!({ "name": KEPT, "password": ADMIN.1 });
        server.send(Method::POST, "/users", ADMIN, &user).await?;
        let choice = json!({ "repository": releases.address, "channel": "latest" });
        server
            .send(Method::PATCH, "/appliance/updates", ADMIN, &choice)
            .await?;
        machine.shows("Marked boot as 'good'").await?;
        Ok(Self {
            disk,
            machine,
            server,
            releases,
            from,
            to,
        })
    }

    /// Until the new system is the next to start; tells when the download, the writing and the restart began.
    async fn apply(&mut self) -> Result<[Instant; 3]> {
        let until = Instant::now() + PATIENCE;
        let mut began = [None; 3];
        loop {
            let next = next_step(&self.server, &self.to).await?;
            if let Next::Begun(action) = next {
                let at = ACTIONS.iter().position(|name| *name == action);
                *at.and_then(|at| began.get_mut(at)).context(action)? = Some(Instant::now());
            }
            if next == Next::Begun(RESTART) || next == Next::Restart {
                let [fetch, stage, apply] = began.map(|at| at.unwrap_or_else(Instant::now));
                return Ok([fetch, stage, apply]);
            }
            self.machine.is_alive()?;
            ensure!(Instant::now() < until, "the update does not end");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// How long the server is away for a restart that has begun.
    async fn outage(&mut self) -> Result<Duration> {
        let until = Instant::now() + PATIENCE;
        let mut gone = None;
        loop {
            match (self.server.is_there().await, gone) {
                (false, None) => gone = Some(Instant::now()),
                (true, Some(gone)) => return Ok(gone.elapsed()),
                _ => {}
            }
            self.machine.is_alive()?;
            ensure!(Instant::now() < until, "the appliance does not restart");
            tokio::time::sleep(BRIEFLY).await;
        }
    }

    /// Until this version serves, and what became of the update is known.
    async fn settled(&mut self, version: &str) -> Result<Value> {
        let until = Instant::now() + 2 * PATIENCE;
        loop {
            // There is nobody while it restarts.
            if let Ok(status) = status(&self.server).await
                && status["version"] == version
                && status["update"].is_null()
                && status["rollback"].is_null()
            {
                let users = self
                    .server
                    .ask(Method::GET, "/users?fields=name", ADMIN)
                    .await?;
                ensure!(users.to_string().contains(KEPT), "a user is gone: {users}");
                return Ok(status);
            }
            self.machine.is_alive()?;
            ensure!(Instant::now() < until, "{version} does not serve");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Until the new version serves and stays.
    async fn confirmed(&mut self) -> Result<()> {
        let to = self.to.clone();
        let status = self.settled(&to).await?;
        let outcome = &status["outcomes"][0];
        ensure!(outcome["end"] == "confirmed", "not confirmed: {outcome}");
        Ok(())
    }

    /// Waits for what the console shows when it fails, then for the old system; tells what it says of it.
    async fn falls_back(
        &mut self,
        failure: &str,
        what: &str,
        report: &mut Report,
    ) -> Result<String> {
        self.machine.shows(failure).await?;
        let failed = Instant::now();
        let from = self.from.clone();
        let status = self.settled(&from).await?;
        let outcome = &status["outcomes"][0];
        ensure!(
            outcome["end"] == "failed" && outcome["version"] == self.to.as_str(),
            "not told as failed: {outcome}"
        );
        let offered = self
            .server
            .send(
                Method::POST,
                "/appliance/updates/actions/check",
                ADMIN,
                &json!({}),
            )
            .await?;
        ensure!(
            offered["found"].is_null(),
            "it would be tried again: {offered}"
        );
        let reason = outcome["reason"].as_str().unwrap_or_default().to_owned();
        report.row(
            format!("{what}, to the old system's word"),
            format!("{:.0} s; \"{reason}\"", failed.elapsed().as_secs_f64()),
        );
        Ok(reason)
    }
}

pub(super) async fn network(setting: &Setting, report: &mut Report) -> Result<()> {
    let mut stage = Stage::set(setting, "update", Image::Next, None).await?;
    let (from, to) = (stage.from.clone(), stage.to.clone());
    let cpu = stage.machine.cpu_seconds()?;
    let [fetched, staged, applied] = stage.apply().await?;
    report.row(
        "update: download; writing the other slot and reading it back",
        format!(
            "{:.0} s; {:.0} s; {:.1} CPU s together",
            (staged - fetched).as_secs_f64(),
            (applied - staged).as_secs_f64(),
            stage.machine.cpu_seconds()? - cpu,
        ),
    );
    let outage = stage.outage().await?;
    report.row(
        "no server during the restart into the new system",
        format!("{:.0} s", outage.as_secs_f64()),
    );
    stage.confirmed().await?;
    report.row(
        "restart to the confirmed new system",
        format!("{:.0} s", applied.elapsed().as_secs_f64()),
    );
    stage.machine.power_off().await?;

    // A cold start finds it good; the way back leads to the old one.
    let mut machine = setting.start("update", &stage.disk)?;
    let server = Server::answers(&mut machine).await?;
    ensure!(
        server.fingerprint == stage.server.fingerprint,
        "another certificate"
    );
    (stage.machine, stage.server) = (machine, server);
    stage.settled(&to).await?;
    stage
        .server
        .send(
            Method::POST,
            "/appliance/updates/actions/rollback",
            ADMIN,
            &json!({}),
        )
        .await?;
    let status = stage.settled(&from).await?;
    let outcome = &status["outcomes"][0];
    ensure!(
        outcome["end"] == "rolledBack",
        "not told as rolled back: {outcome}"
    );
    Ok(())
}

pub(super) async fn file(setting: &Setting, report: &mut Report) -> Result<()> {
    let mut stage = Stage::set(setting, "file", Image::Next, None).await?;
    let to = stage.to.clone();
    let path = setting.file("file", "bundle");
    stage.releases.bundle(&to, &path)?;
    // Nobody is asked for anything else.
    let nobody = json!({ "repository": null });
    stage
        .server
        .send(Method::PATCH, "/appliance/updates", ADMIN, &nobody)
        .await?;
    let began = Instant::now();
    browser::update(&stage.machine, &path, &to, ADMIN).await?;
    report.row(
        "update in a browser, from one file, to the confirmed new system",
        format!("{:.0} s", began.elapsed().as_secs_f64()),
    );
    std::fs::remove_file(&path)?;
    stage.confirmed().await
}

pub(super) async fn unready(setting: &Setting, report: &mut Report) -> Result<()> {
    let mut stage = Stage::set(
        setting,
        "unready",
        Image::Next,
        Some("systemd.setenv=XO_DATABASE=postgres://nobody@127.0.0.1:1/none"),
    )
    .await?;
    stage.apply().await?;
    let reason = stage
        .falls_back(
            "this start was not good",
            "server that never answers",
            report,
        )
        .await?;
    ensure!(reason.contains("database"), "it does not say why: {reason}");
    Ok(())
}

pub(super) async fn migration(setting: &Setting, report: &mut Report) -> Result<()> {
    let mut stage = Stage::set(setting, "migration", Image::Unmigratable, None).await?;
    stage.apply().await?;
    let reason = stage
        .falls_back("this start was not good", "migration that fails", report)
        .await?;
    ensure!(
        reason.contains("cloud_configs"),
        "it does not say why: {reason}"
    );
    Ok(())
}

pub(super) async fn panics(setting: &Setting, report: &mut Report) -> Result<()> {
    let mut stage = Stage::set(setting, "panic", Image::Next, Some("rdinit=/none")).await?;
    stage.apply().await?;
    stage
        .falls_back("Kernel panic", "kernel that panics", report)
        .await?;
    Ok(())
}

pub(super) async fn broken(setting: &Setting, report: &mut Report) -> Result<()> {
    let mut stage = Stage::set(setting, "broken", Image::Next, None).await?;
    stage.apply().await?;
    // Before it starts; what it was doing is cut off too.
    stage.machine.cut()?;
    // Each of the first blocks of hashes is read at a start.
    stage
        .disk
        .ruin_at(stage.disk.partition(OTHER_HASHES)?, 4096, 4096)?;
    let mut machine = setting.start("broken", &stage.disk)?;
    std::mem::swap(&mut machine, &mut stage.machine);
    stage.server.moved_to(&stage.machine);
    stage
        .falls_back(
            "xoa: the system cannot be started|Kernel panic",
            "damaged slot",
            report,
        )
        .await?;
    Ok(())
}

/// Power cuts at random moments of updates that go on at the next start.
pub(super) async fn killed(setting: &Setting, report: &mut Report) -> Result<()> {
    let mut stage = Stage::set(setting, "killed", Image::Next, None).await?;
    let (from, to) = (stage.from.clone(), stage.to.clone());
    stage.machine.power_off().await?;
    let begin = setting.file("killed", "begin");
    Disk::copy(&stage.disk.path, &begin)?;
    let (mut cuts, mut ended) = (0, 0);
    while cuts < setting.cuts {
        let mut machine = setting.start("killed", &stage.disk)?;
        let server = Server::answers(&mut machine).await?;
        let users = server.ask(Method::GET, "/users?fields=name", ADMIN).await?;
        ensure!(users.to_string().contains(KEPT), "a user is gone: {users}");
        let status = status(&server).await?;
        let running = status["version"].as_str().unwrap_or_default().to_owned();
        ensure!(running == from || running == to, "{running} runs");
        let step = status["update"]["step"]["name"].as_str().unwrap_or("none");
        let now = machine.cpu_seconds()?;
        let moment = rand::rng().random_range(0.0..CPU_SECONDS_OF_AN_UPDATE);
        println!(
            "  {}: {running} runs, update: {step}; power cut {moment:.1} CPU seconds later",
            cuts + 1
        );
        let is_done = tokio::select! {
            done = goes_on(&server, &to) => { done?; true }
            reached = machine.reaches(now + moment) => { reached?; false }
        };
        machine.cut()?;
        if is_done {
            ended += 1;
            stage.disk = Disk::copy(&begin, &stage.disk.path)?;
        } else {
            cuts += 1;
        }
    }
    // The last one is let go to its end.
    let mut machine = setting.start("killed", &stage.disk)?;
    let server = Server::answers(&mut machine).await?;
    tokio::time::timeout(2 * PATIENCE, goes_on(&server, &to))
        .await
        .context("it never ends")??;
    std::fs::remove_file(&begin)?;
    report.row(
        "power cuts during updates",
        format!("{cuts}; {} updates went to their end", ended + 1),
    );
    Ok(())
}

/// What there is to do for an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Something runs.
    Wait,
    /// One of [`ACTIONS`] was asked for.
    Begun(&'static str),
    /// The new system is the next to start.
    Restart,
    /// It runs and stays.
    Done,
}

/// Does the next step towards this version, whatever was done before.
async fn next_step(server: &Server, to: &str) -> Result<Next> {
    let status = status(server).await?;
    if status["version"] == to {
        return Ok(if status["update"].is_null() {
            Next::Done
        } else {
            Next::Wait
        });
    }
    if !status["progress"].is_null() {
        return Ok(Next::Wait);
    }
    if let Some(error) = status["ended"]["error"].as_str() {
        bail!("{}: {error}", status["ended"]["doing"]);
    }
    let action = match status["update"]["step"]["name"].as_str() {
        None | Some("fetching") => "fetch",
        Some("fetched" | "staging") => "stage",
        Some("staged") => RESTART,
        Some("applied") => return Ok(Next::Restart),
        Some(other) => bail!("an unknown step: {other}"),
    };
    let asked = match action {
        "fetch" => json!({ "version": to }),
        _ => json!({}),
    };
    let path = format!("/appliance/updates/actions/{action}");
    server.send(Method::POST, &path, ADMIN, &asked).await?;
    Ok(Next::Begun(action))
}

/// Until the version runs and stays. There is nobody while the machine restarts.
async fn goes_on(server: &Server, to: &str) -> Result<()> {
    loop {
        match next_step(server, to).await {
            Ok(Next::Done) => return Ok(()),
            Err(error)
                if !error
                    .chain()
                    .any(<dyn std::error::Error>::is::<reqwest::Error>) =>
            {
                return Err(error);
            }
            _ => tokio::time::sleep(LOOK).await,
        }
    }
}

async fn status(server: &Server) -> Result<Value> {
    server.ask(Method::GET, "/appliance/updates", ADMIN).await
}
