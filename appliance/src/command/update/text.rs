//! What is told of updates, as text. Pure.

use std::fmt::Write;

use serde_json::Value;

use super::super::text::{duration, list, number, row, size, text};

/// How far a step is, in one line; nothing while none runs.
pub(super) fn progress(told: &Value) -> Option<String> {
    let progress = told.get("progress").filter(|told| !told.is_null())?;
    let is_from_file = told.pointer("/update/origin").and_then(Value::as_str) != Some("repository");
    let word = match text(progress, "/phase") {
        "looking" => "looking what there is",
        "comparing" => "comparing with what this system has",
        "coming" if is_from_file => "taking it out of the file",
        "coming" => "downloading",
        "checking" => "looking at what came",
        "writing" => "writing the other slot",
        "readingBack" => "reading the other slot back",
        _ => text(progress, "/doing"),
    };
    let mut line = word.to_owned();
    if !matches!(text(progress, "/phase"), "coming" | "writing") {
        return Some(line);
    }
    let (done, total) = (number(progress, "/done"), number(progress, "/total"));
    if total > 0 {
        let _ = write!(line, ": {} of {}", amount(done), amount(total));
    }
    if done == 0 {
        return Some(line);
    }
    if let Some(rate) = progress.get("rate").and_then(Value::as_u64) {
        let _ = write!(line, ", {}", speed(rate));
    }
    if let Some(left) = progress.get("secondsLeft").and_then(Value::as_u64) {
        let left = if left < 60 {
            format!("{left} s")
        } else {
            duration(left)
        };
        let _ = write!(line, ", {left} left");
    }
    Some(line)
}

/// What is less than some MiB is told exactly: a delta is often that small.
fn amount(bytes: u64) -> String {
    if bytes < 10 << 20 {
        format!("{} KiB", bytes >> 10)
    } else {
        size(bytes)
    }
}

fn minute(at_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.strftime("%F %H:%M UTC").to_string()
}

fn speed(bytes: u64) -> String {
    let kib = bytes / 1024;
    if kib < 10 * 1024 {
        format!("{kib} KiB/s")
    } else {
        format!("{} MiB/s", kib / 1024)
    }
}

fn settings(told: &Value) -> String {
    let mut page = String::new();
    row(&mut page, "channel", text(told, "/channel"));
    row(&mut page, "repository", text(told, "/repository"));
    let limit = told.get("bytesPerSecond").and_then(Value::as_u64);
    row(
        &mut page,
        "bandwidth",
        limit.map_or("no limit".to_owned(), speed),
    );
    let automatic = told.get("automatic").and_then(Value::as_bool) == Some(true);
    row(&mut page, "automatic", if automatic { "on" } else { "off" });
    let window = told.get("window").filter(|window| !window.is_null());
    let window = window.map_or("at any time".to_owned(), |window| {
        let (from, to) = (text(window, "/from"), text(window, "/to"));
        let days = list(window, "/days");
        if from == to {
            return format!("{days}, from {from} for a whole day");
        }
        format!("{days}, {from} to {to}")
    });
    row(&mut page, "window", window);
    let minutes = number(told, "/waitSeconds") / 60;
    row(
        &mut page,
        "waits",
        format!("{minutes} min for what a restart interrupts"),
    );
    page
}

/// What a look for updates found.
fn found_text(told: &Value, found: &Value) -> String {
    let Some(version) = found.get("version").and_then(Value::as_str) else {
        return nothing_newer(told) + &elsewhere(told);
    };
    let most = size(number(found, "/bytes"));
    let notes = match found.get("notes").and_then(Value::as_str) {
        Some(notes) => format!("{}\n", notes.trim_end()),
        None => "It has no release notes.\n".to_owned(),
    };
    let from = if told.get("from").is_some() {
        "from this file"
    } else {
        "to download at most, less what this system has already"
    };
    let other = elsewhere(told);
    // Notes may be long: what matters is where the eyes are then.
    format!("{notes}\n{version} can be installed: {most} {from}\n{other}")
}

