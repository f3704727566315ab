//! Killed in the middle of writes, the store reopens whole: what was acknowledged is there, and no
//! change is there by half.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use xo_store::{DatabaseLocation, NewToken, NewUser, Store, StoreConfig, UserChange};

use crate::support::{Lab, NOW, config, on_both};

on_both![a_killed_writer_leaves_a_whole_store];

const DATABASE: &str = "XO_STORE_CRASH_DATABASE";
const FOLDER: &str = "XO_STORE_CRASH_FOLDER";
/// Marks what the writer says among what the test runner prints.
const SAYS: &str = "writer says: ";
const FIRST: &str = "XO_STORE_CRASH_FIRST";

/// What a writer says in each round: one line per acknowledged change.
const LINES_A_ROUND: usize = 6;

/// How many writers are killed, one after the other on the same database.
const KILLS: usize = 24;

async fn a_killed_writer_leaves_a_whole_store(lab: &Lab) {
    lab.store.groups().create("pair").await.unwrap();
    let mut next = 0;
    for kill in 0..KILLS {
        // Each change of the round comes to be the one under way, early and late in its course.
        let said = LINES_A_ROUND + kill;
        let late = Duration::from_micros(250 * (kill as u64 / LINES_A_ROUND as u64));
        let lines = kill_a_writer(lab, next, said, late);
        let done = lines
            .iter()
            .filter_map(|line| line.strip_prefix("done "))
            .map(|number| number.parse::<usize>().unwrap())
            .collect::<Vec<_>>();
        let last = *done.last().expect("a whole round was acknowledged");
        let store = lab.open_again().await;
        store.check().await.unwrap();
        assert_whole(&store, last, lines.last().unwrap()).await;
        for secret in lines.iter().filter_map(|line| line.strip_prefix("token ")) {
            let found = store.tokens().find_by_secret(secret, NOW).await.unwrap();
            assert!(found.is_some(), "an acknowledged token is gone");
        }
        store.close().await;
        // The round that was cut short left a user behind, perhaps: go on after it.
        next = last + 2;
    }
}

/// Everything that the rounds up to `last` wrote is there, and the next round stands between two of
/// its changes.
async fn assert_whole(store: &Store, last: usize, last_line: &str) {
    let users = store.users().list().await.unwrap();
    let user = |number: usize| {
        let name = name(number);
        users.iter().find(|user| user.name == name)
    };
    let latest = user(last).expect("an acknowledged user is gone");
    assert_eq!(latest.preferences.get("round"), Some(&json!(last)));

    // Each round makes the group hold the user of that round and "anchor": never one of them alone.
    let groups = store.groups().list().await.unwrap();
    let mut members = groups[0].users.clone();
    members.retain(|id| {
        users
            .iter()
            .any(|user| user.name == "anchor" && user.id == *id)
    });
    assert_eq!(
        (groups[0].users.len(), members.len()),
        (2, 1),
        "{last_line}"
    );
    let pair_of = |number| user(number).is_some_and(|user| groups[0].users.contains(&user.id));
    assert!(pair_of(last) || pair_of(last + 1), "{last_line}");

    let round = store.settings().find::<usize>("round").await.unwrap();
    assert!(round == Some(last) || round == Some(last + 1), "{round:?}");
    // Each round ends by deleting the users of those before, with their memberships.
    let recent = (last.saturating_sub(2)..=last + 1)
        .map(name)
        .collect::<Vec<_>>();
    for user in &users {
        let known = user.name == "anchor" || recent.contains(&user.name);
        assert!(known, "{} was deleted and is there", user.name);
    }
}

fn name(number: usize) -> String {
    format!("user-{number:04}")
}

/// Starts this test program as a writer, kills it with SIGKILL once it has said `said` lines and then
/// `late` has passed, and answers all that it said.
fn kill_a_writer(lab: &Lab, first: usize, said: usize, late: Duration) -> Vec<String> {
    let location = match &lab.config.database {
        DatabaseLocation::Sqlite(path) => format!("sqlite:{}", path.display()),
        DatabaseLocation::Postgres(url) => url.to_string(),
    };
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::the_writer", "--ignored", "--nocapture"])
        .env(DATABASE, location)
        .env(FOLDER, lab.folder())
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = Vec::new();
    let mut killed = false;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if line.contains(SAYS) {
            lines.push(line.replace(SAYS, ""));
        }
        if lines.len() == said && !killed {
            let since = Instant::now();
            while since.elapsed() < late {
                std::hint::spin_loop();
            }
            killed = true;
            child.kill().unwrap();
        }
    }
    let status = child.wait().unwrap();
    assert!(killed && status.code().is_none(), "{status}: {lines:?}");
    lines
}

/// The child process of the test above: writes until it is killed.
#[tokio::test]
#[ignore = "run by a_killed_writer_leaves_a_whole_store as a process of its own"]
async fn the_writer() {
    let location = std::env::var(DATABASE).expect("run by the test that kills it");
    let folder = std::env::var_os(FOLDER).unwrap();
    let first = std::env::var(FIRST).unwrap().parse::<usize>().unwrap();
    let config: StoreConfig = config(location.parse().unwrap(), folder.as_ref());
    let store = Store::open(&config).await.unwrap();
    let group = store.groups().list().await.unwrap().remove(0).id;
    let anchor = match store.users().find_by_name("anchor").await.unwrap() {
        Some(anchor) => anchor,
        None => create(&store, "anchor").await,
    };
    for number in first.. {
        let user = create(&store, &name(number)).await;
        say(format_args!("created {number}"));
        let mut preferences = Map::new();
        preferences.insert("round".to_owned(), Value::from(number));
        let change = UserChange {
            preferences: Some(preferences),
            ..UserChange::default()
        };
        store.users().update(&user.id, change).await.unwrap();
        say(format_args!("changed {number}"));
        let pair = [user.id.clone(), anchor.id.clone()];
        store.groups().set_users(&group, &pair).await.unwrap();
        say(format_args!("paired {number}"));
        let new = NewToken {
            user_id: anchor.id.clone(),
            expires_at_ms: NOW + 1,
            description: None,
            client: None,
        };
        let issued = store.tokens().create(new, NOW).await.unwrap();
        say(format_args!("token {}", issued.secret.expose()));
        store.settings().set("round", &number).await.unwrap();
        say(format_args!("done {number}"));
        for old in store.users().list().await.unwrap() {
            if old.id != user.id && old.id != anchor.id {
                store.users().delete(&old.id).await.unwrap();
            }
        }
        say(format_args!("cleaned {number}"));
    }
}

fn say(what: std::fmt::Arguments<'_>) {
    println!("{SAYS}{what}");
}

async fn create(store: &Store, name: &str) -> xo_store::User {
    let new = NewUser {
        name: name.to_owned(),
        ..NewUser::default()
    };
    store.users().create(new).await.unwrap()
}
