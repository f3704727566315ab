//! Commands about the repository of releases: `keys`, `publish`, `bundle`.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use semver::Version;
use serde_json::Value;
use time::OffsetDateTime;
use xo_release::{CHANNELS, LATEST, NOTES_LIMIT, Release, STABLE};

use super::print;
use crate::error::Error;
use crate::inspect::size;
use crate::publish::{
    Duty, Kept, Keys, Lock, NewRelease, Parts, PublishError, Repository, Signing, Trusts, bundle,
};

/// Keys of developers; `target` is not under version control.
pub(super) const KEYS: &str = "target/keys";
const REPOSITORY: &str = "target/repository";
const FLOOR: &str = "image-build/image/floor";
const CHANGELOG: &str = "CHANGELOG.md";
const MIGRATIONS: &str = "server/store/migrations";

#[derive(Args)]
pub(super) struct KeysOptions {
    #[command(subcommand)]
    what: KeysCommand,
    /// The folder of keys and roots.
    #[arg(long, value_name = "DIR", default_value = KEYS, global = true)]
    keys: PathBuf,
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Make all keys, and the first root.
    Make,
    /// Replace a key by a new one, in a new root.
    Rotate {
        /// Whose key.
        #[arg(value_enum)]
        role: Duty,
        /// Which one: the first digits of its ID, as `keys list` tells it. The key itself need not be here.
        key: String,
    },
    /// Tell which keys the newest root names, and which of them are here.
    List,
    /// Make a new root with the same keys, before the old one expires.
    Renew,
    /// Sign the root that waits for signatures with the keys that are here.
    Sign,
    /// Give up the root that waits for signatures: the one before it stays.
    Abandon,
}

#[derive(Args)]
pub(super) struct PublishOptions {
    /// The repository: a folder that any web server serves.
    #[arg(long, value_name = "DIR", default_value = REPOSITORY)]
    repository: PathBuf,
    /// The folder of keys and roots.
    #[arg(long, value_name = "DIR", default_value = KEYS)]
    keys: PathBuf,
    /// Version of the release; default: that of the checkout.
    #[arg(long)]
    version: Option<Version>,
    /// Who is offered it; default: latest.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = CHANNELS)]
    channel: Option<Vec<String>>,
    /// Publish nothing new: sign again what the keys of snapshot and timestamp sign.
    #[arg(long, conflicts_with_all = ["promote", "disk", "version", "channel", "sbom", "notes", "min_from", "security_floor"])]
    refresh: bool,
    /// With --refresh: sign the list of releases again too.
    #[arg(long, requires = "refresh")]
    with_targets: bool,
    /// Offer a release that is there in the channels, and in no others.
    #[arg(
        long,
        conflicts_with_all = ["disk", "sbom", "notes", "min_from", "security_floor"],
        requires_all = ["version", "channel"]
    )]
    promote: bool,
    /// The raw disk; default: target/appliance/xoa-<version>.raw.
    #[arg(long, value_name = "FILE")]
    disk: Option<PathBuf>,
    /// The bill of materials; default: beside the disk.
    #[arg(long, value_name = "FILE")]
    sbom: Option<PathBuf>,
    /// Release notes (Markdown); default: what CHANGELOG.md of the checkout says of the version, or of what is not released yet.
    #[arg(long, value_name = "FILE")]
    notes: Option<PathBuf>,
    /// The checkout.
    #[arg(long, value_name = "DIR", default_value = ".")]
    source: PathBuf,
    /// Older systems must install another release first; default: the floor.
    #[arg(long, value_name = "VERSION")]
    min_from: Option<Version>,
    /// Once the release has been confirmed, nothing older is installed; default: that of the image.
    #[arg(long, value_name = "VERSION")]
    security_floor: Option<Version>,
    /// Publish an image that trusts other keys: appliances that install it take nothing more from this repository.
    #[arg(long, conflicts_with_all = ["refresh", "promote"])]
    any_root: bool,
}

