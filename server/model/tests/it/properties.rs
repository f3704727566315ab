//! That no property of the reference is forgotten, and none invented.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Value, json};
use xo_model::ObjectType;

use crate::estate::{Estate, Objects};

/// A type's own line: the type that it extends, its properties with their marks, what it leaves out.
struct Line {
    extends: Option<String>,
    own: Vec<(String, Mark)>,
    without: Vec<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Always,
    Sometimes,
    Never,
}

fn table() -> BTreeMap<String, Line> {
    let text = include_str!("properties.txt").replace("\n    ", " ");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let parsed = lines.map(|line| {
        let (head, properties) = line.split_once(':').unwrap();
        let (name, extends) = match head.split_once(" < ") {
            Some((name, base)) => (name, Some(base.to_owned())),
            None => (head, None),
        };
        let (without, own) = properties
            .split_whitespace()
            .partition::<Vec<_>, _>(|p| p.starts_with('!'));
        let own = own
            .into_iter()
            .map(|property| match property.strip_suffix(['?', '-']) {
                None => (property.to_owned(), Mark::Always),
                Some(name) if property.ends_with('?') => (name.to_owned(), Mark::Sometimes),
                Some(name) => (name.to_owned(), Mark::Never),
            });
        let without = without
            .iter()
            .map(|property| property[1..].to_owned())
            .collect();
        (
            name.to_owned(),
            Line {
                extends,
                own: own.collect(),
                without,
            },
        )
    });
    parsed.collect()
}

/// Every property of a type.
fn properties(table: &BTreeMap<String, Line>, kind: &str) -> BTreeMap<String, Mark> {
    let line = &table[kind];
    let mut all = match &line.extends {
        Some(base) => properties(table, base),
        None => table["*"].own.iter().cloned().collect(),
    };
    all.extend(line.own.iter().cloned());
    all.retain(|name, _| !line.without.contains(name));
    all
}

#[test]
fn every_object_has_exactly_the_properties_of_its_type() {
    let table = table();
    assert_eq!(table.len(), ObjectType::ALL.len() + 1);
    let mut told: HashSet<(String, String)> = HashSet::new();
    for estate in estates() {
        let objects = Objects::of(&mut estate.pool());
        for object in objects.0.values() {
            let kind = object.kind.name();
            let json: Value = serde_json::from_str(&object.json).unwrap();
            let found: BTreeSet<&str> = json
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            let wanted = properties(&table, kind);
            for (name, mark) in &wanted {
                assert!(
                    *mark != Mark::Always || found.contains(name.as_str()),
                    "{kind} lacks {name}"
                );
                assert!(
                    *mark != Mark::Never || !found.contains(name.as_str()),
                    "{kind} has {name}"
                );
            }
            for name in found {
                assert!(wanted.contains_key(name), "{kind} has {name}");
                told.insert((kind.to_owned(), name.to_owned()));
            }
        }
    }
    for (kind, line) in table.iter().filter(|(kind, _)| *kind != "*") {
        for (name, _) in line.own.iter().filter(|(_, mark)| *mark == Mark::Sometimes) {
            assert!(
                told.contains(&(kind.clone(), name.clone())),
                "{kind} never told {name}"
            );
        }
    }
}

/// The estate, and variants in which optional things are absent.
fn estates() -> Vec<Estate> {
    vec![
        Estate::new(),
        Estate::new().with("pool", json!({"migration_compression": null})),
        Estate::new().with(
            "web",
            json!({"metrics": "", "guest_metrics": "", "power_state": "Halted"}),
        ),
        Estate::new().with("local", json!({"type": "linstor"})),
    ]
}
