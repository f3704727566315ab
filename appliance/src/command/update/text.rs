//! What is told of updates, as text. Pure.

use std::fmt::Write;

use serde_json::Value;

use super::super::text::{duration, list, number, row, size, text};

/// How far a step is, in one line; nothing while none runs.
pub(super) fn progress(told: &Value) -> Option<String> {
    let progress = told.get("progress").filter(|told| !told.is_null())?;
    let mut line = text(progress, "/doing").to_owned();
    let (done, total) = (number(progress, "/done"), number(progress, "/total"));
    if total > 0 {
        let _ = write!(line, ": {} of {}", size(done), size(total));
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
    row(&mut page, "at most", limit.map_or("-".to_owned(), speed));
    let automatic = told.get("automatic").and_then(Value::as_bool) == Some(true);
    row(&mut page, "automatic", if automatic { "on" } else { "off" });
    let window = told.get("window").filter(|window| !window.is_null());
    let window = window.map_or("at any time".to_owned(), |window| {
        let (from, to) = (text(window, "/from"), text(window, "/to"));
        format!("{}, {from} to {to}", list(window, "/days"))
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
fn found_text(found: &Value) -> String {
    let Some(version) = found.get("version").and_then(Value::as_str) else {
        return "there is no newer release\n".to_owned();
    };
    let most = size(number(found, "/bytes"));
    let notes = match found.get("notes").and_then(Value::as_str) {
        Some(notes) => format!("\n{}\n", notes.trim_end()),
        None => "It has no release notes.\n".to_owned(),
    };
    format!("{version} can be installed: {most} to download at most\n{notes}")
}

/// For people.
pub(in super::super) fn standing(told: &Value) -> String {
    let word = |pointer: &str| told.pointer(pointer).and_then(Value::as_str);
    let mut text = String::new();
    if told.get("waitSeconds").is_some() {
        return settings(told);
    }
    if told.get("restarts").is_some() {
        return "the appliance restarts into the new system\n".to_owned();
    }
    if let Some(found) = told.get("found") {
        return found_text(found);
    }
    let Some(version) = word("/version") else {
        return "done\n".to_owned();
    };
    let _ = writeln!(text, "{version} runs");
    if let Some(other) = word("/other/version") {
        let _ = writeln!(text, "{other} is in the other slot");
    }
    if let (Some(version), Some(step)) = (word("/update/version"), word("/update/step/name")) {
        let _ = writeln!(text, "{version} is being installed: {step}");
    }
    if let Some(line) = progress(told) {
        let _ = writeln!(text, "{line}");
    }
    if let Some(Value::Array(names)) = told.pointer("/waits/interrupts") {
        let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
        let _ = writeln!(text, "it waits for {}", names.join(", "));
    }
    if let (Some(version), Some(end)) = (word("/outcomes/0/version"), word("/outcomes/0/end")) {
        let reason = word("/outcomes/0/reason").map_or(String::new(), |why| format!(" ({why})"));
        let _ = writeln!(text, "the last one was {version}: {end}{reason}");
        if let Some(data) = word("/outcomes/0/data") {
            let _ = writeln!(text, "{data}");
        }
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
        let begins = json!({ "doing": "a download", "done": 0, "total": 0, "rate": null, "secondsLeft": null });
        assert_eq!(line(begins).unwrap(), "a download");
        let mib = 1024 * 1024;
        let runs = json!({ "doing": "a download", "done": 20 * mib, "total": 100 * mib, "rate": 2 * mib, "secondsLeft": 40 });
        assert_eq!(
            line(runs).unwrap(),
            "a download: 20 MiB of 100 MiB, 2048 KiB/s, 40 s left"
        );
        let slow = json!({ "doing": "a download", "done": 0, "total": mib, "rate": 100 * mib, "secondsLeft": 3700 });
        assert_eq!(
            line(slow).unwrap(),
            "a download: 0 MiB of 1 MiB, 100 MiB/s, 1 h 1 min left"
        );
    }

    #[test]
    fn what_was_found_is_told_with_its_size_and_its_notes() {
        let found = |notes: Value| {
            standing(&json!({ "found": { "version": "1.1.0", "bytes": 92 << 20, "notes": notes } }))
        };
        assert_eq!(
            found(json!("# New\n\n- It starts.\n")),
            "1.1.0 can be installed: 92 MiB to download at most\n\n# New\n\n- It starts.\n"
        );
        let without = found(Value::Null);
        assert!(
            without.ends_with("\nIt has no release notes.\n"),
            "{without}"
        );
        let none = standing(&json!({ "found": null }));
        assert_eq!(none, "there is no newer release\n");
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
            "at most      512 KiB/s\n",
            "automatic    on\n",
            "window       saturday, sunday, 22:00 to 04:30\n",
            "waits        10 min",
        ] {
            assert!(page.contains(row), "{page}");
        }
    }
}
