//! Every operation against every role: `rights.txt` lists who may call what, and what is not listed there fails.
//!
//! A refusal is provoked for real, with parameters that fit and objects that exist, so that nothing but the missing right can be
//! the cause. That a right is enough is read from the operation's own data, because calling would carry it out.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use xo_engine::{Access, Caller, Error, Method, Permission};
use xo_model::ObjectType;

use crate::support::Rig;

/// Each line: a method, and a letter for each role that may call it, `-` for one that may not; then the letters once more where
/// the operation checks further rights while it runs.
const RIGHTS: &str = include_str!("rights.txt");

/// Nobody signed in; signed in without grants; then with the roles viewer, operator and admin on all objects that are named;
/// then an administrator.
const ROLES: [(char, &str); 6] = [
    ('a', "anonymous"),
    ('s', "signed-in"),
    ('v', "viewer"),
    ('o', "operator"),
    ('e', "admin"),
    ('x', "administrator"),
];

struct Line {
    /// Who gets through to the operation.
    admitted: &'static str,
    /// Whom it serves.
    served: &'static str,
}

fn listed() -> BTreeMap<&'static str, Line> {
    let lines = RIGHTS.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut words = line.split_whitespace();
            let (name, admitted) = (words.next().unwrap(), words.next().unwrap());
            (
                name,
                Line {
                    admitted,
                    served: words.next().unwrap_or(admitted),
                },
            )
        })
        .collect()
}

/// What the operation's data tells.
fn told(method: &Method) -> String {
    let may = |role: char| match (role, method.access) {
        ('x', _) | (_, Access::Anyone) => true,
        ('a', _) | (_, Access::Admin) => false,
        (role, Access::SignedIn) => method
            .resolve
            .iter()
            .filter(|rule| is_required(method, rule.param))
            .filter_map(|rule| rule.permission)
            .all(|permission| match permission {
                Permission::View => role != 's',
                Permission::Operate => matches!(role, 'o' | 'e'),
                Permission::Administrate => role == 'e',
            }),
    };
    ROLES
        .iter()
        .map(|(role, _)| if may(*role) { *role } else { '-' })
        .collect()
}

fn is_required(method: &Method, param: &str) -> bool {
    let rules = method
        .params
        .iter()
        .flatten()
        .find(|p| p.name == param)
        .map(|p| p.schema.to_json());
    rules.is_some_and(|rules| rules.get("optional").is_none())
}

#[tokio::test]
async fn every_operation_is_listed_with_the_roles_that_may_call_it() {
    let (engine, _folder) = crate::support::bare_engine().await;
    let mut listed = listed();
    let mut wrong = String::new();
    for method in engine.methods() {
        let told = told(method);
        match listed.remove(method.name) {
            Some(line) if line.admitted == told => {}
            Some(line) => {
                let _ = writeln!(
                    wrong,
                    "{} {told} (listed as {})",
                    method.name, line.admitted
                );
            }
            None => {
                let _ = writeln!(wrong, "{} {told} (not listed)", method.name);
            }
        }
    }
    for name in listed.keys() {
        let _ = writeln!(wrong, "{name} (listed, but there is no such method)");
    }
    assert!(
        wrong.is_empty(),
        "rights.txt and the operations differ; is that meant?\n{wrong}"
    );
}

