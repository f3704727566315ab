//! The crates that our programs are linked from, as Cargo resolves them for the image's platform.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Part, SbomError, read};

const PLATFORM: &str = "x86_64-unknown-linux-gnu";
/// The first program of the RAM disk is on no list of programs.
const INIT: &str = "xo-image-init";

pub(super) fn parts(source: &Path) -> Result<Vec<Part>, SbomError> {
    let list = read(
        &source.join("image-build/image/programs"),
        "is this a checkout?",
    )?;
    let roots: BTreeSet<&str> = list
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_whitespace().next())
        .chain([INIT])
        .collect();
    let fault = |reason: String| SbomError::unexpected("cargo metadata", &reason);
    let output = Command::new("cargo")
        .args(["metadata", "--locked", "--format-version", "1"])
        .args(["--filter-platform", PLATFORM])
        .current_dir(source)
        .output()
        .map_err(|e| fault(e.to_string()))?;
    if !output.status.success() {
        return Err(fault(
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        ));
    }
    let metadata = serde_json::from_slice(&output.stdout).map_err(|e| fault(e.to_string()))?;
    reached(&metadata, &roots)
        .ok_or_else(|| fault("a program's package or one of its crates is not in it".into()))
}

/// All that the packages of these names link, but what only builds or tests; they themselves too.
fn reached(metadata: &Value, roots: &BTreeSet<&str>) -> Option<Vec<Part>> {
    let mut packages: BTreeMap<&str, &Value> = BTreeMap::new();
    let mut open = Vec::new();
    for package in metadata["packages"].as_array()? {
        let id = package["id"].as_str()?;
        packages.insert(id, package);
        if package["source"].is_null() && roots.contains(package["name"].as_str()?) {
            open.push(id);
        }
    }
    if open.len() != roots.len() {
        return None;
    }
    let mut nodes: BTreeMap<&str, &Value> = BTreeMap::new();
    for node in metadata["resolve"]["nodes"].as_array()? {
        nodes.insert(node["id"].as_str()?, node);
    }
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        for dependency in nodes.get(id)?["deps"].as_array()? {
            let kinds = dependency["dep_kinds"].as_array()?;
            if kinds.iter().any(|kind| kind["kind"].is_null()) {
                open.push(dependency["pkg"].as_str()?);
            }
        }
    }
    seen.into_iter().map(|id| part(packages.get(id)?)).collect()
}

fn part(package: &Value) -> Option<Part> {
    let text = |field: &str| package[field].as_str().map(str::to_owned);
    let (name, version) = (text("name")?, text("version")?);
    Some(Part {
        purl: format!("pkg:cargo/{name}@{version}"),
        licence: text("license").map(|licence| licence.replace('/', " OR ")),
        name,
        version,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_only_builds_or_tests_is_not_reached() {
        let package = |name: &str, source: Value| json!({ "id": name, "name": name, "version": "1.0.0", "license": "MIT/Apache-2.0", "source": source });
        let dependency =
            |name: &str, kind: Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        let metadata = json!({
            "packages": [package("ours", Value::Null), package("linked", json!("r")), package("tests", json!("r")), package("builds", json!("r"))],
            "resolve": { "nodes": [
                { "id": "ours", "deps": [dependency("linked", Value::Null), dependency("tests", json!("dev"))] },
                { "id": "linked", "deps": [dependency("builds", json!("build"))] },
            ] },
        });
        let parts = reached(&metadata, &BTreeSet::from(["ours"])).unwrap();
        let names: Vec<_> = parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["linked", "ours"]);
        assert_eq!(parts[0].licence.as_deref(), Some("MIT OR Apache-2.0"));
        assert_eq!(reached(&metadata, &BTreeSet::from(["absent"])), None);
    }
}
