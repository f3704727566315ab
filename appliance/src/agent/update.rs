//! Updates for those who ask: the engine of [`crate::update`] on this machine. What takes long runs in a thread, and `update.status` tells
//! how far it is and how it ended.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use xo_release::{CHANNELS, STABLE};

use super::protocol::{Fault, Kind};
use super::schedule::{self, WAIT_SECONDS, Window};
use super::{Agent, backup, lock, probe, settings, verbs};
use crate::update::bundle::{self, BundleError};
use crate::update::engine::{UpdateStatus, Wanted};
use crate::update::fetch::Speed;
use crate::update::folder::{self, OnDisk};
use crate::update::here::{self, NoUpdates, STORE};
use crate::update::journal::Step;
use crate::update::pace::Progress;
use crate::update::signed::Signed;
use crate::update::source::{Origin, Source};
use crate::update::trust::{self, Expiry, Location, Settings, TrustError};
use crate::update::{Engine, Error, causes};

type Params = Map<String, Value>;

const CHOICES: &str = "settings.json";
const CHOICES_LIMIT: usize = 64 * 1024;
/// The repository that the image knows.
const REPOSITORY: &str = "usr/share/xoa/repository";
/// Where an uploaded file is unpacked.
const BUNDLE: &str = "bundle";
/// And where, as long as it comes.
const COMING: &str = "bundle.part";
const ROOT_OF_KEYS: &str = "usr/share/xoa/root.json";

/// The engine, opened when it is first asked for.
pub(super) struct Updates {
    root: PathBuf,
    opened: OnceLock<Result<Opened, String>>,
    /// The last step in a thread.
    last: Arc<Mutex<Last>>,
}

/// How far the last step in a thread is.
#[derive(Debug, Default)]
enum Last {
    /// There is none, or what came of it is told no more.
    #[default]
    None,
    /// It has begun; the engine tells how far it is.
    Runs,
    /// It came to its end.
    Ended(Ended),
}

struct Opened {
    engine: Arc<Engine>,
    _lock: File,
}

#[derive(Debug, Clone, Serialize)]
struct Ended {
    doing: &'static str,
    /// What went wrong, if anything.
    error: Option<String>,
}

/// What administrators choose.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Choices {
    /// Which releases: `stable`, `latest`.
    channel: Option<String>,
    /// Where releases come from; the image's repository when left out.
    repository: Option<String>,
    /// The limit of bandwidth.
    bytes_per_second: Option<u64>,
    /// Updates install themselves.
    pub(super) automatic: bool,
    /// When they do; at any time when left out.
    pub(super) window: Option<Window>,
    /// How long they wait for what a restart would interrupt.
    pub(super) wait_seconds: Option<u64>,
}

impl Updates {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            opened: OnceLock::new(),
            last: Arc::default(),
        }
    }

    pub(super) fn engine(&self) -> Result<&Arc<Engine>, Fault> {
        let opened = self.opened.get_or_init(|| {
            let (parts, lock) = here::open(&self.root).map_err(|error: NoUpdates| {
                format!("this machine cannot update itself: {error}")
            })?;
            Ok(Opened {
                engine: Arc::new(Engine::new(parts)),
                _lock: lock,
            })
        });
        match opened {
            Ok(opened) => Ok(&opened.engine),
            Err(why) => Err(Fault::new(Kind::Conflict, why.clone())),
        }
    }

    /// What went wrong before is told no more.
    pub(super) fn begin_anew(&self) {
        let mut last = lock(&self.last);
        if matches!(*last, Last::Ended(_)) {
            *last = Last::None;
        }
    }

    pub(super) fn choices(&self) -> Result<Choices, Fault> {
        let store = OnDisk::new(self.root.join(STORE));
        let bytes = folder::read(&store, CHOICES, CHOICES_LIMIT);
        let bytes = bytes.map_err(|error| {
            Fault::failed(format!("the settings of updates cannot be read: {error}"))
        })?;
        Ok(bytes
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default())
    }
}

