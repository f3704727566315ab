//! What the process knows of itself: its memory, its private files.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use anyhow::{Context, Result};

/// Writes a file that only its owner reads.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<()> {
    let shown = path.display();
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot write {shown}"))?;
    file.write_all(content)
        .with_context(|| format!("cannot write {shown}"))
}

/// Makes a folder that only its owner enters, unless it is there.
pub(crate) fn make_private_folder(path: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

/// Resident memory in bytes, from `/proc`.
pub(crate) fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib * 1024)
}

/// For `/metrics`.
pub(crate) fn metrics() -> String {
    let mut text = String::new();
    if let Some(bytes) = resident_bytes() {
        text.push_str("# HELP process_resident_memory_bytes Resident memory.\n");
        text.push_str("# TYPE process_resident_memory_bytes gauge\n");
        text.push_str(&format!("process_resident_memory_bytes {bytes}\n"));
    }
    text
}

/// The system's time zone, as `Europe/Paris`.
pub(crate) fn timezone() -> String {
    if let Ok(name) = std::env::var("TZ")
        && !name.is_empty()
    {
        return name.trim_start_matches(':').to_owned();
    }
    let link = std::fs::read_link("/etc/localtime").unwrap_or_default();
    let path = link.to_string_lossy();
    path.split_once("zoneinfo/")
        .map_or_else(|| "UTC".to_owned(), |(_, name)| name.to_owned())
}

/// The machine's name, when it is one that a certificate may have.
pub(crate) fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    let fits = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
    if fits {
        name.to_owned()
    } else {
        "xoa".to_owned()
    }
}
