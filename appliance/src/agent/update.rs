//! Updates for those who ask: the engine of [`crate::update`] on this machine. What takes long runs in a thread, and `update.status` tells
//! how far it is and how it ended.

mod changes;
mod choices;
mod origin;
mod restart;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::protocol::{Fault, Kind};
use super::{Agent, backup, lock, schedule, verbs};
use crate::update::here::{self, NoUpdates};
use crate::update::pace::Progress;
use crate::update::source::Origin;
use crate::update::{Engine, Error, causes, trust};

use changes::Changes;
pub(super) use changes::wait;
pub(super) use choices::{choices, choose, kept};
pub(super) use origin::{as_begun, bundle_place, prepare, trust_clock, upload};
pub(super) use restart::{apply, interruptions, rollback, start_new};

type Params = Map<String, Value>;

/// The engine, opened when it is first asked for.
pub(super) struct Updates {
    root: PathBuf,
    opened: OnceLock<Result<Opened, String>>,
    /// The last step in a thread.
    last: Arc<Mutex<Last>>,
    changes: Arc<Changes>,
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

impl Updates {
    /// They stand otherwise than before, for a reason that the engine does not know.
    pub(super) fn tell(&self) {
        self.changes.tell();
    }

    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            opened: OnceLock::new(),
            last: Arc::default(),
            changes: Arc::default(),
        }
    }

    pub(super) fn engine(&self) -> Result<&Arc<Engine>, Fault> {
        let opened = self.opened.get_or_init(|| {
            let (parts, lock) = here::open(&self.root).map_err(|error: NoUpdates| {
                format!("this machine cannot update itself: {error}")
            })?;
            let engine = Arc::new(Engine::new(parts));
            let changes = Arc::clone(&self.changes);
            engine.listen(Box::new(move || changes.tell()));
            Ok(Opened {
                engine,
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
        drop(last);
        self.changes.tell();
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
        told.insert("settings".into(), choices::shown(agent)?);
        told.insert("waits".into(), schedule::told(agent));
        let uploaded = origin::uploaded(agent);
        told.insert("uploaded".into(), json!(uploaded));
        let ahead = trust::clock_seen_ahead(&origin::trust_store(agent), OffsetDateTime::now_utc());
        let ahead_ms = ahead.map(|at| at.unix_timestamp().saturating_mul(1000));
        told.insert("clockSeenAhead".into(), json!(ahead_ms));
    }
    Ok(told)
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
                origin::drop_bundle(&bundle_place(agent));
                agent.updates.tell();
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

pub(super) fn fetch(agent: &Agent, params: Params) -> Result<Value, Fault> {
    let prepared = prepare(agent, params)?;
    let unpacked = bundle_place(agent);
    start(agent, "fetch", move |engine| {
        take(engine, prepared, &unpacked)
    })
}

/// Downloads, or takes what a file has; a file that is wrong is thrown away.
pub(super) fn take(
    engine: &Engine,
    prepared: origin::Prepared,
    unpacked: &Path,
) -> Result<(), Error> {
    let (wanted, mut source, speed) = prepared;
    match engine.fetch(&mut *source, &wanted, speed) {
        Ok(_) => {
            // What it had is kept now, or older than what runs.
            origin::drop_bundle(unpacked);
            Ok(())
        }
        Err(error) => {
            if source.origin() != Origin::Repository && error.is_of_what_came() {
                origin::drop_bundle(unpacked);
                if let Err(error) = engine.give_up_file(causes(&error)) {
                    eprintln!("update: {}", causes(&error));
                }
            }
            Err(error)
        }
    }
}

pub(super) fn stage(agent: &Agent, params: Params) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    start(agent, "stage", Engine::stage)
}

pub(super) fn cancel(agent: &Agent, params: Params) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    agent
        .updates
        .engine()?
        .cancel()
        .map_err(|error| fault(&error))?;
    origin::forget_bundle(agent)?;
    agent.updates.begin_anew();
    Ok(json!({}))
}

/// The gate behind a start says so, or an administrator who does not wait for it.
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

/// Runs a step in a thread; one that runs already is told at once.
fn start(
    agent: &Agent,
    doing: &'static str,
    run: impl FnOnce(&Engine) -> Result<(), Error> + Send + 'static,
) -> Result<Value, Fault> {
    let engine = Arc::clone(agent.updates.engine()?);
    let last = begin(agent, &engine)?;
    let changes = Arc::clone(&agent.updates.changes);
    let thread = std::thread::Builder::new().name("update".to_owned());
    let begun = thread.spawn(move || {
        let error = run(&engine).err().map(|error| causes(&error));
        if let Some(error) = &error {
            eprintln!("update: {doing}: {error}");
        }
        *lock(&last) = Last::Ended(Ended { doing, error });
        changes.tell();
    });
    begun.map_err(|error| {
        *lock(&agent.updates.last) = Last::None;
        agent.updates.changes.tell();
        Fault::failed(format!("no thread can be started: {error}"))
    })?;
    Ok(json!({}))
}

/// Has nothing else begin, until the last step is told to have ended.
fn begin(agent: &Agent, engine: &Engine) -> Result<Arc<Mutex<Last>>, Fault> {
    if let Some(progress) = engine.status().map_err(|error| fault(&error))?.progress {
        return Err(fault(&Error::Busy {
            doing: progress.doing,
        }));
    }
    let running = Arc::clone(&agent.updates.last);
    let mut last = lock(&running);
    if matches!(*last, Last::Runs) {
        let doing = Progress::unknown().doing;
        return Err(fault(&Error::Busy { doing }));
    }
    *last = Last::Runs;
    drop(last);
    agent.updates.changes.tell();
    Ok(running)
}

/// What the agent does by itself, told as what somebody asked for.
pub(super) fn by_itself(
    agent: &Agent,
    doing: &'static str,
    run: impl FnOnce(&Engine) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let engine = agent.updates.engine()?;
    let last = begin(agent, engine)?;
    let done = run(engine);
    *lock(&last) = match &done {
        Ok(()) => Last::None,
        Err(fault) => Last::Ended(Ended {
            doing,
            error: Some(fault.message.clone()),
        }),
    };
    agent.updates.changes.tell();
    done
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