/// At the agent's start: what runs tells how the last update ended.
pub(super) fn settle(agent: &Agent) {
    // Another machine than an appliance says so when it is asked.
    let Ok(engine) = agent.updates.engine() else {
        return;
    };
    let settled = engine.settle().and_then(|()| {
        let Some(wanted) = engine.to_put_back()? else {
            return Ok(());
        };
        let told = backup::put_back(agent, &wanted);
        eprintln!("after {}: {told}", wanted.version);
        engine.was_put_back(told)
    });
    if let Err(error) = settled {
        eprintln!("the last update: {}", causes(&error));
    }
}

pub(super) fn status(agent: &Agent, params: Params) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    // Before the rest: whoever sees that a step has ended sees none under way, and whoever does not, sees that it is.
    let (runs, ended) = match &*lock(&agent.updates.last) {
        Last::None => (false, Value::Null),
        Last::Runs => (true, Value::Null),
        Last::Ended(ended) => (false, json!(ended)),
    };
    let mut status = agent
        .updates
        .engine()?
        .status()
        .map_err(|error| fault(&error))?;
    if runs {
        status.progress.get_or_insert_with(Progress::unknown);
    }
    let mut told = serde_json::to_value(status).map_err(|e| Fault::failed(e.to_string()))?;
    if let Some(told) = told.as_object_mut() {
        told.insert("ended".into(), ended);
        told.insert("settings".into(), shown(agent)?);
        told.insert("waits".into(), schedule::told(agent));
        let uploaded = bundle::version(&agent.at(STORE).join(BUNDLE));
        told.insert("uploaded".into(), json!(uploaded));
        let ahead = trust::clock_seen_ahead(&trust_store(agent), OffsetDateTime::now_utc());
        let ahead_ms = ahead.map(|at| at.unix_timestamp().saturating_mul(1000));
        told.insert("clockSeenAhead".into(), json!(ahead_ms));
    }
    Ok(told)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Which {
    version: Option<Version>,
    #[serde(default)]
    from: From,
    /// An administrator knows that an uploaded file is old.
    #[serde(default)]
    accept_expired: bool,
}

/// Where a release comes from.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum From {
    #[default]
    Repository,
    /// The file that was uploaded.
    Bundle,
}

/// Takes a bundle in place of the one before; it is to be fetched then as from a repository.
pub(super) fn upload(agent: &Agent, input: &mut (dyn Read + Send)) -> Result<Value, Fault> {
    agent.updates.engine()?;
    forget_bundle(agent)?;
    let [coming, place] = [COMING, BUNDLE].map(|name| agent.at(STORE).join(name));
    let unpacked = bundle::unpack(input, &coming);
    let version = unpacked.map_err(|error| {
        let kind = match error {
            BundleError::NoBundle(_) => Kind::WrongFile,
            BundleError::NoSpace { .. } | BundleError::Write { .. } => Kind::Failed,
        };
        Fault::new(kind, error.to_string())
    })?;
    std::fs::rename(&coming, &place)
        .map_err(|error| Fault::failed(format!("{}: {error}", place.display())))?;
    agent.updates.begin_anew();
    Ok(json!({ "version": version }))
}

fn forget_bundle(agent: &Agent) -> Result<(), Fault> {
    [COMING, BUNDLE].iter().try_for_each(|name| {
        bundle::remove(&agent.at(STORE).join(name))
            .map_err(|error| Fault::failed(error.to_string()))
    })
}

pub(super) fn check(agent: &Agent, params: Params) -> Result<Value, Fault> {
    let engine = agent.updates.engine()?;
    let (wanted, mut source, _) = prepare(agent, params)?;
    let looked = engine.check(&mut *source, &wanted).map_err(|error| {
        let mut fault = fault(&error);
        if source.origin() != Origin::Repository {
            if error.is_of_a_source() {
                fault.kind = Kind::WrongFile;
            }
            if error.is_of_what_came() {
                drop_bundle(&agent.at(STORE).join(BUNDLE));
            }
        }
        fault
    })?;
    agent.updates.begin_anew();
    Ok(json!({
        "found": looked.found.map(|found| json!({
            "version": found.offer.release.version,
            "release": found.offer.release,
            "bytes": found.bytes,
            "notes": found.notes,
        })),
        "elsewhere": looked.elsewhere.map(|release| json!({
            "version": release.version,
            "channels": release.channels,
        })),
    }))
}