#[derive(Args)]
pub(super) struct BundleOptions {
    /// The repository.
    #[arg(long, value_name = "DIR", default_value = REPOSITORY)]
    repository: PathBuf,
    /// The folder of keys and roots.
    #[arg(long, value_name = "DIR", default_value = KEYS)]
    keys: PathBuf,
    /// Version of the release.
    #[arg(long, default_value = env!("CARGO_PKG_VERSION"))]
    version: Version,
    /// The file to write; default: xoa-<version>.update beside the repository.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn keys(options: &KeysOptions) -> Result<u8, Error> {
    let now = now();
    let keys = Keys::open(&options.keys);
    let _lock = Lock::of(&options.keys)?;
    print(&match &options.what {
        KeysCommand::Make => {
            let (root, _) = Keys::make(&options.keys, now)?.newest()?;
            format!("{}\n", root.display())
        }
        KeysCommand::Rotate { role, key } => next_step(&keys, &keys.rotate(*role, key, now)?),
        KeysCommand::List => listed(&keys)?,
        KeysCommand::Renew => next_step(&keys, &keys.renew(now)?),
        KeysCommand::Sign => next_step(&keys, &keys.sign()?),
        KeysCommand::Abandon => {
            let (root, aside) = keys.abandon()?;
            let mut text = format!("{}\nThis root still counts.\n", root.display());
            for key in aside {
                text += &format!(
                    "{}: put aside, since that root does not name it; keep it as long as the root that waited may come signed from elsewhere.\n",
                    key.display()
                );
            }
            text
        }
    });
    Ok(0)
}

/// What became of a root, and what is to be done with it.
fn next_step(keys: &Keys, signing: &Signing) -> String {
    let option = option(keys);
    match signing {
        Signing::Done(root) => format!(
            "{}\nThis root counts now: bring it to wherever keys are. Appliances hear of it when it is published: \
             xo-image-build publish --refresh --with-targets{option}\n",
            root.display()
        ),
        Signing::Waits { path, old, new } => format!(
            "{} waits for signatures: {} of {} by keys of the root before it, {} of {} by its own. \
             Carry it to the other keys, and sign it there: xo-image-build keys sign. To give it up: xo-image-build keys abandon{option}\n",
            path.display(),
            old.given,
            old.needed,
            new.given,
            new.needed
        ),
    }
}

/// What names this folder on the command line.
fn option(keys: &Keys) -> String {
    let folder = keys.folder();
    if folder == Path::new(KEYS) {
        String::new()
    } else {
        format!(" --keys {}", folder.display())
    }
}

fn listed(keys: &Keys) -> Result<String, PublishError> {
    let (path, root, named) = keys.list()?;
    let until = root.signed.expires.strftime("%F");
    let mut text = format!("{}, good until {until}\n", path.display());
    for duty in Duty::ALL {
        let (count, must) = (duty.keys(), duty.threshold());
        text += &format!("{}: {must} of {count} keys sign\n", duty.name());
        for key in named.iter().filter(|key| key.duty == duty) {
            let place = key.path.as_ref();
            let place = place.map_or("not here".to_owned(), |path| path.display().to_string());
            text += &format!("  {}  {place}\n", key.name);
        }
    }
    if let Ok(waiting) = keys.waiting() {
        text += &format!(
            "{} waits for signatures: xo-image-build keys sign{}\n",
            waiting.display(),
            option(keys)
        );
    }
    Ok(text)
}

