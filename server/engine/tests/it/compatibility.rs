//! What clients of Xen Orchestra find here: the registry against the facts of the reference, and the document that tells it.
//!
//! `UPDATE_DOCS=1 cargo nextest run -p xo-engine compatibility` writes `docs/compatibility.md` anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Map;
use xo_engine::{Access, Caller, Engine, Error, Method};

use crate::support::bare_engine;

const REFERENCE: &str = include_str!("../../reference-methods.txt");

/// Where we differ on purpose: method, why.
const DIFFERENCES: &[(&str, &str)] = &[
    (
        "disk.create",
        "also takes what `POST /vdis` of the REST API may tell",
    ),
    (
        "network.createBonded",
        "also takes `nbd`, as `network.create` does",
    ),
    (
        "pif.reconfigureIp",
        "`id` is required: without it nothing can be done",
    ),
    (
        "server.add",
        "also takes `readOnly`, which `server.set` knows, `fingerprint` and `wait`",
    ),
    (
        "server.set",
        "also takes `fingerprint`: the certificate to accept",
    ),
    (
        "session.signIn",
        "declares no parameters: besides `token` it takes e-mail and password",
    ),
    (
        "session.signInWithPassword",
        "declares what it takes: `email` and `password`",
    ),
    (
        "vm.attachDisk",
        "also takes what `POST /vbds` of the REST API may tell",
    ),
    (
        "vm.createInterface",
        "also takes what `POST /vifs` of the REST API may tell",
    ),
];

/// A method as far as a client can tell: who may call it, with what, on what.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shape {
    who: String,
    params: BTreeSet<String>,
    resolve: BTreeSet<String>,
}

impl Shape {
    fn parse(words: &str) -> Self {
        let (call, resolve) = words.split_once(" | ").unwrap_or((words, ""));
        let (who, params) = call.split_once(' ').unwrap_or((call, ""));
        let set = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        Self {
            who: who.into(),
            params: set(params),
            resolve: set(resolve),
        }
    }

    fn of(method: &Method) -> Self {
        let who = match method.access {
            Access::Anyone => "anyone",
            Access::SignedIn => "signed-in",
            Access::Admin => "admin",
        };
        let mut params = BTreeSet::new();
        match &method.params {
            None => drop(params.insert("any".to_owned())),
            Some(list) => params.extend(list.iter().map(|param| {
                let rules = param.schema.to_json();
                let free = rules.get("optional").is_some() || rules.get("default").is_some();
                format!("{}{}", param.name, if free { "?" } else { "" })
            })),
        }
        if method.open {
            params.insert("*".into());
        }
        let resolve = method.resolve.iter().map(|rule| {
            let types: Vec<&str> = rule.types.iter().map(|kind| kind.name()).collect();
            let types = if types.is_empty() {
                "any".to_owned()
            } else {
                types.join(",")
            };
            let right = rule
                .permission
                .map_or("none", |permission| permission.name());
            format!("{}:{types}:{right}", rule.param)
        });
        Self {
            who: who.into(),
            params,
            resolve: resolve.collect(),
        }
    }

    fn words(&self) -> String {
        let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" ");
        format!(
            "{} {} | {}",
            self.who,
            list(&self.params),
            list(&self.resolve)
        )
    }
}

fn reference() -> BTreeMap<&'static str, Shape> {
    let lines = REFERENCE.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, words) = line.split_once(' ').expect("name and shape");
            (name, Shape::parse(words))
        })
        .collect()
}

fn registry(engine: &Engine) -> BTreeMap<&'static str, Shape> {
    engine
        .methods()
        .map(|method| (method.name, Shape::of(method)))
        .collect()
}

#[tokio::test]
async fn every_method_is_called_as_the_reference_tells_or_differs_for_a_written_reason() {
    let (engine, _folder) = bare_engine().await;
    let reference = reference();
    let reasons: BTreeMap<&str, &str> = DIFFERENCES.iter().copied().collect();
    let mut wrong = String::new();
    for (name, ours) in registry(&engine) {
        let Some(theirs) = reference.get(name) else {
            continue;
        };
        match (ours == *theirs, reasons.contains_key(name)) {
            (false, false) => {
                let (ours, theirs) = (ours.words(), theirs.words());
                let _ = writeln!(wrong, "{name}\n  here:      {ours}\n  reference: {theirs}");
            }
            (true, true) => {
                let _ = writeln!(
                    wrong,
                    "{name} does not differ any more: take it off the list"
                );
            }
            _ => {}
        }
    }
    for name in reasons.keys().filter(|name| !reference.contains_key(*name)) {
        let _ = writeln!(
            wrong,
            "{name} is on the list of differences but not in the reference"
        );
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn what_is_not_written_yet_is_told_from_what_nobody_knows() {
    let (engine, _folder) = bare_engine().await;
    let registry = registry(&engine);
    let reference = reference();
    let missing = reference
        .keys()
        .filter(|name| !registry.contains_key(*name));
    for name in missing {
        let answer = engine.call(&Caller::default(), name, Map::new()).await;
        assert!(
            matches!(answer, Err(Error::NotImplemented { .. })),
            "{name}: {answer:?}"
        );
    }
    let answer = engine.call(&Caller::default(), "vm.fly", Map::new()).await;
    assert!(
        matches!(answer, Err(Error::UnknownMethod { .. })),
        "{answer:?}"
    );
}

#[tokio::test]
async fn the_document_tells_what_the_registry_holds() {
    let (engine, _folder) = bare_engine().await;
    let expected = document(&registry(&engine), &reference());
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/compatibility.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/compatibility.md is not what the registry holds; write it anew with: \
         UPDATE_DOCS=1 cargo nextest run -p xo-engine compatibility"
    );
}

fn document(ours: &BTreeMap<&str, Shape>, reference: &BTreeMap<&str, Shape>) -> String {
    let reasons: BTreeMap<&str, &str> = DIFFERENCES.iter().copied().collect();
    let done = reference
        .keys()
        .filter(|name| ours.contains_key(*name))
        .count();
    let mut text = format!(
        "# Compatibility\n\n\
         The methods of Xen Orchestra's JSON-RPC API (xo-server 5.207.2 with its plugins), and which of them this server\n\
         answers: **{done} of {}**. A method that is not there yet answers error 0, *not implemented*.\n\n\
         This file is written by a test from the server's own registry:\n\
         `UPDATE_DOCS=1 cargo nextest run -p xo-engine compatibility`\n",
        reference.len()
    );
    let names: BTreeSet<&str> = reference.keys().chain(ours.keys()).copied().collect();
    let mut noun = "";
    for name in names {
        let own = name.split('.').next().unwrap_or_default();
        if own != noun {
            noun = own;
            let _ = write!(text, "\n## {noun}\n\n| method | state |\n|---|---|\n");
        }
        let state = match (ours.contains_key(name), reference.contains_key(name)) {
            (true, true) => match reasons.get(name) {
                Some(reason) => format!("yes; {reason}"),
                None => "yes".to_owned(),
            },
            (true, false) => "yes, only here".to_owned(),
            _ => "not yet".to_owned(),
        };
        let _ = writeln!(text, "| `{name}` | {state} |");
    }
    text
}