/// What was sent is of no use any more.
fn drop_bundle(unpacked: &Path) {
    if let Err(error) = bundle::remove(unpacked) {
        eprintln!("update: {error}");
    }
}

pub(super) fn fetch(agent: &Agent, params: Params) -> Result<Value, Fault> {
    let (wanted, mut source, speed) = prepare(agent, params)?;
    let unpacked = agent.at(STORE).join(BUNDLE);
    let is_file = source.origin() != Origin::Repository;
    start(agent, "fetch", move |engine| {
        match engine.fetch(&mut *source, &wanted, speed) {
            Ok(_) => {
                // What it had is kept now, or older than what runs.
                drop_bundle(&unpacked);
                Ok(())
            }
            Err(error) if is_file && error.is_of_what_came() => {
                drop_bundle(&unpacked);
                engine.give_up_file(causes(&error))?;
                Err(error)
            }
            Err(error) => Err(error),
        }
    })
}

/// Has the clock of this machine count, whatever it said when updates were looked for last.
pub(super) fn trust_clock(agent: &Agent, params: Params) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    agent.updates.engine()?;
    let forgotten = trust::forget_clock(&trust_store(agent));
    forgotten.map_err(|error| Fault::failed(causes(&error)))?;
    agent.updates.begin_anew();
    Ok(json!({}))
}

pub(super) fn stage(agent: &Agent, params: Params) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    start(agent, "stage", Engine::stage)
}

/// How a restart is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Restart {
    /// Whatever it interrupts.
    #[serde(default)]
    force: bool,
}

/// Says what a restart would interrupt, unless that is known.
fn admit(agent: &Agent, restart: &Restart) -> Result<(), Fault> {
    let interrupts = if restart.force {
        Vec::new()
    } else {
        probe::interruptions(agent)
    };
    if interrupts.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the restart would interrupt {}: wait for the end, or force it",
        interrupts.join(", ")
    );
    Err(Fault::new(Kind::Conflict, message))
}

/// What a restart would interrupt.
pub(super) fn interruptions(agent: &Agent, params: Params) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    Ok(json!({ "interrupts": probe::interruptions(agent) }))
}

pub(super) fn apply(agent: &Agent, params: Params) -> Result<Value, Fault> {
    let restart: Restart = verbs::read(params)?;
    if staged(agent)?.is_some() {
        admit(agent, &restart)?;
    }
    start_new(agent)
}

/// The version that waits in the other slot.
fn staged(agent: &Agent) -> Result<Option<Version>, Fault> {
    let status = agent.updates.engine()?.status();
    let update = status.map_err(|error| fault(&error))?.update;
    Ok(update
        .filter(|update| update.step == Step::Staged)
        .map(|update| update.version))
}

/// Restarts into what was staged.
pub(super) fn start_new(agent: &Agent) -> Result<Value, Fault> {
    let engine = agent.updates.engine()?;
    if let Some(version) = staged(agent)? {
        let backup = backup::make_before(agent, &version)?;
        let kept = engine.was_backed_up(backup);
        kept.map_err(|error| fault(&error))?;
        probe::remember(agent);
    }
    engine.apply().map_err(|error| fault(&error))?;
    reboot(agent)
}

pub(super) fn rollback(agent: &Agent, params: Params) -> Result<Value, Fault> {
    admit(agent, &verbs::read(params)?)?;
    agent
        .updates
        .engine()?
        .rollback()
        .map_err(|error| fault(&error))?;
    reboot(agent)
}

fn reboot(agent: &Agent) -> Result<Value, Fault> {
    agent.run("systemctl", &["--no-block", "reboot"])?;
    Ok(json!({}))
}