pub(super) fn publish(options: &PublishOptions) -> Result<u8, Error> {
    let now = now();
    let repository = Repository::open(&options.repository, Keys::open(&options.keys))?;
    let place = format!("{}\n", options.repository.display());
    if options.refresh {
        let kept = if options.with_targets {
            Kept::Nothing
        } else {
            Kept::Targets
        };
        repository.refresh(kept, now)?;
        print(&place);
        return Ok(0);
    }
    let version = options.version.clone().unwrap_or_else(ours);
    let channels = options.channel.clone();
    let mut channels = channels.unwrap_or_else(|| vec![LATEST.to_owned()]);
    let mut named = HashSet::new();
    channels.retain(|channel| named.insert(channel.clone()));
    if options.promote {
        repository.promote(&version, &channels, now)?;
    } else {
        let disk = options.disk.clone();
        let disk = disk.unwrap_or_else(|| format!("target/appliance/xoa-{version}.raw").into());
        let sbom = options.sbom.clone();
        let sbom = sbom.unwrap_or_else(|| disk.with_extension("spdx.json"));
        // A disk that was not built is told before the papers that it lacks.
        let parts = Parts::of(&disk)?;
        let sbom = bill(&sbom)?;
        let floor = match &options.security_floor {
            Some(floor) => floor.clone(),
            None => floor(&options.source)?,
        };
        let release = NewRelease {
            version: version.clone(),
            architecture: "x86_64".to_owned(),
            channels,
            min_from: options.min_from.clone().unwrap_or_else(|| floor.clone()),
            security_floor: floor,
            migrations: migrations(&options.source.join(MIGRATIONS))?,
            sbom,
            notes: match &options.notes {
                Some(path) => short_enough(path, read(path)?)?,
                None => changes(&options.source.join(CHANGELOG), &version)?,
            },
            trusts: if options.any_root {
                Trusts::AnyRoot
            } else {
                Trusts::OurRoots
            },
        };
        if let Ok(before) = repository.release(&version) {
            unchanged(options, &before, &release)?;
        }
        for notice in repository.publish(&parts, &release, now)? {
            eprintln!("xo-image-build: {notice}");
        }
    }
    let release = repository.release(&version)?;
    print(&(place + &offered(&release)));
    Ok(0)
}

/// Publishing a release once more changes none of its settings: whoever gives other ones hears that.
fn unchanged(
    options: &PublishOptions,
    before: &Release,
    now: &NewRelease,
) -> Result<(), PublishError> {
    let given = [
        (
            "--channel",
            options.channel.is_some() && before.channels != now.channels,
            before.channels.join(","),
        ),
        (
            "--min-from",
            options.min_from.is_some() && before.min_from != now.min_from,
            before.min_from.to_string(),
        ),
        (
            "--security-floor",
            options.security_floor.is_some() && before.security_floor != now.security_floor,
            before.security_floor.to_string(),
        ),
    ];
    let other = given.into_iter().find(|(_, is_other, _)| *is_other);
    other.map_or(Ok(()), |(option, _, before)| {
        Err(PublishError::PublishedOtherwise {
            version: now.version.to_string(),
            option,
            before,
        })
    })
}

/// Who is offered a release, and how everybody is.
fn offered(release: &Release) -> String {
    let (version, channels) = (&release.version, &release.channels);
    let mut text = format!("{version} is offered in: {}\n", channels.join(", "));
    if !channels.iter().any(|channel| channel == STABLE) {
        let all = CHANNELS.join(",");
        text += &format!(
            "Appliances follow {STABLE} unless they are told otherwise. To offer it there too: \
             xo-image-build publish --promote --version {version} --channel {all}\n"
        );
    }
    text
}

pub(super) fn pack(options: &BundleOptions) -> Result<u8, Error> {
    let repository = Repository::open(&options.repository, Keys::open(&options.keys))?;
    let output = options.output.clone().unwrap_or_else(|| {
        let name = format!("xoa-{}.update", options.version);
        options.repository.with_file_name(name)
    });
    let length = bundle(&repository, &options.version, &output)?;
    print(&format!("{}: {}\n", output.display(), size(length)));
    Ok(0)
}

/// The oldest version that an image from this checkout lets run.
fn floor(source: &Path) -> Result<Version, Error> {
    let path = source.join(FLOOR);
    let text = String::from_utf8_lossy(&read(&path)?).trim().to_owned();
    text.parse().map_err(|e: semver::Error| {
        PublishError::Metadata {
            path,
            reason: e.to_string(),
        }
        .into()
    })
}

