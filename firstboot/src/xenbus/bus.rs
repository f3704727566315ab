//! XenStore's side of the wire, over a pair of sockets: keys in memory, and moods. For the tests of whoever speaks to XenStore.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread::JoinHandle;

const DIRECTORY: u32 = 1;
const READ: u32 = 2;
const WRITE: u32 = 11;
const REMOVE: u32 = 13;
const WATCH_EVENT: u32 = 15;
const ERROR: u32 = 16;

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// As the protocol says.
    Good,
    /// Sends events before each answer.
    Chatty,
    /// Answers with the number of another request.
    Confused,
    /// Says that a payload is longer than any may be.
    Boasting,
    /// Goes away after the first request.
    Leaving,
}

/// Paths and values.
pub type Keys = BTreeMap<String, String>;

/// Serves one client until it goes; gives back the keys.
///
/// # Errors
/// When the system has no more sockets.
pub fn serve(keys: &[(&str, &str)], mood: Mood) -> std::io::Result<(UnixStream, JoinHandle<Keys>)> {
    let mut keys: Keys = keys
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    let (ours, theirs) = UnixStream::pair()?;
    let thread = std::thread::spawn(move || {
        let mut wire = ours;
        while let Some((kind, request, payload)) = message(&mut wire) {
            if mood == Mood::Leaving {
                break;
            }
            if mood == Mood::Chatty {
                for _ in 0..3 {
                    send(&mut wire, WATCH_EVENT, 0, b"vm-data\0token\0");
                }
            }
            let (kind, answer) = answer(&mut keys, kind, &payload);
            let request = request + u32::from(mood == Mood::Confused);
            if mood == Mood::Boasting {
                let header: Vec<u8> = [kind, request, 0, 5000]
                    .iter()
                    .flat_map(|n: &u32| n.to_ne_bytes())
                    .collect();
                let _ = wire.write_all(&header);
            } else {
                send(&mut wire, kind, request, &answer);
            }
        }
        keys
    });
    Ok((theirs, thread))
}

fn answer(keys: &mut Keys, kind: u32, payload: &[u8]) -> (u32, Vec<u8>) {
    let Some((path, rest)) = payload
        .iter()
        .position(|byte| *byte == 0)
        .and_then(|end| payload.split_at_checked(end))
    else {
        return (ERROR, b"EINVAL\0".to_vec());
    };
    let path = String::from_utf8_lossy(path).into_owned();
    let missing = (ERROR, b"ENOENT\0".to_vec());
    let below = format!("{path}/");
    match kind {
        READ if path.contains("forbidden") => (ERROR, b"EACCES\0".to_vec()),
        READ => keys
            .get(&path)
            .map_or(missing, |value| (READ, value.clone().into_bytes())),
        DIRECTORY => {
            let names: BTreeSet<&str> = keys
                .keys()
                .filter_map(|key| key.strip_prefix(&below)?.split('/').next())
                .collect();
            if names.is_empty() {
                return missing;
            }
            let list: String = names.iter().map(|name| format!("{name}\0")).collect();
            (DIRECTORY, list.into_bytes())
        }
        WRITE => {
            let value = String::from_utf8_lossy(rest.get(1..).unwrap_or_default()).into_owned();
            keys.insert(path, value);
            (WRITE, b"OK\0".to_vec())
        }
        REMOVE => {
            let before = keys.len();
            keys.retain(|key, _| *key != path && !key.starts_with(&below));
            if keys.len() == before {
                missing
            } else {
                (REMOVE, b"OK\0".to_vec())
            }
        }
        _ => (ERROR, b"ENOSYS\0".to_vec()),
    }
}

fn message(wire: &mut UnixStream) -> Option<(u32, u32, Vec<u8>)> {
    let mut number = || {
        let mut bytes = [0; 4];
        wire.read_exact(&mut bytes).ok()?;
        Some(u32::from_ne_bytes(bytes))
    };
    let (kind, request, _transaction, length) = (number()?, number()?, number()?, number()?);
    let mut payload = vec![0; length as usize];
    wire.read_exact(&mut payload).ok()?;
    Some((kind, request, payload))
}

fn send(wire: &mut UnixStream, kind: u32, request: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let header = [kind, request, 0, length];
    let mut bytes: Vec<u8> = header.iter().flat_map(|n| n.to_ne_bytes()).collect();
    bytes.extend_from_slice(payload);
    // The client may be gone already.
    let _ = wire.write_all(&bytes);
}