pub(super) fn cancel(agent: &Agent, params: Params) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    agent
        .updates
        .engine()?
        .cancel()
        .map_err(|error| fault(&error))?;
    forget_bundle(agent)?;
    agent.updates.begin_anew();
    Ok(json!({}))
}

/// For the gate behind a start.
pub(super) fn confirm(agent: &Agent, params: Params) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    agent
        .updates
        .engine()?
        .confirm()
        .map_err(|error| fault(&error))?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Doubt {
    reason: String,
}

/// For the gate behind a start.
pub(super) fn doubt(agent: &Agent, params: Params) -> Result<Value, Fault> {
    let Doubt { reason } = verbs::read(params)?;
    agent
        .updates
        .engine()?
        .doubt(&reason)
        .map_err(|error| fault(&error))?;
    Ok(json!({}))
}

/// Without members it tells them; null takes a choice back.
pub(super) fn choose(agent: &Agent, params: Params) -> Result<Value, Fault> {
    agent.updates.engine()?;
    if params.is_empty() {
        return shown(agent);
    }
    let mut all = serde_json::to_value(agent.updates.choices()?)
        .ok()
        .and_then(|value| value.as_object().cloned())
        .unwrap_or_default();
    all.extend(params);
    all.retain(|_, choice| !choice.is_null());
    let chosen: Choices = verbs::read(all)?;
    let is_one = |name: &String| CHANNELS.contains(&name.as_str());
    if chosen.channel.as_ref().is_some_and(|name| !is_one(name)) {
        return Err(Fault::invalid(
            "channel",
            format!("must be one of {}", CHANNELS.join(", ")),
        ));
    }
    if let Some(address) = &chosen.repository {
        Location::web(address)
            .and_then(|place| open(agent, place, None, Expiry::Enforced))
            .map_err(|error| Fault::invalid("repository", error.to_string()))?;
    }
    let store = OnDisk::new(agent.updates.root.join(STORE));
    let bytes = serde_json::to_vec_pretty(&chosen).map_err(|e| Fault::failed(e.to_string()))?;
    folder::replace(&store, CHOICES, &bytes).map_err(|error| {
        Fault::failed(format!("the settings of updates cannot be kept: {error}"))
    })?;
    shown(agent)
}

/// What was chosen, as `update.settings` takes it.
pub(super) fn kept(agent: &Agent) -> Result<Value, Fault> {
    serde_json::to_value(agent.updates.choices()?).map_err(|e| Fault::failed(e.to_string()))
}

fn shown(agent: &Agent) -> Result<Value, Fault> {
    let chosen = agent.updates.choices()?;
    Ok(json!({
        "channel": chosen.channel.as_deref().unwrap_or(STABLE),
        "repository": chosen.repository.or_else(|| known_repository(agent)),
        "bytesPerSecond": chosen.bytes_per_second,
        "automatic": chosen.automatic,
        "window": chosen.window,
        "waitSeconds": chosen.wait_seconds.unwrap_or(WAIT_SECONDS),
    }))
}

fn known_repository(agent: &Agent) -> Option<String> {
    let text = agent.text(REPOSITORY);
    let address = text.trim();
    (!address.is_empty()).then(|| address.to_owned())
}

/// How an update that has begun goes on: from where it began, as long as that is there.
pub(super) fn as_begun(agent: &Agent, update: &UpdateStatus) -> Params {
    let unpacked = agent.at(STORE).join(BUNDLE);
    let is_there = bundle::version(&unpacked).as_ref() == Some(&update.version);
    let how = match update.origin {
        Origin::Bundle if is_there => json!({ "from": "bundle" }),
        Origin::ExpiredBundle if is_there => json!({ "from": "bundle", "acceptExpired": true }),
        _ => json!({}),
    };
    how.as_object().cloned().unwrap_or_default()
}

pub(super) type Prepared = (Wanted, Box<dyn Source + Send>, Speed);