#[tokio::test]
async fn whoever_is_not_listed_is_refused() {
    let rig = Rig::start().await;
    passing_objects(&rig).await;
    let objects = objects(&rig);
    let callers = callers(&rig, &objects).await;
    let rights = listed();
    let mut wrong = String::new();
    for method in rig.engine.methods() {
        let params = params(method, &objects);
        for ((role, name), caller) in ROLES.iter().zip(&callers) {
            if rights
                .get(method.name)
                .is_none_or(|line| line.served.contains(*role))
            {
                continue;
            }
            let outcome = rig.engine.call(caller, method.name, params.clone()).await;
            let refused = match (role, &outcome) {
                ('a', Err(Error::NotSignedIn)) => true,
                ('a', _) => false,
                (_, Err(Error::Unauthorized { .. })) => true,
                _ => false,
            };
            if !refused {
                let _ = writeln!(wrong, "{} as {name}: {outcome:?}", method.name);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn nobody_makes_themselves_an_administrator_or_touches_another_account() {
    let rig = Rig::start().await;
    let somebody = rig.user("somebody").await;
    let (own, other) = (
        somebody.user.as_deref().unwrap(),
        rig.admin.user.as_deref().unwrap(),
    );
    for change in [
        json!({ "id": own, "permission": "admin" }),
        json!({ "id": other, "password": "a new password" }),
        json!({ "id": other, "preferences": { "lang": "fr" } }),
    ] {
        let refused = rig.call_as(&somebody, "user.set", change).await;
        assert!(
            matches!(refused, Err(Error::Unauthorized { .. })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_grant_is_enough_and_its_end_is_felt_at_once() {
    let rig = Rig::start().await;
    let host = rig.one(ObjectType::Host, |_| true);
    let somebody = rig.user("somebody").await;
    let user = somebody.user.as_deref().unwrap();
    let grant = json!({ "subject": user, "object": host.id, "action": "admin" });
    let change = json!({ "id": host.id, "name_description": "granted" });
    let refused = rig.call_as(&somebody, "host.set", change.clone()).await;
    assert!(
        matches!(refused, Err(Error::Unauthorized { .. })),
        "{refused:?}"
    );
    rig.call("acl.add", grant.clone()).await.unwrap();
    rig.call_as(&somebody, "host.set", change.clone())
        .await
        .unwrap();
    rig.until_is(&host, "name_description", json!("granted"))
        .await;
    rig.call("acl.remove", grant).await.unwrap();
    let refused = rig.call_as(&somebody, "host.set", change).await;
    assert!(
        matches!(refused, Err(Error::Unauthorized { .. })),
        "{refused:?}"
    );
}

/// A pool at rest has neither messages nor tasks.
async fn passing_objects(rig: &Rig) {
    let host = rig.one(ObjectType::Host, |_| true).id.to_string();
    {
        let mut db = rig.lab.db().write();
        xo_lab::messages::send(&mut db, "TEST", 5, "Host", &host, "a message");
        xo_lab::tasks::create(&mut db, "a task", "", xo_lab::tasks::Owner::Pool);
    }
    rig.until("there is a message and a task", |inventory| {
        let has = |kind| !inventory.of_kind(kind).is_empty();
        has(ObjectType::Message) && has(ObjectType::Task)
    })
    .await;
}

/// One object of each type that the lab has.
fn objects(rig: &Rig) -> HashMap<ObjectType, String> {
    let inventory = rig.inventory();
    let first = |kind: &ObjectType| Some((*kind, inventory.of_kind(*kind).first()?.id.to_string()));
    ObjectType::ALL.iter().filter_map(first).collect()
}

/// In the order of [`ROLES`]; the three in the middle hold their role on every one of `objects`.
async fn callers(rig: &Rig, objects: &HashMap<ObjectType, String>) -> Vec<Caller> {
    let mut callers = vec![Caller::anonymous(None)];
    for (_, name) in &ROLES[1..5] {
        let caller = rig.user(&format!("some {name}")).await;
        if *name != "signed-in" {
            for object in objects.values() {
                let user = caller.user.as_deref().unwrap();
                let grant = json!({ "subject": user, "object": object, "action": name });
                rig.call("acl.add", grant).await.unwrap();
            }
        }
        callers.push(caller);
    }
    callers.push(rig.admin.clone());
    callers
}

/// Parameters that pass every check before the rights: required ones, and whatever names an object.
fn params(method: &Method, objects: &HashMap<ObjectType, String>) -> Map<String, Value> {
    let mut params = Map::new();
    for param in method.params.iter().flatten() {
        let rules = param.schema.to_json();
        if rules.get("optional").is_none() && rules.get("default").is_none() {
            params.insert(param.name.into(), sample(&rules));
        }
    }
    for rule in &method.resolve {
        let kinds = if rule.types.is_empty() {
            &[ObjectType::Vm][..]
        } else {
            rule.types
        };
        if let Some(id) = kinds.iter().find_map(|kind| objects.get(kind)) {
            params.insert(rule.param.into(), json!(id));
        }
    }
    params
}

/// The least value that fits.
fn sample(rules: &Value) -> Value {
    if let Some(first) = rules.get("enum").and_then(|list| list.get(0)) {
        return first.clone();
    }
    let kind = rules
        .get("type")
        .map(|kind| kind.get(0).unwrap_or(kind))
        .and_then(Value::as_str);
    match kind {
        Some("boolean") => json!(true),
        Some("integer" | "number") => rules.get("minimum").cloned().unwrap_or(json!(1)),
        Some("array") => match rules.get("minItems") {
            Some(_) => json!([sample(rules.get("items").unwrap_or(&Value::Null))]),
            None => json!([]),
        },
        Some("object") => {
            let mut members = Map::new();
            let declared = rules.get("properties").and_then(Value::as_object);
            for (name, rules) in declared.into_iter().flatten() {
                if name != "*" && rules.get("optional").is_none() {
                    members.insert(name.clone(), sample(rules));
                }
            }
            Value::Object(members)
        }
        Some("null") => Value::Null,
        _ => json!("x"),
    }
}

#[tokio::test]
async fn a_right_that_is_granted_or_taken_away_shows_at_once_in_the_feed() {
    let rig = Rig::start().await;
    let user = rig.user("ann").await;
    let vm = rig.one(ObjectType::Vm, |_| true);
    let mut feed = rig.engine.feed(&user);
    let limit = std::time::Duration::from_secs(20);
    let entry = json!({ "subject": user.user.as_deref(), "object": vm.id, "action": "viewer" });
    rig.call("acl.add", entry.clone()).await.unwrap();
    let round = tokio::time::timeout(limit, feed.next())
        .await
        .unwrap()
        .unwrap();
    let entered: Vec<_> = round.entered.iter().map(|item| item.id.clone()).collect();
    assert!(entered.contains(&vm.id), "{entered:?}");
    rig.call("acl.remove", entry).await.unwrap();
    let round = tokio::time::timeout(limit, feed.next())
        .await
        .unwrap()
        .unwrap();
    let exited: Vec<_> = round.exited.iter().map(|item| item.id.clone()).collect();
    assert!(
        exited.contains(&vm.id) && round.entered.is_empty(),
        "{exited:?}"
    );

    let id = user.user.as_deref();
    rig.call("user.set", json!({ "id": id, "permission": "admin" }))
        .await
        .unwrap();
    let round = tokio::time::timeout(limit, feed.next())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(round.entered.len(), rig.inventory().len());
}