/// What other channels have.
fn elsewhere(told: &Value) -> String {
    let Some(version) = told.pointer("/elsewhere/version").and_then(Value::as_str) else {
        return String::new();
    };
    let channels = list(told, "/elsewhere/channels");
    format!("{version} is on {channels}: `xoa update --version {version}` installs it\n")
}

fn nothing_newer(told: &Value) -> String {
    let (channel, runs) = (text(told, "/settings/channel"), text(told, "/version"));
    let mut page = format!("no newer release on the channel {channel}: {runs} runs\n");
    if told.pointer("/update/isOnTrial") == Some(&Value::Bool(true)) {
        let _ = writeln!(page, "{runs} is on trial: wait until it is confirmed");
    }
    let refused = told.get("refused").and_then(Value::as_array);
    for version in refused.into_iter().flatten().filter_map(Value::as_str) {
        let _ = writeln!(page, "{}", not_again(version));
    }
    page
}

fn not_again(version: &str) -> String {
    format!(
        "{version} is not taken by itself any more: `xoa update --version {version}` installs it all the same"
    )
}

/// Why a release is not taken by itself, if that is so.
fn went_wrong(version: &str, status: &Value) -> Option<String> {
    let refused = status.get("refused")?.as_array()?;
    if !refused.iter().any(|refused| refused == version) {
        return None;
    }
    let outcomes = status.get("outcomes").and_then(Value::as_array);
    let last = outcomes
        .into_iter()
        .flatten()
        .find(|outcome| outcome["version"] == version && outcome["end"] != "cancelled")?;
    let why = last.get("reason").and_then(Value::as_str);
    let why = why.map_or(String::new(), |why| format!(" ({why})"));
    Some(format!("{version}: {}{why}", end(text(last, "/end"))))
}

/// Asked before a restart.
pub(super) fn before_restart(version: &str, told: &Value, status: &Value) -> String {
    let warning = went_wrong(version, status);
    let warning = warning.map_or(String::new(), |told| {
        format!("The last time this release was installed here: {told}\n")
    });
    let what = if interrupts(told) {
        format!("This would interrupt: {}", list(told, "/interrupts"))
    } else {
        "Nothing is interrupted.".to_owned()
    };
    format!(
        "{warning}The appliance restarts into {version}, and is away for about a minute.\n{what}\nRestart now? [y/N] "
    )
}

pub(super) fn interrupts(told: &Value) -> bool {
    let names = told.get("interrupts").and_then(Value::as_array);
    names.is_some_and(|names| !names.is_empty())
}

/// As [`crate::update::journal::End`] is called in JSON.
fn end(word: &str) -> &str {
    match word {
        "confirmed" => "installed",
        "failed" => "failed, the version before came back by itself",
        "rolledBack" => "gone back from, as somebody asked",
        "cancelled" => "not installed",
        other => other,
    }
}

/// As [`crate::update::journal::Step`] is called in JSON.
fn step(word: &str) -> &str {
    match word {
        "fetching" => "not downloaded whole yet",
        "fetched" => "downloaded",
        "staging" => "not written whole to the other slot yet",
        "staged" => "ready in the other slot",
        "applied" => "to be started by the next restart",
        other => other,
    }
}

