//! What clients of Xen Orchestra's REST API find here, and the document that tells it.
//!
//! `UPDATE_DOCS=1 cargo nextest run -p xo-api compatibility` writes `docs/compatibility-rest.md` anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use axum::body::Body;
use serde_json::Value;

use crate::support::Site;

const REFERENCE: &str = include_str!("../../reference-endpoints.txt");

/// Where all paths begin: whoever asks for nothing is sent to the document.
const ROOT: &str = "/rest/v0";

/// Path and verb; the names of its parameters do not matter.
type Place = (String, String);
/// The members of a JSON body; `?` is taken off.
type Members = BTreeSet<String>;

/// As Xen Orchestra writes a path, to look one of them up in the other list.
fn nameless(path: &str) -> String {
    let parts = path.split('/').map(|part| match part.split_once("}.") {
        _ if !part.starts_with('{') => part.to_owned(),
        None => "{}".to_owned(),
        Some((_, ending)) if ending.starts_with('{') => "{}.{}".to_owned(),
        Some((_, ending)) => format!("{{}}.{ending}"),
    });
    parts.collect::<Vec<_>>().join("/")
}

fn reference() -> BTreeMap<Place, (String, Members)> {
    let lines = REFERENCE.lines().filter(|line| !line.starts_with('#'));
    let read = |line: &str| {
        let mut words = line.split(' ');
        let (verb, path) = (words.next().unwrap().to_owned(), words.next().unwrap());
        let members = words.map(|word| word.trim_end_matches('?').to_owned());
        ((nameless(path), verb), (path.to_owned(), members.collect()))
    };
    lines.map(read).collect()
}

async fn served(site: &Site) -> BTreeMap<Place, (String, Members)> {
    let document = site.get("/docs/swagger.json").await.expect(200).json();
    let mut all = BTreeMap::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (verb, operation) in operations.as_object().unwrap() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let members = schema["properties"].as_object();
            let members = members.into_iter().flat_map(|m| m.keys().cloned());
            let place = (nameless(path), verb.to_uppercase());
            all.insert(place, (path.clone(), members.collect()));
        }
    }
    all
}

#[tokio::test]
async fn what_is_not_served_yet_says_so() {
    let site = Site::start().await;
    let served = served(&site).await;
    let mut count = 0;
    let reference = reference();
    let missing = reference
        .iter()
        .filter(|(place, (path, _))| path != ROOT && !served.contains_key(*place));
    for ((_, verb), (path, _)) in missing {
        let path = path.strip_prefix(ROOT).unwrap().replace(['{', '}'], "");
        let answer = site.send(verb, &path, &[], Body::empty()).await;
        assert_eq!(answer.status.as_u16(), 501, "{verb} {path}");
        count += 1;
    }
    assert!(
        count > 0,
        "everything is served: this test has nothing to look at"
    );
    site.get("/nowhere").await.expect(404);
    site.with_body("PUT", "/vms", &Value::Null)
        .await
        .expect(405);
}

#[tokio::test]
async fn the_document_tells_what_is_served() {
    let site = Site::start().await;
    let expected = document(&served(&site).await, &reference());
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/compatibility-rest.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/compatibility-rest.md is not what is served; write it anew with: \
         UPDATE_DOCS=1 cargo nextest run -p xo-api compatibility"
    );
}

fn document(
    ours: &BTreeMap<Place, (String, Members)>,
    reference: &BTreeMap<Place, (String, Members)>,
) -> String {
    let done = reference
        .keys()
        .filter(|place| ours.contains_key(*place))
        .count();
    let mut text = format!(
        "# Compatibility of the REST API\n\n\
         The endpoints of Xen Orchestra's REST API (0.37.0), and which of them this server serves: **{done} of {}**. One that is not\n\
         there yet answers 501, *not implemented*. Behind *yes* stands which members of a body are not taken yet: they are refused, not\n\
         passed over.\n\n\
         This file is written by a test from the document that the server serves itself (`/rest/v0/docs/swagger.json`):\n\
         `UPDATE_DOCS=1 cargo nextest run -p xo-api compatibility`\n",
        reference.len()
    );
    let places: BTreeSet<&Place> = reference.keys().chain(ours.keys()).collect();
    let mut collection = String::new();
    for place in places {
        let path = ours
            .get(place)
            .or(reference.get(place))
            .map_or("", |(path, _)| path);
        let short = path.strip_prefix(ROOT).unwrap_or(path);
        let short = if short.is_empty() { "/" } else { short };
        let first = short.split('/').nth(1).unwrap_or_default();
        let first = if first.is_empty() { "/" } else { first };
        if first != collection {
            first.clone_into(&mut collection);
            let _ = write!(text, "\n## {first}\n\n| endpoint | state |\n|---|---|\n");
        }
        let state = match (ours.get(place), reference.get(place)) {
            (Some((_, ours)), Some((_, theirs))) => {
                let missing: Vec<&str> = theirs.difference(ours).map(String::as_str).collect();
                if missing.is_empty() {
                    "yes".to_owned()
                } else {
                    format!("yes, without `{}`", missing.join("`, `"))
                }
            }
            (Some(_), None) => "yes, only here".to_owned(),
            _ if path == ROOT => "leads to `/docs`".to_owned(),
            _ => "not yet".to_owned(),
        };
        let _ = writeln!(text, "| `{} {short}` | {state} |", place.1);
    }
    text
}
