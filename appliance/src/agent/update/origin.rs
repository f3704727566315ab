//! Where releases come from: the repository on the network, or a file that was uploaded, which lies unpacked beside the journal.

use std::io::Read;
use std::path::{Path, PathBuf};

use semver::Version;
use serde::Deserialize;
use serde_json::{Value, json};
use xo_release::STABLE;

use super::{Params, choices};
use crate::agent::protocol::{Fault, Kind};
use crate::agent::{Agent, settings, verbs};
use crate::update::bundle::{self, BundleError};
use crate::update::causes;
use crate::update::engine::{UpdateStatus, Wanted};
use crate::update::fetch::Speed;
use crate::update::here::STORE;
use crate::update::signed::Signed;
use crate::update::source::{Origin, Source};
use crate::update::trust::{self, Expiry, Location, Settings, TrustError};

/// Where an uploaded file is unpacked.
const BUNDLE: &str = "bundle";
/// And where, as long as it comes.
const COMING: &str = "bundle.part";
const ROOT_OF_KEYS: &str = "usr/share/xoa/root.json";

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
pub(in crate::agent) fn upload(
    agent: &Agent,
    input: &mut (dyn Read + Send),
) -> Result<Value, Fault> {
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

pub(super) fn forget_bundle(agent: &Agent) -> Result<(), Fault> {
    [COMING, BUNDLE].iter().try_for_each(|name| {
        bundle::remove(&agent.at(STORE).join(name))
            .map_err(|error| Fault::failed(error.to_string()))
    })
}

/// Where the unpacked file is, if one was uploaded.
pub(in crate::agent) fn bundle_place(agent: &Agent) -> PathBuf {
    agent.at(STORE).join(BUNDLE)
}

/// The release of a file that was uploaded and is still there.
pub(super) fn uploaded(agent: &Agent) -> Option<Version> {
    bundle::version(&bundle_place(agent))
}

/// What was sent is of no use any more.
pub(super) fn drop_bundle(unpacked: &Path) {
    if let Err(error) = bundle::remove(unpacked) {
        eprintln!("update: {error}");
    }
}

/// Has the clock of this machine count, whatever it said when updates were looked for last.
pub(in crate::agent) fn trust_clock(agent: &Agent, params: Params) -> Result<Value, Fault> {
    verbs::nothing(params)?;
    agent.updates.engine()?;
    let forgotten = trust::forget_clock(&trust_store(agent));
    forgotten.map_err(|error| Fault::failed(causes(&error)))?;
    agent.updates.begin_anew();
    Ok(json!({}))
}

/// How an update that has begun goes on: from where it began, as long as that is there.
pub(in crate::agent) fn as_begun(agent: &Agent, update: &UpdateStatus) -> Params {
    let is_there = uploaded(agent).as_ref() == Some(&update.version);
    let how = match update.origin {
        Origin::Bundle if is_there => json!({ "from": "bundle" }),
        Origin::ExpiredBundle if is_there => json!({ "from": "bundle", "acceptExpired": true }),
        _ => json!({}),
    };
    how.as_object().cloned().unwrap_or_default()
}

pub(in crate::agent) type Prepared = (Wanted, Box<dyn Source + Send>, Speed);

/// What is wanted, from where, and how fast.
pub(in crate::agent) fn prepare(agent: &Agent, params: Params) -> Result<Prepared, Fault> {
    let which: Which = verbs::read(params)?;
    let chosen = choices::choices(agent)?;
    let unpacked = bundle_place(agent);
    let unusable = |error: TrustError| Fault::failed(error.to_string());
    let (version, repository) = match which.from {
        From::Bundle => {
            let found = bundle::version(&unpacked).ok_or_else(|| {
                Fault::new(Kind::Conflict, "no file was uploaded: upload one first")
            })?;
            (Some(found), Location::folder(&unpacked))
        }
        From::Repository => {
            let address = choices::repository(agent, &chosen);
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
pub(super) fn trust_store(agent: &Agent) -> PathBuf {
    agent.at(STORE).join("trust")
}

/// Nobody is asked yet.
pub(super) fn open(
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
