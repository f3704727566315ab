//! Who may know whom: the edges of ARCHITECTURE.md, read from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Package → the packages of ours that it may depend on outside of tests.
const EDGES: &[(&str, &[&str])] = &[
    ("xva", &[]),
    ("xapi-records", &[]),
    ("xapi", &["xapi-records"]),
    ("xo-lab", &["xva"]),
    ("xo-model", &["xapi-records"]),
    ("xo-inventory", &["xapi", "xapi-records", "xo-model"]),
    ("xo-store", &[]),
    (
        "xo-engine",
        &[
            "xapi",
            "xapi-records",
            "xo-inventory",
            "xo-model",
            "xo-store",
            "xva",
        ],
    ),
    ("xo-api", &["xo-engine", "xo-model"]),
    (
        "xo-server",
        &["xo-api", "xo-engine", "xo-inventory", "xo-lab", "xo-store"],
    ),
    ("xo-cli", &["xapi", "xva"]),
    ("xo-release", &[]),
    ("xo-image-build", &["xo-release", "xva"]),
    ("xo-image-init", &[]),
    ("xo-appliance", &["xo-firstboot", "xo-release"]),
    ("xo-appliance-tests", &[]),
    ("xo-firstboot", &[]),
    (
        "xo-tests",
        &[
            "xapi",
            "xo-api",
            "xo-engine",
            "xo-inventory",
            "xo-lab",
            "xo-server",
            "xo-store",
            "xva",
        ],
    ),
];

/// A library → the only packages that may name it.
const OWNED: &[(&str, &[&str])] = &[
    ("sqlx", &["xo-store"]),
    ("axum", &["xo-api", "xo-appliance-tests"]),
    ("xmlrpc", &["xapi"]),
    ("ratatui", &["xo-appliance"]),
    (
        "tar",
        &[
            "xva",
            "xo-lab",
            "xo-appliance",
            "xo-image-build",
            "xo-server",
        ],
    ),
    ("tough", &["xo-appliance", "xo-image-build"]),
];

fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let packages = metadata.packages.iter().map(|package| {
        let normal = package
            .dependencies
            .iter()
            .filter(|d| d.kind == DependencyKind::Normal);
        (
            package.name.to_string(),
            normal.map(|d| d.name.clone()).collect(),
        )
    });
    packages.collect()
}

#[test]
fn packages_depend_only_on_those_that_the_architecture_names() {
    let allowed: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    let packages = dependencies();
    for name in packages.keys() {
        assert!(
            allowed.contains_key(name.as_str()),
            "{name} is not in ARCHITECTURE.md's picture"
        );
    }
    for (name, dependencies) in &packages {
        let forbidden: Vec<&String> = dependencies
            .iter()
            .filter(|d| packages.contains_key(*d) && !allowed[name.as_str()].contains(&d.as_str()))
            .collect();
        assert!(
            forbidden.is_empty(),
            "{name} may not depend on {forbidden:?}"
        );
    }
}

#[test]
fn a_library_that_has_an_owner_is_named_by_no_other() {
    for (name, dependencies) in dependencies() {
        for (library, owners) in OWNED {
            let names_it = dependencies.contains(*library);
            assert!(
                !names_it || owners.contains(&name.as_str()),
                "only {owners:?} may name {library}, not {name}"
            );
        }
    }
}

#[test]
fn the_servers_program_holds_each_crate_behind_those_that_it_uses() {
    let packages = dependencies();
    let ours = |name: &str| -> Vec<String> {
        let of = &packages[name];
        of.iter()
            .filter(|d| packages.contains_key(*d))
            .cloned()
            .collect()
    };
    let mut all: BTreeSet<String> = BTreeSet::new();
    let mut left = vec!["xo-server".to_owned()];
    while let Some(name) = left.pop() {
        left.extend(ours(&name));
        all.insert(name);
    }
    let script =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../server/build.rs"));
    let script = script.unwrap();
    let names = script.lines().filter_map(|line| {
        let name = line.trim().strip_prefix("\"*/lib")?;
        Some(name.strip_suffix("-*\",")?.replace('_', "-"))
    });
    let mut placed = BTreeSet::new();
    for name in names {
        for used in ours(&name) {
            assert!(placed.contains(&used), "{used} must stand before {name}");
        }
        placed.insert(name);
    }
    assert_eq!(placed, all);
}
