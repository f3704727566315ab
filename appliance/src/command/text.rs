//! The agent's answers as text. Pure.

use std::fmt::Write;

use serde_json::Value;

/// Asked before everything is erased.
pub(super) const BEFORE_RESET: &str = "This erases accounts, pool connections, certificates and settings, and reboots.\nType ERASE to do it: ";

pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or("-")
}

pub(super) fn number(value: &Value, pointer: &str) -> u64 {
    value
        .pointer(pointer)
        .and_then(Value::as_u64)
        .unwrap_or_default()
}

pub(super) fn list(value: &Value, pointer: &str) -> String {
    let items = value.pointer(pointer).and_then(Value::as_array);
    let texts: Vec<&str> = items
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if texts.is_empty() {
        "-".to_owned()
    } else {
        texts.join(", ")
    }
}

pub(super) fn row(page: &mut String, name: &str, value: impl std::fmt::Display) {
    let _ = writeln!(page, "{name:<13}{value}");
}

/// `3 d 4 h`, `5 h 6 min`, `7 min`
pub(crate) fn duration(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60 % 60, seconds / 3600 % 24, seconds / 86_400);
    match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

/// In MiB below ten GiB, in GiB from there on.
pub(super) fn size(bytes: u64) -> String {
    // Rounded, as the page does.
    let mib = bytes.saturating_add(1 << 19) >> 20;
    if mib < 10 * 1024 {
        format!("{mib} MiB")
    } else {
        format!("{} GiB", mib / 1024)
    }
}

pub(super) fn status(told: &Value) -> String {
    let mut page = String::new();
    row(&mut page, "name", text(told, "/hostname"));
    let slot = text(told, "/slots/running");
    row(
        &mut page,
        "version",
        format!("{} (slot {slot})", text(told, "/version")),
    );
    let health = format!(
        "{}: {}",
        text(told, "/health/state"),
        text(told, "/health/text")
    );
    row(&mut page, "health", health);
    row(&mut page, "up", duration(number(told, "/uptimeSeconds")));
    row(&mut page, "addresses", list(told, "/urls"));
    row(
        &mut page,
        "certificate",
        text(told, "/certificate/fingerprint"),
    );
    let disk = (
        number(told, "/disk/freeBytes"),
        number(told, "/disk/totalBytes"),
    );
    row(
        &mut page,
        "disk",
        format!("{} of {} free", size(disk.0), size(disk.1)),
    );
    let memory = (
        number(told, "/memory/availableBytes"),
        number(told, "/memory/totalBytes"),
    );
    row(
        &mut page,
        "memory",
        format!("{} of {} available", size(memory.0), size(memory.1)),
    );
    for problem in told
        .pointer("/problems")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let words = ["/place", "/what", "/therefore"].map(|pointer| text(problem, pointer));
        row(
            &mut page,
            "problem",
            format!("{}: {}; {}", words[0], words[1], words[2]),
        );
    }
    if told.pointer("/network/change").is_some() {
        let left = number(told, "/network/secondsLeft");
        row(
            &mut page,
            "network",
            format!("a change goes back in {left} s unless it is confirmed"),
        );
    }
    page
}

pub(super) fn check(told: &Value) -> String {
    let mut page = String::new();
    for one in told
        .pointer("/checks")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let _ = writeln!(
            page,
            "{:<8} {:<12} {}",
            text(one, "/state"),
            text(one, "/name"),
            text(one, "/text")
        );
        if let Some(action) = one.get("action").and_then(Value::as_str) {
            let _ = writeln!(page, "{:<21} {action}", "");
        }
    }
    page
}

pub(super) fn network(told: &Value) -> String {
    let mut page = String::new();
    for one in told
        .pointer("/now/interfaces")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let state = if one.get("isUp") == Some(&Value::Bool(true)) {
            "up"
        } else {
            "down"
        };
        let words = format!(
            "{} {} {}: {}",
            text(one, "/name"),
            text(one, "/mac"),
            state,
            list(one, "/addresses")
        );
        row(&mut page, "interface", words);
    }
    row(&mut page, "gateways", list(told, "/now/gateways"));
    row(&mut page, "dns", list(told, "/now/dns"));
    row(&mut page, "kept", settings(told, "/kept"));
    if told.pointer("/pending/change").is_some() {
        row(&mut page, "on trial", settings(told, "/trial"));
        let (change, left) = (
            number(told, "/pending/change"),
            number(told, "/pending/secondsLeft"),
        );
        row(
            &mut page,
            "",
            format!("goes back in {left} s, unless: xoa network confirm {change}"),
        );
    }
    page
}

fn settings(told: &Value, pointer: &str) -> String {
    let at = |name: &str| list(told, &format!("{pointer}/{name}"));
    match text(told, &format!("{pointer}/mode")) {
        "static" => format!(
            "{}, gateway {}, dns {}",
            at("addresses"),
            at("gateways"),
            at("dns")
        ),
        mode => mode.to_owned(),
    }
}

pub(super) fn trial(told: &Value) -> String {
    let change = number(told, "/change");
    format!(
        "The network is changed on trial. It goes back in {} s, unless you keep it:\n  xoa network confirm {change}\n",
        number(told, "/confirmWithinSeconds")
    )
}

pub(super) fn hostname(told: &Value) -> String {
    format!("{}\n", text(told, "/hostname"))
}

pub(super) fn time(told: &Value) -> String {
    let mut page = String::new();
    row(&mut page, "zone", text(told, "/zone"));
    row(&mut page, "time servers", list(told, "/ntp"));
    let is_set = told.get("synchronised") == Some(&Value::Bool(true));
    row(&mut page, "synchronised", if is_set { "yes" } else { "no" });
    page
}

pub(super) fn time_set(told: &Value) -> String {
    if told.get("restart") == Some(&Value::Bool(true)) {
        "done; the server takes the zone over at its next start\n".to_owned()
    } else {
        done(told)
    }
}

pub(super) fn proxy(told: &Value) -> String {
    let proxy = told.get("proxy").and_then(Value::as_str);
    format!("{}\n", proxy.unwrap_or("none"))
}

pub(super) fn administrators(told: &Value) -> String {
    let names = told.get("names").and_then(Value::as_array);
    names
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|name| format!("{name}\n"))
        .collect()
}

pub(super) fn setup_code(told: &Value) -> String {
    let code = told.get("code").and_then(Value::as_str);
    format!(
        "{}\n",
        code.unwrap_or("none: there is an administrator, or the server does not run")
    )
}

pub(super) fn backup(told: &Value) -> String {
    let mut text = String::new();
    for name in told
        .get("backups")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let _ = writeln!(text, "{}", name.as_str().unwrap_or_default());
    }
    for member in ["backup", "key"] {
        if let Some(word) = told.get(member).and_then(Value::as_str) {
            let _ = writeln!(text, "{word}");
        }
    }
    if let Some(word) = told.get("restored").and_then(Value::as_str) {
        let _ = writeln!(text, "{word}\nthe server restarts");
    }
    text
}

pub(super) fn done(_: &Value) -> String {
    "done\n".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_two_units() {
        for (seconds, text) in [
            (59, "0 min"),
            (61, "1 min"),
            (3700, "1 h 1 min"),
            (90_000, "1 d 1 h"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn an_empty_answer_still_makes_a_page() {
        for page in [
            status,
            check,
            network,
            trial,
            time,
            proxy,
            administrators,
            setup_code,
            backup,
        ] {
            page(&Value::Null);
        }
    }
}
