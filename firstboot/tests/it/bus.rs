//! XenStore's side of the wire, over a pair of sockets: keys in memory, and moods.

use std::collections::BTreeMap;
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
#[derive(Clone, Copy, PartialEq)]
pub enum Mood {
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

pub type Keys = BTreeMap<String, String>;

/// Serves one client until it goes; gives back the keys.
pub fn serve(keys: &[(&str, &str)], mood: Mood) -> (UnixStream, JoinHandle<Keys>) {
    let mut keys: Keys = keys
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    let (ours, theirs) = UnixStream::pair().unwrap();
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
    (theirs, thread)
}

fn answer(keys: &mut Keys, kind: u32, payload: &[u8]) -> (u32, Vec<u8>) {
    let end = payload.iter().position(|b| *b == 0).unwrap();
    let path = String::from_utf8(payload[..end].to_vec()).unwrap();
    let missing = (ERROR, b"ENOENT\0".to_vec());
    let below = format!("{path}/");
    match kind {
        READ if path.contains("forbidden") => (ERROR, b"EACCES\0".to_vec()),
        READ => keys
            .get(&path)
            .map_or(missing, |value| (READ, value.clone().into_bytes())),
        DIRECTORY => {
            let names: Vec<&str> = keys
                .keys()
                .filter_map(|key| key.strip_prefix(&below))
                .filter(|name| !name.contains('/'))
                .collect();
            if names.is_empty() {
                return missing;
            }
            let list: String = names.iter().map(|name| format!("{name}\0")).collect();
            (DIRECTORY, list.into_bytes())
        }
        WRITE => {
            let value = String::from_utf8(payload[end + 1..].to_vec()).unwrap();
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
    let mut header = [0; 16];
    wire.read_exact(&mut header).ok()?;
    let number = |i: usize| u32::from_ne_bytes(header[4 * i..4 * i + 4].try_into().unwrap());
    let mut payload = vec![0; number(3) as usize];
    wire.read_exact(&mut payload).ok()?;
    Some((number(0), number(1), payload))
}

fn send(wire: &mut UnixStream, kind: u32, request: u32, payload: &[u8]) {
    let header = [kind, request, 0, payload.len() as u32];
    let mut bytes: Vec<u8> = header.iter().flat_map(|n| n.to_ne_bytes()).collect();
    bytes.extend_from_slice(payload);
    // The client may be gone already.
    let _ = wire.write_all(&bytes);
}