/// For people.
pub(in super::super) fn standing(told: &Value) -> String {
    let word = |pointer: &str| told.pointer(pointer).and_then(Value::as_str);
    let mut text = String::new();
    if told.get("waitSeconds").is_some() {
        return settings(told);
    }
    if told.get("restarts").is_some() {
        let into = word("/into").unwrap_or("the other system");
        return format!("the appliance restarts into {into}\n");
    }
    if let Some(left) = word("/left") {
        return format!("{left}\n");
    }
    if let Some(found) = told.get("found") {
        return found_text(told, found);
    }
    let Some(version) = word("/version") else {
        return "done\n".to_owned();
    };
    let _ = writeln!(text, "{version} runs");
    if let Some(other) = word("/other/version") {
        let mark =
            went_wrong(other, told).map_or("", |_| ", which is not started by itself any more");
        let _ = writeln!(text, "{other} is in the other slot{mark}");
    }
    if let (Some(version), Some(name)) = (word("/update/version"), word("/update/step/name")) {
        let is_on_trial = told.pointer("/update/isOnTrial") == Some(&Value::Bool(true));
        let how = if is_on_trial { "on trial" } else { step(name) };
        let _ = writeln!(text, "{version} is {how}");
    }
    if let Some(line) = progress(told) {
        let _ = writeln!(text, "{line}");
    }
    if let Some(Value::Array(names)) = told.pointer("/waits/interrupts") {
        let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
        let _ = writeln!(text, "it waits for {}", names.join(", "));
    }
    if let (Some(version), Some(name)) = (word("/outcomes/0/version"), word("/outcomes/0/end")) {
        let reason = word("/outcomes/0/reason").map_or(String::new(), |why| format!(" ({why})"));
        let _ = writeln!(text, "the last one was {version}: {}{reason}", end(name));
        if let Some(data) = word("/outcomes/0/data") {
            let _ = writeln!(text, "{data}");
        }
    }
    let refused = told.get("refused").and_then(Value::as_array);
    for version in refused.into_iter().flatten().filter_map(Value::as_str) {
        let is_told = word("/outcomes/0/version") == Some(version)
            && word("/outcomes/0/end") != Some("cancelled");
        if let Some(why) = went_wrong(version, told).filter(|_| !is_told) {
            let _ = writeln!(text, "{why}");
        }
        let _ = writeln!(text, "{}", not_again(version));
    }
    if let Some(version) = word("/uploaded") {
        let _ = writeln!(
            text,
            "a file with {version} was sent and not installed: `xoa update cancel` throws it away"
        );
    }
    if let Some(ahead) = told.get("clockSeenAhead").and_then(Value::as_i64) {
        let _ = writeln!(
            text,
            "the clock is behind {}, which was seen before: until then no update is believed, but from a file that is accepted as old; if the clock is right now: `xoa update trust-clock`",
            minute(ahead)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn progress_is_a_line_with_what_is_known() {
        let line = |told: Value| progress(&json!({ "progress": told }));
        assert_eq!(line(Value::Null), None);
        for rate in [Value::Null, json!(0)] {
            let begins = json!({ "doing": "a note", "phase": "working", "done": 0, "total": 0, "rate": rate, "secondsLeft": null });
            assert_eq!(line(begins).unwrap(), "a note");
        }
        let mib = 1024 * 1024;
        let runs = json!({ "phase": "writing", "done": 20 * mib, "total": 100 * mib, "rate": 2 * mib, "secondsLeft": 40 });
        assert_eq!(
            line(runs).unwrap(),
            "writing the other slot: 20 MiB of 100 MiB, 2048 KiB/s, 40 s left"
        );
        let slow = json!({ "phase": "coming", "done": 2048, "total": mib, "rate": 100 * mib, "secondsLeft": 3700 });
        let told =
            progress(&json!({ "progress": slow.clone(), "update": { "origin": "repository" } }));
        assert_eq!(
            told.unwrap(),
            "downloading: 2 KiB of 1024 KiB, 100 MiB/s, 1 h 1 min left"
        );
        assert!(
            line(slow)
                .unwrap()
                .starts_with("taking it out of the file: ")
        );
        let compared = json!({ "phase": "comparing", "done": mib, "total": mib, "rate": mib, "secondsLeft": 0 });
        assert_eq!(
            line(compared).unwrap(),
            "comparing with what this system has"
        );
    }

    #[test]
    fn what_was_found_is_told_with_its_size_and_its_notes() {
        let found = |notes: Value| {
            standing(&json!({ "found": { "version": "1.1.0", "bytes": 92 << 20, "notes": notes } }))
        };
        assert_eq!(
            found(json!("# New\n\n- It starts.\n")),
            "# New\n\n- It starts.\n\n1.1.0 can be installed: 92 MiB to download at most, less what this system has already\n"
        );
        let without = found(Value::Null);
        assert!(
            without.starts_with("It has no release notes.\n\n1.1.0 can"),
            "{without}"
        );
        let file = json!({ "from": "bundle", "found": { "version": "1.1.0", "bytes": 92 << 20, "notes": null } });
        let told = standing(&file);
        let last = "1.1.0 can be installed: 92 MiB from this file\n";
        assert!(told.ends_with(last), "{told}");
        let mut none = json!({ "found": null, "version": "1.0.0", "refused": [], "settings": { "channel": "stable" } });
        let newest = "no newer release on the channel stable: 1.0.0 runs\n";
        assert_eq!(standing(&none), newest);
        none["elsewhere"] = json!({ "version": "1.2.0", "channels": ["latest"] });
        let other = "1.2.0 is on latest: `xoa update --version 1.2.0` installs it\n";
        assert_eq!(standing(&none), format!("{newest}{other}"));
        none["refused"] = json!(["1.1.0"]);
        let told = standing(&none);
        assert!(told.starts_with(newest), "{told}");
        assert!(told.contains("`xoa update --version 1.1.0`"), "{told}");
    }

    #[test]
    fn steps_and_ends_have_words() {
        let told = |step: &str, end: &str| {
            standing(&json!({
                "version": "1.0.0", "update": { "version": "1.2.0", "step": { "name": step }, "isOnTrial": false },
                "outcomes": [{ "version": "1.1.0", "end": end, "reason": "no sign-in" }],
            }))
        };
        assert_eq!(
            told("staged", "failed"),
            "1.0.0 runs\n1.2.0 is ready in the other slot\n\
             the last one was 1.1.0: failed, the version before came back by itself (no sign-in)\n"
        );
        let told = told("fetching", "rolledBack");
        assert!(told.contains("1.2.0 is not downloaded whole yet"), "{told}");
        assert!(
            told.contains("1.1.0: gone back from, as somebody"),
            "{told}"
        );
    }

    #[test]
    fn before_a_restart_it_is_told_what_that_interrupts() {
        let asked =
            |names: Value| before_restart("1.1.0", &json!({ "interrupts": names }), &json!({}));
        assert!(asked(json!([])).contains("Nothing is interrupted.\n"));
        let asked = asked(json!(["console of db", "an export"]));
        let told = "This would interrupt: console of db, an export\nRestart now? [y/N] ";
        assert!(asked.ends_with(told), "{asked}");
        let status = json!({ "refused": ["1.1.0"], "outcomes": [
            { "version": "1.1.0", "end": "cancelled" },
            { "version": "1.1.0", "end": "failed", "reason": "no sign-in" },
        ] });
        let warned = before_restart("1.1.0", &json!({ "interrupts": [] }), &status);
        assert!(warned.starts_with("The last time"), "{warned}");
        assert!(warned.contains("(no sign-in)\n"), "{warned}");
    }

    #[test]
    fn what_is_not_taken_by_itself_and_what_lies_around_is_told_with_what_to_do() {
        let told = standing(&json!({
            "version": "1.0.0", "other": { "version": "1.1.0" }, "refused": ["1.1.0"],
            "outcomes": [{ "version": "1.1.0", "end": "cancelled" }, { "version": "1.1.0", "end": "failed", "reason": "no sign-in" }],
            "uploaded": "1.2.0", "clockSeenAhead": 1_800_000_000_000_i64,
        }));
        for line in [
            "1.1.0 is in the other slot, which is not started by itself any more\n",
            "the last one was 1.1.0: not installed\n",
            "1.1.0: failed, the version before came back by itself (no sign-in)\n",
            "`xoa update --version 1.1.0` installs it all the same\n",
            "`xoa update cancel` throws it away\n",
            "behind 2027-01-15 08:00 UTC, which",
            "`xoa update trust-clock`\n",
        ] {
            assert!(told.contains(line), "{line:?} in {told}");
        }
    }

    #[test]
    fn settings_are_a_page_of_rows() {
        let told = json!({
            "channel": "stable", "repository": "https://updates.example", "bytesPerSecond": 512 * 1024, "automatic": true,
            "window": { "days": ["saturday", "sunday"], "from": "22:00", "to": "04:30" }, "waitSeconds": 600,
        });
        let page = standing(&told);
        for row in [
            "channel      stable\n",
            "bandwidth    512 KiB/s\n",
            "automatic    on\n",
            "window       saturday, sunday, 22:00 to 04:30\n",
            "waits        10 min",
        ] {
            assert!(page.contains(row), "{page}");
        }
    }
}
