//! The support bundle: what somebody needs who shall find out what is wrong, without passwords, keys, tokens and setup codes.
//!
//! A tar.gz that is written as it is made. Invariant: at most [`ENTRY_LIMIT`] of it is in memory, and what is too long loses its beginning,
//! which is the older part.

use std::io::{self, Write};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::machine::Job;
use super::{Agent, certificate, check, code, settings, status};

/// The longest text of the bundle, in bytes.
pub const ENTRY_LIMIT: usize = 8 * 1024 * 1024;
const LIMIT: Duration = Duration::from_secs(30);

/// Programs whose output belongs in it.
const PROGRAMS: &[(&str, &str, &[&str])] = &[
    (
        "journal.txt",
        "journalctl",
        &[
            "--boot",
            "--output=short-iso-precise",
            "--lines=40000",
            "--no-pager",
            "--quiet",
        ],
    ),
    (
        "journal-previous-boot.txt",
        "journalctl",
        &[
            "--boot=-1",
            "--output=short-iso-precise",
            "--lines=10000",
            "--no-pager",
            "--quiet",
        ],
    ),
    ("units-failed.txt", "systemctl", &["--failed", "--no-pager"]),
    (
        "units.txt",
        "systemctl",
        &["list-units", "--all", "--no-pager"],
    ),
    ("addresses.txt", "ip", &["address", "show"]),
    ("routes.txt", "ip", &["route", "show", "table", "all"]),
    ("neighbours.txt", "ip", &["neighbour", "show"]),
    (
        "network.txt",
        "networkctl",
        &["status", "--all", "--no-pager"],
    ),
    ("names.txt", "resolvectl", &["status", "--no-pager"]),
    ("time.txt", "timedatectl", &["show-timesync", "--all"]),
    ("disks.txt", "df", &["--all"]),
];

/// Files that belong in it.
const FILES: &[(&str, &str)] = &[
    ("os-release.txt", "/etc/os-release"),
    ("command-line.txt", "/proc/cmdline"),
    ("memory.txt", "/proc/meminfo"),
    ("mounts.txt", "/proc/mounts"),
    ("first-boot.json", "/run/xoa/firstboot.json"),
    ("interface.network", "/run/systemd/network/10-xoa.network"),
];

pub(super) fn file_name(agent: &Agent) -> String {
    let now = time::OffsetDateTime::now_utc();
    let (date, name) = (now.date(), status::hostname(agent));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    let name: String = name.chars().filter(|c| is_plain(*c)).collect();
    format!(
        "xoa-support-{name}-{date}-{:02}{:02}{:02}.tar.gz",
        now.hour(),
        now.minute(),
        now.second()
    )
}

/// Writes it whole.
///
/// # Errors
/// Those of `output`; what cannot be told of the machine is told as such in the bundle.
pub(super) fn write(agent: &Agent, output: &mut dyn Write) -> io::Result<()> {
    let zipped = GzEncoder::new(output, Compression::default());
    let mut archive = tar::Builder::new(zipped);
    let at = u64::try_from(status::now_ms() / 1000).unwrap_or_default();
    let mut put = |name: &str, text: &str| {
        let text = code::without_codes(newest(text));
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(at);
        archive.append_data(&mut header, format!("xoa-support/{name}"), text.as_bytes())
    };
    put("versions.json", &pretty(&versions(agent)))?;
    put("status.json", &pretty(&status::look(agent)))?;
    put("check.json", &pretty(&json!(check::all(agent))))?;
    put("settings.json", &pretty(&kept(agent)))?;
    for (name, path) in FILES {
        put(name, &read(agent, path))?;
    }
    for (name, program, arguments) in PROGRAMS {
        let job = Job::new(program, arguments, LIMIT);
        let told = agent.machine.run(&job);
        put(
            name,
            &told.unwrap_or_else(|error| format!("cannot tell: {error}\n")),
        )?;
    }
    let metrics = agent
        .machine
        .ask_server("/metrics", &agent.at(certificate::PLACE), None);
    put(
        "metrics.txt",
        &metrics.unwrap_or_else(|error| format!("cannot tell: {error}\n")),
    )?;
    archive.into_inner()?.finish()?.flush()
}

fn versions(agent: &Agent) -> Value {
    let server = agent
        .machine
        .run(&Job::new("xo-server", &["--version"], LIMIT));
    json!({
        "agent": status::VERSION,
        "server": server.map_or_else(|error| error.to_string(), |text| text.trim().to_owned()),
        "kernel": agent.text("/proc/sys/kernel/osrelease").trim(),
    })
}

/// The settings without the proxy's password.
fn kept(agent: &Agent) -> Value {
    match settings::kept(agent) {
        Ok(mut kept) => {
            kept.proxy = kept.proxy.as_deref().map(settings::without_password);
            json!(kept)
        }
        Err(fault) => json!(fault),
    }
}

fn read(agent: &Agent, path: &str) -> String {
    match std::fs::read(agent.at(path)) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => format!("cannot read {path}: {error}\n"),
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// The last part of what is too long.
fn newest(text: &str) -> &str {
    let mut from = text.len().saturating_sub(ENTRY_LIMIT);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text.get(from..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_keeps_its_end_in_whole_characters() {
        let text = format!("{}end", "é".repeat(ENTRY_LIMIT / 2));
        let kept = newest(&text);
        assert!(kept.len() <= ENTRY_LIMIT && kept.len() > ENTRY_LIMIT - 4);
        assert!(kept.ends_with("end"));
        assert_eq!(newest("short"), "short");
    }
}
