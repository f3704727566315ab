//! The chain of roots: from the oldest that a client of the repository may hold to the newest, each signed by keys of the one before it.
//!
//! Invariant: nothing is signed for a repository whose clients could not follow to the root that the signing keys are of.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use tough::schema::{Root, Signed};

use super::error::PublishError;
use super::signing::{follows, load, versions};

/// Whether clients of what is served in `metadata` follow to the newest root in the folder of keys.
pub(super) fn follow(keys: &Path, metadata: &Path) -> Result<(), PublishError> {
    let (ours, served) = (versions(keys, "root"), versions(metadata, "root"));
    let newest = |roots: &HashMap<u64, PathBuf>| roots.keys().max().copied().unwrap_or(0);
    let missing = |roots: Vec<u64>| PublishError::MissingRoots {
        keys: keys.to_owned(),
        roots: roots
            .iter()
            .map(|version| format!("{version}.root.json"))
            .collect::<Vec<_>>()
            .join(", "),
        metadata: metadata.to_owned(),
    };
    let behind: Vec<_> = (newest(&ours) + 1..=newest(&served)).collect();
    if !behind.is_empty() {
        return Err(missing(behind));
    }
    let Some(oldest) = served.keys().chain(ours.keys()).min().copied() else {
        return Ok(());
    };
    let place = |version: &u64| ours.get(version).or_else(|| served.get(version));
    let all = oldest..=newest(&ours);
    let gaps: Vec<_> = all
        .clone()
        .filter(|version| place(version).is_none())
        .collect();
    if !gaps.is_empty() {
        return Err(missing(gaps));
    }
    let mut before: Option<Signed<Root>> = None;
    for path in all.filter_map(|version| place(&version)) {
        let root: Signed<Root> = load(path)?;
        if follows(before.as_ref(), &root).is_err() {
            return Err(PublishError::OtherKeys {
                keys: keys.to_owned(),
                repository: metadata.parent().unwrap_or(metadata).to_owned(),
            });
        }
        before = Some(root);
    }
    Ok(())
}