/// What is wanted, from where, and how fast.
pub(super) fn prepare(agent: &Agent, params: Params) -> Result<Prepared, Fault> {
    let which: Which = verbs::read(params)?;
    let chosen = agent.updates.choices()?;
    let unpacked = agent.at(STORE).join(BUNDLE);
    let unusable = |error: TrustError| Fault::failed(error.to_string());
    let (version, repository) = match which.from {
        From::Bundle => {
            let found = bundle::version(&unpacked).ok_or_else(|| {
                Fault::new(Kind::Conflict, "no file was uploaded: upload one first")
            })?;
            (Some(found), Location::folder(&unpacked))
        }
        From::Repository => {
            let address = chosen.repository.or_else(|| known_repository(agent));
            let address = address.ok_or_else(|| {
                let message = "no update repository is set: set its address first";
                Fault::new(Kind::Conflict, message)
            })?;
            (which.version, Location::web(&address).map_err(unusable)?)
        }
    };
    let wanted = match version {
        Some(version) => Wanted::Version(version),
        None => Wanted::Newest {
            channel: chosen.channel.unwrap_or_else(|| STABLE.to_owned()),
        },
    };
    let expiry = if which.accept_expired && which.from == From::Bundle {
        Expiry::Accepted
    } else {
        Expiry::Enforced
    };
    let proxy = settings::kept(agent)?.proxy;
    let source = open(agent, repository, proxy, expiry).map_err(unusable)?;
    let speed = Speed {
        bytes_per_second: chosen.bytes_per_second,
    };
    Ok((wanted, Box::new(source), speed))
}

/// What was trusted last.
fn trust_store(agent: &Agent) -> PathBuf {
    agent.at(STORE).join("trust")
}

/// Nobody is asked yet.
fn open(
    agent: &Agent,
    repository: Location,
    proxy: Option<String>,
    expiry: Expiry,
) -> Result<Signed, TrustError> {
    Signed::open(Settings {
        root: agent.at(ROOT_OF_KEYS),
        store: trust_store(agent),
        repository,
        proxy,
        expiry,
    })
}

/// Runs a step in a thread; one that runs already is told at once.
fn start(
    agent: &Agent,
    doing: &'static str,
    run: impl FnOnce(&Engine) -> Result<(), Error> + Send + 'static,
) -> Result<Value, Fault> {
    let engine = Arc::clone(agent.updates.engine()?);
    if let Some(progress) = engine.status().map_err(|error| fault(&error))?.progress {
        return Err(fault(&Error::Busy {
            doing: progress.doing,
        }));
    }
    let running = Arc::clone(&agent.updates.last);
    {
        let mut last = lock(&running);
        if matches!(*last, Last::Runs) {
            let doing = Progress::unknown().doing;
            return Err(fault(&Error::Busy { doing }));
        }
        *last = Last::Runs;
    }
    let thread = std::thread::Builder::new().name("update".to_owned());
    let begun = thread.spawn(move || {
        let error = run(&engine).err().map(|error| causes(&error));
        if let Some(error) = &error {
            eprintln!("update: {doing}: {error}");
        }
        *lock(&running) = Last::Ended(Ended { doing, error });
    });
    begun.map_err(|error| {
        *lock(&agent.updates.last) = Last::None;
        Fault::failed(format!("no thread can be started: {error}"))
    })?;
    Ok(json!({}))
}

pub(super) fn fault(error: &Error) -> Fault {
    let kind = match error {
        Error::Busy { .. }
        | Error::NotNow { .. }
        | Error::Unfit(_)
        | Error::NotNewer { .. }
        | Error::Renamed { .. }
        | Error::Unknown(_)
        | Error::NoWayBack(_)
        | Error::BelowFloor { .. }
        | Error::Cancelled => Kind::Conflict,
        Error::Lacks { .. }
        | Error::TooLarge { .. }
        | Error::Truncated { .. }
        | Error::WrongHash { .. }
        | Error::NotWhole { .. }
        | Error::Mislabelled { .. }
        | Error::NoSpace { .. }
        | Error::RunningSlot
        | Error::Source(_)
        | Error::Io { .. } => Kind::Failed,
    };
    Fault::new(kind, causes(error))
}
