//! Which slot runs and which are there: from the kernel's command line, the partitions that it verifies, and what systemd-boot left
//! in UEFI's variables (`LoaderEntries`, `LoaderEntrySelected`; the Boot Loader Interface). Where those are not, nothing is told.

use serde::Serialize;

use super::Agent;
use crate::entries;

const VENDOR: &str = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

/// What is known of slots.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Slots {
    /// `A` or `B`.
    pub(super) running: Option<char>,
    /// What is verified by: the command line's root hash.
    pub(super) root_hash: Option<String>,
    /// What systemd-boot can start.
    pub(super) entries: Vec<Entry>,
}

/// A system that can be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) version: String,
    /// It is the one that runs.
    pub(super) running: bool,
    /// How often it may still be tried; nothing once it has proved itself.
    pub(super) tries_left: Option<u32>,
}

pub(super) fn look(agent: &Agent) -> Slots {
    let words = agent.text("/proc/cmdline");
    let root_hash = words
        .split_ascii_whitespace()
        .find_map(|word| word.strip_prefix("roothash="))
        .filter(|hash| hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
        .map(str::to_ascii_lowercase);
    let selected = variable(agent, "LoaderEntrySelected").into_iter().next();
    let entries = variable(agent, "LoaderEntries");
    Slots {
        running: running(agent),
        root_hash,
        entries: entries
            .iter()
            .filter_map(|name| entry(name, selected.as_deref()))
            .collect(),
    }
}

/// By the number of a partition that the verified root file system is made of: the second of the disk has the file system of slot A,
/// the fourth that of B, the one behind each its hashes. The RAM disk makes that device, the first of its kind.
fn running(agent: &Agent) -> Option<char> {
    let parts = std::fs::read_dir(agent.at("/sys/block/dm-0/slaves")).ok()?;
    let number = |part: std::fs::DirEntry| std::fs::read_to_string(part.path().join("partition"));
    parts
        .flatten()
        .filter_map(|part| number(part).ok())
        .find_map(|number| match number.trim() {
            "2" | "3" => Some('A'),
            "4" | "5" => Some('B'),
            _ => None,
        })
}

/// The texts of a variable: four bytes of attributes, then UTF-16 with a zero after each text.
fn variable(agent: &Agent, name: &str) -> Vec<String> {
    let path = agent.at(&format!("/sys/firmware/efi/efivars/{name}-{VENDOR}"));
    let bytes = std::fs::read(path).unwrap_or_default();
    let units: Vec<u16> = bytes
        .get(4..)
        .unwrap_or_default()
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    units
        .split(|unit| *unit == 0)
        .filter(|text| !text.is_empty())
        .map(String::from_utf16_lossy)
        .collect()
}

fn entry(name: &str, selected: Option<&str>) -> Option<Entry> {
    let read = entries::parse(name)?;
    // The count in the name changes while it is tried.
    let selected = selected.and_then(entries::parse);
    Some(Entry {
        version: read.version.to_owned(),
        running: selected.is_some_and(|other| other.version == read.version),
        tries_left: read.tries_left,
    })
}