fn migrations(folder: &Path) -> Result<u32, Error> {
    let entries = fs::read_dir(folder).map_err(PublishError::file("read", folder))?;
    let is_one = |name: &Path| name.extension().is_some_and(|end| end == "sql");
    let count = entries
        .flatten()
        .filter(|entry| is_one(&entry.path()))
        .count();
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// A bill of materials, as far as it can be told.
fn bill(path: &Path) -> Result<Vec<u8>, Error> {
    let bytes = read(path)?;
    if let Err(error) = serde_json::from_slice::<serde_json::Map<String, Value>>(&bytes) {
        return Err(PublishError::Metadata {
            path: path.to_owned(),
            reason: format!("a bill of materials is an object of JSON (SPDX): {error}"),
        }
        .into());
    }
    Ok(bytes)
}

/// The part of the log of changes that is about a version; without one, that about what is not released yet.
fn changes(path: &Path, version: &Version) -> Result<Vec<u8>, Error> {
    let log = String::from_utf8_lossy(&read(path)?).into_owned();
    let part = section(&log, &version.to_string()).or_else(|| section(&log, "Unreleased"));
    short_enough(path, part.unwrap_or(&log).as_bytes().to_vec())
}

/// From the heading of a version to the next one, as <https://keepachangelog.com> has them: `## [1.2.3] - 2026-11-27`.
fn section<'a>(log: &'a str, name: &str) -> Option<&'a str> {
    let is_its = |heading: &str| {
        let mut words = heading.split_whitespace();
        words
            .next()
            .is_some_and(|word| word.trim_matches(['[', ']']) == name)
    };
    let headings = log.match_indices("\n## ").map(|(at, _)| at + 1);
    let mut headings = log
        .starts_with("## ")
        .then_some(0)
        .into_iter()
        .chain(headings);
    let heading = |at: usize| log.get(at + 3..)?.lines().next();
    let from = headings.find(|at| heading(*at).is_some_and(is_its))?;
    log.get(from..headings.next().unwrap_or(log.len()))
}

fn short_enough(path: &Path, notes: Vec<u8>) -> Result<Vec<u8>, Error> {
    if let Err(error) = std::str::from_utf8(&notes) {
        return Err(PublishError::Metadata {
            path: path.to_owned(),
            reason: format!("release notes must be UTF-8: {error}"),
        }
        .into());
    }
    if notes.len() > NOTES_LIMIT {
        let (path, length, limit) = (path.to_owned(), notes.len(), NOTES_LIMIT);
        return Err(PublishError::LongNotes {
            path,
            length,
            limit,
        }
        .into());
    }
    Ok(notes)
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    Ok(fs::read(path).map_err(PublishError::file("read", path))?)
}

/// The version of the checkout that this tool is of.
fn ours() -> Version {
    let text = env!("CARGO_PKG_VERSION");
    text.parse().unwrap_or(Version::new(0, 0, 0))
}

pub(super) fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notes_of_a_version_are_its_part_of_the_log() {
        let log = "# Changelog\n\n## Unreleased\n\n- d\n\n## [1.1.0] - 2026-11-27\n\n- c\n### Fixed\n- b\n\n## 1.0.0\n\n- a\n";
        assert_eq!(section(log, "1.0.0"), Some("## 1.0.0\n\n- a\n"));
        let part = section(log, "1.1.0").unwrap();
        assert!(part.starts_with("## [1.1.0] - 2026-11-27\n"), "{part}");
        assert!(part.ends_with("### Fixed\n- b\n\n"), "{part}");
        assert_eq!(section(log, "Unreleased"), Some("## Unreleased\n\n- d\n\n"));
        assert_eq!(section(log, "1.1"), None);
        assert_eq!(section("## 1.0.0\n", "1.0.0"), Some("## 1.0.0\n"));
    }
}
